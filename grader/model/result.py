"""Reads a result object back into the verdict that it was made from: the other way round of `Verdict.as_dict`."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from grader.model.stored import complete, read
from grader.model.verdict import AssignmentReference, Judgement, Submission, Verdict

Raw = Mapping[str, Any]

#: What every result object has had from the first.
_REQUIRED = frozenset({"submission", "assignment", "outcome", "properties", "statistics", "score", "max_score"})


def verdict(result: Raw) -> Verdict:
    """The verdict of a result object; KeyError, TypeError or ValueError if it is none.

    Keys that are not known here are passed over: a server may be newer than who asks it.
    """
    if missing := sorted(_REQUIRED - result.keys()):
        raise KeyError(f"a result object has {', '.join(missing)}")
    submission, assignment = read(Submission, result["submission"]), read(AssignmentReference, result["assignment"])
    made = Verdict(submission, assignment, read(Judgement, result), result.get("output", ""))
    marks = (result["score"], result["max_score"])
    return made if marks == (made.score, made.max_score) else replace(made, marks=marks)


def complete_verdict(result: Raw) -> dict[str, Any]:
    """A stored result object with everything that it lacks because an earlier version made it; all else as it is."""
    parts = {"submission": Submission, "assignment": AssignmentReference}
    completed = {name: complete(kind, result[name]) for name, kind in parts.items() if name in result}
    return {"output": "", **complete(Judgement, result), **completed}
