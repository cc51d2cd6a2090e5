"""The grading of a submission, from its claim to its verdict."""

from collections.abc import Mapping

from backmark.grader.errors import AssignmentError
from backmark.worker.service.context import Context
from backmark.worker.service.lease import Lease, Withdrawn
from backmark.worker.service.tracing import bind_trace
from backmark.worker.service.verdicts import verdict_for_source


def submission(context: Context, lease: Lease) -> Mapping[str, object]:
    """Grade a submission and record its verdict, if the claim is still valid."""
    store, name = context.store, lease.claim.job.id
    record = lease.retry(lambda: store.submissions.get(name))
    source = None if record is None else lease.retry(lambda: store.submissions.content(record.source_sha256))
    if record is None or source is None:
        raise Withdrawn(f"submission {name} was deleted")
    bind_trace(record.trace)
    revision = lease.retry(lambda: context.graders.revision(record.course, record.revision))
    if revision is None:
        raise AssignmentError(f"there is no revision {record.revision} in course {record.course}")
    group = context.graders.group(revision, record.course, record.student)
    verdict, reused, caching, seconds = verdict_for_source(
        context, revision, source, record.filename, group=group, fresh_result=False, lease=lease
    )
    identified = verdict.with_identity(name, record.filename)
    if not lease.conclude(
        lambda following: store.submissions.finish(
            lease.claim, identified, reused=reused, seconds=seconds, ahead=caching, following=following
        )
    ):
        raise Withdrawn(f"submission {name} is no longer ours")
    waited = 1000 * ((record.started or record.created) - record.created)
    return {
        "course": record.course,
        "assignment": record.assignment,
        "outcome": verdict.outcome.value,
        "reused": reused,
        "tries": record.tries,
        "waited_milliseconds": round(waited, 1),
    }
