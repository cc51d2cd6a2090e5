"""The revisions of version 0.1.0 are of networks in layers, which this version no longer judges.

They stay readable, and say what to do. What waits on one that shipped is graded on what ships now; what waits on
another ends as service_failed, and neither uses an attempt nor changes a verdict.
"""

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load, load_packaged
from backmark.grader.contracts.language.stored_settings import is_layered
from backmark.grader.errors import MadeByEarlierVersion
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.regrades import Mode, Phase, RegradeRecord, Selection, Which
from backmark.grader.store.store import Store
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.stored.service import AT_B8E7FD0, get_record, marks, perform_until_graded
from tests.web.visitor import Visitor

pytestmark = pytest.mark.usefixtures("draw_once")

KNOWN, DONE, phase, do_step = AT_B8E7FD0.known, AT_B8E7FD0.done, AT_B8E7FD0.phase, AT_B8E7FD0.do_step
COURSE, OTHER = AT_B8E7FD0.courses
UDL: str = KNOWN["revisions"]["udl-7.2"]
ADVICE = "publish the assignment again"
TRIES = 2


def list_waiting(context: Context) -> list[str]:
    """Return the units that wait in the queue, of all regrades."""
    members: Any = context.store.redis.zrange("bm:waiting:regrade", 0, -1)
    return [name for kind, _, name in (raw.decode().partition(":") for raw in members) if kind == Kind.UNIT]


def grade_units(context: Context) -> None:
    """Let the worker grade all units that wait, each as often as it may be tried, after which none does."""
    for _ in range(TRIES * len(list_waiting(context))):
        for unit in list_waiting(context)[:1]:
            perform(context, Job(Kind.UNIT, unit))
    assert list_waiting(context) == []


def read_regrade(context: Context, regrade: str) -> RegradeRecord:
    record = context.store.regrades.get(regrade)
    assert record is not None
    return record


def regrade_all(context: Context, assignment: str, revision: str, *students: str) -> str:
    """Let the worker preview a regrade of all submissions."""
    selection = Selection(COURSE, assignment, revision, students=students, which=Which.ALL)
    regrade = context.store.regrades.request(selection).regrade.id
    perform(context, Job(Kind.REGRADE, regrade))
    grade_units(context)
    assert read_regrade(context, regrade).phase is Phase.PREVIEWED
    return regrade


def test_every_revision_is_of_layered_networks_and_is_judged_no_longer(context: Context) -> None:
    """It is there, and says what to do; in the place of what shipped then stands what ships now."""
    for name, identifier in KNOWN["revisions"].items():
        record = context.store.assignments.get(COURSE, identifier)
        data = context.store.assignments.archive(identifier)
        assert record is not None
        assert data is not None
        assert is_layered(record.assignment)
        with pytest.raises(MadeByEarlierVersion, match=ADVICE):
            load(data)
        judged = context.graders.revision(COURSE, identifier)
        assert judged is not None
        # What was read once is what it was.
        assert context.graders.revision(COURSE, identifier) == judged
        if name == "udl-7.2":
            assert judged == context.store.assignments.packaged("udl-7.2")
            assert judged.id == load_packaged("udl-7.2").id
        else:
            assert judged == record
            with pytest.raises(
                MadeByEarlierVersion, match=f"revision {identifier} is of networks in layers.* {ADVICE}"
            ):
                context.graders.grader(judged)


def test_a_course_s_own_revision_gives_way_to_what_ships_only_if_it_is_layered(context: Context, udl: Judge) -> None:
    assignments = context.store.assignments
    shipped, then = assignments.packaged("udl-7.2"), assignments.get(COURSE, UDL)
    archive = assignments.archive(UDL)
    assert shipped is not None
    assert then is not None
    assert archive is not None
    layered_one = assignments.publish(replace(then, id="layered", course=COURSE), archive)
    assert context.graders.revision(COURSE, layered_one.id) == shipped
    contract = assignments.publish(replace(shipped, id="contract", course=COURSE), b"")
    assert context.graders.revision(COURSE, contract.id) == contract
    assert contract.networks_sha256 == udl.revision.cases_sha256
    # Nobody else's is known, and neither is what nobody has.
    assert context.graders.revision(OTHER, layered_one.id) is None
    assert context.graders.revision(COURSE, "nobody's") is None


def test_what_waits_on_what_shipped_is_graded_on_what_ships(context: Context) -> None:
    name = KNOWN["submissions"]["waiting"]
    perform_until_graded(context, name)
    verdict, record = context.store.submissions.verdict(name), get_record(context.store, name)
    assert verdict is not None
    assert (record.outcome, verdict.score, verdict.max_score) == ("passed", 10, 10)
    assert verdict.assignment.revision == load_packaged("udl-7.2").id


@pytest.mark.parametrize("submission_name", ["waiting for fresh networks", "waiting for an old revision"])
def test_what_waits_on_another_ends_with_a_sentence_and_uses_no_attempt(context: Context, submission_name: str) -> None:
    name = KNOWN["submissions"][submission_name]
    for _ in range(TRIES * len(KNOWN["submissions"])):
        perform(context, Job(Kind.SUBMISSION, name))
    record = get_record(context.store, name)
    assert (record.state, record.tries, record.attempt) == (State.SERVICE_FAILED, TRIES, None)
    assert record.failure is not None
    assert ADVICE in record.failure


