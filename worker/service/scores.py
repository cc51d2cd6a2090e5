"""Sends marks to the gradebooks of platforms, whenever they may have changed.

The store knows only that a mark may be another one. What is sent is worked out after the claim, so it is the mark as it
is then; if it changes meanwhile, it is sent again. If a process dies, its claim ends with the lease and the mark is
sent again, with a later timestamp. Nothing that would erase a mark is ever sent.
"""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event
from typing import Protocol

from backmark.grader.errors import StoreUnavailable
from backmark.grader.lti.claims import LINE_ITEM_SCOPE, SCORE_SCOPE
from backmark.grader.lti.identity import is_test_student
from backmark.grader.lti.services import (
    LINE_ITEM_MEDIA_TYPE,
    NoAccessToken,
    NoPlatformAnswer,
    PlatformAnswer,
    below,
)
from backmark.grader.model.lti import LtiUser, Platform
from backmark.grader.model.scores import ScoreReason
from backmark.grader.store.scores import ScoreBlame, ScoreClaim, ScoreEnd, ScoreResult, Scores
from backmark.worker.service.rounds import pause, run_rounds
from backmark.worker.service.score_posts import (
    MEDIA_TYPE,
    Fingerprint,
    PresentMark,
    canvas_extension,
    is_new_submission,
    score_body,
)

_log = logging.getLogger(__name__)

#: Simultaneous posts to one platform; a platform or a column that fails gets one at a time.
OF_ONE_PLATFORM = 4
#: Seconds after which a claim that was not concluded is repeated, and those within which its post begins. It may ask
#: for four tokens, post three times and look twice for the column, ten seconds each.
LEASE, _BEGIN = 180.0, 60.0
#: Seconds before the second try of a score, the factor before each next one, and the longest pause.
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 5.0, 4.0, 300.0
#: Seconds for which a column or a platform that failed is left alone, and the longest that it may ask for itself.
_FIRST_HOLD, _LONGEST_HOLD, _LONGEST_ASKED = 1.0, 30.0, 3600.0
#: Answers of a platform that has no such column, or no such student.
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
#: Answers that pass. 409 is Moodle's to a timestamp that is not later than that of the mark that it has.
_PASSING = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
)


class ScoreServices(Protocol):
    """The way to a platform's services."""

    def post(self, platform: Platform, scope: str, url: str, content: bytes, media_type: str) -> PlatformAnswer:
        """Post to a service. Raises NoPlatformAnswer and NoAccessToken."""
        ...

    def get(self, platform: Platform, scope: str, url: str, media_type: str) -> PlatformAnswer:
        """Read from a service. Raises NoPlatformAnswer and NoAccessToken."""
        ...


@dataclass(frozen=True, slots=True)
class ScoreSources:
    """The sources of all that a post is made of. Each returns what is recorded now, or None."""

    platform: Callable[[str], Platform | None]
    #: By course and student.
    user: Callable[[str, str], LtiUser | None]
    #: By course, assignment and student.
    mark: Callable[[str, str, str], PresentMark]
    #: The address whose launch shows a submission, by its id.
    link: Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class ScorePost:
    """A post that is ready to be sent."""

    platform: Platform
    subject: str
    mark: PresentMark


