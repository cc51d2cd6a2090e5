"""Submissions that are recorded with a verdict, without a worker: what fills a store before a measurement."""

from backmark.grader.model.records import Claim, Job, Kind
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission


def record_and_claim(store: Store, submission: NewSubmission) -> Claim:
    """Record a submission and claim it."""
    name = store.submissions.accept(submission).id
    claim = store.jobs.claim(Job(Kind.SUBMISSION, name))
    if claim is None:
        raise RuntimeError(f"submission {name} was accepted, but does not wait")
    return claim


def record_verdict(store: Store, submission: NewSubmission, verdict: Verdict) -> None:
    """Record a submission and conclude it with the verdict, under its own name."""
    claim = record_and_claim(store, submission)
    store.submissions.finish(claim, verdict.with_identity(claim.job.id, submission.filename))


def current_revision(store: Store, course: str, assignment: str) -> str:
    """Return the id of an assignment's current revision."""
    revision = store.assignments.current(course, assignment)
    if revision is None:
        raise LookupError(f"{assignment} does not ship any more")
    return revision.id
