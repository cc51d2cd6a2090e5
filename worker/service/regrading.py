"""Regrades: the steps of a regrade itself, and the grading of its units."""

from collections.abc import Callable, Mapping

from grader.errors import AssignmentError, ServiceError
from grader.model.records import Claim, SubmissionRecord
from grader.store.regrades.model import Phase
from grader.store.regrades.worker_steps import StepResult
from worker.service.context import Context
from worker.service.lease import Lease, Withdrawn
from worker.service.tracing import bind_trace
from worker.service.verdicts import verdict_for_source


def step(context: Context, lease: Lease) -> Mapping[str, object]:
    """Run the step of the current phase (select, apply or roll back) from where it stopped to the end."""
    store, name = context.store, lease.claim.job.id
    regrade = lease.retry(lambda: store.regrades.get(name))
    steps = store.regrades.steps
    work: dict[Phase, Callable[[Claim], StepResult | None]] = {
        Phase.PREPARING: lambda claim: steps.choose(claim, grouping),
        Phase.APPLYING: steps.apply,
        Phase.ROLLING_BACK: steps.roll_back,
    }
    if regrade is None or regrade.phase not in work:
        raise Withdrawn(f"regrade {name} needs nothing done")
    bind_trace(regrade.trace)
    selection = regrade.selection
    revision = lease.retry(lambda: context.graders.revision(selection.course, selection.revision))

    def grouping(submission: SubmissionRecord) -> str:
        # Without the revision the grading of each unit fails and reports why.
        return context.graders.group(revision, submission.course, submission.student) if revision else ""

    run_chunk, more = work[regrade.phase], True
    while more:
        done = lease.retry(lambda: run_chunk(lease.claim))
        if done is None:
            raise Withdrawn(f"regrade {name} is no longer ours")
        for unit in done.unsent:
            context.dispatcher.send(unit)
        more = done.more
    return {"course": selection.course, "assignment": selection.assignment, "state": regrade.phase.value}


def unit(context: Context, lease: Lease) -> Mapping[str, object]:
    """Grade a unit, next to the current verdicts."""
    store, name = context.store, lease.claim.job.id
    units = store.regrades.units
    regrade_unit = lease.retry(lambda: units.get(name))
    if regrade_unit is None:
        raise Withdrawn(f"unit {name} was deleted")
    bind_trace(regrade_unit.trace)
    revision = lease.retry(lambda: context.graders.revision(regrade_unit.course, regrade_unit.revision))
    if revision is None:
        raise AssignmentError(f"there is no revision {regrade_unit.revision} in course {regrade_unit.course}")
    if regrade_unit.source is None:
        raise ServiceError(f"the source {regrade_unit.source_sha256} is not in the store")
    verdict, reused, caching = verdict_for_source(
        context,
        revision,
        regrade_unit.source,
        regrade_unit.filename,
        group=regrade_unit.group,
        fresh_result=regrade_unit.fresh,
        lease=lease,
    )
    unsent = lease.conclude(
        lambda following: units.record_verdict(
            lease.claim, verdict, regrade_unit.classes, reused=reused, ahead=caching, following=following
        )
    )
    if unsent is None:
        raise Withdrawn(f"unit {name} is no longer ours")
    for job in unsent:
        context.dispatcher.send(job)
    return {"course": regrade_unit.course, "outcome": verdict.outcome.value, "reused": reused}
