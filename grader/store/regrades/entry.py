"""A submission within a regrade: how it stood when it was chosen, and by which unit it is graded."""

import json
from dataclasses import dataclass, replace
from typing import Any

from grader.model.records import Submission
from grader.model.stored import read
from grader.store.summary import Standing


@dataclass(frozen=True, slots=True)
class Entry:
    """What is remembered of a submission that was chosen; it does not change."""

    student: str
    attempt: int
    filename: str
    created: float
    unit: str
    #: The number of the verdict that held; 0: none, the submission had ended as service_failed.
    verdict: int
    before: Standing

    @classmethod
    def read(cls, raw: bytes | str) -> "Entry":
        """What `write` made, as JSON."""
        known = json.loads(raw)
        return replace(read(cls, known | {"before": None}), before=Standing.read(known["before"]))

    def write(self) -> dict[str, Any]:
        """For JSON. The scripts read `student`, `unit` and `class`."""
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


def unit_of(regrade: str, each: Submission, group: str = "") -> str:
    """The unit that grades it: one for each distinct source, how it is read, and its students' group, if any."""
    kind = "notebook" if nameless(each.filename).endswith(".ipynb") else "script"
    return "-".join([regrade, each.source_sha256, kind, *([group] if group else [])])


def nameless(filename: str) -> str:
    """A filename that is read in the same way, and says nothing of who chose it: identical sources share what it names.

    Many a filename is a student's name, and what is shared outlives each of them.
    """
    return "source.ipynb" if filename.lower().endswith(".ipynb") else "source.py"


def class_of(before: Standing) -> str:
    """The same for all that a new verdict changes in the same way: few, however many submissions share a source."""
    return json.dumps([before.outcome, before.score, before.max_score, before.failing], separators=(",", ":"))


def counted(known: str, after: Standing) -> list[str]:
    """What a verdict counts as for the submissions of a class."""
    outcome, score, max_score, failing, *_ = json.loads(known)
    before = Standing(outcome, score, max_score, tuple(failing))
    return [
        f"change:{before.change(after)}",
        *(f"newly_failing:{name}" for name in before.newly_failing(after)),
        *(f"newly_passing:{name}" for name in before.newly_passing(after)),
    ]
