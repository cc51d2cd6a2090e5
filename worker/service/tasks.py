"""The handling of a nudge: claims, the work for their kind of job, and the reports of failures."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping

from celery.exceptions import Reject
from structlog.contextvars import bound_contextvars, clear_contextvars

from backmark.grader.errors import JailFailed, JailInterrupted, JailUnavailable, SliceEnded, StoreUnavailable
from backmark.grader.model.records import Claim, Kind
from backmark.worker.grading.grader import INTERRUPTED_TRIES
from backmark.worker.service import publishing, regrading, submitting
from backmark.worker.service.context import Context
from backmark.worker.service.isolation import RETRY_SECONDS
from backmark.worker.service.lease import Lease, Stopping, Withdrawn, claim_next, hold_lease

_log = logging.getLogger(__name__)

#: Seconds within which a process begins with other jobs before it takes another message, which costs as much as a
#: quarter of a job. A broker may take a message that is kept much longer for lost.
GOING_ON = 10.0

#: The work for each kind of job: records its conclusion and returns fields of its line in the log, or raises.
WORK: dict[Kind, Callable[[Context, Lease], Mapping[str, object]]] = {
    Kind.SUBMISSION: submitting.submission,
    Kind.PUBLICATION: publishing.publication,
    Kind.REGRADE: regrading.step,
    Kind.UNIT: regrading.unit,
}


def perform(context: Context) -> None:
    """Perform the job whose turn it is, and for ten seconds what waits behind it, each by a claim of its own.

    Whoever ends without having looked for another job nudges: something may wait.

    An edge: no error here is a student's fault.
    """
    end, rest = time.monotonic() + GOING_ON, 0.0
    try:
        claimed = claim_next(context)
    except Stopping:
        # Nothing was claimed, so the message goes back unchanged.
        raise Reject("the worker stops", requeue=True) from None
    while claimed is not None:
        # The work binds the id of the request that asked for it, for its own lines only.
        clear_contextvars()
        name = f"{claimed.job.kind} {claimed.job.id}"
        with bound_contextvars(job=name), hold_lease(context, claimed, end, rest) as lease:
            _work(context, lease)
        if claimed.job.kind is Kind.REGRADE:
            rest = time.monotonic() + regrading.TURN
        claimed = lease.next_claim
        if claimed is not None and (why := context.isolation.reason):
            _hand_back(context, claimed, why)
            claimed = None
        if claimed is None and not lease.is_last:
            context.dispatcher.nudge()
    if context.isolation.reason is not None:
        _recover(context)
    elif not context.stop.requested:
        context.jails.prepare()


def _work(context: Context, lease: Lease) -> None:
    job, started = lease.claim.job, time.monotonic()
    try:
        # It starts while the job is read.
        context.jails.prepare()
        fields = WORK[job.kind](context, lease)
    except Withdrawn as error:
        _log.info("%s", error)
    except (Stopping, StoreUnavailable) as error:
        _hand_back(context, lease.claim, str(error))
    except SliceEnded as end:
        _end_slice(context, lease, end)
    except (JailUnavailable, JailFailed) as error:
        _count_jail(context)
        if reason := context.isolation.examine():
            _hand_back(context, lease.claim, reason)
        else:
            _record_failure(context, lease, error)
    except Exception as error:  # noqa: BLE001 - an edge: any other error is ours, and no verdict
        _log.exception("%s %s failed with an internal error", job.kind, job.id)
        _record_failure(context, lease, error)
    else:
        _log.info("job done", extra={**fields, "milliseconds": round(1000 * (time.monotonic() - started), 1)})


def _hand_back(context: Context, claim: Claim, why: str) -> None:
    """Hand a job back to other workers. If the store does not answer, the sweeper requeues it."""
    job = claim.job
    try:
        if context.store.jobs.hand_back(claim):
            _log.info("%s %s is handed back: %s", job.kind, job.id, why)
    except StoreUnavailable as error:
        _log.warning("%s %s could not be handed back: %s", job.kind, job.id, error)


def _end_slice(context: Context, lease: Lease, end: SliceEnded) -> None:
    """Let a submission that has used up its slice wait for a turn in the slow lane."""
    job = lease.claim.job
    try:
        if lease.retry(lambda: context.store.jobs.end_slice(lease.claim, end.seconds, end.limit)):
            _log.info("%s %s waits in the slow lane: it %s", job.kind, job.id, end)
    except Withdrawn as error:
        _log.info("%s", error)
    except Stopping as why:
        _hand_back(context, lease.claim, str(why))


def _record_failure(context: Context, lease: Lease, error: Exception) -> None:
    """Record a failed try. The job waits again if any tries are left."""
    message = f"{type(error).__name__}: {error}"
    most = INTERRUPTED_TRIES if isinstance(error, JailInterrupted) else None
    try:
        lease.retry(lambda: context.store.jobs.record_failure(lease.claim, message, most))
    except Withdrawn:
        return
    except Stopping as why:
        _hand_back(context, lease.claim, str(why))


def _count_jail(context: Context) -> None:
    with contextlib.suppress(StoreUnavailable):
        context.store.counters.add("jail_failures")


def _recover(context: Context) -> None:
    """Wait until a jail is available again; this process's next message waits for that."""
    _log.error("no jail is available: %s", context.isolation.reason)
    while context.isolation.reason is not None and not context.stop.wait(RETRY_SECONDS):
        context.isolation.examine()
