"""The reader of assignments from TOML: the edge at which text from outside comes in, so pydantic checks it.

What is wrong is said in our own words: the key, its value, and what to write instead.
"""

import json
import keyword
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from grader.errors import BadAssignment
from grader.model.assignment import Feedback, Level, Limits
from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.subjects.networks.assignment import RTOL, Assignment, Home, Range, Ranges, References, Rubric

#: Largest ranges that are drawn: a verdict should stay a matter of milliseconds.
MOST_DEPTH, MOST_UNITS, MOST_COLUMNS, MOST_NETWORKS = 32, 64, 32, 2000

#: Faults that one message lists: as many as anybody mends at once.
_MOST_FAULTS = 20

#: Characters of a wrong value that a message repeats.
_MOST_VALUE = 60


#: The rows of the rubric.
_ROWS = tuple(row.name for row in fields(Rubric))


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _RangesTable(_Table):
    depth: tuple[int, int] = (0, 8)
    widths: tuple[int, int] = (1, 12)
    inputs: tuple[int, int] = (1, 4)
    outputs: tuple[int, int] = (1, 4)
    columns: tuple[int, int] = (1, 1)

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        bounds = {"depth": (0, MOST_DEPTH), "columns": (1, MOST_COLUMNS)}
        for name in type(self).model_fields:
            least, most = getattr(self, name)
            low, high = bounds.get(name, (1, MOST_UNITS))
            if not low <= least <= most <= high:
                message = f"ranges.{name} is [{least}, {most}]: write [least, most] within [{low}, {high}]"
                raise ValueError(message)
        return self


class _HomeTable(_Table):
    depth: int = Field(5, ge=0, le=MOST_DEPTH)
    width: int = Field(6, ge=1, le=MOST_UNITS)
    inputs: int = Field(1, ge=1, le=MOST_UNITS)
    outputs: int = Field(1, ge=1, le=MOST_UNITS)
    columns: int = Field(1, ge=1, le=MOST_COLUMNS)
    networks: int = Field(20, ge=1, le=MOST_NETWORKS)


class _LimitsTable(_Table):
    seconds_per_call: float = Field(2.0, gt=0, le=60)
    seconds: float = Field(20.0, gt=0, le=600)
    memory_mib: int = Field(1024, ge=512, le=16384)
    output_kib: int = Field(1024, ge=1, le=65536)


