"""A contract is published with fresh cases: others for each group of students, which no table of answers has."""

from typing import Any

import pytest

from grader.errors import AssignmentError, BadAssignment
from grader.model.fresh_places import replaceable
from grader.model.records import Job, Kind, RevisionRecord, State
from grader.publishing.selfcheck import selfcheck
from grader.store import assignments
from grader.store.packaged import read_packaged
from grader.store.regrades.model import Selection, Which
from grader.subjects import folder, kinds
from grader.subjects.contracts import publishing
from grader.subjects.contracts.revision import dump
from grader.subjects.workshop import Workshop
from tests.service.conftest import Making, Sent
from tests.service.parts import COURSE
from tests.service.test_publishing import OURS, bare, pair, publish, run_publication, stranger, verdict
from tests.subjects.contracts.making import FILES, LINEAR, MISTAKE, RIGHT, build, contract
from worker.service.context import Context
from worker.service.tasks import perform

TOML = folder.join(LINEAR.replace('"linear"', '"mine"'), dict(FILES))
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


def remember(context: Context, revision: RevisionRecord) -> bytes:
    """Return a submission with a table of a revision's own results."""
    archive = context.store.assignments.archive(revision.id)
    assert archive is not None
    cases: Any = kinds.load(archive).subject.cases
    known: dict[tuple[Any, ...], list[Any]] = {}
    for i, place, part in cases.slices():
        x, w = (cases.drawn[i].values()[name] for name in ("x", "w"))
        key = (x.shape, w.shape, x.tobytes() + w.tobytes())
        known.setdefault(key, []).append(cases.expected[part].reshape(place.shape).tolist())
    return TABLE.format(known=known).encode()


def test_each_group_is_graded_on_fresh_cases_of_its_own(making: Making) -> None:
    """The same group on the same ones; who has learned the revision's own cases fails, who is right passes."""
    context = making(secret=OURS)
    revision = publish(context, TOML, fresh_count=6)
    assert (revision.fresh, len(revision.replaced)) == (6, 6)
    (ann, bob), other = pair(), stranger()
    right = [verdict(context, revision, RIGHT.encode(), student) for student in (ann, bob, other)]
    assert [found["outcome"] for found in right] == ["passed"] * 3
    hashes = [found["assignment"]["networks_sha256"] for found in right]
    assert hashes[0] == hashes[1]
    assert len({*hashes, revision.networks_sha256}) == 3
    assert {found["assignment"]["revision"] for found in right} == {revision.id}
    table = verdict(context, revision, remember(context, revision), ann)
    assert (table["outcome"], table["score"]) == ("failed", 0)
    named = [verdict(context, revision, MISTAKE.encode(), student) for student in (ann, other)]
    assert [found["diagnosis"][0]["mistakes"][0]["id"] for found in named] == ["upstream"] * 2
    assert len({tuple(row["outcome"] for row in found["properties"]) for found in named}) == 1
    # Loaded anew, and graded again, it is the same.
    again = making(secret=OURS, cache_days=0)
    assert bare(verdict(again, revision, MISTAKE.encode(), ann)) == bare(named[0])
    with pytest.raises(AssignmentError, match="grades on fresh cases, which a secret chooses: set BACKMARK_SECRET"):
        making().graders.grader(revision, "0" * 64, "1")


def test_a_regrade_gives_each_group_the_verdict_that_it_had(making: Making) -> None:
    context = making(secret=OURS)
    revision = publish(context, TOML, fresh_count=6)
    students = (pair()[0], stranger())
    before = {student: bare(verdict(context, revision, MISTAKE.encode(), student)) for student in students}
    selection = Selection(COURSE, "mine", revision.id, which=Which.ALL, fresh=True)
    regrade = context.store.regrades.request(selection).regrade.id
    perform(context, Job(Kind.REGRADE, regrade))
    assert isinstance(context.dispatcher, Sent)
    for job in [job for job in context.dispatcher.jobs if job.kind is Kind.UNIT]:
        perform(context, job)
    rows = context.store.regrades.report(regrade).all(frozenset())
    verdicts = {row.entry.student: context.store.regrades.units.verdict(row.entry.unit) for row in rows}
    assert {student: found and bare(found.as_dict()) for student, found in verdicts.items()} == before


def test_a_table_passes_on_a_revision_without_a_pool(making: Making) -> None:
    """So it is not by another fault of the table's that it fails on fresh cases; nothing else was drawn before."""
    context = making(secret=OURS)
    revision = publish(context, TOML, fresh_count=0)
    assert (revision.fresh, context.store.assignments.pool(revision.id)) == (0, None)
    found = verdict(context, revision, remember(context, revision), "ann")
    assert (found["outcome"], found["assignment"]["networks_sha256"]) == ("passed", revision.networks_sha256)


def test_a_contract_that_ships_gets_its_pool_with_the_first_submission(
    making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places that give way are read of its archive, without NumPy, as publishing chooses them."""
    own = build(contract())
    shipped = read_packaged("linear.npz", dump(own), "{}")
    checked = selfcheck(own)
    assert shipped.replaced == replaceable(30, 6, [catch.places for catch in checked.catches], checked.fixed)
    monkeypatch.setattr(assignments, "list_packaged_revisions", lambda: (shipped,))
    context = making(secret=OURS)
    revision = context.store.assignments.current(COURSE, "linear")
    assert revision is not None
    assert (revision.id, revision.fresh, revision.replaced) == (own.id, 6, shipped.replaced)
    found = [
        verdict(context, revision, source, "ann", "linear") for source in (RIGHT.encode(), remember(context, revision))
    ]
    assert [verdict_found["outcome"] for verdict_found in found] == ["passed", "failed"]
    assert found[0]["assignment"]["networks_sha256"] != own.cases_sha256
    assert context.store.assignments.pool(own.id) is not None


def test_a_pool_that_cannot_be_built_refuses_the_publication(making: Making, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has more cases than the revision, so that the reference may fail on one of its alone."""
    finish = publishing.finish

    def fail(data: bytes, workshop: Workshop, *, pool: bool) -> bytes:
        if pool:
            raise BadAssignment("reference.py raised KeyError on line 2: 3 (with N = 4, D = 1, M = 1)")
        return finish(data, workshop, pool=pool)

    monkeypatch.setattr(publishing, "finish", fail)
    context = making(secret=OURS)
    publication = run_publication(context, TOML, fresh_count=6)
    assert (publication.state, publication.revision) == (State.DONE, None)
    assert str(publication.refusal) == (
        "the pool of fresh cases cannot be built: reference.py raised KeyError on line 2: 3 (with N = 4, D = 1, M = 1)."
        " With fresh = 0 there is none"
    )
    assert publish(context, TOML, fresh_count=0).fresh == 0
