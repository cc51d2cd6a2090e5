"""Hostile submissions that are mended, in real jails: they can buy rows, never a pass, and never say what they read."""

import contextlib
import dataclasses
import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.assignment import Limits
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.reading.rejection import quote
from backmark.worker.sandbox.policy import Launch, Way
from tests.contracts.values.making import change, find_revision
from tests.test_submissions import ESCAPE_WORD, FILES, but_for_seconds, claim, in_each_way, plan_marked

MENDED = [file for file in FILES if file.name.startswith("mending_")]
#: Graded in both kinds of jail on every run.
IN_BOTH = {file for file in MENDED if file.stem in {"mending_answers_by_the_solution", "mending_answers_more"}}
#: Short, so that what sleeps is ended soon.
LIMITS = Limits(seconds_per_call=0.5, seconds=3.0, memory=1 << 30, output=1 << 16)
#: A line of the solution that no submission here has.
OF_THE_SOLUTION = "# row: weight_gradient"


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    """The notebook as a contract, under short limits."""
    shipped = find_revision()
    return dataclasses.replace(shipped, assignment=dataclasses.replace(shipped.assignment, limits=LIMITS), stored=None)


@pytest.fixture(scope="module")
def graders(revision: ContractRevision, jail: Launch) -> Iterator[Callable[[Way], Grader]]:
    """A grader for each way of starting a jail, made once."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def grader(way: Way) -> Grader:
            launch = plan_marked("mending") if way is Way.CONFINED else dataclasses.replace(jail, way=way)
            jails = stack.enter_context(contextlib.closing(Jails(launch)))
            return Grader(Judge(revision), jails)

        yield grader


@pytest.fixture
def grader(graders: Callable[[Way], Grader]) -> Grader:
    """A grader whose jails a template forks."""
    return graders(Way.TEMPLATE)


def check(verdict: Verdict, source: str) -> None:
    """Check that a verdict on wrong code is one: less than all marks, its own lines, and nothing of the solution."""
    assert verdict.outcome in {Outcome.FAILED, Outcome.ERROR}, verdict.error
    assert (verdict.score or 0) < verdict.max_score
    text = json.dumps(verdict.as_dict(), ensure_ascii=False, allow_nan=False)
    assert len(text) < 1 << 20
    lines = source.splitlines()
    for statement in verdict.repair:
        assert statement.source == "\n".join(quote(lines[line.line - 1].strip()) for line in statement.lines)
        words = [lines[line.line - 1].split()[0] for line in statement.lines]
        assert all("=" in lines[line.line - 1] for line in statement.lines) or {*words} <= {"for", "if", "return"}
    if ESCAPE_WORD not in source:
        assert ESCAPE_WORD not in text
    assert OF_THE_SOLUTION not in text


@in_each_way("file", MENDED, IN_BOTH, lambda file: file.stem)
def test_it_buys_no_pass_and_says_nothing_of_the_solution(
    graders: Callable[[Way], Grader], way: Way, file: Path
) -> None:
    source = file.read_text(encoding="utf-8")
    verdict = graders(way).grade(source.encode(), file.name)
    assert verdict.outcome in claim(source.encode()).outcomes
    check(verdict, source)
    assert ESCAPE_WORD not in verdict.output


def _write_long(statements: int) -> str:
    """Return wrong code with so many statements in its function."""
    lines = "".join(f"    spare_{i} = all_f[0] * {i}\n" for i in range(statements))
    head = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n"
    wrong = change({"weight": "{indent}{target} = 2 * np.matmul(all_dl_df[layer], all_h[layer].T)"})
    return wrong.replace(head, head + lines)


MADE = {
    "two thousand lines": _write_long(2_000),
    "a hundred lines, two of them wrong": _write_long(90).replace("range(K, -1, -1)", "range(K, 0, -1)"),
    "one target many times": _write_long(5).replace(
        "    for layer", "    spare = 0\n" + "    spare += 1\n" * 900 + "    for layer"
    ),
    "deep sums": _write_long(0).replace("2 * np.matmul", "1 + " * 600 + "np.matmul"),
    "sums of two hundred": _write_long(0).replace("2 * np.matmul", "1 + " * 200 + "np.matmul"),
    "a number of four hundred digits": _write_long(0).replace("2 * np", f"{10**400} * 0 * np"),
    "deep brackets": _write_long(0).replace("2 * np.matmul", "(" * 90 + "2" + ")" * 90 + " * np.matmul"),
    "deep blocks": _write_long(0).replace(
        "    return", "".join(f"    {' ' * i}if True:\n" for i in range(60)) + f"    {' ' * 60}y = y\n    return"
    ),
    "a number of a hundred thousand digits": _write_long(0).replace("2 * np", f"0x{'f' * 100_000} * 0 * np"),
    "a hundred functions of one name": _write_long(3) * 100,
}


@pytest.mark.parametrize("name", MADE)
def test_code_that_nobody_writes_is_no_failure_of_ours(grader: Grader, name: str) -> None:
    check(grader.grade(MADE[name].encode(), "mine.py"), MADE[name])


@pytest.mark.parametrize("file", MENDED[::8], ids=lambda file: file.stem)
def test_a_hostile_submission_gets_the_same_verdict_each_time(grader: Grader, file: Path) -> None:
    source = file.read_bytes()
    assert len({but_for_seconds(grader.grade(source, "mine.py")) for _ in range(3)}) == 1
