"""The mark that a student has now, from everything that is recorded, and who the student is for the platform."""

import logging
from dataclasses import replace

from backmark.grader.courses.marks import mark_student, withhold
from backmark.grader.errors import StoreUnavailable
from backmark.grader.reports import score_comment
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.disclosed import disclose_to_student
from backmark.grader.store.store import Store
from backmark.grader.support.signing import verdict_path
from backmark.worker.service.score_posts import PresentMark
from backmark.worker.service.scores import ScoreSources

_log = logging.getLogger(__name__)


def recorded_sources(store: Store, settings: ServiceSettings) -> ScoreSources:
    """Return the sources of scores in the store of a service."""

    def mark(course: str, assignment: str, student: str) -> PresentMark:
        return present_mark(store, settings, course, assignment, student)

    def link(submission: str) -> str | None:
        return settings.own_url(f"/lti/launch?submission={submission}")

    return ScoreSources(platform=store.platforms.get, user=store.launches.user, mark=mark, link=link)


def present_mark(store: Store, settings: ServiceSettings, course: str, assignment: str, student: str) -> PresentMark:
    """Return a student's mark by the policy, extensions, outages and overrides that hold now."""
    attempts = store.courses.attempts_of(course, assignment, student)
    terms = store.courses.terms_of(course, assignment, student)
    marking, held_back = withhold(mark_student(student, attempts, terms), terms), terms.held_back
    created = {attempt.submission: attempt.created for attempt in attempts}
    if marking.submission is None:
        return PresentMark(marking.share, held_back=held_back)
    mark = PresentMark(marking.share, marking.submission, created[marking.submission])
    return mark if marking.share is None else _with_comment(store, settings, mark)


def _with_comment(store: Store, settings: ServiceSettings, mark: PresentMark) -> PresentMark:
    """Return a mark that may be told, with what its student may read of the verdict."""
    submission = store.submissions.get(mark.submission)
    if submission is None or submission.verdict is None:
        return mark
    verdict = store.submissions.verdict(submission.id, submission.verdict)
    if verdict is None:
        return mark
    try:
        comment = score_comment.render(disclose_to_student(store, submission, verdict))
    except StoreUnavailable:
        raise
    except Exception:  # noqa: BLE001 - a mark arrives, whatever is wrong with its words
        _log.exception("the comment on submission %s failed with an internal error", submission.id)
        return mark
    path = verdict_path(settings, submission.id, submission.created)
    return replace(
        mark,
        comment=comment,
        # A path alone leads nowhere from the LMS.
        link=(settings.own_url(path) or "") if path else "",
    )
