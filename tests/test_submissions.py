"""Hostile submissions: each gets the outcome that its docstring states, and nothing of it is left."""

import ast
import contextlib
import dataclasses
import functools
import io
import json
import os
import platform
import secrets
import threading
from collections.abc import Callable, Container, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import JailUnavailable
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.terminal import render
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.revisions import draw_others
from backmark.worker.sandbox.inside.landlock import find_landlock
from backmark.worker.sandbox.policy import USER, Launch, Way, plan_confined
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.template import Template
from tests.made import RIGHT, WRONG, make_submissions, table
from tests.night import by_day

FILES = sorted((Path(__file__).parent / "submissions").glob("*.py"))
SUBMISSIONS = make_submissions()
#: The classes of attacks, as the files' names begin.
CLASSES = sorted({file.name.partition("_")[0] for file in FILES})
#: Those that try the walls, which each way of starting a jail puts up by code of its own.
WALLS = {"across", "escape", "network", "read"}
#: Graded in both ways with more commits than the others: all that try the walls, and one of each class.
IN_BOTH = {
    *(file for file in FILES if file.name.partition("_")[0] in WALLS),
    *(next(file for file in FILES if file.name.startswith(f"{name}_")) for name in CLASSES),
}
#: One for each outcome.
MADE_IN_BOTH = {outcome: name for name, (_, _, outcome) in SUBMISSIONS.items()}.values()
#: What an attack prints where it got further than it may.
ESCAPE_WORD = "ESCAPED"
#: Outcomes in a confined process, where they differ: it is no process 1, which its own signals do not end.
CONFINED = {"signals_alarm": Outcome.CRASHED, "signals_raise_fatal": Outcome.CRASHED}
#: Attacks that find or read files there that everybody may read, and print so much of it: the first by asking only
#: if there is a file, which Landlock does not refuse, and the others where the kernel has no Landlock.
FINDING, READING = (
    {"escape_pivot_root"},
    {"escape_cgroup", "read_accounts", "read_canary", "read_environ", "read_the_judge"},
)
#: Short, so that a loop is found soon.
LIMITS = Limits(seconds_per_call=0.5, seconds=4.0, memory=1 << 30, output=1 << 16)
#: Where attacks try to leave files, and the names that they would have.
FOLDERS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/", ".", str(Path.home()))  # noqa: S108 - looked at only
NAMES_LEFT = ("escaped", "results.json", "stdout", "submission.py")


@dataclasses.dataclass(frozen=True, slots=True)
class Claim:
    """What a submission's docstring states."""

    sentence: str
    outcomes: frozenset[Outcome]
    machine: str | None


def claim(source: bytes) -> Claim:
    """Read the docstring; the file is parsed as far as its docstring only, since some are not Python."""
    text = source.decode().partition('"""')[2].partition('"""')[0]
    lines = dict(line.split(": ", 1) for line in text.splitlines() if line.startswith(("Expected: ", "Machine: ")))
    outcomes = frozenset(Outcome(word) for word in lines["Expected"].split(" or "))
    return Claim(text.splitlines()[0], outcomes, lines.get("Machine"))


@dataclasses.dataclass(frozen=True, slots=True)
class Traces:
    """What a submission could leave behind in this process or on this machine."""

    descriptors: frozenset[str]
    threads: int
    children: frozenset[str]
    jails: frozenset[str]
    files: frozenset[str]


