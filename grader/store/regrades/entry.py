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
        """Return the entry for JSON. The functions read `student` and `unit`."""
        return {
            "student": self.student,
            "attempt": self.attempt,
            "filename": self.filename,
            "created": self.created,
            "unit": self.unit,
            "verdict": self.verdict,
            "before": self.before.write(),
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
