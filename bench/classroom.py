"""A class on a service: the links to hand in, students who use them as a browser does, and files no two the same."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Self

import httpx
from flask import Flask
from pydantic import SecretStr

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.web import create_app, links
from bench.stack import ASSIGNMENT, COURSE, Stack
from bench.submissions import pick_variant, right_sources
from bench.waiting import PATIENCE, wait_until

#: The secret of the service: it signs the links.
SECRET = "for one measurement, and as long as a real one is"  # noqa: S105 - it guards nothing


class Visitor:
    """A browser on a link to hand in."""

    def __init__(self, url: str, link: str, name: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=PATIENCE)
        self._link, self._name = link, name
        page = self._client.get(link)
        match = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        self._csrf_token = match[1] if match else ""
        #: Answers by status, and the paths of the verdicts of accepted submissions.
        self.statuses: Counter[int] = Counter()
        self.accepted: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def hand_in(self, source: bytes, name: str = "answer.py", student: str = "") -> str | None:
        """Hand in a file, under another name if `student` is given; return its verdict's path, or None if refused."""
        fields = {"csrf_token": self._csrf_token, "student": student or self._name}
        return self._record(self._client.post(self._link, data=fields, files={"file": (name, source)}))

    def send_empty_request(self) -> None:
        """Send a request without a form."""
        self._record(self._client.post(self._link))

    def _record(self, answer: httpx.Response) -> str | None:
        self.statuses[answer.status_code] += 1
        if answer.status_code != httpx.codes.SEE_OTHER:
            return None
        self.accepted.append(answer.headers["Location"])
        return self.accepted[-1]


@dataclass(slots=True)
class Classroom:
    """A service, its links, and sources of which no two are the same."""

    stack: Stack
    app: Flask
    _numbers: Iterator[int] = field(default_factory=count)
    _sources: list[str] = field(default_factory=right_sources)

    @classmethod
    def of(cls, stack: Stack) -> "Classroom":
        """Return the class of a service that was started with SECRET."""
        settings = stack.store.settings.model_copy(update={"secret": SecretStr(SECRET)})
        return cls(stack, create_app(settings, stack.store))

    def make_link(self, student: str | None = None) -> str:
        """Return a link to hand in: of a student, or of the whole class."""
        with self.app.test_request_context():
            return links.hand_in(COURSE, ASSIGNMENT, student)

    def make_source(self) -> bytes:
        """Return a right file that nobody handed in before."""
        return pick_variant(self._sources, next(self._numbers)).encode()

    def get_submission(self, path: str) -> SubmissionRecord | None:
        """Return the submission behind the path of its verdict."""
        with self.app.test_request_context():
            return self.stack.store.submissions.get(links.read_verdict(path.removeprefix("/verdicts/")))

    def wait_for_end(self, path: str, seconds: float = PATIENCE) -> SubmissionRecord | None:
        """Return the submission once it is at its end, or None if it is lost or does not come to an end in time."""
        record: SubmissionRecord | None = None

        def has_ended() -> bool:
            nonlocal record
            record = self.get_submission(path)
            return record is None or record.state.terminal

        try:
            # Often, since the time to the verdict is measured.
            wait_until(has_ended, "the submission is at its end", seconds, interval=0.05)
        except TimeoutError:
            return None
        return record
