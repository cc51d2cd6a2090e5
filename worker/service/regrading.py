"""Regrades: a step is what a worker does for one itself, a unit is one of its sources."""

import logging
from collections.abc import Callable

from grader.errors import AssignmentError, ServiceError
from grader.model.records import Claim, Submission
from grader.store.regrades.model import Phase
from grader.store.regrades.runner import Step
from worker.service.claims import Hold, Withdrawn
from worker.service.context import Context
from worker.service.gradings import graded, own

_log = logging.getLogger(__name__)


def step(context: Context, hold: Hold) -> None:
    """Choose, apply or roll back, whichever its phase says, from where it stopped to the end."""
    store, name = context.store, hold.claim.job.id
    found = hold.asked(lambda: store.regrades.get(name))
    steps = store.regrades.steps
    work: dict[Phase, Callable[[Claim], Step | None]] = {
        Phase.PREPARING: lambda claim: steps.choose(claim, grouping),
        Phase.APPLYING: lambda claim: steps.apply(claim, own),
        Phase.ROLLING_BACK: steps.roll_back,
    }
    if found is None or found.phase not in work:
        raise Withdrawn(f"regrade {name} needs nothing done")
    selection = found.selection
    revision = hold.asked(lambda: context.graders.revision(selection.course, selection.revision))

    def grouping(each: Submission) -> str:
        # Without the revision no unit can be graded, which says so.
        return context.graders.group(revision, each.course, each.student) if revision else ""

    do, more = work[found.phase], True
    while more:
        done = hold.asked(lambda: do(hold.claim))
        if done is None:
            raise Withdrawn(f"regrade {name} is no longer ours")
        for unit in done.released:
            context.dispatcher.send(unit)
        more = done.more
    _log.info("regrade %s is through with %s", name, found.phase)


def unit(context: Context, hold: Hold) -> None:
    """Grade a source, beside the verdicts that hold."""
    store, name = context.store, hold.claim.job.id
    units = store.regrades.units
    found = hold.asked(lambda: units.get(name))
    if found is None:
        raise Withdrawn(f"unit {name} was deleted")
    revision = hold.asked(lambda: context.graders.revision(found.course, found.revision))
    if revision is None:
        raise AssignmentError(f"there is no revision {found.revision} in course {found.course}")
    if found.source is None:
        raise ServiceError(f"the source {found.source_sha256} is not in the store")
    verdict, reused, keeping = graded(
        context, revision, found.source, found.filename, group=found.group, fresh_result=found.fresh, hold=hold
    )
    released = hold.asked(lambda: units.graded(hold.claim, verdict, found.classes, reused=reused, ahead=keeping))
    if released is None:
        raise Withdrawn(f"unit {name} is no longer ours")
    for each in released:
        context.dispatcher.send(each)
