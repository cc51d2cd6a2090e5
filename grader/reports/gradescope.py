"""Gradescope's results.json, as its autograder specifications describe it."""

import json
from typing import Any

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.reports.wording import clean, explain, summary

CONTENT_TYPE = "application/vnd.backmark.gradescope+json"


def render(submission: SubmissionRecord, verdict: Verdict) -> bytes:
    """Return the whole file. Every format is `text`: the output of a student's code is never markup."""
    result = {
        "score": verdict.score,
        "output": _output(verdict),
        "output_format": "text",
        "test_output_format": "text",
        "test_name_format": "text",
        "visibility": "visible",
        # What the autograder's own process prints is none of the student's business.
        "stdout_visibility": "hidden",
        "extra_data": {"submission": submission.id, "revision": submission.revision, "outcome": verdict.outcome},
        "tests": [_test(row, verdict) for row in verdict.properties],
    }
    # It is 0 if the level of feedback does not show it.
    if seconds := verdict.statistics.seconds:
        result["execution_time"] = round(seconds, 3)
    return json.dumps(result, ensure_ascii=False).encode()


def _output(verdict: Verdict) -> str:
    printed = verdict.output
    return summary(verdict) + (f"\n\nIt printed:\n{clean(printed)}" if printed else "")


def _test(row: Property, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": clean(row.title),
        "score": row.score,
        "max_score": row.max_score,
        # Written for every row: without it a row that carries no marks would pass for having all of them.
        "status": "passed" if row.outcome is Mark.PASSED else "failed",
        "output": explain(row, verdict),
        "visibility": "visible",
    }
