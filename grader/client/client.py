"""The client: submissions, assignments; `courses`, `course`, `regrades`, `tokens`, `notifications` are the rest."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from backmark.grader.client.calls import Calls, idempotency_header, no_value, path_of, value
from backmark.grader.client.courses import CourseCalls, CoursesCalls
from backmark.grader.client.events import events
from backmark.grader.client.notifications import NotificationCalls
from backmark.grader.client.pages import Listing
from backmark.grader.client.patience import Patience
from backmark.grader.client.problems import StillWaiting
from backmark.grader.client.records import Body, Submission, Token, reader
from backmark.grader.client.regrades import RegradeCalls
from backmark.grader.client.tokens import TokenCalls
from backmark.grader.client.transport import Request, Transport, read_json
from backmark.grader.model.messages import Answer, Note, Question
from backmark.grader.model.publications import Assignment, Publication, Revision

#: Seconds that one request of a long poll stays open.
POLL = 25.0
#: The longest that a server allows.
LONGEST_POLL = 60.0

#: Seconds between long polls that the server answered at once: at first, and at most.
_SOON, _LATE = 0.2, 3.0


class Client:
    """A client of one server with one token. Several threads may use it; `with` closes its connections."""

    def __init__(  # noqa: PLR0913 - options, each by its name
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
        """Create a client. `course` is for tokens that see several; `timeout` is in seconds without a byte."""
        self._transport = Transport(
            url, token, patience=patience or Patience(), timeout=timeout, plain_http=plain_http, ca=ca
        )
        self._calls = Calls(self._transport, course)
        self.regrades = RegradeCalls(self._calls)
        self.tokens = TokenCalls(self._calls)
        self.courses = CoursesCalls(self._calls)
        self.notifications = NotificationCalls(self._calls)
        self.course = CourseCalls(self._calls)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
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
        """Submit a notebook or a Python file, given by its bytes or its path.

        It is recorded once however often the connection fails, because it carries an idempotency key: `key`, or a
        new one. Pass your own, such as the id of a database row, if your program may retry after a crash.
        """
        data, name = (source.read_bytes(), source.name) if isinstance(source, Path) else (source, "submission.py")
        request = Request(
            method="POST",
            path="/submissions",
            fields={name: str(field) for name, field in self._calls.in_course(_fields(assignment, student)).items()},
            file=(filename or name, data),
            headers=idempotency_header(key),
            repeatable=True,
        )
        return value(read_json(self._transport.send(request)), reader(Submission))

    def submission(self, submission: str) -> Submission:
        """Return the current state of a submission."""
        return self._calls.get(path_of("submissions", submission), reader(Submission))

    def verdict(self, submission: str) -> dict[str, Any] | None:
        """Return the result object of a submission, as from `backmark grade --json`, or None if there is none yet."""
        return self.submission(submission).verdict

    def watch(self, submission: str, *, timeout: float | None = None, every: float = POLL) -> Iterator[Submission]:
        """Yield a submission repeatedly until it has finished. Raises StillWaiting after `timeout`.

        Each request stays open for up to `every` seconds, and is answered as soon as the submission finishes.
        """
        every = min(every, LONGEST_POLL)
        deadline = None if timeout is None else time.monotonic() + timeout
        current = self.submission(submission)
        pause = _SOON
        while True:
            yield current
            if current.state.terminal:
                return
            remaining = every if deadline is None else min(every, deadline - time.monotonic())
            if remaining <= 0:
                raise StillWaiting(current)
            sent = time.monotonic()
            current = self._calls.get(
                path_of("submissions", submission),
                reader(Submission),
                {"wait": max(1, round(remaining))},
                wait=remaining,
            )
            if not current.state.terminal and time.monotonic() - sent < remaining / 2:
                # A busy server answers at once instead of holding the connection.
                time.sleep(pause if deadline is None else max(0.0, min(pause, deadline - time.monotonic())))
                pause = min(_LATE, 1.5 * pause)

    def wait(self, submission: str, *, timeout: float | None = None) -> Submission:
        """Return the finished submission: done, superseded, cancelled or service_failed. Raises StillWaiting."""
        *_, last = self.watch(submission, timeout=timeout)
        return last

    def events(self, submission: str) -> Iterator[Submission]:
        """Yield the submission at each change. Raises Unavailable if the server has no room for a stream."""
        request = Request(
            method="GET",
            path=path_of("submissions", submission, "events"),
            headers={"Accept": "text/event-stream"},
            wait=POLL,
        )
        with self._transport.stream(request) as lines:
            for event in events(lines):
                yield value(json.loads(event.data), reader(Submission))

    def submissions(
        self,
        *,
        assignment: str | None = None,
        student: str | None = None,
        outcome: str | None = None,
        state: str | None = None,
        limit: int | None = None,
    ) -> Listing[Submission]:
        """Return submissions, newest first; `limit` is the size of a page."""
        narrowed = {**_fields(assignment, student), "outcome": outcome, "state": state, "limit": limit}
        return self._calls.listing("/submissions", reader(Submission), self._calls.in_course(narrowed))

    def report(self, submission: str, form: str) -> bytes:
        """Return a verdict in another format: `gradescope`, `prairielearn`, `junit` or `lti`."""
        request = Request(
            method="GET", path=path_of("submissions", submission), params={"format": form}, repeatable=True
        )
        return self._transport.send(request).content

    def source(self, submission: str) -> bytes:
        """Return the submitted file. For staff."""
        return self._transport.send(
            Request(method="GET", path=path_of("submissions", submission, "source"), repeatable=True)
        ).content

    def cancel(self, submission: str) -> Submission:
        """Cancel a submission that is waiting or running; one that has finished stays as it is."""
        return self._calls.post(path_of("submissions", submission, "cancel"), reader(Submission), again=True)

    def ask_class(self, submission: str) -> Submission:
        """Ask everybody in the course, from now on, about the fresh cases that a submission fails. For staff.

        Raises Conflict if it fails none.
        """
        return self._calls.post(path_of("submissions", submission, "ask_class"), reader(Submission), again=True)

    def retry(self, submission: str) -> Submission:
        """Retry a submission that ended as service_failed; one that is waiting, running or done stays as it is.

        Raises Conflict for one that was cancelled or superseded. For staff.
        """
        return self._calls.post(path_of("submissions", submission, "retry"), reader(Submission), again=True)

    def retry_all(self, *, assignment: str | None = None) -> list[str]:
        """Retry all submissions of the course or one assignment that ended as service_failed; return their ids.

        For staff.
        """
        retried: list[str] = []
        cursor: str | None = None
        while True:
            body = self._calls.in_course({"assignment": assignment, "cursor": cursor})
            ids, cursor = self._calls.post("/retries", _read_retries, body, again=True)
            retried += ids
            if cursor is None:
                return retried

    def delete(self, submission: str) -> None:
        """Delete a submission with everything that belongs to it. For staff."""
        self._calls.delete(path_of("submissions", submission), no_value)

    def delete_student(self, student: str) -> int:
        """Delete all data of a student in the course; return the number of submissions. For staff."""
        return self._calls.delete(
            path_of("students", student), lambda body: int(body["deleted"]), self._calls.in_course()
        )

    # Notes and questions

    def add_note(self, submission: str, text: str) -> Note:
        """Leave a note on a submission, which its student reads beside the verdict. For staff."""
        return self._calls.post(path_of("submissions", submission, "notes"), reader(Note), {"text": text})

    def remove_note(self, submission: str, note: str) -> None:
        """Remove a note from a submission. For staff."""
        self._calls.delete(path_of("submissions", submission, "notes", note), no_value)

    def ask(self, submission: str, text: str) -> Question:
        """Ask a question about the verdict of a submission, for its student. The same open question is asked once.

        Raises Conflict if there is no verdict yet, or another question is open.
        """
        path = path_of("submissions", submission, "questions")
        return self._calls.post(path, reader(Question), {"text": text}, again=True)

    def answer(self, submission: str, question: str, text: str, *, marks_changed: bool = False) -> Answer:
        """Answer a question, in place of the answer before; `marks_changed` says so, and must be true. For staff."""
        path = path_of("submissions", submission, "questions", question, "answer")
        return self._calls.put(path, reader(Answer), {"text": text, "marks_changed": marks_changed})

    # Assignments

    def assignments(self) -> list[Assignment]:
        """Return the assignments of the course, each with its current revision."""
        return list(self._calls.listing("/assignments", reader(Assignment), self._calls.in_course()))

    def assignment(self, assignment: str) -> Assignment:
        """Return an assignment with its current revision."""
        return self._calls.get(path_of("assignments", assignment), reader(Assignment), self._calls.in_course())

    def revisions(self, assignment: str) -> list[Revision]:
        """Return an assignment's revisions, newest first."""
        path = path_of("assignments", assignment, "revisions")
        return list(self._calls.listing(path, reader(Revision), self._calls.in_course()))

    def kit(self, assignment: str, revision: str, *, with_solution: bool = False) -> bytes:
        """Return the kit of a revision, by which students check in a notebook. For staff.

        Students can read the solution in one with it. Raises NotFound, which says why, if there is no such kit.
        """
        path = path_of("assignments", assignment, "revisions", revision, "kit")
        params = self._calls.in_course({"solution": "true" if with_solution else None})
        return self._transport.send(Request(method="GET", path=path, params=params, repeatable=True)).content

    def publish(self, toml: str, *, fresh: int | None = None, key: str | None = None) -> Publication:
        """Request that an assignment is published: a worker draws its cases and tests them. For staff.

        `fresh` is the number of cases that come from a secret pool; by default one for ten.
        """
        body = {"toml": toml, **({} if fresh is None else {"fresh": fresh}), **self._calls.in_course()}
        return self._calls.post("/publications", reader(Publication), body, headers=idempotency_header(key))

    def publication(self, publication: str) -> Publication:
        """Return the current state of a publication."""
        return self._calls.get(path_of("publications", publication), reader(Publication))

    def publications(self) -> Listing[Publication]:
        """Return publications, newest first. For staff."""
        return self._calls.listing("/publications", reader(Publication), self._calls.in_course())

    def whoami(self) -> Token:
        """Return this client's own token."""
        return self._calls.get("/token", reader(Token))


def _fields(assignment: str | None, student: str | None) -> dict[str, str | int | None]:
    return {"assignment": assignment, "student": student}


def _read_retries(body: Body) -> tuple[list[str], str | None]:
    return [str(name) for name in body["retried"]], body["next"]
