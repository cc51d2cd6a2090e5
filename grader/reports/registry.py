"""The formats by the names that `?format=` takes.

`annotations.py`, `markdown.py` and `classroom50.py` are none of them: `backmark autograde github` writes these.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports import gradescope, junit, lti, prairielearn


@dataclass(frozen=True, slots=True)
class Format:
    """A format, the media type by which `Accept` asks for it, and the function that writes a graded submission.

    For example one that has the marks alone:

        Format("marks", "text/plain", lambda submission, verdict: f"{submission.student} {verdict.score}".encode())
    """

    name: str
    content_type: str
    render: Callable[[SubmissionRecord, Verdict], bytes]
    #: Writes a submission without a verdict; None: this format cannot express that, and a zero would be a lie.
    ungraded: Callable[[SubmissionRecord], bytes] | None = None


def _render_unscored(submission: SubmissionRecord) -> bytes:
    return lti.render(submission, None)


FORMATS = {
    output_format.name: output_format
    for output_format in (
        Format("gradescope", gradescope.CONTENT_TYPE, gradescope.render),
        Format("prairielearn", prairielearn.CONTENT_TYPE, prairielearn.render),
        Format("junit", junit.CONTENT_TYPE, junit.render),
        Format("lti", lti.CONTENT_TYPE, lti.render, ungraded=_render_unscored),
    )
}
