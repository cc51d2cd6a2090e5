"""Submissions: accepted wholly or refused, concluded once, deleted with all that belongs to them."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from grader.model.records import Claim, Kind, State, Submission
from grader.store import keys
from grader.store.codec import compressed, decompressed, decompressed_start, packed, verdict_of
from grader.store.connection import Connection, seconds, text, texts
from grader.store.errors import IdempotencyMismatch, ShareUsedUp, StorageFull
from grader.store.paging import Page
from grader.store.room import Storage
from grader.store.scripts import Call, Scripts
from grader.store.search import Filter, search
from grader.store.shares import Share, write
from grader.store.subscription import Changes
from grader.store.summary import Standing

#: Milliseconds for which an Idempotency-Key is remembered: a day, as long as anyone tries again.
IDEMPOTENCY = 86_400_000
#: Bytes of a source from which on it is asked first whether it would be refused: compressing it takes a while.
_LARGE = 256 << 10
#: Random bytes of an id: nobody guesses another's.
_ID = 10


@dataclass(frozen=True, slots=True)
class New:
    """What is handed in. `idempotency` is (token, route, key, fingerprint of the request)."""

    course: str
    assignment: str
    revision: str
    student: str
    filename: str
    source: bytes
    idempotency: tuple[str, str, str, str] | None = None
    #: The shares of whoever hands it in; it counts only if it is accepted.
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """The submission's id; `replayed` where this very request was accepted before."""

    id: str
    replayed: bool


