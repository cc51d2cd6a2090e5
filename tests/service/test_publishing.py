"""An assignment's text becomes a revision that is sound, with fresh cases or without, or a sentence says why not."""

import json
import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load
from backmark.grader.contracts.kits.kit import load_kit
from backmark.grader.contracts.language import folder
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.tables import MOST_CASES
from backmark.grader.contracts.publishing import finishing
from backmark.grader.contracts.publishing.workshop import Workshop
from backmark.grader.errors import AssignmentError, BadAssignment
from backmark.grader.model import fresh_groups
from backmark.grader.model.fresh_groups import GROUPS, group
from backmark.grader.model.publications import Publication, RevisionRecord
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.regrades import Selection, Which
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.grading import fresh_cases
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.contracts.making import FILES, LINEAR, MISTAKE, RIGHT, contract
from tests.made import table
from tests.service.conftest import Making, Sent, perform_all
from tests.service.parts import COURSE, EXAMPLES, until
from tests.store.making import position

pytestmark = pytest.mark.usefixtures("draw_once")

MINE = LINEAR.replace('"linear"', '"mine"')
TOML = folder.join(MINE, FILES)
RIGHT_LOOPS = next(file for file in EXAMPLES if file.name == "right_loops.py").read_bytes()
#: Of this service, and of another.
OURS, OTHERS = "nobody guesses it", "nor this"
NAMES = [f"s{number}" for number in range(1, 100)]
#: Code that is more than arithmetic.
HELPERS = "import sys\n\n\ndef version():\n    return sys.version\n"
#: Computes nothing: it knows the results of the cases that the revision has itself.
TABLE = """
KNOWN = {known}


def find(x, w):
    nothing = [np.zeros((len(x), w.shape[1])), np.zeros(x.shape), np.zeros(w.shape)]
    return [np.array(part) for part in KNOWN.get((x.shape, w.shape, x.tobytes() + w.tobytes()), nothing)]


def linear(x, w):
    return find(x, w)[0]


def linear_backward(dout, x, w):
    return find(x, w)[1:]
"""


def run_publication(context: Context, toml: str, *, fresh_count: int = 0, name: str = "mine") -> Publication:
    """Request a publication, let the worker perform it, and return it."""
    request = context.store.publications.request(NewPublication(COURSE, name, toml, fresh_count))
    perform(context)
    publication = context.store.publications.get(request.id)
    assert publication is not None
    return publication


def publish(context: Context, toml: str = TOML, *, fresh_count: int = 0) -> RevisionRecord:
    publication = run_publication(context, toml, fresh_count=fresh_count)
    assert (publication.state, publication.refusal) == (State.DONE, None)
    revision = context.store.assignments.current(COURSE, "mine")
    assert revision is not None
    assert revision.id == publication.revision
    return revision


def verdict(
    context: Context, revision: RevisionRecord, source: str | bytes, student: str, assignment: str = "mine"
) -> dict[str, Any]:
    data = source.encode() if isinstance(source, str) else source
    new = NewSubmission(COURSE, assignment, revision.id, student, "a.py", data)
    name = context.store.submissions.accept(new).id
    perform_all(context)
    verdict_record = context.store.submissions.verdict(name)
    assert verdict_record is not None, context.store.submissions.get(name)
    return verdict_record.as_dict()


def pair() -> tuple[str, str]:
    """Two students of one group."""
    return "s0", next(name for name in NAMES if group_of(name) == group_of("s0"))


def stranger() -> str:
    """A student of another group than theirs."""
    return next(name for name in NAMES if group_of(name) != group_of("s0"))


def group_of(student: str) -> str:
    return group(OURS.encode(), COURSE, student)


def bare(verdict: dict[str, Any]) -> dict[str, Any]:
    """All of a verdict but whose it is, and how long it took."""
    timeless = {**verdict["statistics"], "seconds": 0}
    return {**verdict, "submission": None, "statistics": timeless}


def remember(context: Context, revision: RevisionRecord) -> str:
    """Return a submission with a table of a revision's own results."""
    archive = context.store.assignments.archive(revision.id)
    assert archive is not None
    cases: Any = load(archive).cases
    known: dict[tuple[Any, ...], list[Any]] = {}
    for i, place, part in cases.slices():
        x, w = (cases.drawn[i].values()[name] for name in ("x", "w"))
        key = (x.shape, w.shape, x.tobytes() + w.tobytes())
        known.setdefault(key, []).append(cases.expected[part].reshape(place.shape).tolist())
    return TABLE.format(known=known)


