"""Requests to publish a revision: a worker draws the cases, tests them, and publishes or refuses."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from backmark.grader.model.publications import Publication, Refusal
from backmark.grader.model.records import Kind, State
from backmark.grader.model.stored import read
from backmark.grader.model.trace import Trace, receive
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, seconds, text, texts
from backmark.grader.store.errors import IdempotencyMismatch, TooManyPublications
from backmark.grader.store.functions import Functions
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.submissions import write_idempotency

_ID = 10
#: The most open publications of one course: each occupies a worker that other courses' students wait for.
MOST_OPEN = 10


@dataclass(frozen=True, slots=True)
class NewPublication:
    """A publication to record. `idempotency` as for a submission."""

    course: str
    assignment_id: str
    toml: str
    fresh: int = 0
    idempotency: tuple[str, str, str, str] | None = None
    #: The trace of the request, for the log.
    trace: Trace = field(default_factory=receive)
    #: The name of the token that asked for it, for the log of the course.
    author: str = ""


class Publications:
    """All publications.

    A worker ends one through `Jobs.conclude` with the field `revision`, or with `refusal` and its parts `refused`.
    """

    def __init__(self, redis: Connection, functions: Functions) -> None:
        self._redis = redis
        self._functions = functions

    def request(self, new: NewPublication) -> Publication:
        """Record and queue a publication.

        Raises IdempotencyMismatch for a used key, TooManyPublications if the course has as many open as allowed.
        """
        name = secrets.token_hex(_ID)
        answer = self._functions.call(
            "request_publication",
            id=name,
            course=new.course,
            assignment=new.assignment_id,
            toml=new.toml,
            fresh=new.fresh,
            idempotency=write_idempotency(new.idempotency),
            most=MOST_OPEN,
            trace=new.trace.encode(),
            author=new.author,
        )
        if text(answer[0]) == "many":
            raise TooManyPublications(
                f"{MOST_OPEN} requests to publish are open in this course already; try again when they end"
            )
        if text(answer[0]) == "mismatch":
            raise IdempotencyMismatch("this Idempotency-Key was used before for another request")
        publication = self.get(text(answer[1]))
        if publication is None:
            raise LookupError(f"publication {name} was recorded and has vanished: something else writes to this Redis")
        return publication

    def get(self, name: str) -> Publication | None:
        """Return the current state of a publication, or None if there is none."""
        raw = texts(self._redis.hgetall(_key(name)))
        return _publication(name, raw) if raw else None

    def list(self, course: str, limit: int = 50, after: str | None = None) -> RecordPage[Publication]:
        """Return a page of a course's publications, newest first. Raises BadCursor for an unknown cursor."""
        index = keys.key("publications", course)
        chunk: Any = self._redis.zrevrangebyscore(index, start(after), "-inf", start=0, num=limit + 1)
        pipeline = self._redis.pipeline(transaction=False)
        for name in chunk:
            pipeline.hgetall(_key(text(name)))
        rows = [texts(raw) for raw in pipeline.execute()]
        items = tuple(_publication(text(name), raw) for name, raw in zip(chunk, rows, strict=True))
        more = cursor(float(rows[limit - 1]["created"])) if len(items) > limit else None
        return RecordPage(items[:limit], more)


def _key(name: str) -> str:
    return keys.key(Kind.PUBLICATION, name)


def _publication(name: str, raw: dict[str, str]) -> Publication:
    return Publication(
        id=name,
        course=raw["course"],
        assignment=raw["assignment_id"],
        toml=raw["toml"],
        fresh=int(raw["fresh"]),
        state=State(raw["state"]),
        created=float(raw["created"]) / 1000,
        finished=seconds(raw.get("finished")),
        revision=raw.get("revision"),
        refused=_refusal(raw),
        failure=raw.get("failure"),
        trace=Trace.decode(raw.get("trace")),
    )


def _refusal(raw: dict[str, str]) -> Refusal | None:
    return read(Refusal, json.loads(raw["refused"])) if "refused" in raw else None