def test_a_regrade_goes_on_where_it_stood_and_changes_no_verdict(context: Context) -> None:
    """One that waits, one that is previewed, one that was cancelled, one that failed: its units end as failures.

    Each is tried as often as any job, waits nowhere then, and counts as one that could not be graded, with a sentence
    in the report. What was graded then is applied; the others keep their verdicts.
    """
    store, names = context.store, ("preparing", "failed", "previewing", "cancelled")
    for name in ("cancelled", "failed"):
        store.regrades.resume(KNOWN["regrades"][name])
    for name in ("preparing", "failed"):
        do_step(context, name)
    grade_units(context)
    for name in names:
        identifier, students = KNOWN["regrades"][name], KNOWN["regraded"][name]
        graded = 1 if name == "previewing" else 0
        for again in (False, True):
            if again:
                # They fail again, and count once.
                _, units = store.regrades.resume(identifier)
                assert {unit.id for unit in units} <= {*list_waiting(context)}
                grade_units(context)
            counts = read_regrade(context, identifier).counts
            assert phase(store, name) is Phase.PREVIEWED
            assert (counts.submissions, counts.could_not_be_graded) == (3, 3 - graded)
            assert counts.up + counts.down + counts.same == graded
        rows = [*store.regrades.report(identifier).all(frozenset())]
        failures = {row.submission: row.failure for row in rows if row.after is None}
        assert (len(rows), len(failures)) == (3, 3 - graded)
        assert all(ADVICE in str(failure) for failure in failures.values())
        before = dict(zip(students, marks(store, students), strict=True))
        store.regrades.apply(identifier, Mode.WHOLE)
        do_step(context, name)
        assert (phase(store, name), read_regrade(context, identifier).counts.applied) == (Phase.APPLIED, graded)
        after = dict(zip(students, marks(store, students), strict=True))
        assert {student: after[student] for student in failures} == {student: before[student] for student in failures}
        assert {get_record(store, student).state for student in students} == {State.DONE}


def test_a_regrade_that_was_graded_then_is_applied(context: Context) -> None:
    do_step(context, "applying")
    assert phase(context.store, "applying") is Phase.APPLIED
    assert read_regrade(context, KNOWN["regrades"]["applying"]).counts.applied == 3


@pytest.mark.nightly
def test_a_regrade_over_what_shipped_grades_on_what_ships(context: Context) -> None:
    regrade = regrade_all(context, "udl-7.2", UDL, "ada")
    counts = read_regrade(context, regrade).counts
    assert (counts.submissions, counts.could_not_be_graded) == (4, 0)
    context.store.regrades.apply(regrade, Mode.WHOLE)
    perform(context, Job(Kind.REGRADE, regrade))
    verdicts = [
        context.store.submissions.verdict(DONE[name])
        for name in ("right.ipynb", "no_relu_derivative.ipynb", "missing_factor_two.py")
    ]
    assert [verdict and verdict.outcome for verdict in verdicts] == ["passed", "failed", "failed"]
    assert {verdict and verdict.assignment.revision for verdict in verdicts} == {load_packaged("udl-7.2").id}


def test_pages_of_staff_say_that_a_revision_is_judged_no_longer_and_what_to_do(app: Flask, store: Store) -> None:
    visitor, home = Visitor(app, store, COURSE), f"/courses/{COURSE}/assignments"
    notice = "This revision is from an earlier version of Backmark, which described networks by their layers."
    for name, shipped in (("udl-7.2", True), ("hint", False)):
        revision = KNOWN["revisions"][name]
        for page in (f"{home}/{name}/revisions/{revision}", *(() if shipped else (f"{home}/{name}",))):
            text = visitor.get(page)
            assert text.count(notice) == 1, page
            assert ("are graded on udl-7.2 as it ships with Backmark." in text) is shipped
            assert ("No submission can be graded on it." in text) is not shipped
            assert f'<a href="/courses/{COURSE}/publish?assignment={name}">Publish the assignment again</a>' in text
    # What ships is current, and a contract.
    contract = load_packaged("udl-7.2").id
    for page in (f"{home}/udl-7.2", f"{home}/udl-7.2/revisions/{contract}"):
        assert notice not in visitor.get(page)


def test_a_course_whose_own_layered_revision_is_current_reads_so(app: Flask, store: Store) -> None:
    """It has the name of what ships, on which what is handed in is graded."""
    then, archive = store.assignments.get(COURSE, UDL), store.assignments.archive(UDL)
    assert then is not None
    assert archive is not None
    store.assignments.publish(replace(then, id="layered", course=COURSE), archive)
    text = Visitor(app, store, COURSE).get(f"/courses/{COURSE}/assignments/udl-7.2")
    assert "New submissions are graded on udl-7.2 as it ships with Backmark." in text
