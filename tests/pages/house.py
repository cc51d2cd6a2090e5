"""The whole service for a browser: Redis, a web server, and a worker that grades in real jails."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from flask import Flask

from backmark.grader.model.assignment import Level
from backmark.grader.model.publications import Publication
from backmark.grader.model.records import Scope, SubmissionRecord
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import create_app, links
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts
from tests.service.parts import ASSIGNMENT, COURSE, PATIENCE, Service, until

__all__ = ["ASSIGNMENT", "COURSE", "PATIENCE", "House", "build_house", "until"]

_SECRET = "only for tests, and as long as a real one is"  # noqa: S105 - it guards nothing


class House(Service):
    """A service with pages."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        # No worker dies here, and what a test claims itself stays its own however busy the machine is.
        super().__init__(redis_url, folder, {"BACKMARK_SECRET": _SECRET, "BACKMARK_LEASE_SECONDS": "120"})
        self.url = f"http://127.0.0.1:{free_port()}"
        self.app: Flask = create_app(self.settings, self.store, self.dispatcher)
        self.store.redis.flushall()
        #: Addresses that took work to reach, by what stands there: for who comes again to look.
        self.reached: dict[str, str] = {}

    def open(self) -> None:
        """Start the web server and a worker, and wait until both are ready."""
        self.start("web", "--bind", self.url.removeprefix("http://"))
        self.start("sweeper")
        self.worker()
        until(lambda: unready_parts(self.url) == {}, "the service is ready")

    def open_with_public_url(self) -> str:
        """Start another web server, which knows the address at which people reach it, and return that."""
        url = f"http://127.0.0.1:{free_port()}"
        self.start("web", "--bind", url.removeprefix("http://"), BACKMARK_PUBLIC_URL=url)
        until(lambda: unready_parts(url) == {}, "the web server with a public address is ready")
        return url

    def token(self, course: str = COURSE, *scopes: Scope) -> str:
        """A new token's secret: staff's, unless scopes are named."""
        return self.store.tokens.create("browser", course, set(scopes or {Scope.STAFF}))[1]

    def hand_in_link(self, student: str | None = None, course: str = COURSE, days: int | None = None) -> str:
        """The path of a link to hand in."""
        with self.app.test_request_context():
            lifetime = None if days is None else timedelta(days=days)
            return links.hand_in(course, ASSIGNMENT, student, lifetime=lifetime)

    def verdict_link(self, submission: SubmissionRecord) -> str:
        """The path of a link to a verdict."""
        with self.app.test_request_context():
            return str(links.verdict(submission))

    def grade(
        self, source: bytes, filename: str, student: str, course: str = COURSE, assignment: str = ASSIGNMENT
    ) -> SubmissionRecord:
        """Hand in without a browser, and wait for the end."""
        revision = self.store.assignments.current(course, assignment)
        assert revision is not None
        name = self.store.submissions.accept(
            NewSubmission(course, assignment, revision.id, student, filename, source)
        ).id
        self.dispatcher.nudge()
        (record,) = self.wait_for_ends(name)
        return record

    def publish(self, toml: str, course: str, assignment: str) -> Publication:
        """Publish without a browser, and wait for the end."""
        name = self.store.publications.request(NewPublication(course, assignment, toml, 0)).id
        self.dispatcher.nudge()

        def read_publication() -> Publication:
            publication = self.store.publications.get(name)
            assert publication is not None
            return publication

        until(lambda: read_publication().state.terminal, "it is published")
        return read_publication()

    def make_level_course(self, *levels: Level) -> str:
        """A course in which the attempts have these levels of feedback."""
        course = f"at-{'-'.join(levels)}"
        revision = self.store.assignments.current(COURSE, ASSIGNMENT)
        assert revision is not None
        fields = json.loads(revision.assignment)
        fields["feedback"] = {"levels": levels, "uncounted": levels[0], "hidden": []}
        networks = self.store.assignments.archive(revision.id)
        assert networks is not None
        # Fresh networks are drawn for the packaged revision alone, by the first who hands in: here nobody may have.
        levelled_revision = replace(revision, course=course, assignment=json.dumps(fields), fresh=0)
        self.store.assignments.publish(levelled_revision, networks)
        return course


@contextmanager
def build_house(redis_url: str, folder: Path) -> Iterator[House]:
    """A house that is open until the end of the block."""
    house = House(redis_url, folder)
    try:
        house.open()
        yield house
    finally:
        house.close()
