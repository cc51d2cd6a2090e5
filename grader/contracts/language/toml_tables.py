"""The tables that assignments of any version have in their TOML, and the sentences about what is wrong in one.

What is wrong is said in our own words: the key, its value, and what to write instead.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from backmark.grader.model.assignment import Feedback, Level, Limits

#: Faults that one message lists: as many as anybody mends at once.
_MOST_FAULTS = 20

#: Characters of a wrong value that a message repeats.
_MOST_VALUE = 60


class Table(BaseModel):
    """A table that has no keys but its own."""

    model_config = ConfigDict(extra="forbid")


class LimitsTable(Table):
    """The limits as a file has them."""

    seconds_per_call: float = Field(2.0, gt=0, le=60)
    seconds: float = Field(20.0, gt=0, le=600)
    memory_mib: int = Field(1024, ge=512, le=16384)
    output_kib: int = Field(1024, ge=1, le=65536)

    def plain(self) -> Limits:
        """Return the limits in the units in which they are stored."""
        return Limits(self.seconds_per_call, self.seconds, self.memory_mib << 20, self.output_kib << 10)


def one_of(values: Iterable[str]) -> str:
    """Return the advice to write one of these."""
    return f"one of {', '.join(json.dumps(str(value)) for value in values)}"


def a_table(name: str) -> str:
    """Return the advice to write a table."""
    return f"a table of its own, such as [{name}], with its keys below"


MARKS = "a whole number of marks, from 0 to 1000"
_LADDER = f"a list with a level for each attempt, the last one for all that follow; each {one_of(Level)}"

#: The advice for each key of the limits: the values that it takes.
LIMITS_WANTED = {
    "limits": a_table("limits"),
    "limits.seconds_per_call": "a number of seconds above 0, at most 60",
    "limits.seconds": "a number of seconds above 0, at most 600",
    "limits.memory_mib": "a whole number from 512 to 16384",
    "limits.output_kib": "a whole number from 1 to 65536",
}


def advise_feedback(rows: Sequence[str]) -> dict[str, str]:
    """Return the advice for each key of the feedback, of an assignment with these rows."""
    return {
        "feedback": a_table("feedback"),
        "feedback.levels": _LADDER,
        "feedback.uncounted": one_of(Level),
        "feedback.hidden": f"a list of properties, each {one_of(rows)}",
    }


def check_feedback(feedback: Feedback, rows: Sequence[str], wanted: Mapping[str, str]) -> Feedback:
    """Return the feedback; ValueError if it hides a row that there is not, or shows less at a later attempt."""
    order = {level: place for place, level in enumerate(Level)}
    if list(feedback.levels) != sorted(feedback.levels, key=order.__getitem__):
        value = show_value(list(feedback.levels))
        raise ValueError(f"feedback.levels is {value}: a later attempt must not be shown less than an earlier one")
    unknown = [name for name in feedback.hidden if name not in rows]
    if unknown:
        advice = wanted["feedback.hidden"]
        raise ValueError("; ".join(f"feedback.hidden is {show_value(name)}: write {advice}" for name in unknown))
    return feedback


def explain_faults(error: ValidationError, wanted: Mapping[str, str]) -> str:
    """Return the mistake in each key and what to write; `wanted` has the advice for each key."""
    return "; ".join(dict.fromkeys(_faults(error, wanted)))


def _faults(error: ValidationError, wanted: Mapping[str, str]) -> Iterator[str]:
    """The mistake in each key, and what to write."""
    for fault in error.errors(include_url=False)[:_MOST_FAULTS]:
        place = [str(part) for part in fault["loc"]]
        if fault["type"] == "value_error":
            yield fault["msg"].removeprefix("Value error, ")
        elif fault["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
            yield _unknown(place, wanted)
        elif fault["type"] == "missing" and (key := ".".join(place)) in wanted:
            yield f"{key} is missing: write {wanted[key]}"
        else:
            # Of a list the key, not the item's place in it.
            key = next(key for key in _longest(place) if key in wanted)
            yield f"{key} is {show_value(fault['input'])}: write {wanted[key]}"


def _longest(place: Sequence[str]) -> Iterator[str]:
    return (".".join(place[:length]) for length in range(len(place), 0, -1))


def _unknown(place: Sequence[str], wanted: Mapping[str, str]) -> str:
    """A key that there is not, with the nearest that there is: of the same table first, then of any."""
    key, table = ".".join(place), ".".join((*place[:-1], ""))
    beside = {known.removeprefix(table): known for known in wanted if known.startswith(table)}
    leaves: Mapping[str, str] = {known.rpartition(".")[2]: known for known in wanted}
    for names in (beside, leaves):
        if near := get_close_matches(place[-1], [name for name in names if "." not in name], n=1, cutoff=0.7):
            return f"{_clip(key)} is no key of an assignment: did you mean {names[near[0]]}?"
    there = ", ".join(known for known in beside if "." not in known)
    return f"{_clip(key)} is no key of an assignment: write one of {there}"


def show_value(value: Any) -> str:
    """Return a value as TOML has it, or nearly so, and no more of it than a message has room for."""
    return _clip(json.dumps(value, default=str, ensure_ascii=False))


def _clip(text: str) -> str:
    return text if len(text) <= _MOST_VALUE else f"{text[: _MOST_VALUE - 3]}..."