def test_a_sound_assignment_is_published_and_graded_on(context: Context) -> None:
    revision = publish(context)
    assert (revision.title, revision.fresh, revision.catches) == ("A linear map", 0, (("upstream", 30),))
    preview = json.loads(revision.preview)
    assert (preview["cases"], sum(preview["corners"].values())) == (30, 30)
    assert [(mistake["id"], mistake["networks"]) for mistake in preview["mistakes"]] == [*revision.catches]
    first_verdict = verdict(context, revision, RIGHT, "ann")
    assert first_verdict["outcome"] == "passed"
    assert first_verdict["assignment"] == {
        "id": "mine",
        "revision": revision.id,
        "networks_sha256": revision.networks_sha256,
        "own_networks": True,
        "kind": "contract",
    }


def test_publishing_makes_kits_of_the_cases_that_are_not_fresh(making: Making) -> None:
    context = making(secret=OURS)
    revision = publish(context, fresh_count=5)
    archive, kits = context.store.assignments.archive(revision.id), context.store.assignments.kits(revision.id)
    assert archive is not None
    assert kits.without_solution is not None
    assert kits.with_solution is not None
    closed, opened = load_kit(kits.without_solution, "closed"), load_kit(kits.with_solution, "opened")
    assert (closed.has_solution, opened.has_solution) == (False, True)
    for kit in (closed, opened):
        assert kit.revision == load(archive).id
        assert np.array_equal(kit.contents.cases.expected, load(archive).cases.expected)


def test_code_that_is_too_long_for_a_kit_is_published_without_it_and_in_a_solution_without_that_kit(
    context: Context,
) -> None:
    looking = RIGHT + "#" * 70_000
    helping = f'{MINE}\n[submission]\nhelpers = "helpers.py"\n'
    long_helpers = HELPERS + "#" * 70_000
    for toml, files, has_closed in (
        (MINE, {"solution.py": looking}, True),
        (helping, {"helpers.py": long_helpers}, False),
    ):
        revision = publish(context, folder.join(toml, {**FILES, **files}))
        kits = context.store.assignments.kits(revision.id)
        assert (kits.without_solution is not None, kits.with_solution) == (has_closed, None)
        assert kits.refusal.startswith("no kit can be made of mine: ")


@pytest.mark.parametrize(
    ("toml", "fresh_count", "sentence"),
    [
        ("id = mine", 0, "not valid TOML"),
        ('id = "mine"\ntitle = "Mine"\n', 0, "write language = 1 at the top"),
        (f"depth = 3\n{TOML}", 0, "depth is no key of an assignment"),
        (TOML.replace('"mine"', '"other"'), 0, "the assignment's id is other"),
        (folder.join(MINE, {**FILES, "mistakes/none.py": f'"""is none"""\n{RIGHT}'}), 0, "would pass: none (is none)"),
        (TOML.replace("cases = 30", "cases = 10"), 0, "draw more cases"),
        (TOML, 5, "BACKMARK_SECRET"),
    ],
)
def test_what_a_person_can_mend_is_refused_in_a_sentence(
    context: Context, toml: str, fresh_count: int, sentence: str
) -> None:
    publication = run_publication(context, toml, fresh_count=fresh_count)
    assert publication.state is State.DONE
    assert publication.revision is None
    assert sentence in str(publication.refusal)
    assert context.store.assignments.current(COURSE, "mine") is None


def test_a_refusal_names_the_mistakes_that_would_pass_and_what_to_do(context: Context) -> None:
    right_ones = {f"mistakes/{name}.py": f'"""is {name}"""\n{RIGHT}' for name in ("none", "right")}
    refusal = run_publication(context, folder.join(MINE, {**FILES, **right_ones})).refused
    assert refusal is not None
    assert refusal.says == "submissions with these known mistakes would pass"
    assert [(mistake.id, mistake.title) for mistake in refusal.mistakes] == [("none", "is none"), ("right", "is right")]
    assert refusal.advice.startswith("If they are meant to be wrong, run `backmark assignment check` on the file:")
    assert str(refusal) == f"{refusal.says}: none (is none), right (is right). {refusal.advice}"


