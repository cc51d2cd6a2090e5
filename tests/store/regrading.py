"""Helpers for the tests of regrades: submissions by their marks, and workers that do one thing at a time."""

from typing import Any

from backmark.grader.model.records import Claim, Job, Kind
from backmark.grader.model.regrades import Mode, Phase, RegradeRecord, Selection, Which
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.regrades.report import ReportRow
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.store.making import REVISION, claim_job, verdict

COURSE, ASSIGNMENT = "cs101", "udl-7.2"
NAMES = ("bias_gradient", "any_shape", "relu_derivative")


def result(score: int, *, max_score: int = 10, failing_rows: tuple[str, ...] = (), outcome: str = "") -> Verdict:
    """A verdict with as much of its own as a regrade looks at; passed with all marks, else failed."""
    rows = [{"name": name, "outcome": "failed" if name in failing_rows else "passed"} for name in NAMES]
    end_outcome = outcome or ("passed" if score == max_score else "failed")
    return verdict(end_outcome, score=score, max_score=max_score, properties=rows)


def hand_in_source(store: Store, student: str, source: str, filename: str = "answer.py") -> str:
    """A submission that waits."""
    new = NewSubmission(COURSE, ASSIGNMENT, REVISION, student, filename, source.encode())
    return store.submissions.accept(new).id


def grade_submission(store: Store, student: str, source: str, score: int = 8, **fields: Any) -> str:
    """Grade a submission with this score, and return its id."""
    filename = fields.pop("filename", "answer.py")
    name = hand_in_source(store, student, source, filename)
    assert store.submissions.finish(claim_job(store, name), result(score, **fields))
    return name


def selection(**fields: Any) -> Selection:
    """All submissions for the assignment, unless said otherwise."""
    defaults: dict[str, Any] = {"course": COURSE, "assignment": ASSIGNMENT, "revision": "f" * 16, "which": Which.ALL}
    return Selection(**{**defaults, **fields})


def request_regrade(store: Store, **fields: Any) -> str:
    """Request a regrade, and return its id."""
    return store.regrades.request(selection(**fields)).regrade.id


def select_units(store: Store, **fields: Any) -> str:
    """Request a regrade and select its units, which wait; return its id."""
    name = request_regrade(store, **fields)
    finish_step(store, name)
    return name


def preview_regrade(store: Store, verdicts: dict[str, Verdict] | dict[str, int], **fields: Any) -> str:
    """Request and preview a regrade whose sources get these verdicts or scores; return its id."""
    name = select_units(store, **fields)
    grade(store, {source: result(score) if isinstance(score, int) else score for source, score in verdicts.items()})
    assert phase(store, name) is Phase.PREVIEWED
    return name


def apply_regrade(store: Store, name: str, mode: Mode = Mode.WHOLE) -> RegradeRecord:
    """Apply a regrade, and return it."""
    store.regrades.apply(name, mode)
    finish_step(store, name)
    return now(store, name)


def roll_back(store: Store, name: str) -> RegradeRecord:
    """Roll a regrade back, and return it."""
    store.regrades.roll_back(name)
    finish_step(store, name)
    return now(store, name)


def finish_step(store: Store, name: str) -> None:
    """Claim the regrade's step and do all of it."""
    claim = claim_step(store, name)
    while one_chunk(store, claim):
        pass


def claim_step(store: Store, name: str) -> Claim:
    """The claim of a step that waited."""
    claim = store.jobs.claim(Job(Kind.REGRADE, name))
    assert claim is not None
    return claim


def one_chunk(store: Store, claim: Claim) -> bool:
    """Do as much of a step as one script does; whether there is more."""
    steps = store.regrade_steps
    step = steps.get(claim.job.id)
    match step and step.phase:
        case Phase.PREPARING:
            is_done = steps.choose(claim)
        case Phase.APPLYING:
            is_done = steps.apply(claim)
        case _:
            is_done = steps.roll_back(claim)
    assert is_done is not None
    return is_done.more


def grade(store: Store, verdicts: dict[str, Verdict]) -> int:
    """Grade every unit that waits, by its source; how many there were."""
    count = 0
    while units := waiting_units(store):
        for unit in units:
            claim = store.jobs.claim(unit)
            unit_record = store.regrades.units.get(unit.id)
            assert claim is not None
            assert unit_record is not None
            assert unit_record.source is not None
            assert unit_graded(store, claim, verdicts[unit_record.source.decode()])
            count += 1
    return count


def unit_graded(store: Store, claim: Claim, unit_verdict: Verdict) -> bool:
    """The unit's end, as a worker writes it."""
    return store.regrades.units.record_verdict(claim, unit_verdict)


def waiting_units(store: Store) -> list[Job]:
    """The units in the queue, in order."""
    members: Any = store.redis.zrange("bm:waiting:regrade", 0, -1)
    return [Job(Kind.UNIT, member.decode().partition(":")[2]) for member in members]


def fail(store: Store, unit: Job) -> None:
    """Let a unit fail as often as it is tried."""
    while (claim := store.jobs.claim(unit)) is not None:
        store.jobs.record_failure(claim, "no jail")


def now(store: Store, name: str) -> RegradeRecord:
    """A regrade that is there."""
    record = store.regrades.get(name)
    assert record is not None
    return record


def phase(store: Store, name: str) -> Phase:
    """Return the phase of a regrade."""
    return now(store, name).phase


def rows(store: Store, name: str) -> dict[str, ReportRow]:
    """The report by submission."""
    return {row.submission: row for row in store.regrades.report(name).all(frozenset())}
