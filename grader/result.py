"""Reads a result object back into the verdict that it was made from: the other way round of `Verdict.as_dict`."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from grader.model import (
    AssignmentReference,
    Counterexample,
    Diagnosis,
    FirstDifference,
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
Value = TypeVar("Value")


def verdict(result: Raw) -> Verdict:
    """The verdict of a result object; KeyError, TypeError or ValueError where it is none.

    Keys that are not known here are passed over: a server may be newer than who asks it.
    """
    judgement = Judgement(
        Outcome(result["outcome"]),
        tuple(_property(each) for each in result["properties"]),
        _counterexample(result["counterexample"]),
        _or_none(StudentError, result["error"]),
        _read(Statistics, result["statistics"]),
        tuple(_read(Flag, each) for each in result["flags"]),
        tuple(_read(Diagnosis, each) for each in result["diagnosis"]),
        # Not in verdicts of engines before it.
        _or_none(FirstDifference, result.get("first_difference")),
    )
    submission, assignment = _read(Submission, result["submission"]), _read(AssignmentReference, result["assignment"])
    read = Verdict(submission, assignment, judgement, result["output"])
    marks = (result["score"], result["max_score"])
    return read if marks == (read.score, read.max_score) else replace(read, marks=marks)


def _property(raw: Raw) -> Property:
    counterexample = _counterexample(raw["counterexample"])
    return _read(Property, {**raw, "outcome": Mark(raw["outcome"]), "counterexample": counterexample})


def _counterexample(raw: Raw | None) -> Counterexample | None:
    if raw is None:
        return None
    gradients = {"expected": _read(Gradient, raw["expected"]), "actual": _or_none(Gradient, raw["actual"])}
    return _read(Counterexample, {**raw, **gradients})


def _or_none(kind: type[Value], raw: Raw | None) -> Value | None:
    return None if raw is None else _read(kind, raw)


def _read(kind: type[Value], raw: Raw) -> Value:
    return kind(**{each.name: raw[each.name] for each in fields(kind)})  # type: ignore[arg-type] # all are dataclasses
