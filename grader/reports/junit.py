"""JUnit XML, as continuous integration reads it: one suite, a case for each row of the rubric."""

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.reports.wording import clean, explain, explain_rows, headline, trouble

CONTENT_TYPE = "application/xml"

#: The outcomes of code that ran to its end; with all others it did not.
_ENDED = {Outcome.PASSED, Outcome.FAILED}


def render(submission: SubmissionRecord, verdict: Verdict) -> bytes:
    """Return the document. Its first case is that the submission runs at all: an early end is its error, no failure."""
    rows = verdict.properties
    counts = {
        "tests": str(len(rows) + 1),
        "failures": str(sum(row.outcome is Mark.FAILED for row in rows)),
        "errors": str(int(verdict.outcome not in _ENDED)),
        "skipped": str(sum(row.outcome is Mark.NOT_RUN for row in rows)),
        "time": f"{verdict.statistics.seconds:.3f}",
    }
    suites = Element("testsuites", {"name": "backmark"} | counts)
    named = {"name": clean(submission.assignment), "timestamp": _time(submission.created)}
    suite = SubElement(suites, "testsuite", named | counts)
    _properties(suite, submission, verdict)
    _runs(suite, submission, verdict)
    for row, reason in zip(rows, explain_rows(rows, verdict), strict=True):
        _case(suite, submission, row, reason)
    SubElement(suite, "system-out").text = clean(verdict.output)
    SubElement(suite, "system-err").text = explain(verdict)
    document: bytes = tostring(suites, encoding="utf-8", xml_declaration=True)
    return document


def _properties(suite: Element, submission: SubmissionRecord, verdict: Verdict) -> None:
    facts = {
        "submission": submission.id,
        "student": submission.student,
        "attempt": submission.attempt,
        "filename": submission.filename,
        "revision": submission.revision,
        "outcome": verdict.outcome,
    }
    if verdict.outcome is not Outcome.REJECTED:
        facts |= {"score": verdict.score, "max_score": verdict.max_score}
        facts |= {f"score.{row.name}": f"{row.score}/{row.max_score}" for row in verdict.properties}
    properties = SubElement(suite, "properties")
    for name, value in facts.items():
        if value is not None:
            SubElement(properties, "property", name=clean(name), value=clean(value))


def _runs(suite: Element, submission: SubmissionRecord, verdict: Verdict) -> None:
    case = SubElement(suite, "testcase", classname=clean(submission.assignment), name="runs", time="0")
    if verdict.outcome not in _ENDED:
        error = SubElement(case, "error", type=clean(verdict.outcome), message=headline(verdict))
        error.text = trouble(verdict)


def _case(suite: Element, submission: SubmissionRecord, row: Property, reason: str) -> None:
    case = SubElement(suite, "testcase", classname=clean(submission.assignment), name=clean(row.name), time="0")
    if row.outcome is Mark.FAILED:
        SubElement(case, "failure", type=clean(row.name), message=clean(row.title)).text = reason
    elif row.outcome is Mark.NOT_RUN:
        SubElement(case, "skipped", message=reason)


def _time(seconds: float) -> str:
    """Return the time in UTC; the schema of this element allows no zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
