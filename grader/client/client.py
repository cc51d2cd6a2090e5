"""A Backmark server for a program: submissions and assignments; `regrades`, `tokens`, `callbacks` for the rest."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.client.callbacks import Callbacks
from grader.client.calls import Calls, gone, keyed, place, value
from grader.client.events import events
from grader.client.pages import Listing
from grader.client.patience import Patience
from grader.client.problems import StillWaiting
from grader.client.records import Assignment, Body, Publication, Revision, Submission, Token
from grader.client.regrades import Regrades
from grader.client.tokens import Tokens
from grader.client.transport import Request, Transport, read_json

#: Seconds that one question of a long poll stays open.
POLL = 25.0
#: And what a server allows.
LONGEST_POLL = 60.0

#: Seconds between questions that were answered at once though they offered to wait: at first, and at most.
_SOON, _LATE = 0.2, 3.0


class Client:
    """One server and one token. Safe to share between threads; a context manager closes its connections."""

    def __init__(  # noqa: PLR0913 - what may be told apart from where and who
        self,
        url: str,
        token: str,
        *,
        course: str | None = None,
        timeout: float = 20.0,
        patience: Patience | None = None,
        plain_http: bool = False,
        ca: str | None = None,
    ) -> None:
        """`course` is for tokens that see more than one; `timeout` is seconds without a byte; `ca` a file."""
        self._transport = Transport(
            url, token, patience=patience or Patience(), timeout=timeout, plain_http=plain_http, ca=ca
        )
        self._calls = Calls(self._transport, course)
        self.regrades = Regrades(self._calls)
        self.tokens = Tokens(self._calls)
        self.callbacks = Callbacks(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._transport.close()

    # Submissions

    def submit(
        self,
        source: bytes | Path,
        *,
        assignment: str,
        student: str,
        filename: str | None = None,
        key: str | None = None,
    ) -> Submission:
        """Hand in a notebook or a Python file, by its bytes or its path.

        It is recorded once however often the connection fails, since it carries an idempotency key: `key`, or one
        made here. Give your own where your program may ask again after a crash, such as the id of its database row.
        """
        data, name = (source.read_bytes(), source.name) if isinstance(source, Path) else (source, "submission.py")
        request = Request(
            method="POST",
            path="/submissions",
            fields={key: str(each) for key, each in self._calls.in_course(_fields(assignment, student)).items()},
            file=(filename or name, data),
            headers=keyed(key),
            repeatable=True,
        )
        return value(read_json(self._transport.send(request)), Submission.read)

    def submission(self, submission: str) -> Submission:
        """A submission as it stands now."""
        return self._calls.get(place("submissions", submission), Submission.read)

    def verdict(self, submission: str) -> dict[str, Any] | None:
        """The result object of a submission, as `backmark grade --json` has it; None where there is none (yet)."""
        return self.submission(submission).verdict

    def watch(self, submission: str, *, timeout: float | None = None, every: float = POLL) -> Iterator[Submission]:
        """A submission as it stands now, then again and again until it is at its end; StillWaiting after `timeout`.

        Each question stays open at the server for as many as `every` seconds, and is answered as soon as it ends.
        """
        every = min(every, LONGEST_POLL)
        until = None if timeout is None else time.monotonic() + timeout
        found = self.submission(submission)
        pause = _SOON
        while True:
            yield found
            if found.state.terminal:
                return
            left = every if until is None else min(every, until - time.monotonic())
            if left <= 0:
                raise StillWaiting(found)
            asked = time.monotonic()
            found = self._calls.get(
                place("submissions", submission), Submission.read, {"wait": max(1, round(left))}, wait=left
            )
            if not found.state.terminal and time.monotonic() - asked < left / 2:
                # A busy server answers at once rather than hold the connection.
                time.sleep(pause if until is None else max(0.0, min(pause, until - time.monotonic())))
                pause = min(_LATE, 1.5 * pause)

    def wait(self, submission: str, *, timeout: float | None = None) -> Submission:
        """The submission at its end: done, superseded, cancelled or service_failed; StillWaiting after `timeout`."""
        *_, last = self.watch(submission, timeout=timeout)
        return last

    def events(self, submission: str) -> Iterator[Submission]:
        """The submission at each change, as the server sends it; Unavailable where it has no room for a stream."""
        request = Request(
            method="GET",
            path=place("submissions", submission, "events"),
            headers={"Accept": "text/event-stream"},
            wait=POLL,
        )
        with self._transport.stream(request) as lines:
            for event in events(lines):
                yield value(json.loads(event.data), Submission.read)

    def submissions(
        self,
        *,
        assignment: str | None = None,
        student: str | None = None,
        outcome: str | None = None,
        state: str | None = None,
        limit: int | None = None,
    ) -> Listing[Submission]:
        """Submissions, newest first; `limit` is the size of a page."""
        narrowed = {**_fields(assignment, student), "outcome": outcome, "state": state, "limit": limit}
        return self._calls.listing("/submissions", Submission.read, self._calls.in_course(narrowed))

    def formatted(self, submission: str, form: str) -> bytes:
        """A verdict in another form: `gradescope`, `prairielearn`, `junit` or `lti`."""
        request = Request(method="GET", path=place("submissions", submission), params={"format": form}, repeatable=True)
        return self._transport.send(request).content

    def source(self, submission: str) -> bytes:
        """What was handed in. For staff."""
        return self._transport.send(
            Request(method="GET", path=place("submissions", submission, "source"), repeatable=True)
        ).content

    def cancel(self, submission: str) -> Submission:
        """Give up a submission that is waiting or running; one at its end stays as it is."""
        return self._calls.post(place("submissions", submission, "cancel"), Submission.read, again=True)

    def retry(self, submission: str) -> Submission:
        """Grade a submission again that ended as service_failed; one that waits, runs or is done stays as it is.

        Conflict for one that was cancelled or superseded. For staff.
        """
        return self._calls.post(place("submissions", submission, "retry"), Submission.read, again=True)

    def retry_all(self, *, assignment: str | None = None) -> list[str]:
        """Grade all submissions again that ended as service_failed, of the course or of one assignment; their ids.

        For staff.
        """
        retried: list[str] = []
        cursor: str | None = None
        while True:
            body = self._calls.in_course({"assignment": assignment, "cursor": cursor})
            ids, cursor = self._calls.post("/retries", _retried, body, again=True)
            retried += ids
            if cursor is None:
                return retried

    def delete(self, submission: str) -> None:
        """Delete a submission with all that belongs to it. For staff."""
        self._calls.delete(place("submissions", submission), gone)

    def delete_student(self, student: str) -> int:
        """Delete everything of a student in the course; how many submissions that were. For staff."""
        return self._calls.delete(
            place("students", student), lambda body: int(body["deleted"]), self._calls.in_course()
        )

    # Assignments

    def assignments(self) -> list[Assignment]:
        """The assignments of the course, each as its current revision has it."""
        return list(self._calls.listing("/assignments", Assignment.read, self._calls.in_course()))

    def assignment(self, assignment: str) -> Assignment:
        """An assignment's current revision."""
        return self._calls.get(place("assignments", assignment), Assignment.read, self._calls.in_course())

    def revisions(self, assignment: str) -> list[Revision]:
        """An assignment's revisions, newest first."""
        path = place("assignments", assignment, "revisions")
        return list(self._calls.listing(path, Revision.read, self._calls.in_course()))

    def publish(self, toml: str, *, fresh: int | None = None, key: str | None = None) -> Publication:
        """Ask for an assignment to be published: a worker draws its networks and tries them. For staff.

        `fresh`: how many of its networks come from a secret pool; a fifth if left out.
        """
        body = {"toml": toml, **({} if fresh is None else {"fresh": fresh}), **self._calls.in_course()}
        return self._calls.post("/publications", Publication.read, body, headers=keyed(key))

    def publication(self, publication: str) -> Publication:
        """A request to publish as it stands now."""
        return self._calls.get(place("publications", publication), Publication.read)

    def publications(self) -> Listing[Publication]:
        """Requests to publish, newest first. For staff."""
        return self._calls.listing("/publications", Publication.read, self._calls.in_course())

    def whoami(self) -> Token:
        """What this client's own token may do."""
        return self._calls.get("/token", Token.read)


def _fields(assignment: str | None, student: str | None) -> dict[str, str | int | None]:
    return {"assignment": assignment, "student": student}


def _retried(body: Body) -> tuple[list[str], str | None]:
    return [str(name) for name in body["retried"]], body["next"]
