"""The mark that a student has now, from everything that is recorded, and who the student is for the platform."""

from backmark.grader.courses.marks import mark_student, withhold
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.score_posts import PresentMark
from backmark.worker.service.scores import ScoreSources


def recorded_sources(store: Store, settings: ServiceSettings) -> ScoreSources:
    """Return the sources of scores in the store of a service."""

    def mark(course: str, assignment: str, student: str) -> PresentMark:
        return present_mark(store, course, assignment, student)

    def link(submission: str) -> str | None:
        return settings.own_url(f"/lti/launch?submission={submission}")

    return ScoreSources(platform=store.platforms.get, user=store.launches.user, mark=mark, link=link)


def present_mark(store: Store, course: str, assignment: str, student: str) -> PresentMark:
    """Return a student's mark by the policy, extensions, outages and overrides that hold now."""
    attempts = store.courses.attempts_of(course, assignment, student)
    terms = store.courses.terms_of(course, assignment, student)
    marking, held_back = withhold(mark_student(student, attempts, terms), terms), terms.held_back
    created = {attempt.submission: attempt.created for attempt in attempts}
    if marking.submission is None:
        return PresentMark(marking.share, held_back=held_back)
    return PresentMark(marking.share, marking.submission, created[marking.submission])
