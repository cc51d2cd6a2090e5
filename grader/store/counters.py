"""What happened since this Redis was new, for /metrics: counted by the scripts that make it happen."""

from dataclasses import dataclass

from grader.store import keys
from grader.store.connection import Connection, texts

#: Bounds of a histogram's buckets, in seconds, as scripts/common.lua has them.
BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, float("inf"))


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many took up to so many seconds (each bucket includes the ones before), and all together."""

    buckets: tuple[tuple[float, int], ...]
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Counted since this Redis was new."""

    accepted: int
    #: Requests that repeated an Idempotency-Key.
    replayed: int
    #: First verdicts by outcome.
    outcomes: dict[str, int]
    #: Ends by kind of job and terminal state.
    states: dict[tuple[str, str], int]
    #: Tries that ended by our own failure, by kind of job, lost leases among them.
    failures: dict[str, int]
    #: Submissions that ended without a verdict by our failure: each is an alarm.
    service_failures: int
    #: Workers that gave no sign of life.
    lost_leases: int
    handed_back: int
    sent_again: int
    #: Submissions that had ended as service_failed and were let wait again by staff.
    retried: int
    #: Jails that could not be built or lost their way.
    jail_failures: int
    #: First verdicts that were made for an identical source before.
    reused: int
    regraded: int
    rolled_back: int
    #: From the claim to the verdict, of those that were graded.
    grading: Histogram
    #: From accepted to the first claim.
    waiting: Histogram


class Counters:
    """Read them all, or add to one that no script counts."""

    def __init__(self, redis: Connection) -> None:
        self._redis = redis

    def add(self, name: str, by: int = 1) -> None:
        """Count something that changes nothing else, such as `jail_failures`."""
        self._redis.hincrby(keys.COUNTERS, name, by)

    def read(self) -> Figures:
        """All of them now."""
        raw = {name: int(value) for name, value in texts(self._redis.hgetall(keys.COUNTERS)).items()}
        states = {(kind, state): value for (kind, state), value in _under(raw, "state", 2)}
        return Figures(
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
