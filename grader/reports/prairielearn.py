"""PrairieLearn's external grader results."""

import json
from typing import Any

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Outcome, Property, Verdict
from backmark.grader.reports.wording import clean, explain, headline, summary, trouble

CONTENT_TYPE = "application/vnd.backmark.prairielearn+json"


def render(submission: SubmissionRecord, verdict: Verdict) -> bytes:
    """Return the whole file. A submission refused before it ran is not gradable, which costs no attempt there."""
    rejected = verdict.outcome is Outcome.REJECTED
    result: dict[str, Any] = {
        "gradable": not rejected,
        "score": _share(verdict),
        "message": headline(verdict) if rejected else summary(verdict),
        "output": clean(verdict.output),
        "tests": [] if rejected else [_test(row, verdict) for row in verdict.properties],
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


def _test(row: Property, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": clean(row.title),
        "points": row.score,
        "max_points": row.max_score,
        "message": explain(row, verdict),
    }
