"""Submissions: accepted completely or refused, concluded once, deleted with everything that belongs to them."""

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.courses.limits import Bar, HandInRefusal, StudentLimits, limits_of
from backmark.grader.courses.refusals import plain_error, refusal_error
from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Claim, Kind, State, SubmissionRecord, is_attempt
from backmark.grader.model.terms import Policy, Terms
from backmark.grader.model.trace import Trace, receive
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.codec import compress, decode_verdict, decompress, decompress_start, encode_verdict
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.courses import Courses
from backmark.grader.store.errors import IdempotencyMismatch, LinkEnded, StorageFull
from backmark.grader.store.functions import Argument, FollowingCall, FunctionCall, Functions
from backmark.grader.store.links import LinkSeries, new_ending
from backmark.grader.store.paging import RecordPage
from backmark.grader.store.room import Storage
from backmark.grader.store.search import Filter, SubmissionSearch
from backmark.grader.store.shares import Share, name_sender
from backmark.grader.store.subscription import Subscription
from backmark.grader.store.summary import VerdictSummary

#: Milliseconds for which an Idempotency-Key is remembered: a day, longer than clients retry.
_IDEMPOTENCY = 86_400_000
#: Bytes of a source from which on the limits are checked before it is compressed, which takes a while.
_LARGE = 256 << 10
#: Random bytes of an id, so that it cannot be guessed.
_ID = 10
#: How often a submission is recorded anew because the rules changed after they were read: each takes a millisecond.
_READINGS = 10


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A submission to accept. `idempotency` is (token, route, key, fingerprint of the request)."""

    course: str
    assignment: str
    revision: str
    student: str
    filename: str
    source: bytes
    idempotency: tuple[str, str, str, str] | None = None
    #: The sender's shares: what is accepted counts against them, also where it is an earlier attempt's file again.
    shares: tuple[Share, ...] = ()
    #: The trace of the request, for the log.
    trace: Trace = field(default_factory=receive)
    #: The browser in which the student's name was typed, on a link for the whole class; None if the name is verified.
    browser: str | None = None
    #: True if the bytes of an attempt that can still count are that attempt again, and not another one.
    once: bool = False
    #: The series of the link that it came by.
    link: LinkSeries | None = None

    @property
    def sender(self) -> str:
        """A hash of the sender, whose time it takes: the verified student, or the browser, whatever names it sends."""
        return name_sender(*((self.course, self.student) if self.browser is None else (self.browser,)))


@dataclass(frozen=True, slots=True)
class AcceptedSubmission:
    """The id of an accepted submission; `replayed` is True if the same request was accepted before.

    `identical` is True if it is an earlier attempt with the same bytes: nothing new was recorded. `needs_nudge` is
    also False while so many wait that every worker was nudged.
    """

    id: str
    replayed: bool
    identical: bool = False
    needs_nudge: bool = True


class Submissions:
    """All submissions. Methods return None if there is no such submission."""

    def __init__(self, redis: Connection, functions: Functions, storage: Storage, courses: Courses) -> None:
        self._redis = redis
        self._functions = functions
        self._storage = storage
        self._courses = courses

    def accept(self, new: NewSubmission) -> AcceptedSubmission:
        """Record and queue a submission. Without a policy, an earlier one of the student's that waits is superseded.

        Raises HandInBarred if the course is archived or the policy takes nothing from the student now, LinkEnded if the
        link that it came by has ended, IdempotencyMismatch for a used key, ShareUsedUp and StorageFull if a limit is
        reached.
        """
        if len(new.source) < _LARGE or (accepted := self._accept(new, None)) is None:
            accepted = self._accept(new, compress(new.source))
        if accepted is None:
            raise RuntimeError("a submission was neither accepted nor refused")
        return accepted

    def _accept(self, new: NewSubmission, source: bytes | None) -> AcceptedSubmission | None:
        """Record a submission; if the compressed source is None, only check, and return None if nothing refuses it."""
        fits = source is None or self._storage.room().accepts(len(source))
        for _ in range(_READINGS):
            terms = self._courses.terms_of(new.course, new.assignment, new.student)
            own = limits_of(terms)
            answer = self._functions.call("accept", **_arguments(new, source, fits=fits), **_bounds(new, terms, own))
            if text(answer[0]) != "changed":
                return _read_answer(new, own, answer)
        raise StoreUnavailable("the rules of this assignment keep changing; try again")

    def get(self, name: str) -> SubmissionRecord | None:
        """Return the current state of a submission."""
        return _submission(name, texts(self._redis.hgetall(_key(name))))

    def source(self, name: str) -> bytes | None:
        """Return the submitted file, or None if it has been deleted."""
        digest = self._redis.hget(_key(name), "source")
        return None if digest is None else self.content(text(digest))

    def content(self, source_sha256: str) -> bytes | None:
        """Return the file with this hash, or None if it has been deleted."""
        data: Any = self._redis.get(keys.key("source", source_sha256))
        return None if data is None else decompress(data)

    def beginning(self, submission: SubmissionRecord, most: int) -> bytes | None:
        """Return the first `most` bytes of the submitted file, without decompressing the rest."""
        data: Any = self._redis.get(keys.key("source", submission.source_sha256))
        return None if data is None else decompress_start(data, most)

    def finish(  # noqa: PLR0913 - what is recorded, and two calls beside it
        self,
        claim: Claim,
        verdict: Verdict,
        *,
        reused: bool = False,
        seconds: float = 0.0,
        ahead: FunctionCall | None = None,
        following: FollowingCall | None = None,
    ) -> bool:
        """Conclude a submission with its verdict. Returns False, and drops the verdict, for an invalid claim.

        `seconds` is what the grading took, which counts as used by the sender. `ahead` and `following` are other calls
        in the same round trip.
        """
        if claim.job.kind is not Kind.SUBMISSION:
            raise ValueError(f"a {claim.job.kind} has no verdict: use Jobs.conclude")
        return bool(
            self._functions.call_joined(
                FunctionCall(
                    "finish",
                    {
                        "id": claim.job.id,
                        "fence": str(claim.fence),
                        "verdict": encode_verdict(verdict),
                        "summary": VerdictSummary.of(verdict).summary(),
                        "reused": reused,
                        "seconds": seconds,
                    },
                ),
                ahead,
                following,
            )
        )

    def verdict(self, name: str, number: int | None = None) -> Verdict | None:
        """Return the current verdict, or the one with this number."""
        place = text(self._redis.hget(_key(name), "verdict") or "") if number is None else str(number)
        data: Any = self._redis.get(_verdict(name, place)) if place else None
        return None if data is None else decode_verdict(data)

    def cancel(self, name: str, author: str = "") -> SubmissionRecord | None:
        """Cancel a submission that is waiting or running; return its state afterwards."""
        self._functions.call("cancel", id=name, author=author)
        return self.get(name)

    def retry(self, name: str, author: str = "") -> bool:
        """Requeue a submission that ended as service_failed, with all its tries; return False for any other state."""
        return bool(self._functions.call("retry", author=author, ids=[name]))

    def retry_all(
        self, course: str, assignment: str | None = None, limit: int = 100, cursor: str | None = None
    ) -> RecordPage[str]:
        """Retry a course's submissions that ended as service_failed, newest first; return a page of their ids.

        While the page has a cursor there may be more. Raises BadCursor for an unknown cursor.
        """
        page = self.list(Filter(course, assignment, state=State.SERVICE_FAILED), limit, cursor)
        names = [submission.id for submission in page.items]
        retried: Any = self._functions.call("retry", author="", ids=names) if names else []
        return RecordPage(tuple(text(name) for name in retried), page.next_cursor)

    def delete(self, name: str, author: str = "") -> bool:
        """Delete a submission, its verdicts, and its source unless another has it; return False if there is none.

        Here and elsewhere an `author` has the act in the log of the course.
        """
        return bool(self._functions.call("delete", id=name, author=author))

    def delete_student(self, course: str, student: str, author: str = "", links: str = "") -> int:
        """Delete all data of a student in a course; return the number of submissions.

        `links` is the owner of the student's links, which end.
        """
        return int(
            self._functions.call(
                "delete_student", course=course, student=student, author=author, links=links, ending=new_ending()
            )
        )

    def expire(self, before: float, limit: int = 100) -> int:
        """Delete ended submissions accepted before a time (seconds since 1970), at most `limit`; return the number."""
        return int(self._functions.call("expire", before=f"{1000 * before:.3f}", limit=limit))

    def many(self, names: list[str]) -> list[SubmissionRecord]:
        """Return the submissions that exist, in this order."""
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(_key(name))
        rows = zip(names, pipeline.execute(), strict=True)
        return [submission for name, raw in rows if (submission := _submission(name, texts(raw))) is not None]

    def identical(self, name: str, limit: int = 100) -> list[str]:
        """Return the ids of other students' submissions for the same assignment with the same source."""
        return sorted(text(member) for member in self._functions.call("identical", id=name, limit=limit))

    @contextmanager
    def subscribe(self, name: str) -> Iterator[Subscription]:
        """Subscribe to changes of a submission: enter this, then read the submission, then wait."""
        with Subscription.of(self._redis, name) as subscription:
            yield subscription

    def names(self, criteria: Filter, most: int) -> list[str]:
        """Return the ids of a course's newest submissions that match, at most so many."""
        return SubmissionSearch(self._redis, self._functions, self.many).names(criteria, most)

    def list(self, criteria: Filter, limit: int = 50, cursor: str | None = None) -> RecordPage[SubmissionRecord]:
        """Return a page of a course's submissions that match, newest first. Raises BadCursor for an unknown cursor."""
        return SubmissionSearch(self._redis, self._functions, self.many).page(criteria, limit, cursor)