class GradebookScores:
    """The scores that wait."""

    def __init__(self, scores: Scores, services: ScoreServices, sources: ScoreSources, *, lease: float = LEASE) -> None:
        self._scores = scores
        self._services = services
        self._sources = sources
        self._lease = lease

    def loop(self, stop: Event) -> None:
        """Send scores until `stop` is set; then finish those in progress."""
        run_rounds("scores", self.start_due, stop)

    def start_due(self, pool: ThreadPoolExecutor, places: int) -> set[Future[None]]:
        """Start as many of the scores that wait as there are free places."""
        if places <= 0:
            return set()
        began = time.monotonic()
        claims = self._scores.claim(places, OF_ONE_PLATFORM, self._lease)
        return {pool.submit(self._run, claim, began + min(_BEGIN, self._lease / 2)) for claim in claims}

    def prepare(self, claim: ScoreClaim) -> ScorePost | ScoreEnd:
        """Return what is to be posted for a claim, or its end if that is nothing."""
        if claim.item.gone is not None:
            return ScoreEnd(ScoreResult.NOTHING, reason=ScoreReason.COLUMN_GONE)
        user = self._sources.user(claim.item.course, claim.student)
        if (nobody := _nobody(claim.student, user)) is not None:
            return ScoreEnd(ScoreResult.NOTHING, reason=nobody)
        mark = self._sources.mark(claim.item.course, claim.item.assignment, claim.student)
        if mark.share is None:
            gone = ScoreReason.NO_MARK if claim.first else ScoreReason.MARK_GONE
            return ScoreEnd(ScoreResult.NOTHING, reason=ScoreReason.HELD_BACK if mark.held_back else gone)
        if Fingerprint.of(claim, mark).is_shown(Fingerprint.read(claim.sent)):
            return ScoreEnd(ScoreResult.SAME)
        platform = self._sources.platform(claim.item.platform)
        if user is None or platform is None:
            unknown = ScoreReason.UNKNOWN_STUDENT if user is None else ScoreReason.UNKNOWN_PLATFORM
            return ScoreEnd(ScoreResult.FAILED, reason=unknown)
        return ScorePost(platform, user.subject, mark)

    def send(self, claim: ScoreClaim, post: ScorePost) -> ScoreEnd:
        """Post a mark and return the end of its claim."""
        new = is_new_submission(claim, post.mark)
        try:
            answer = self._post(claim, post, new=new)
            if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY and new and post.platform.family == "canvas":
                # Canvas counts no more attempts than its assignment allows; the mark it takes.
                answer = self._post(claim, post, new=False)
        except NoAccessToken as error:
            return self._fail(claim, ScoreBlame.PLATFORM, ScoreReason.NO_TOKEN, error.status, str(error))
        except NoPlatformAnswer as error:
            # The post may have arrived all the same.
            blame = ScoreBlame.COLUMN if error.asked else ScoreBlame.PLATFORM
            return self._fail(claim, blame, ScoreReason.NO_ANSWER, None, str(error), reached=error.asked)
        return self._end_of(claim, post, answer)

    def _post(self, claim: ScoreClaim, post: ScorePost, *, new: bool) -> PlatformAnswer:
        is_canvas = post.platform.family == "canvas"
        body = score_body(claim, post.subject, post.mark, appends=is_canvas)
        if is_canvas:
            link = self._sources.link(post.mark.submission) if post.mark.submission else None
            body |= canvas_extension(claim, link, new=new)
        content = json.dumps(body).encode()
        return self._services.post(post.platform, SCORE_SCOPE, below(claim.item.url, "scores"), content, MEDIA_TYPE)

    def _end_of(self, claim: ScoreClaim, post: ScorePost, answer: PlatformAnswer) -> ScoreEnd:
        if answer.succeeded:
            shown = post.mark.submission or claim.shown
            sent = Fingerprint.of(claim, post.mark).write()
            return ScoreEnd(ScoreResult.SENT, reached=True, sent=sent, shown=shown, status=answer.status)
        if answer.throttles or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status < 400:
            asked = min(answer.retry_after or 0.0, _LONGEST_ASKED)
            reached = not answer.throttles
            # Moodle answers 500 to each score of a grade that is locked.
            blame = ScoreBlame.COLUMN if reached else ScoreBlame.PLATFORM
            reason, words = ScoreReason.REFUSED, answer.words
            return self._fail(claim, blame, reason, answer.status, words, reached=reached, asked=asked)
        if answer.status in _PASSING:
            wait = self._pause(claim)
            return ScoreEnd(
                ScoreResult.RETRY,
                reached=True,
                status=answer.status,
                reason=ScoreReason.REFUSED,
                detail=answer.words,
                pause=wait,
            )
        if answer.status in _GONE and self._is_gone(claim, post):
            return ScoreEnd(ScoreResult.GONE, reached=True, status=answer.status, reason=ScoreReason.COLUMN_GONE)
        return ScoreEnd(
            ScoreResult.FAILED,
            reached=True,
            status=answer.status,
            reason=ScoreReason.REFUSED,
            detail=answer.words,
        )

    def _is_gone(self, claim: ScoreClaim, post: ScorePost) -> bool:
        """Return True if the platform says that it has no such column: what it refused may be one student's mark."""
        try:
            answer = self._services.get(post.platform, LINE_ITEM_SCOPE, claim.item.url, LINE_ITEM_MEDIA_TYPE)
        except (NoAccessToken, NoPlatformAnswer):
            return False
        return answer.status in _GONE

    def _fail(  # noqa: PLR0913 - what is recorded of a failure
        self,
        claim: ScoreClaim,
        blame: ScoreBlame,
        reason: ScoreReason,
        status: int | None,
        detail: str,
        *,
        reached: bool = False,
        asked: float = 0.0,
    ) -> ScoreEnd:
        """Return the end of a claim that the platform or its column failed: both are tried again."""
        hold = max(pause(claim.failures + 1, _FIRST_HOLD, 2.0, _LONGEST_HOLD), asked)
        return ScoreEnd(
            ScoreResult.RETRY,
            reached=reached,
            status=status,
            reason=reason,
            detail=detail,
            pause=self._pause(claim),
            blame=blame,
            hold=hold,
        )

    def _pause(self, claim: ScoreClaim) -> float:
        return pause(claim.number, _FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE)

    def _run(self, claim: ScoreClaim, until: float) -> None:
        """The edge of a task: no error may affect the others."""
        started = time.monotonic()
        try:
            end = self._finish(claim, until)
        except StoreUnavailable:
            # The claim is repeated when its lease ends.
            raise
        except Exception:  # noqa: BLE001 - the edge of a task
            _log.exception("a score for line item %s failed with an internal error", claim.item.id)
            end = ScoreEnd(ScoreResult.RETRY, reached=True, reason=ScoreReason.INTERNAL_ERROR, pause=self._pause(claim))
        state = self._scores.conclude(claim, end)
        fields = {
            "course": claim.item.course,
            "assignment": claim.item.assignment,
            "line_item": claim.item.id,
            "attempt": claim.number,
            "status": end.status,
            "state": end.result.value,
            "milliseconds": round(1000 * (time.monotonic() - started), 1),
        }
        _log.info("score attempted" if state else "score attempted too late", extra=fields)

    def _finish(self, claim: ScoreClaim, until: float) -> ScoreEnd:
        prepared = self.prepare(claim)
        if isinstance(prepared, ScoreEnd):
            return prepared
        if time.monotonic() > until:
            # Another process may have the claim soon: a post of ours could come after its.
            return ScoreEnd(ScoreResult.RETRY)
        return self.send(claim, prepared)


def _nobody(student: str, user: LtiUser | None) -> ScoreReason | None:
    """Return why a person gets no marks in any gradebook, or None if this is a student."""
    if is_test_student(student) or (user is not None and user.test):
        return ScoreReason.TEST_STUDENT
    return ScoreReason.STAFF if user is not None and user.staff else None
