"""The grading of a submission, from its claim to its verdict."""

import logging
import time

from grader.errors import AssignmentError
from worker.service.context import Context
from worker.service.lease import Lease, Withdrawn
from worker.service.verdicts import verdict_for_source

_log = logging.getLogger(__name__)


def submission(context: Context, lease: Lease) -> None:
    """Grade a submission and record its verdict, if the claim is still valid."""
    started = time.monotonic()
    store, name = context.store, lease.claim.job.id
    record = lease.retry(lambda: store.submissions.get(name))
    source = lease.retry(lambda: store.submissions.source(name))
    if record is None or source is None:
        raise Withdrawn(f"submission {name} was deleted")
    revision = lease.retry(lambda: context.graders.revision(record.course, record.revision))
    if revision is None:
        raise AssignmentError(f"there is no revision {record.revision} in course {record.course}")
    group = context.graders.group(revision, record.course, record.student)
    verdict, reused, caching = verdict_for_source(
        context, revision, source, record.filename, group=group, fresh_result=False, lease=lease
    )
    identified = verdict.with_identity(name, record.filename)
    if not lease.retry(lambda: store.submissions.finish(lease.claim, identified, reused=reused, ahead=caching)):
        raise Withdrawn(f"submission {name} is no longer ours")
    seconds = time.monotonic() - started
    _log.info("submission %s: %s%s in %.3f s", name, verdict.outcome, ", reused," if reused else "", seconds)
