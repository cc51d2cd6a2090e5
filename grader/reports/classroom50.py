"""The result.json that a Classroom 50 runner reads after its autograder: `classroom50/result/v1`.

A service has no such form: it does not know what the runner knows of the repository.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.verdict import Mark, Property, Verdict
from backmark.grader.reports.wording import clean, explain_rows, summarize

SCHEMA = "classroom50/result/v1"


@dataclass(frozen=True, slots=True)
class Classroom:
    """The runner's own facts of a submission."""

    classroom: str
    assignment: str
    #: `individual` or `group`.
    assignment_type: str
    #: The login of the repository's owner.
    owner: str
    #: The tag of the submission.
    submission: str
    #: Addresses of the graded commit, of its release, and of all changes up to it.
    commit: str
    release: str
    review: str


def render(submission: SubmissionRecord, verdict: Verdict, classroom: Classroom) -> bytes:
    """Return the whole file. A test for each row that is shown, or one for the whole where none is."""
    now = datetime.fromtimestamp(submission.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    result = {
        "schema": SCHEMA,
        "classroom": classroom.classroom,
        "assignment": classroom.assignment,
        "assignment_type": classroom.assignment_type,
        "owner": classroom.owner,
        "submission": classroom.submission,
        "commit": classroom.commit,
        "release": classroom.release,
        "review": classroom.review,
        # The runner puts the commit's own time here.
        "datetime": now,
        "graded_at": now,
        "score": verdict.score,
        "max-score": verdict.max_score,
        "tests": _tests(verdict),
    }
    return json.dumps(result, ensure_ascii=False, indent=2).encode()


def _tests(verdict: Verdict) -> list[dict[str, Any]]:
    rows = [*map(_test, verdict.properties, explain_rows(verdict.properties, verdict))]
    shown = sum(test["max-score"] for test in rows) == verdict.max_score
    whole = {
        "test-name": "backmark",
        "passed": verdict.outcome is Outcome.PASSED,
        # With the marks of all rows here and there they would count twice.
        "score": 0 if shown else verdict.score,
        "max-score": 0 if shown else verdict.max_score,
        "output": summarize(verdict),
    }
    return [whole, *rows]


def _test(row: Property, reason: str) -> dict[str, Any]:
    return {
        "test-name": clean(row.title),
        "passed": row.outcome is Mark.PASSED,
        "score": row.score,
        "max-score": row.max_score,
        "output": reason,
    }
