"""Counters since this Redis was created, for /metrics; the functions count what they do."""

from collections.abc import Mapping
from dataclasses import dataclass

from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, texts

#: Bounds of a histogram's buckets, in seconds; the same as in functions/common.lua.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, float("inf"))


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram of durations: cumulative counts by upper bound in seconds, with their total."""

    buckets: tuple[tuple[float, int], ...]
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals since this Redis was created."""

    accepted: int
    #: Requests that repeated an Idempotency-Key.
    replayed: int
    #: First verdicts by outcome.
    outcomes: dict[str, int]
    #: Ended jobs by kind and final state.
    states: dict[tuple[str, str], int]
    #: Attempts that the service failed, by kind of job; includes lost leases.
    failures: dict[str, int]
    #: Submissions that ended without a verdict because the service failed: each is an alarm.
    service_failures: int
    #: Leases that expired without a sign of life from the worker.
    lost_leases: int
    handed_back: int
    sent_again: int
    #: Submissions that ended as service_failed and were retried by staff.
    retried: int
    #: Jails that could not be built, or broke.
    jail_failures: int
    #: First verdicts that were reused from an identical source.
    reused: int
    regraded: int
    rolled_back: int
    #: Attempts at notifications by their result.
    notifications: dict[str, int]
    #: Claims of marks for gradebooks by their result, and readings of rosters.
    scores: dict[str, int]
    rosters: dict[str, int]
    #: Requests by endpoint and status; milliseconds of answering them by endpoint.
    requests: dict[tuple[str, str], int]
    request_milliseconds: dict[str, int]
    #: From the claim to the verdict, of graded submissions.
    grading: Histogram
    #: From acceptance to the first claim.
    waiting: Histogram


class Counters:
    """The counters: all can be read, and those that no function counts can be increased."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def add(self, name: str, by: int = 1) -> None:
        """Increase a counter that no function increases, such as `jail_failures`."""
        self._redis.hincrby(keys.COUNTERS, name, by)

    def add_requests(self, counts: Mapping[tuple[str, int], int], milliseconds: Mapping[str, float]) -> None:
        """Add requests, by endpoint and status, and the time that answering them took, by endpoint."""
        # All or none: what was not added is added again.
        pipeline = self._redis.pipeline()
        for (endpoint, status), number in counts.items():
            pipeline.hincrby(keys.COUNTERS, f"requests:{endpoint}:{status}", number)
        for endpoint, time in milliseconds.items():
            pipeline.hincrby(keys.COUNTERS, f"request_milliseconds:{endpoint}", round(time))
        pipeline.execute()

    def read(self) -> Totals:
        """Return the current totals."""
        raw = {name: int(value) for name, value in texts(self._redis.hgetall(keys.COUNTERS)).items()}
        states = {(kind, state): value for (kind, state), value in _under(raw, "state", 2)}
        return Totals(
            accepted=raw.get("accepted", 0),
            replayed=raw.get("replayed", 0),
            outcomes={name: value for (name,), value in _under(raw, "outcome", 1)},
            states=states,
            failures={name: value for (name,), value in _under(raw, "failures", 1)},
            service_failures=states.get(("submission", "service_failed"), 0),
            lost_leases=raw.get("lost_leases", 0),
            handed_back=raw.get("handed_back", 0),
            sent_again=raw.get("sent_again", 0),
            retried=raw.get("retried", 0),
            jail_failures=raw.get("jail_failures", 0),
            reused=raw.get("reused", 0),
            regraded=raw.get("regraded", 0),
            rolled_back=raw.get("rolled_back", 0),
            notifications={name: value for (name,), value in _under(raw, "callbacks", 1)},
            scores={name: value for (name,), value in _under(raw, "scores", 1)},
            rosters={name: value for (name,), value in _under(raw, "rosters", 1)},
            requests={(endpoint, status): value for (endpoint, status), value in _under(raw, "requests", 2)},
            request_milliseconds={name: value for (name,), value in _under(raw, "request_milliseconds", 1)},
            grading=_histogram(raw, "grading_seconds"),
            waiting=_histogram(raw, "waiting_seconds"),
        )


def _under(raw: dict[str, int], prefix: str, parts: int) -> list[tuple[tuple[str, ...], int]]:
    split = ((name.split(":"), value) for name, value in raw.items())
    return [(tuple(rest), value) for (first, *rest), value in split if first == prefix and len(rest) == parts]


def _histogram(raw: dict[str, int], name: str) -> Histogram:
    own = {float(rest[1]): value for rest, value in _under(raw, name, 2) if rest[0] == "bucket"}
    total, buckets = 0, []
    for bound in BOUNDS:
        total += own.get(bound, 0)
        buckets.append((bound, total))
    return Histogram(tuple(buckets), raw.get(f"{name}:count", 0), raw.get(f"{name}:milliseconds", 0) / 1000)
