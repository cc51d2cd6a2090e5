"""Units: the distinct sources of a regrade, each graded once for all submissions that have it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from grader.model.records import Claim, Job, Kind
from grader.store import keys
from grader.store.codec import decompressed, packed, verdict_of
from grader.store.connection import Connection, text
from grader.store.regrades.entry import counted
from grader.store.scripts import Call, Scripts
from grader.store.summary import Standing


@dataclass(frozen=True, slots=True)
class Unit:
    """One of them."""

    id: str
    course: str
    revision: str
    source_sha256: str
    #: Nobody's, with the ending of its submissions': how it is read depends on that only.
    filename: str
    #: Of the students whose submissions it is graded for; empty where all are graded on the same networks.
    group: str
    #: Whether it is to be graded anew.
    fresh: bool
    #: What was handed in; None where it is gone.
    source: bytes | None
    #: Of the verdicts that hold for it.
    classes: tuple[str, ...]


class Units:
    """All of them. None is where there is no such unit, or a claim that does not hold any more."""

    def __init__(self, redis: Connection, scripts: Scripts) -> None:
        self._redis = redis
        self._scripts = scripts

    def get(self, name: str) -> Unit | None:
        """What is to be graded."""
        found = self._scripts.run("unit", name)
        if not found:
            return None
        course, revision, fresh, sha256, filename, source, group, *classes = found
        return Unit(
            name,
            text(course),
            text(revision),
            text(sha256),
            text(filename),
            text(group),
            fresh == b"1",
            None if source is None else decompressed(source),
            tuple(map(text, classes)),
        )

    def graded(
        self,
        claim: Claim,
        verdict: dict[str, Any],
        classes: Iterable[str],
        *,
        reused: bool = False,
        ahead: Call | None = None,
    ) -> tuple[Job, ...] | None:
        """Its end: this verdict, beside those that hold, of these classes; units that may be graded in its place."""
        name, after = claim.job.id, Standing.of(verdict)
        counts = {each: counted(each, after) for each in classes}
        answer = self._scripts.run(
            "regrade_graded",
            *(name, claim.fence, packed(verdict), json.dumps(after.write()), "1" if reused else "0"),
            json.dumps(counts),
            ahead=ahead,
        )
        return jobs(answer[1:]) if answer[0] else None

    def verdict(self, name: str) -> dict[str, Any] | None:
        """The verdict, as its source's own: it has no submission's id."""
        data: Any = self._redis.get(keys.key("unit-verdict", name))
        return None if data is None else verdict_of(data)


def jobs(names: Iterable[bytes]) -> tuple[Job, ...]:
    """Units by their ids, as jobs."""
    return tuple(Job(Kind.UNIT, text(name)) for name in names)


def _key(name: str) -> str:
    return keys.key(Kind.UNIT, name)