def test_a_pool_of_the_most_fresh_cases_is_an_assignment_that_can_be_drawn() -> None:
    assert fresh_cases.pool_size(fresh_groups.MOST) == MOST_CASES
    assert fresh_groups.usual(MOST_CASES) <= fresh_groups.MOST


def test_a_worker_that_stops_hands_back_a_publication(making: Making) -> None:
    """Drawing takes a second or more: the process that draws is ended."""
    context = making(grace_seconds=0)
    toml = TOML.replace("cases = 30", f"cases = {MOST_CASES}")
    request = context.store.publications.request(NewPublication(COURSE, "mine", toml, 0))
    job = Job(Kind.PUBLICATION, request.id)

    def stop() -> None:
        until(lambda: context.store.jobs.running() == 1, "it runs")
        context.stop.request()

    stop_thread = threading.Thread(target=stop)
    stop_thread.start()
    perform(context)
    stop_thread.join()
    assert isinstance(context.dispatcher, Sent)
    assert context.dispatcher.nudges == 1
    assert position(context.store, job) == 0


def test_each_group_is_graded_on_fresh_cases_of_its_own(making: Making) -> None:
    """The same group on the same ones, whatever the source: who changes a comment meets no others.

    Who has learned the revision's own cases fails, who is right passes.
    """
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    assert revision.fresh == 6
    (ann, bob), other = pair(), stranger()
    right = [verdict(context, revision, RIGHT, student) for student in (ann, bob, other)]
    right.append(verdict(context, revision, f"{RIGHT}\n# mine\n", ann))
    assert [found["outcome"] for found in right] == ["passed"] * 4
    hashes = [found["assignment"]["networks_sha256"] for found in right]
    assert hashes[0] == hashes[1] == hashes[3]
    assert len({*hashes, revision.networks_sha256}) == 3
    assert {found["assignment"]["revision"] for found in right} == {revision.id}
    assert {found["statistics"]["networks"] for found in right} == {30}
    learned = verdict(context, revision, remember(context, revision), ann)
    assert (learned["outcome"], learned["score"]) == ("failed", 0)
    named = [verdict(context, revision, MISTAKE, student) for student in (ann, other)]
    assert [found["diagnosis"][0]["mistakes"][0]["id"] for found in named] == ["upstream"] * 2
    assert len({tuple(row["outcome"] for row in found["properties"]) for found in named}) == 1
    # Loaded anew, and graded again, it is the same.
    again = making(secret=OURS, cache_days=0)
    for source, before in ((RIGHT, right[0]), (MISTAKE, named[0])):
        assert bare(verdict(again, revision, source, ann)) == bare(before)
    with pytest.raises(AssignmentError, match="grades on fresh cases, which a secret chooses: set BACKMARK_SECRET"):
        making().graders.fresh_cases(revision, "1")


