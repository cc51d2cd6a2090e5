"""A submission within a regrade: its verdict when it was selected, and the unit that grades it."""

import json
from dataclasses import dataclass, replace
from typing import Any

from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.stored import read
from backmark.grader.store.summary import VerdictSummary


@dataclass(frozen=True, slots=True)
class RegradeEntry:
    """The record of a selected submission, which does not change."""

    student: str
    attempt: int | None
    filename: str
    created: float
    unit: str
    #: The number of the verdict in force; 0 if there was none because the submission ended as service_failed.
    verdict: int
    before: VerdictSummary

    @classmethod
    def read(cls, raw: bytes | str) -> "RegradeEntry":
        """Return an entry from the JSON of `write`."""
        known = json.loads(raw)
        return replace(read(cls, known | {"before": None}), before=VerdictSummary.read(known["before"]))

    def write(self) -> dict[str, Any]:
        """Return the entry for JSON. The scripts read `student`, `unit` and `class`."""
        return {
            "student": self.student,
            "attempt": self.attempt,
            "filename": self.filename,
            "created": self.created,
            "unit": self.unit,
            "verdict": self.verdict,
            "before": self.before.write(),
            "class": class_of(self.before),
        }


def unit_of(regrade: str, submission: SubmissionRecord, group: str = "") -> str:
    """Return the id of the unit that grades a submission: one per source, file type and group of students."""
    kind = "notebook" if nameless(submission.filename).endswith(".ipynb") else "script"
    return "-".join([regrade, submission.source_sha256, kind, *([group] if group else [])])


def nameless(filename: str) -> str:
    """Return a neutral filename of the same type, because identical sources share a unit.

    Filenames often contain a student's name, and the unit outlives each of its submissions.
    """
    return "source.ipynb" if filename.lower().endswith(".ipynb") else "source.py"


def class_of(before: VerdictSummary) -> str:
    """Return the class of a verdict: a new verdict changes all submissions of a class in the same way."""
    return json.dumps([before.outcome, before.score, before.max_score, before.failing], separators=(",", ":"))


def counters_of(class_: str, after: VerdictSummary) -> list[str]:
    """Return the counters that a verdict increases for each submission of a class."""
    outcome, score, max_score, failing, *_ = json.loads(class_)
    before = VerdictSummary(outcome, score, max_score, tuple(failing))
    return [
        f"change:{before.change(after)}",
        *(f"newly_failing:{name}" for name in before.newly_failing(after)),
        *(f"newly_passing:{name}" for name in before.newly_passing(after)),
    ]
