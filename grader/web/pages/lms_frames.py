"""The frames of an LMS in which the pages of its courses may be shown."""

from backmark.grader.lti.identity import is_lti_course
from backmark.grader.web.http.framing import set_frames
from backmark.grader.web.service import service


def allow_frames(course: str) -> None:
    """Let the page of this request, also one about a failure, be shown in the frames of the course's LMS."""
    if is_lti_course(course):
        context = service().store.launches.context(course)
        set_frames(() if context is None else context.frames)