class _AssignmentTable(_Table):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title: str = Field(min_length=1, max_length=200)
    function: str = Field("backward_pass", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    activation: Activation = Activation.RELU
    slope: float = Field(0.1, gt=0, lt=1)
    loss: Loss = Loss.LEAST_SQUARES
    reduction: Reduction = Reduction.SUM
    networks: int = Field(200, ge=1, le=MOST_NETWORKS)
    seed: int = Field(0, ge=0, lt=2**31)
    rtol: float = Field(RTOL, ge=1e-9, le=1e-2)
    ranges: _RangesTable = _RangesTable()
    home: _HomeTable = _HomeTable()  # type: ignore[call-arg]
    limits: _LimitsTable = _LimitsTable()  # type: ignore[call-arg]
    rubric: Rubric = Rubric()
    feedback: Feedback = Feedback()
    references: References = References()
    templates: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = []

    @field_validator("feedback")
    @classmethod
    def _hides_rows(cls, feedback: Feedback) -> Feedback:
        unknown = [name for name in feedback.hidden if name not in _ROWS]
        if unknown:
            wanted = WANTED["feedback.hidden"]
            raise ValueError("; ".join(f"feedback.hidden is {_show(name)}: write {wanted}" for name in unknown))
        return feedback

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.loss is Loss.SOFTMAX_CROSS_ENTROPY and min(self.ranges.outputs[0], self.home.outputs) < 2:
            message = "softmax_cross_entropy needs two outputs or more: write so in ranges.outputs and home.outputs"
            raise ValueError(message)
        if keyword.iskeyword(self.function):
            message = f'function is "{self.function}", which Python keeps for itself: no function can be called that'
            raise ValueError(message)
        if self.networks < self.home.networks:
            message = (
                f"networks is {self.networks}, fewer than the {self.home.networks} of home.networks: write"
                f" {self.home.networks} or more, or set home.networks lower"
            )
            raise ValueError(message)
        return self

    def plain(self) -> Assignment:
        return Assignment(
            id=self.id,
            title=self.title,
            function=self.function,
            formulas=Formulas(self.activation, self.loss, self.slope, self.reduction),
            ranges=Ranges(**{name: Range(*getattr(self.ranges, name)) for name in _RangesTable.model_fields}),
            home=Home(self.home.depth, self.home.width, self.home.inputs, self.home.outputs, self.home.columns),
            networks=self.networks,
            home_networks=self.home.networks,
            seed=self.seed,
            rtol=self.rtol,
            limits=Limits(
                self.limits.seconds_per_call,
                self.limits.seconds,
                self.limits.memory_mib << 20,
                self.limits.output_kib << 10,
            ),
            rubric=self.rubric,
            feedback=replace(self.feedback, hidden=tuple(sorted(set(self.feedback.hidden)))),
            references=self.references,
            templates=tuple(self.templates),
        )


_MARKS = "a whole number of marks, from 0 to 1000"
_UNITS = f"two whole numbers, [least, most], within [1, {MOST_UNITS}]"
_HOME_UNITS = f"a whole number from 1 to {MOST_UNITS}"
_ATTEMPTS = "a whole number of attempts, from 0 to 1000"
_A_TABLE = "a table of its own, such as [{}], with its keys below"


def _one_of(values: Iterable[str]) -> str:
    return f"one of {', '.join(json.dumps(str(value)) for value in values)}"


#: The advice for each key: the values that it takes.
WANTED: dict[str, str] = {
    "id": 'letters, digits, ".", "_" or "-", at most 64, such as "udl-7.2"',
    "title": "a text of 1 to 200 characters",
    "function": 'the name of the function that students write, such as "backward_pass"',
    "activation": _one_of(Activation),
    "slope": "a number between 0 and 1",
    "loss": _one_of(Loss),
    "reduction": _one_of(Reduction),
    "networks": f"a whole number from 1 to {MOST_NETWORKS}",
    "seed": "a whole number from 0 to 2147483647",
    "rtol": "a number from 1e-9 to 1e-2",
    "templates": "a list of fingerprints, each as `backmark assignment template NOTEBOOK` prints it",
    "ranges": _A_TABLE.format("ranges"),
    "ranges.depth": f"two whole numbers, [least, most], within [0, {MOST_DEPTH}]",
    "ranges.widths": _UNITS,
    "ranges.inputs": _UNITS,
    "ranges.outputs": _UNITS,
    "ranges.columns": f"two whole numbers, [least, most], within [1, {MOST_COLUMNS}]",
    "home": _A_TABLE.format("home"),
    "home.depth": f"a whole number from 0 to {MOST_DEPTH}",
    "home.width": _HOME_UNITS,
    "home.inputs": _HOME_UNITS,
    "home.outputs": _HOME_UNITS,
    "home.columns": f"a whole number from 1 to {MOST_COLUMNS}",
    "home.networks": f"a whole number from 1 to {MOST_NETWORKS}",
    "limits": _A_TABLE.format("limits"),
    "limits.seconds_per_call": "a number of seconds above 0, at most 60",
    "limits.seconds": "a number of seconds above 0, at most 600",
    "limits.memory_mib": "a whole number from 512 to 16384",
    "limits.output_kib": "a whole number from 1 to 65536",
    "rubric": _A_TABLE.format("rubric"),
    **{f"rubric.{name}": _MARKS for name in _ROWS},
    "references": _A_TABLE.format("references"),
    **{f"references.{row.name}": "a text of at most 100 characters" for row in fields(References)},
    "feedback": _A_TABLE.format("feedback"),
    "feedback.level": _one_of(Level),
    "feedback.strong_hint_after": _ATTEMPTS,
    "feedback.full_after": _ATTEMPTS,
    "feedback.hidden": f"a list of properties, each {_one_of(_ROWS)}",
}


def from_tables(tables: Mapping[str, Any], name: str) -> Assignment:
    """The assignment that a file's tables describe; BadAssignment names the file, the key and what to write."""
    try:
        return _AssignmentTable.model_validate(tables).plain()
    except ValidationError as error:
        message = f"{name}: {'; '.join(dict.fromkeys(_faults(error)))}"
        raise BadAssignment(message) from error


def _faults(error: ValidationError) -> Iterator[str]:
    """The mistake in each key, and what to write."""
    for fault in error.errors(include_url=False)[:_MOST_FAULTS]:
        place = [str(part) for part in fault["loc"]]
        if fault["type"] == "value_error":
            yield fault["msg"].removeprefix("Value error, ")
        elif fault["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
            yield _unknown(place)
        elif fault["type"] == "missing" and (key := ".".join(place)) in WANTED:
            yield f"{key} is missing: write {WANTED[key]}"
        else:
            # Of a list the key, not the item's place in it.
            key = next(key for key in _longest(place) if key in WANTED)
            yield f"{key} is {_show(fault['input'])}: write {WANTED[key]}"


def _longest(place: Sequence[str]) -> Iterator[str]:
    return (".".join(place[:length]) for length in range(len(place), 0, -1))


def _unknown(place: Sequence[str]) -> str:
    """A key that there is not, with the nearest that there is: of the same table first, then of any."""
    key, table = ".".join(place), ".".join((*place[:-1], ""))
    beside = {known.removeprefix(table): known for known in WANTED if known.startswith(table)}
    leaves: Mapping[str, str] = {known.rpartition(".")[2]: known for known in WANTED}
    for names in (beside, leaves):
        if near := get_close_matches(place[-1], [name for name in names if "." not in name], n=1, cutoff=0.7):
            return f"{_clip(key)} is no key of an assignment: did you mean {names[near[0]]}?"
    there = ", ".join(known for known in beside if "." not in known)
    return f"{_clip(key)} is no key of an assignment: write one of {there}"


def _show(value: Any) -> str:
    """A value as TOML has it, or nearly so."""
    return _clip(json.dumps(value, default=str, ensure_ascii=False))


def _clip(text: str) -> str:
    return text if len(text) <= _MOST_VALUE else f"{text[: _MOST_VALUE - 3]}..."
