"""Units: the distinct sources of a regrade, each graded once for all submissions that share it."""

import json
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.records import Claim
from backmark.grader.model.trace import Trace
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.codec import decode_verdict, decompress, encode_verdict
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.functions import FollowingCall, FunctionCall, Functions
from backmark.grader.store.summary import VerdictSummary


@dataclass(frozen=True, slots=True)
class Unit:
    """A distinct source of a regrade."""

    id: str
    course: str
    revision: str
    source_sha256: str
    #: A neutral name with the suffix of the submissions' files, on which alone the reading depends.
    filename: str
    #: The group of the students; empty if all are graded on the same cases.
    group: str
    #: True if it must be graded again instead of reusing a verdict.
    fresh: bool
    #: The submitted file, or None if it has been deleted.
    source: bytes | None
    #: The trace of the request for the regrade; None if no request made it.
    trace: Trace | None


class Units:
    """All units. Methods return None if there is no such unit."""

    def __init__(self, redis: Connection, functions: Functions) -> None:
        self._redis = redis
        self._functions = functions

    def get(self, name: str) -> Unit | None:
        """Return the unit to grade."""
        reply = self._functions.call("unit", id=name)
        if not reply:
            return None
        course, revision, fresh, sha256, filename, source, group, trace = reply
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
        )

    def record_verdict(
        self,
        claim: Claim,
        verdict: Verdict,
        *,
        reused: bool = False,
        ahead: FunctionCall | None = None,
        following: FollowingCall | None = None,
    ) -> bool:
        """Record the verdict of a unit. Returns False for an invalid claim.

        `ahead` and `following` are other calls in the same round trip.
        """
        return bool(
            self._functions.call_joined(
                FunctionCall(
                    "regrade_graded",
                    {
                        "id": claim.job.id,
                        "fence": str(claim.fence),
                        "verdict": encode_verdict(verdict),
                        "summary": json.dumps(VerdictSummary.of(verdict).write()),
                        "reused": reused,
                    },
                ),
                ahead,
                following,
            )
        )

    def verdict(self, name: str) -> Verdict | None:
        """Return the verdict of a unit, which has no submission's id, or None if there is none."""
        data: Any = self._redis.get(keys.key("unit-verdict", name))
        return None if data is None else decode_verdict(data)