def _arguments(new: NewSubmission, source: bytes | None, *, fits: bool) -> dict[str, Argument]:
    return {
        "id": secrets.token_hex(_ID),
        "course": new.course,
        "assignment": new.assignment,
        "revision": new.revision,
        "student": new.student,
        "filename": new.filename,
        "sha256": hashlib.sha256(new.source).hexdigest(),
        "size": len(new.source),
        "content": source,
        "full": not fits,
        "idempotency": write_idempotency(new.idempotency),
        "shares": [share.write() for share in new.shares],
        "trace": new.trace.encode(),
        "sender": new.sender,
    }


def _bounds(new: NewSubmission, terms: Terms, own: StudentLimits) -> dict[str, Argument]:
    """Return the rules of time as `accept` compares them with Redis's clock."""
    return {
        "terms": str(terms.version),
        "opens": None if own.opens is None else repr(1000 * own.opens),
        "closes": None if own.closes is None else repr(1000 * own.closes),
        "most": own.attempts,
        "under_policy": terms.policy is not None,
        "unverified": new.browser is not None,
        "link": None if new.link is None else {"owners": new.link.owners, "endings": new.link.endings},
        "once": (terms.policy or Policy()).counts if new.once else None,
    }


def _read_answer(new: NewSubmission, own: StudentLimits, answer: list[Any]) -> AcceptedSubmission | None:
    match text(answer[0]):
        case "free":
            return None
        case "mismatch":
            raise IdempotencyMismatch("this Idempotency-Key was used before for another request")
        case "full":
            raise StorageFull("there is no room for a file of this size; nothing was recorded")
        case "used_up":
            raise new.shares[int(answer[1]) - 1].used_up(int(answer[2]))
        case "link_ended":
            raise LinkEnded("the staff of the course have ended this link")
        case "archived" | "unverified" as reason:
            raise plain_error(reason)
        case Bar.NOT_OPEN:
            raise refusal_error(HandInRefusal(Bar.NOT_OPEN, at=own.opens))
        case Bar.CLOSED:
            raise refusal_error(HandInRefusal(Bar.CLOSED, at=own.closes))
        case Bar.NO_ATTEMPTS_LEFT:
            raise refusal_error(HandInRefusal(Bar.NO_ATTEMPTS_LEFT, attempts=own.attempts, used=int(answer[1])))
    kind = text(answer[0])
    return AcceptedSubmission(
        text(answer[1]),
        replayed=kind == "replayed",
        identical=kind == "identical",
        needs_nudge=kind == "accepted" and bool(answer[2]),
    )


