"""A course on a made-up platform, in a real store: its students hand in, and their marks are sent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from backmark.grader.lti.identity import line_item_id
from backmark.grader.model.lti import LineItem, LtiContext, LtiUser, Platform
from backmark.grader.model.scores import Score, ScoreState
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.scores import ScoreClaim
from backmark.grader.store.store import Store
from backmark.worker.service.rounds import THREADS
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import GradebookScores, ScorePost
from tests.lti.platform.gradebook import CanvasRules, Gradebook, Member, Rules
from tests.lti.platform.wire import connect, verifier
from tests.store.making import accept, claim_job, new, verdict

ASSIGNMENT = "udl-7.2"
HOST = "https://lms.example"


class LtiCourse:
    """A course `name` with one assignment of 20 points; `outage` answers in the platform's place while it is set.

    It is on a platform of its own, or on that of the course `beside`.
    """

    def __init__(
        self,
        store: Store,
        settings: ServiceSettings,
        rules: Rules,
        pair: tuple[str, str],
        name: str = "lti-1",
        beside: "LtiCourse | None" = None,
    ) -> None:
        self.store, self.name = store, name
        token_url = f"{HOST}/token"
        self.book: Gradebook = (
            Gradebook(rules, verifier(pair[1], token_url), self.now) if beside is None else beside.book
        )
        self.column = f"/{name}/lineitems/7"
        self.book.columns[self.column] = 20.0
        family = "canvas" if isinstance(rules, CanvasRules) else "moodle"
        own = Platform(f"p-{name}", HOST, name, "", token_url, "", family=family)
        platform: Platform = own if beside is None else beside.platform
        self.platform: Platform = platform
        store.platforms.add(platform)
        store.launches.record_context(LtiContext(name, platform.id, "1", name, roster_url=f"{HOST}/members"))
        url = f"{HOST}{self.column}{'?type_id=1' if family == 'moodle' else ''}"
        self.item = LineItem(line_item_id(platform.id, url), platform.id, url, name, ASSIGNMENT, 20.0)
        store.line_items.record(self.item)
        self.services = connect(self._answer, pair)
        self.sender = GradebookScores(store.scores, self.services, recorded_sources(store, settings))
        self.outage: Callable[[], None] | None = None

    def now(self) -> float:
        """The platform's clock, which is right."""
        return self.store.time() + self.store.scores.ahead

    def enrol(self, *subjects: str) -> None:
        """Let students launch."""
        for subject in subjects:
            self.book.enrol(Member(subject))
            self.store.launches.record_user(LtiUser(self.name, subject, subject))

    def hand_in(self, student: str, score: int) -> str:
        """Hand in what gets so many of ten marks, and return its id."""
        name = accept(self.store, new(student, course=self.name, assignment=ASSIGNMENT))
        given_verdict = verdict("failed", score=score, max_score=10)
        assert self.store.submissions.finish(claim_job(self.store, name), given_verdict)
        return name

    def send(self) -> int:
        """Send what is due now, and return the number of claims."""
        with ThreadPoolExecutor(THREADS) as pool:
            due_attempts = self.sender.start_due(pool, THREADS)
        for attempt in due_attempts:
            attempt.result()
        return len(due_attempts)

    def post(self, claim: ScoreClaim) -> None:
        """Post what was claimed, and conclude it."""
        post = self.sender.prepare(claim)
        end = self.sender.send(claim, post) if isinstance(post, ScorePost) else post
        self.store.scores.conclude(claim, end)

    def settle(self, seconds: float = 0.0) -> None:
        """Send until nothing is due; between two rounds, so many seconds pass."""
        while self.send() or (seconds and self.store.scores.waiting()):
            self.store.scores.ahead += seconds

    def list_failed(self) -> list[Score]:
        """Return the marks that were given up."""
        return [score for score in self.store.scores.of(self.item.id) if score.state is ScoreState.FAILED]

    def marks(self) -> dict[str, float | None]:
        """Return the gradebook by subject."""
        return {subject: self.book.mark(self.column, subject) for subject in self.book.members}

    def score(self, student: str) -> Score:
        """Return what became of a student's mark."""
        return next(score for score in self.store.scores.of(self.item.id) if score.student == student)

    def _answer(self, environ: Any, start_response: Any) -> Any:
        if self.outage is not None:
            self.outage()
        return self.book(environ, start_response)


def refuse_connection() -> None:
    """Be away."""
    raise requests.ConnectionError("connection refused")
