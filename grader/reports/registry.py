"""The forms by the names that `?format=` takes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from grader.model.records import Submission
from grader.reports import gradescope, junit, lti, prairielearn


@dataclass(frozen=True, slots=True)
class Format:
    """A form, the media type that `Accept` asks for it by, and how a graded submission is written in it."""

    name: str
    content_type: str
    render: Callable[[Submission, Mapping[str, Any]], bytes]
    #: How one without a verdict is written; None: this form cannot say that, and a zero would be a lie.
    ungraded: Callable[[Submission], bytes] | None = None


def _no_score_yet(submission: Submission) -> bytes:
    return lti.render(submission, None)


FORMATS = {
    form.name: form
    for form in (
        Format("gradescope", gradescope.CONTENT_TYPE, gradescope.render),
        Format("prairielearn", prairielearn.CONTENT_TYPE, prairielearn.render),
        Format("junit", junit.CONTENT_TYPE, junit.render),
        Format("lti", lti.CONTENT_TYPE, lti.render, ungraded=_no_score_yet),
    )
}
