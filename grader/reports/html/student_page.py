"""The page of a student: the verdict on the file that counts, as far as the assignment shows it to students."""

from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.html.headings import Headings
from backmark.grader.reports.html.page import render_page
from backmark.grader.reports.html.text import line
from backmark.grader.reports.html.verdict import Surroundings, draw_verdict
from backmark.grader.reports.view import make_view


def render_student(verdict: Verdict, title: str, student: str, attempt: str) -> bytes:
    """Return the page of a verdict that was disclosed, under the title of its assignment.

    `attempt` says which of the student's files it is; empty for the only one.
    """
    facts = [("Student", line(student)), ("File", line(verdict.submission.filename))]
    if attempt:
        facts.append(("Attempt", attempt))
    view = make_view(verdict)
    drawing = draw_verdict(view, Surroundings(line(title), tuple(facts), Headings()))
    reading = not (verdict.counterexample or verdict.diagnosis)
    return render_page(f"{line(student)}: {line(title)}", drawing, "verdict.css", reading=reading)