def test_a_table_passes_on_a_revision_without_a_pool(making: Making) -> None:
    """So it is not by another fault of the table's that it fails on fresh cases; nothing else was drawn before."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=0)
    assert (revision.fresh, context.store.assignments.pool(revision.id)) == (0, None)
    found = verdict(context, revision, remember(context, revision), "ann")
    assert (found["outcome"], found["assignment"]["networks_sha256"]) == ("passed", revision.networks_sha256)


def test_another_secret_chooses_other_cases(making: Making) -> None:
    revision = publish(making(secret=OURS), fresh_count=6)
    chosen = [making(secret=secret).graders.fresh_cases(revision, "3") for secret in (OURS, OTHERS)]
    assert len({fresh and fresh.sha256 for fresh in chosen} - {None}) == 2


def test_verdicts_are_reused_within_a_group_only(making: Making) -> None:
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    (ann, bob), other_student = pair(), stranger()
    reuses = []
    for student in (ann, bob, other_student):
        verdict(context, revision, RIGHT, student)
        (record,) = context.store.submissions.list(Filter(COURSE, student=student), 1).items
        reuses.append(record.reused)
    assert reuses == [False, True, False]


def test_a_table_of_the_answers_to_the_shipped_cases_fails_in_the_service(making: Making, udl: Judge) -> None:
    """With a secret the pool is drawn for the first submission, and kept; a right submission passes."""
    context, cheating_source = making(secret=OURS), table(udl.revision)
    revision = context.store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    assert (revision.id, revision.fresh) == (udl.revision.id, 20)
    cheat, right = (verdict(context, revision, source, "ann", "udl-7.2") for source in (cheating_source, RIGHT_LOOPS))
    assert right["outcome"] == "passed"
    assert cheat["outcome"] != "passed"
    assert cheat["score"] == 0
    assert right["assignment"]["revision"] == revision.id
    assert right["assignment"]["networks_sha256"] != revision.networks_sha256
    pool = context.store.assignments.pool(revision.id)
    second_context = making(secret=OURS, cache_days=0)
    assert bare(verdict(second_context, revision, RIGHT_LOOPS, "ann", "udl-7.2")) == bare(right)
    assert second_context.store.assignments.pool(revision.id) == pool is not None


def test_without_a_secret_what_ships_is_graded_on_its_own_cases(making: Making, udl: Judge) -> None:
    context = making()
    revision = context.store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    assert revision.fresh == 0
    ann_verdict = verdict(context, revision, RIGHT_LOOPS, "ann", "udl-7.2")
    assert ann_verdict["assignment"]["networks_sha256"] == udl.revision.cases_sha256


def test_a_pool_that_cannot_be_built_refuses_the_publication(making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has more cases than the revision, so that the reference may fail on one of its alone."""
    finish = finishing.finish

    def fail(data: bytes, workshop: Workshop, *, pool: bool) -> bytes:
        if pool:
            raise BadAssignment("reference.py raised KeyError on line 2: 3 (with N = 4, D = 1, M = 1)")
        return finish(data, workshop, pool=pool)

    monkeypatch.setattr(finishing, "finish", fail)
    context = making(secret=OURS)
    # No other test draws this one.
    toml = TOML.replace("A linear map", "Another linear map")
    publication = run_publication(context, toml, fresh_count=6)
    assert (publication.state, publication.revision) == (State.DONE, None)
    assert str(publication.refusal) == (
        "the pool of fresh cases cannot be built: reference.py raised KeyError on line 2: 3 (with N = 4, D = 1, M = 1)."
        " With fresh = 0 there is none"
    )
    assert publish(context, toml, fresh_count=0).fresh == 0


@pytest.mark.parametrize("source", [RIGHT, MISTAKE], ids=["right", "wrong"])
def test_a_regrade_gives_each_group_the_verdict_that_it_had(making: Making, source: str) -> None:
    """A source has a unit for each group that handed it in, whose verdict is that of its students, bit for bit."""
    context = making(secret=OURS)
    revision = publish(context, fresh_count=6)
    (ann, bob), other_student = pair(), stranger()
    before = {student: bare(verdict(context, revision, source, student)) for student in (ann, bob, other_student)}
    selection = Selection(COURSE, "mine", revision.id, which=Which.ALL, fresh=True)
    regrade = context.store.regrades.request(selection).regrade.id
    perform_all(context)
    assert isinstance(context.dispatcher, Sent)
    # One for each unit, one by whoever had selected them, and one after the publication before.
    assert context.dispatcher.nudges == 4
    rows = context.store.regrades.report(regrade).all(frozenset())
    verdicts = {row.entry.student: context.store.regrades.units.verdict(row.entry.unit) for row in rows}
    assert {student: found and bare(found.as_dict()) for student, found in verdicts.items()} == before


def test_who_hands_in_without_a_name_belongs_to_a_group_of_the_course() -> None:
    assert group(b"secret", "one", "") == group(b"other", "one", "") != group(b"secret", "two", "")
    assert {group(b"secret", "one", f"{i}") for i in range(100)} == {str(i) for i in range(GROUPS)}


def test_a_choice_covers_the_whole_pool() -> None:
    orders = [fresh_cases.order(b"secret", "revision", f"{i:064}", 50) for i in range(50)]
    assert all(sorted(order) == [*range(50)] for order in orders)
    assert {place for order in orders for place in order[:10]} == {*range(50)}


def test_a_pool_is_drawn_by_a_seed_that_only_the_secret_tells() -> None:
    own = contract()

    def pool(count: int, secret: bytes) -> ContractAssignment:
        pool_drawn = fresh_cases.pool_assignment(own, count, secret)
        assert isinstance(pool_drawn, ContractAssignment)
        return pool_drawn

    pools = [pool(10, secret) for secret in (b"one", b"two")]
    assert pools[0].seed != pools[1].seed
    assert pools[0].cases == 200
    assert replace(pools[0], seed=0, cases=0) == replace(own, seed=0, cases=0)
    assert pool(100, b"one").cases == 500
