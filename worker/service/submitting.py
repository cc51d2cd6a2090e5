"""A submission, from its claim to its verdict."""

import logging
import time

from grader.errors import AssignmentError
from worker.service.claims import Hold, Withdrawn
from worker.service.context import Context
from worker.service.gradings import graded, own

_log = logging.getLogger(__name__)


def submission(context: Context, hold: Hold) -> None:
    """Grade it and write its verdict, where it is still ours to write."""
    started = time.monotonic()
    store, name = context.store, hold.claim.job.id
    found = hold.asked(lambda: store.submissions.get(name))
    source = hold.asked(lambda: store.submissions.source(name))
    if found is None or source is None:
        raise Withdrawn(f"submission {name} was deleted")
    revision = hold.asked(lambda: context.graders.revision(found.course, found.revision))
    if revision is None:
        raise AssignmentError(f"there is no revision {found.revision} in course {found.course}")
    group = context.graders.group(revision, found.course, found.student)
    verdict, reused, keeping = graded(
        context, revision, source, found.filename, group=group, fresh_result=False, hold=hold
    )
    mine = own(verdict, name, found.filename)
    if not hold.asked(lambda: store.submissions.finish(hold.claim, mine, reused=reused, ahead=keeping)):
        raise Withdrawn(f"submission {name} is no longer ours")
    seconds = time.monotonic() - started
    _log.info("submission %s: %s%s in %.3f s", name, verdict["outcome"], ", reused," if reused else "", seconds)
