"""What a message leads to: a claim, the work of its kind, and whatever must be said where that does not end well."""

import contextlib
import logging
from collections.abc import Callable

from celery.exceptions import Reject

from grader.errors import JailFailed, JailInterrupted, JailUnavailable, StoreUnavailable
from grader.model.records import Job, Kind, State
from worker.grading.grader import INTERRUPTED_TRIES
from worker.service import publishing, regrading, submitting
from worker.service.claims import Hold, Stopping, Withdrawn, held
from worker.service.context import Context
from worker.service.fitness import RETRY_SECONDS

_log = logging.getLogger(__name__)

#: Each ends with what it concluded written, or raises.
WORK: dict[Kind, Callable[[Context, Hold], None]] = {
    Kind.SUBMISSION: submitting.submission,
    Kind.PUBLICATION: publishing.publication,
    Kind.REGRADE: regrading.step,
    Kind.UNIT: regrading.unit,
}


def perform(context: Context, job: Job) -> None:
    """Do it, unless it is done or being done. An edge: nothing that goes wrong here is a student's."""
    try:
        with held(context, job) as hold:
            if hold is not None:
                _work(context, hold)
    except Stopping:
        # Nothing was claimed: the message goes back as it came.
        raise Reject("the worker stops", requeue=True) from None
    if context.fitness.reason is not None:
        _recover(context)
    elif not context.stop.requested:
        context.jails.prepare()


def _work(context: Context, hold: Hold) -> None:
    job = hold.claim.job
    try:
        WORK[job.kind](context, hold)
    except Withdrawn as error:
        _log.info("%s", error)
    except (Stopping, StoreUnavailable) as error:
        _hand_back(context, hold, str(error))
    except (JailUnavailable, JailFailed) as error:
        _count_jail(context)
        if reason := context.fitness.examine():
            _hand_back(context, hold, reason)
        else:
            _failed(context, hold, error)
    except Exception as error:  # noqa: BLE001 - an edge: whatever it is, it is ours, and no verdict
        _log.exception("%s %s", job.kind, job.id)
        _failed(context, hold, error)


def _hand_back(context: Context, hold: Hold, why: str) -> None:
    """Let another worker have it. Where the store does not hear of that, a sweeper finds it."""
    job = hold.claim.job
    try:
        if context.store.jobs.hand_back(hold.claim):
            context.dispatcher.send_again(job)
            _log.info("%s %s is handed back: %s", job.kind, job.id, why)
    except StoreUnavailable as error:
        _log.warning("%s %s could not be handed back: %s", job.kind, job.id, error)


def _failed(context: Context, hold: Hold, error: Exception) -> None:
    """Count a try that failed, and try again where there are more."""
    message = f"{type(error).__name__}: {error}"
    most = INTERRUPTED_TRIES if isinstance(error, JailInterrupted) else None
    try:
        state = hold.asked(lambda: context.store.jobs.failed(hold.claim, message, most))
    except Withdrawn:
        return
    except Stopping as why:
        _hand_back(context, hold, str(why))
        return
    if state is State.QUEUED:
        context.dispatcher.send_again(hold.claim.job)


def _count_jail(context: Context) -> None:
    with contextlib.suppress(StoreUnavailable):
        context.store.counters.add("jail_failures")


def _recover(context: Context) -> None:
    """Take nothing more until a jail can be had again: this process's next message waits for it."""
    _log.error("no jail can be had: %s", context.fitness.reason)
    while context.fitness.reason is not None and not context.stop.wait(RETRY_SECONDS):
        context.fitness.examine()
