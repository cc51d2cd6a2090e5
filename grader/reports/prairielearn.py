"""PrairieLearn's external grader results."""

import json
from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Property, Verdict
from backmark.grader.reports.view import list_rows
from backmark.grader.reports.wording import clean, explain_rows, headline, summarize, trouble

CONTENT_TYPE = "application/vnd.backmark.prairielearn+json"


def render(submission: SubmissionRecord, verdict: Verdict) -> bytes:
    """Return the whole file. A submission refused before it ran is not gradable, which costs no attempt there."""
    rejected, rows = verdict.outcome is Outcome.REJECTED, list_rows(verdict)
    result: dict[str, Any] = {
        "gradable": not rejected,
        "score": _share(verdict),
        "message": headline(verdict) if rejected else summarize(verdict),
        "output": clean(verdict.output),
        "tests": [] if rejected else [*map(_test, rows, explain_rows(rows, verdict))],
        "backmark": {"submission": submission.id, "revision": submission.revision, "outcome": verdict.outcome},
    }
    if rejected:
        result["format_errors"] = [trouble(verdict)]
    return json.dumps(result, ensure_ascii=False).encode()


def _share(verdict: Verdict) -> float:
    """Return the share of all marks, between 0 and 1; if the rubric has none, 1 for passing."""
    if not verdict.max_score:
        return float(verdict.outcome is Outcome.PASSED)
    return (verdict.score or 0) / verdict.max_score


def _test(row: Property, reason: str) -> dict[str, Any]:
    return {
        "name": clean(row.title),
        "points": row.score,
        "max_points": row.max_score,
        "message": reason,
    }