def write_idempotency(claim: tuple[str, str, str, str] | None) -> dict[str, Argument] | None:
    """Return what functions remember of a request's Idempotency-Key: token, route, key, and fingerprint."""
    if claim is None:
        return None
    *parts, fingerprint = claim
    return {"key": keys.idempotency(*parts), "fingerprint": fingerprint, "lifetime": _IDEMPOTENCY}


def _key(name: str) -> str:
    return keys.key(Kind.SUBMISSION, name)


def _verdict(name: str, number: str) -> str:
    return keys.key("verdict", name, number)


def _submission(name: str, raw: dict[str, str]) -> SubmissionRecord | None:
    if not raw:
        return None
    state, outcome = State(raw["state"]), raw.get("outcome")
    counts = is_attempt(state, outcome)
    return SubmissionRecord(
        id=name,
        course=raw["course"],
        assignment=raw["assignment"],
        revision=raw["revision"],
        student=raw["student"],
        attempt=int(raw["attempt"]) if counts else None,
        filename=raw["filename"],
        source_sha256=raw["source"],
        size=int(raw["size"]),
        state=state,
        created=float(raw["created"]) / 1000,
        started=seconds(raw.get("started")),
        finished=seconds(raw.get("finished")),
        judged=seconds(raw.get("judged")),
        tries=int(raw["tries"]),
        superseded_by=raw.get("superseded_by"),
        failure=raw.get("failure"),
        verdict=_number(raw.get("verdict")),
        regrade=raw.get("regrade"),
        outcome=None if outcome is None else Outcome(outcome),
        score=_number(raw.get("score")) if counts else None,
        max_score=_number(raw.get("max_score")) if counts else None,
        failing=tuple(json.loads(raw.get("failing", "[]"))),
        mistakes=tuple(raw.get("mistakes", "").split()),
        engine=raw.get(f"engine:{raw.get('verdict')}"),
        reused=raw.get("reused") == "1",
        trace=Trace.decode(raw.get("trace")),
    )


def _number(raw: str | None) -> int | None:
    return None if raw is None else int(raw)
