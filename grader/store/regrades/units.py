"""Units: the distinct sources of a regrade, each graded once for all submissions that share it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grader.model.records import Claim, Job, Kind
from grader.model.trace import Trace
from grader.model.verdict import Verdict
from grader.store import keys
from grader.store.codec import decode_verdict, decompress, encode_verdict
from grader.store.connection import Connection, text
from grader.store.regrades.entry import counters_of
from grader.store.scripts import FollowingCall, ScriptCall, Scripts
from grader.store.summary import VerdictSummary


@dataclass(frozen=True, slots=True)
class Unit:
    """A distinct source of a regrade."""

    id: str
    course: str
    revision: str
    source_sha256: str
    #: A neutral name with the suffix of the submissions' files, on which alone the reading depends.
    filename: str
    #: The group of the students; empty if all are graded on the same networks.
    group: str
    #: True if it must be graded again instead of reusing a verdict.
    fresh: bool
    #: The submitted file, or None if it has been deleted.
    source: bytes | None
    #: The trace of the request for the regrade; None if an earlier version recorded it.
    trace: Trace | None
    #: The classes of its submissions' current verdicts.
    classes: tuple[str, ...]


class Units:
    """All units. Methods return None if there is no such unit, or if the claim is no longer valid."""

    def __init__(self, redis: Connection, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    def get(self, name: str) -> Unit | None:
        """Return the unit to grade."""
        reply = self._scripts.run("unit", name)
        if not reply:
            return None
        course, revision, fresh, sha256, filename, source, group, trace, *classes = reply
        return Unit(
            name,
            text(course),
            text(revision),
            text(sha256),
            text(filename),
            text(group),
            fresh == b"1",
            None if source is None else decompress(source),
            Trace.decode(text(trace) or None),
            tuple(map(text, classes)),
        )

    def record_verdict(  # noqa: PLR0913 - the end of a unit, and what goes the same way
        self,
        claim: Claim,
        verdict: Verdict,
        classes: Iterable[str],
        *,
        reused: bool = False,
        ahead: ScriptCall | None = None,
        following: FollowingCall | None = None,
    ) -> tuple[Job, ...] | None:
        """Record the verdict of a unit, compared with these classes; return the units to send messages for.

        `ahead` and `following` are other calls in the same round trip.
        """
        name, after = claim.job.id, VerdictSummary.of(verdict)
        counts = {class_: counters_of(class_, after) for class_ in classes}
        answer = self._scripts.run(
            "regrade_graded",
            *(name, claim.fence, encode_verdict(verdict), json.dumps(after.write()), "1" if reused else "0"),
            json.dumps(counts),
            ahead=ahead,
            following=following,
        )
        return jobs(answer[1:]) if answer[0] else None

    def verdict(self, name: str) -> Verdict | None:
        """Return the verdict of a unit, which has no submission's id, or None if there is none."""
        data: Any = self._redis.get(keys.key("unit-verdict", name))
        return None if data is None else decode_verdict(data)


def jobs(names: Iterable[bytes]) -> tuple[Job, ...]:
    """Return the jobs of units, by their ids."""
    return tuple(Job(Kind.UNIT, text(name)) for name in names)
