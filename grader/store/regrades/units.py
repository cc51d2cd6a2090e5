"""Units: the distinct sources of a regrade, each graded once for all submissions that share it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from backmark.grader.model.records import Claim, Kind
from backmark.grader.model.trace import Trace
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.codec import decode_verdict, decompress, encode_verdict
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.regrades.entry import counters_of
from backmark.grader.store.scripts import FollowingCall, ScriptCall, Scripts
from backmark.grader.store.summary import VerdictSummary

#: The answer of a script that did nothing, since counts of a class are missing.
UNCOUNTED = 2


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
    #: The classes of its submissions' current verdicts.
    classes: tuple[str, ...]


class Units:
    """All units. Methods return None if there is no such unit."""

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
    ) -> bool:
        """Record the verdict of a unit, compared with these classes. Returns False for an invalid claim.

        Classes of submissions that were chosen meanwhile are added. `ahead` and `following` are other calls in the same
        round trip.
        """
        after, encoded = VerdictSummary.of(verdict), encode_verdict(verdict)
        summary, counts = json.dumps(after.write()), {class_: counters_of(class_, after) for class_ in classes}
        while True:
            answer = self._scripts.run(
                "regrade_graded",
                *(claim.job.id, claim.fence, encoded, summary, "1" if reused else "0", json.dumps(counts)),
                ahead=ahead,
                following=following,
            )
            if answer[0] != UNCOUNTED:
                return bool(answer[0])
            counts |= {class_: counters_of(class_, after) for class_ in map(text, answer[1:])}

    def count(self, classes_by_unit: Mapping[str, set[str]]) -> dict[str, dict[str, list[str]]]:
        """Return the counters that the verdicts of units increase for a submission of these classes, by unit and class.

        Units without a verdict are left out.
        """
        names = list(classes_by_unit)
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hget(keys.key(Kind.UNIT, name), "summary")
        summaries = {
            name: VerdictSummary.read(json.loads(raw))
            for name, raw in zip(names, pipeline.execute(), strict=True)
            if raw is not None
        }
        return {
            name: {class_: counters_of(class_, after) for class_ in classes_by_unit[name]}
            for name, after in summaries.items()
        }

    def verdict(self, name: str) -> Verdict | None:
        """Return the verdict of a unit, which has no submission's id, or None if there is none."""
        data: Any = self._redis.get(keys.key("unit-verdict", name))
        return None if data is None else decode_verdict(data)
