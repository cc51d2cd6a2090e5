"""Rounds of posts: start what is due, without waiting for those that are slow, until asked to stop."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from secrets import SystemRandom
from threading import Event

from backmark.grader.errors import StoreUnavailable

_log = logging.getLogger(__name__)

#: Simultaneous posts of one kind in this process.
THREADS = 16
#: Seconds between two rounds if nothing is due, and if the store does not answer.
_IDLE, _AWAY = 0.25, 1.0
#: The random share by which pauses vary, so that posts that failed together are not retried together.
_JITTER = 0.2

_random = SystemRandom()


def run_rounds(
    name: str,
    start_due: Callable[[ThreadPoolExecutor, int], set[Future[None]]],
    stop: Event,
    idle: float = _IDLE,
) -> None:
    """Start what is due in as many threads as are free, round by round; at the end, finish what is in progress.

    `name` is the plural of what is posted, for the log; `idle` are the seconds between two rounds if nothing is due.
    """
    running: set[Future[None]] = set()
    with ThreadPoolExecutor(THREADS, thread_name_prefix=name) as pool:
        while not stop.is_set():
            done, running = wait(running, timeout=0)
            for attempt in done:
                _log_failure(attempt)
            try:
                started = start_due(pool, THREADS - len(running))
            except StoreUnavailable as error:
                _log.warning("%s wait: %s", name, error)
                stop.wait(_AWAY)
                continue
            running |= started
            if not started:
                stop.wait(idle)
    for attempt in running:
        _log_failure(attempt)


def pause(attempt: int, first: float, growth: float, longest: float) -> float:
    """Return the seconds to wait after a failed attempt; the first is number 1."""
    seconds = min(first * growth ** min(attempt - 1, 10), longest)
    return seconds * _random.uniform(1 - _JITTER, 1 + _JITTER)


def _log_failure(ended: Future[None]) -> None:
    """Log an attempt whose result could not be recorded; it is repeated when its lease ends."""
    if (trouble := ended.exception()) is not None:
        _log.warning("the result of an attempt could not be recorded, so it will be repeated: %s", trouble)
