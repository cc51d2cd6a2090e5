"""Regrades: the steps of a regrade itself, and the grading of its units."""

import time
from collections.abc import Mapping

from backmark.grader.errors import AssignmentError, ServiceError
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.regrades import Phase
from backmark.grader.store.regrades.worker_steps import Group, RegradeSteps, StepResult
from backmark.worker.service.context import Context
from backmark.worker.service.lease import Lease, Withdrawn
from backmark.worker.service.tracing import bind_trace
from backmark.worker.service.verdicts import verdict_for_source

#: Seconds of a regrade's step before others have a turn, and of units after it before a step has another.
TURN = 0.5
#: The phases in which a regrade itself has something to do.
_STEPS = frozenset({Phase.PREPARING, Phase.APPLYING, Phase.ROLLING_BACK})


def step(context: Context, lease: Lease) -> Mapping[str, object]:
    """Run the step of the current phase (select, apply or roll back) from where it stopped, for a turn.

    If it is not done by then, it waits for another turn. After a turn of selecting the process goes on with units.
    """
    store, name = context.store, lease.claim.job.id
    regrade = lease.retry(lambda: store.regrade_steps.get(name))
    if regrade is None or regrade.phase not in _STEPS:
        raise Withdrawn(f"regrade {name} needs nothing done")
    bind_trace(regrade.trace)
    selection = regrade.selection
    revision = lease.retry(lambda: context.graders.revision(selection.course, selection.revision))

    def grouping(submission: SubmissionRecord) -> str:
        # Without the revision the grading of each unit fails and reports why.
        return context.graders.group(revision, submission.course, submission.student) if revision else ""

    end = time.monotonic() + TURN
    more = turn = True
    while more and turn:
        turn = time.monotonic() < end
        done = _run_chunk(store.regrade_steps, regrade.phase, lease, grouping, last_of_turn=not turn)
        if done is None:
            raise Withdrawn(f"regrade {name} is no longer ours")
        context.dispatcher.nudge(done.nudges)
        more = done.more
    return {"course": selection.course, "assignment": selection.assignment, "state": regrade.phase.value}


def _run_chunk(
    steps: RegradeSteps, phase: Phase, lease: Lease, group: Group, *, last_of_turn: bool
) -> StepResult | None:
    """Run a chunk of a phase's step. The last of a turn of selecting claims a job: a process may be alone."""
    if phase is Phase.APPLYING:
        return lease.retry(lambda: steps.apply(lease.claim, last_of_turn=last_of_turn))
    if phase is Phase.ROLLING_BACK:
        return lease.retry(lambda: steps.roll_back(lease.claim, last_of_turn=last_of_turn))
    if not last_of_turn:
        return lease.retry(lambda: steps.choose(lease.claim, group))
    return lease.conclude(
        lambda following: steps.choose(lease.claim, group, last_of_turn=True, following=following), steps_last=True
    )


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
    verdict, reused, caching, _ = verdict_for_source(
        context,
        revision,
        regrade_unit.source,
        regrade_unit.filename,
        group=regrade_unit.group,
        fresh_result=regrade_unit.fresh,
        lease=lease,
    )
    recorded = lease.conclude(
        lambda following: units.record_verdict(lease.claim, verdict, reused=reused, ahead=caching, following=following)
    )
    if not recorded:
        raise Withdrawn(f"unit {name} is no longer ours")
    return {"course": regrade_unit.course, "outcome": verdict.outcome.value, "reused": reused}
