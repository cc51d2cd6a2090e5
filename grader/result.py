"""Reads a result object back into the verdict that it was made from: the other way round of `Verdict.as_dict`."""

from collections.abc import Mapping
from typing import Any

from grader.model import (
    AssignmentReference,
    Counterexample,
    Flag,
    Gradient,
    Judgement,
    Mark,
    Outcome,
    Property,
    Statistics,
    StudentError,
    Submission,
    Verdict,
)

Raw = Mapping[str, Any]


def verdict(result: Raw) -> Verdict:
    """The verdict of a result object; KeyError, TypeError or ValueError where it is none."""
    judgement = Judgement(
        Outcome(result["outcome"]),
        tuple(_property(each) for each in result["properties"]),
        _counterexample(result["counterexample"]),
        None if result["error"] is None else StudentError(**result["error"]),
        Statistics(**result["statistics"]),
        tuple(Flag(**each) for each in result["flags"]),
    )
    return Verdict(
        Submission(**result["submission"]), AssignmentReference(**result["assignment"]), judgement, result["output"]
    )


def _property(raw: Raw) -> Property:
    return Property(
        **{**raw, "outcome": Mark(raw["outcome"]), "counterexample": _counterexample(raw["counterexample"])}
    )


def _counterexample(raw: Raw | None) -> Counterexample | None:
    if raw is None:
        return None
    actual = raw["actual"]
    return Counterexample(
        **{
            **raw,
            "expected": Gradient(**raw["expected"]),
            "actual": None if actual is None else Gradient(**actual),
        }
    )