def traces(mark: str) -> Traces:
    """Look now; `mark` is on the command line of every jail of this process."""
    tasks = Path("/proc/self/task").glob("*/children")
    commands = {entry.name: _read(Path(entry, "cmdline")) for entry in _entries("/proc") if entry.name.isdecimal()}
    return Traces(
        frozenset(file.name for file in Path("/proc/self/fd").iterdir()),
        threading.active_count(),
        frozenset(pid for file in tasks for pid in _read(file).decode().split()),
        frozenset(pid for pid, command in commands.items() if mark.encode() in command),
        frozenset(entry.path for folder in FOLDERS for entry in _entries(folder) if _is_left(entry)),
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _entries(folder: str) -> "list[os.DirEntry[str]]":
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return list(entries)
    return []


def _is_left(entry: "os.DirEntry[str]") -> bool:
    try:
        owner = entry.stat(follow_symlinks=False).st_uid
    except FileNotFoundError:
        return False
    return any(word in entry.name for word in NAMES_LEFT) or owner == USER != os.geteuid()


@pytest.fixture(scope="module")
def mark() -> str:
    """What this process's jails are told from all others by."""
    return secrets.token_hex(8)


@pytest.fixture(scope="module")
def canary() -> Iterator[str]:
    """A secret in a file that everyone may read and in our environment."""
    token = secrets.token_hex(16)
    file = Path("/tmp") / f"backmark-canary-{token[:6]}"  # noqa: S108 - where an attack would look
    file.write_text(token, encoding="ascii")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKMARK_CANARY", token)
        yield token
    file.unlink()


def in_each_way(
    field: str, values: Iterable[Any], in_both: Container[Any], ids: Callable[[Any], str] = str
) -> pytest.MarkDecorator:
    """Parametrise by the way of starting a jail and a value.

    All are run nightly. With a commit, one in three is run in a jail that a template forks; one in nine of those
    `in_both` in a single jail; and one in nine of those that try the walls in a confined process.
    """

    def mark_nightly(way: Way, value: Any) -> pytest.MarkDecorator:
        tries_walls = isinstance(value, Path) and value.name.partition("_")[0] in WALLS
        if way is Way.TEMPLATE:
            return pytest.mark.nightly(3)
        if value in in_both if way is Way.SINGLE else tries_walls:
            return pytest.mark.nightly(9)
        return pytest.mark.nightly

    return pytest.mark.parametrize(
        ("way", field),
        [
            pytest.param(way, value, id=f"{way}-{ids(value)}", marks=mark_nightly(way, value))
            for way in (Way.TEMPLATE, Way.SINGLE, Way.CONFINED)
            for value in values
        ],
    )


class Lasting(Template):
    """One that is never worn: another one in its place would look like something that was left."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch, uses=1_000_000)


@pytest.fixture(scope="module")
def graders(udl: Judge, jail: Launch, mark: str) -> Iterator[Callable[[Way], Grader]]:
    """The real thing under short limits, made once for each way of starting a jail; no control group is left."""
    command = (jail.command[0], "-X", f"mark={mark}", *jail.command[1:])
    assignment = dataclasses.replace(udl.assignment, limits=LIMITS)
    groups = set(own_groups())
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setattr("backmark.worker.grading.pool.Template", Lasting)

        @functools.cache
        def grader(way: Way) -> Grader:
            launch = dataclasses.replace(jail, command=command, way=way)
            if way is Way.CONFINED:
                launch = plan_marked(mark)
            jails = Jails(launch)
            stack.enter_context(contextlib.closing(jails))
            # A template is there before anybody looks for what a submission leaves.
            jails.check()
            return Grader(Judge(dataclasses.replace(udl.revision, assignment=assignment)), jails)

        yield grader
    assert set(own_groups()) == groups


def plan_marked(mark: str) -> Launch:
    """Confined processes with a mark on their command line; skipped where they cannot be had: see test_confined.py."""
    try:
        launch = plan_confined()
    except JailUnavailable as error:
        pytest.skip(str(error))
    return dataclasses.replace(launch, command=(launch.command[0], "-X", f"mark={mark}", *launch.command[1:]))


@pytest.fixture(params=by_day([Way.TEMPLATE, Way.SINGLE], 2))
def way(request: pytest.FixtureRequest) -> Way:
    """Each way of starting a jail, unless a test says which."""
    return Way(request.param)


@pytest.fixture
def grader(graders: Callable[[Way], Grader], way: Way) -> Grader:
    """What grades, with jails that can be told from others."""
    return graders(way)


def own_groups() -> Iterator[Path]:
    """The control groups of this process's jails: other tests' template may have one."""
    return Path("/sys/fs/cgroup").glob(f"**/backmark-{os.getpid()}-*")


def but_for_seconds(verdict: Verdict) -> str:
    """The verdict as text, without the only figure that may differ."""
    fields: dict[str, Any] = verdict.as_dict()
    fields["statistics"].pop("seconds")
    return json.dumps(fields, allow_nan=False)


def grade_and_look(
    grader: Grader, source: bytes, filename: str, mark: str, canary: str, *, may_read: bool = False
) -> Verdict:
    """The verdict, after looking that nothing is left and nothing of ours is in it."""
    traces_before = traces(mark)
    verdict = grader.grade(source, filename)
    traces_after = traces(mark)
    # What another test's garbage held may be given back meanwhile.
    new_descriptors = traces_after.descriptors - traces_before.descriptors
    assert dataclasses.replace(traces_after, descriptors=new_descriptors) == dataclasses.replace(
        traces_before, descriptors=frozenset()
    )
    text = json.dumps(verdict.as_dict(), ensure_ascii=False, allow_nan=False)
    assert canary not in text
    assert may_read or ESCAPE_WORD not in verdict.output
    with io.StringIO() as terminal:
        Console(file=terminal, width=110).print(render(verdict))
        assert terminal.getvalue().replace("\n", "").isprintable()
    return verdict


@in_each_way("file", FILES, IN_BOTH, lambda file: file.stem)
def test_it_gets_the_outcome_that_its_docstring_states_and_leaves_nothing(
    grader: Grader, mark: str, canary: str, file: Path
) -> None:
    """No process, file, descriptor or thread is left, and no secret is in the verdict."""
    source = file.read_bytes()
    stated_claim = claim(source)
    if stated_claim.machine not in {None, platform.machine()}:
        pytest.skip(f"its numbers are those of {stated_claim.machine}")
    outcomes, confined = stated_claim.outcomes, grader.jails.confined
    may_read = confined and file.stem in FINDING | (set() if find_landlock() else READING)
    if confined:
        # Who reads much prints much.
        outcomes |= {CONFINED[file.stem]} if file.stem in CONFINED else {Outcome.OUTPUT_LIMIT} if may_read else set()
    verdict = grade_and_look(grader, source, file.name, mark, canary, may_read=may_read)
    assert verdict.outcome in outcomes, verdict.error
    assert (verdict.score == verdict.max_score) == (verdict.outcome is Outcome.PASSED)


@in_each_way("name", SUBMISSIONS, MADE_IN_BOTH)
def test_what_no_file_here_can_hold_gets_its_outcome_and_leaves_nothing(
    grader: Grader, mark: str, canary: str, name: str
) -> None:
    """Wrong encodings, archives, broken notebooks, megabytes of brackets."""
    filename, source, outcome = SUBMISSIONS[name]
    verdict = grade_and_look(grader, source, filename, mark, canary)
    assert verdict.outcome is outcome, verdict.error


@in_each_way("attack", CLASSES, WALLS)
def test_a_right_submission_graded_right_after_an_attack_gets_the_same_verdict(
    grader: Grader, mark: str, canary: str, attack: str
) -> None:
    """Byte for byte, but for the seconds."""
    first_verdict = grader.grade(RIGHT.encode(), "right.py")
    assert first_verdict.outcome is Outcome.PASSED
    for file in [file for file in FILES if file.name.startswith(f"{attack}_")][:2]:
        grader.grade(file.read_bytes(), file.name)
        second_verdict = grade_and_look(grader, RIGHT.encode(), "right.py", mark, canary)
        assert but_for_seconds(second_verdict) == but_for_seconds(first_verdict)


@in_each_way("name", ["output_in_small_portions", "array_bits", "state_wrong_then_right", "exit_zero"], {"exit_zero"})
def test_a_hostile_submission_gets_the_same_verdict_each_time(grader: Grader, name: str) -> None:
    """Also where it is ended from outside while it runs."""
    source = (Path(__file__).parent / "submissions" / f"{name}.py").read_bytes()
    assert len({but_for_seconds(grader.grade(source, "hostile.py")) for _ in range(4)}) == 1


class Second(Grader):
    """Whose second jail and later ones have hardly any time; it counts how many are open at once."""

    #: Seconds for each jail but the first.
    hurry: float | None = None

    def start(self) -> Session:
        """A jail, with the number of those that are open."""
        sessions: list[Session] = self.__dict__.setdefault("opened", [])
        limits = self.limits
        if sessions and self.hurry:
            limits = dataclasses.replace(limits, seconds=self.hurry, seconds_per_call=self.hurry)
        sessions.append(self.jails.take(limits))
        count = sum(session.alive for session in sessions)
        self.__dict__["most"] = max(count, self.__dict__.get("most", 0))
        return sessions[-1]


def test_a_file_that_is_slow_to_read_is_never_our_failure(grader: Grader) -> None:
    """The jail that confirms a counterexample reads it anew, and may need longer than the first one did."""
    second_grader = Second(grader.judge, grader.jails)
    second_grader.__dict__["hurry"] = 0.05
    source = b"x = [" + b"f'{1}{2}'," * 10_000 + b"]\n" + WRONG.encode()
    assert second_grader.grade(source, "slow.py").outcome is Outcome.FAILED


def test_one_submission_holds_no_more_than_two_jails_at_once(grader: Grader) -> None:
    """The one that answers and one that confirms: a machine is given memory for so many."""
    counting_grader = Second(grader.judge, grader.jails)
    source = (Path(__file__).parent / "submissions" / "memory_held_while_confirmed.py").read_bytes()
    counting_grader.grade(source, "held.py")
    assert counting_grader.__dict__["most"] <= 2


def test_a_table_of_the_shipped_answers_is_not_passed_on_other_networks(grader: Grader, udl: Judge) -> None:
    """It computes nothing; staff who suspect as much draw others with --seed."""
    other_grader = Grader(Judge(draw_others(udl.revision, 1234, 40)), grader.jails)
    verdict = other_grader.grade(table(udl.revision), "table.py")
    assert verdict.outcome in {Outcome.FAILED, Outcome.ERROR}


def test_there_are_at_least_sixty_hostile_submissions_and_each_says_what_it_does() -> None:
    """One true sentence, and no two of them the same."""
    claims = [claim(file.read_bytes()) for file in FILES]
    hostile = [stated_claim for stated_claim in claims if Outcome.PASSED not in stated_claim.outcomes]
    assert len(hostile) >= 60
    assert len({stated_claim.sentence for stated_claim in claims}) == len(claims)
    assert all(stated_claim.sentence.endswith(".") for stated_claim in claims)
    assert {outcome for stated_claim in claims for outcome in stated_claim.outcomes} == set(Outcome)


def test_every_file_is_text_that_can_be_read_here() -> None:
    """A docstring comes first in each, so that nobody runs one by mistake without having been told."""
    for file in FILES:
        head = file.read_text(encoding="utf-8").removeprefix("# coding: unicode_escape\n").split('"""\n')[0] + '"""\n'
        assert ast.get_docstring(ast.parse(head)), file.name