class Submissions:
    """All of them. None is where there is no such submission."""

    def __init__(self, redis: Connection, scripts: Scripts, storage: Storage) -> None:
        self._redis = redis
        self._scripts = scripts
        self._storage = storage

    def accept(self, new: New) -> Accepted:
        """Record it; it waits, and the student's that still waits is superseded.

        IdempotencyMismatch for a used key, ShareUsedUp and StorageFull where it is too much.
        """
        if len(new.source) < _LARGE or (accepted := self._accept(new, None)) is None:
            accepted = self._accept(new, compressed(new.source))
        if accepted is None:
            raise RuntimeError("a submission was neither accepted nor refused")
        return accepted

    def _accept(self, new: New, source: bytes | None) -> Accepted | None:
        """Record it, or find out whether it would be refused if its compressed source is None: None if it would not."""
        remembered, fingerprint = _idempotency(new.idempotency)
        fits = source is None or self._storage.room().accepts(len(source))
        answer = self._scripts.run(
            "accept",
            *(secrets.token_hex(_ID), new.course, new.assignment, new.revision, new.student, new.filename),
            *(hashlib.sha256(new.source).hexdigest(), len(new.source), source or b""),
            *(remembered, fingerprint, IDEMPOTENCY),
            *(write(new.shares), "0" if fits else "1", "1" if source is None else "0"),
        )
        match text(answer[0]):
            case "free":
                return None
            case "mismatch":
                raise IdempotencyMismatch("this Idempotency-Key was used before for another request")
            case "full":
                raise StorageFull("there is no room left for a file of this size; nothing was recorded")
            case "used_up":
                share = new.shares[int(answer[1]) - 1]
                raise ShareUsedUp(f"more than {share.most} {share.what} in {share.seconds} s", int(answer[2]) / 1000)
        return Accepted(text(answer[1]), replayed=text(answer[0]) == "replayed")

    def get(self, name: str) -> Submission | None:
        """The submission as it is now."""
        return _submission(name, texts(self._redis.hgetall(_key(name))))

    def source(self, name: str) -> bytes | None:
        """What was handed in."""
        digest = self._redis.hget(_key(name), "source")
        data: Any = None if digest is None else self._redis.get(keys.key("source", text(digest)))
        return None if data is None else decompressed(data)

    def beginning(self, submission: Submission, most: int) -> bytes | None:
        """Return the first `most` bytes of what was handed in, without unpacking the rest."""
        data: Any = self._redis.get(keys.key("source", submission.source_sha256))
        return None if data is None else decompressed_start(data, most)

    def finish(self, claim: Claim, verdict: dict[str, Any], *, reused: bool = False, ahead: Call | None = None) -> bool:
        """Its end: this verdict. False where it is no longer the claim's, and the verdict is dropped.

        `ahead` is what else is written, on the same way to the store.
        """
        if claim.job.kind is not Kind.SUBMISSION:
            raise ValueError(f"a {claim.job.kind} has no verdict: use Jobs.conclude")
        return bool(
            self._scripts.run(
                "finish",
                *(claim.job.id, claim.fence, packed(verdict), _summary(verdict), "1" if reused else "0"),
                ahead=ahead,
            )
        )

    def verdict(self, name: str, number: int | None = None) -> dict[str, Any] | None:
        """The verdict that holds, or the one of that number."""
        which = text(self._redis.hget(_key(name), "verdict") or "") if number is None else str(number)
        data: Any = self._redis.get(_verdict(name, which)) if which else None
        return None if data is None else verdict_of(data)

    def replace_verdict(self, name: str, expected: int, verdict: dict[str, Any], regrade: str) -> int | None:
        """Let another verdict hold, if the expected one holds now: its number, else None.

        Expected 0 is no verdict: that of a submission which ended as service_failed.
        """
        number = self._scripts.run("replace_verdict", name, expected, packed(verdict), _summary(verdict), regrade)
        return None if number is None else int(number)

    def restore_verdict(self, name: str, expected: int, to: int) -> bool:
        """Let an earlier verdict hold again, if the expected one holds now; 0: none, as before `replace_verdict`."""
        if to == 0:
            return bool(self._scripts.run("restore_verdict", name, expected, to, "{}"))
        earlier = self.verdict(name, to)
        if earlier is None:
            return False
        return bool(self._scripts.run("restore_verdict", name, expected, to, _summary(earlier)))

    def cancel(self, name: str) -> Submission | None:
        """Where it waits or runs, it does no more; the submission as it is then."""
        self._scripts.run("cancel", name)
        return self.get(name)

    def retry(self, name: str) -> bool:
        """Let a submission that ended as service_failed wait again, with all its tries; False if it did not end so."""
        return bool(self._scripts.run("retry", name))

    def retry_all(
        self, course: str, assignment: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[str]:
        """Retry a course's submissions that ended as service_failed, newest first; a page of the ids that wait again.

        While the page has a cursor there may be more. BadCursor if the cursor is none that a page gave.
        """
        page = self.list(Filter(course, assignment, state=State.SERVICE_FAILED), limit, cursor)
        retried: Any = self._scripts.run("retry", *(each.id for each in page.items)) if page.items else []
        return Page(tuple(text(name) for name in retried), page.next_cursor)

    def delete(self, name: str) -> bool:
        """Delete it, its verdicts, and its source where nobody else handed that in; False where there is none."""
        return bool(self._scripts.run("delete", name))

    def delete_student(self, course: str, student: str) -> int:
        """Delete everything of a student in a course; how many submissions that were."""
        return int(self._scripts.run("delete_student", course, student))

    def expire(self, before: float, limit: int = 100) -> int:
        """Delete what was accepted before then (seconds since 1970) and has ended; how many, at most `limit`."""
        return int(self._scripts.run("expire", f"{1000 * before:.3f}", limit))

    def many(self, names: list[str]) -> list[Submission]:
        """Those of them that are there."""
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(_key(name))
        found = zip(names, pipeline.execute(), strict=True)
        return [each for name, raw in found if (each := _submission(name, texts(raw))) is not None]

    def identical(self, name: str, limit: int = 100) -> list[str]:
        """Ids of other students' submissions for the same assignment with the same source."""
        return sorted(text(each) for each in self._scripts.run("identical", name, limit))

    @contextmanager
    def changes(self, name: str) -> Iterator[Changes]:
        """Hear of what happens to it from now on: enter this, then read it, then wait."""
        with Changes.of(self._redis, name) as listening:
            yield listening

    def list(self, which: Filter, limit: int = 50, cursor: str | None = None) -> Page[Submission]:
        """A course's submissions that match, newest first. BadCursor where the cursor is none that a page gave."""
        return search(self._redis, which, limit, cursor, self.many)


def _idempotency(given: tuple[str, str, str, str] | None) -> tuple[str, str]:
    return ("", "") if given is None else (keys.idempotency(*given[:3]), given[3])


def _key(name: str) -> str:
    return keys.key(Kind.SUBMISSION, name)


def _verdict(name: str, number: str) -> str:
    return keys.key("verdict", name, number)


def _summary(verdict: dict[str, Any]) -> str:
    return json.dumps(Standing.of(verdict).summary())


def _submission(name: str, raw: dict[str, str]) -> Submission | None:
    if not raw:
        return None
    return Submission(
        id=name,
        course=raw["course"],
        assignment=raw["assignment"],
        revision=raw["revision"],
        student=raw["student"],
        attempt=int(raw["attempt"]),
        filename=raw["filename"],
        source_sha256=raw["source"],
        size=int(raw["size"]),
        state=State(raw["state"]),
        created=float(raw["created"]) / 1000,
        started=seconds(raw.get("started")),
        finished=seconds(raw.get("finished")),
        judged=seconds(raw.get("judged")),
        tries=int(raw["tries"]),
        superseded_by=raw.get("superseded_by"),
        failure=raw.get("failure"),
        verdict=_number(raw.get("verdict")),
        regrade=raw.get("regrade"),
        outcome=raw.get("outcome"),
        score=_number(raw.get("score")),
        max_score=_number(raw.get("max_score")),
        failing=tuple(json.loads(raw.get("failing", "[]"))),
        mistakes=tuple(raw.get("mistakes", "").split()),
        reused=raw.get("reused") == "1",
    )


def _number(raw: str | None) -> int | None:
    return None if raw is None else int(raw)
