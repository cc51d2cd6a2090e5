"""A verdict on a page of the service: with the submission's file, and when it was handed in and judged."""

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.reports.html.markup import Html, element
from backmark.grader.reports.html.text import line
from backmark.grader.reports.html.verdict import Surroundings, draw_verdict
from backmark.grader.reports.view import VerdictView
from backmark.grader.web.pages.words import iso, moment


def draw_submission(view: VerdictView, submission: SubmissionRecord, title: str) -> Html:
    """Return the drawing of a submission's verdict under the title of its assignment. It needs verdict.css."""
    attempt = f"attempt {submission.attempt}" if submission.attempt else "refused, so no attempt"
    facts = [("File", line(submission.filename)), ("Handed in", _draw_time(submission.created))]
    if submission.regrade and submission.judged is not None:
        facts.append(("Graded again", _draw_time(submission.judged)))
    return draw_verdict(view, Surroundings(f"{line(title)} · {attempt}", tuple(facts), copies=True))


def _draw_time(seconds: float) -> Html:
    return element("time", moment(seconds), datetime=iso(seconds))
