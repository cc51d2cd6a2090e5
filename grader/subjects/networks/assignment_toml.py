"""The reader of assignments from TOML: the edge at which text from outside comes in, so pydantic checks it.

What is wrong is said in our own words: the key, its value, and what to write instead.
"""

import keyword
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from grader.errors import BadAssignment
from grader.model.assignment import Feedback
from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.subjects.networks.assignment import RTOL, Assignment, Home, Range, Ranges, References, Rubric
from grader.subjects.toml_tables import (
    LIMITS_WANTED,
    MARKS,
    LimitsTable,
    Table,
    a_table,
    advise_feedback,
    check_hidden,
    explain_faults,
    one_of,
)

#: Largest ranges that are drawn: a verdict should stay a matter of milliseconds.
MOST_DEPTH, MOST_UNITS, MOST_COLUMNS, MOST_NETWORKS = 32, 64, 32, 2000

#: The rows of the rubric.
_ROWS = tuple(row.name for row in fields(Rubric))


class _RangesTable(Table):
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


class _HomeTable(Table):
    depth: int = Field(5, ge=0, le=MOST_DEPTH)
    width: int = Field(6, ge=1, le=MOST_UNITS)
    inputs: int = Field(1, ge=1, le=MOST_UNITS)
    outputs: int = Field(1, ge=1, le=MOST_UNITS)
    columns: int = Field(1, ge=1, le=MOST_COLUMNS)
    networks: int = Field(20, ge=1, le=MOST_NETWORKS)


class _AssignmentTable(Table):
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
    limits: LimitsTable = LimitsTable()  # type: ignore[call-arg]
    rubric: Rubric = Rubric()
    feedback: Feedback = Feedback()
    references: References = References()
    templates: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=list)

    @field_validator("feedback")
    @classmethod
    def _hides_rows(cls, feedback: Feedback) -> Feedback:
        return check_hidden(feedback, _ROWS, WANTED)

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
            limits=self.limits.plain(),
            rubric=self.rubric,
            feedback=replace(self.feedback, hidden=tuple(sorted(set(self.feedback.hidden)))),
            references=self.references,
            templates=tuple(self.templates),
        )


_UNITS = f"two whole numbers, [least, most], within [1, {MOST_UNITS}]"
_HOME_UNITS = f"a whole number from 1 to {MOST_UNITS}"

#: The advice for each key: the values that it takes.
WANTED: dict[str, str] = {
    "id": 'letters, digits, ".", "_" or "-", at most 64, such as "udl-7.2"',
    "title": "a text of 1 to 200 characters",
    "function": 'the name of the function that students write, such as "backward_pass"',
    "activation": one_of(Activation),
    "slope": "a number between 0 and 1",
    "loss": one_of(Loss),
    "reduction": one_of(Reduction),
    "networks": f"a whole number from 1 to {MOST_NETWORKS}",
    "seed": "a whole number from 0 to 2147483647",
    "rtol": "a number from 1e-9 to 1e-2",
    "templates": "a list of fingerprints, each as `backmark assignment template NOTEBOOK` prints it",
    "ranges": a_table("ranges"),
    "ranges.depth": f"two whole numbers, [least, most], within [0, {MOST_DEPTH}]",
    "ranges.widths": _UNITS,
    "ranges.inputs": _UNITS,
    "ranges.outputs": _UNITS,
    "ranges.columns": f"two whole numbers, [least, most], within [1, {MOST_COLUMNS}]",
    "home": a_table("home"),
    "home.depth": f"a whole number from 0 to {MOST_DEPTH}",
    "home.width": _HOME_UNITS,
    "home.inputs": _HOME_UNITS,
    "home.outputs": _HOME_UNITS,
    "home.columns": f"a whole number from 1 to {MOST_COLUMNS}",
    "home.networks": f"a whole number from 1 to {MOST_NETWORKS}",
    **LIMITS_WANTED,
    "rubric": a_table("rubric"),
    **{f"rubric.{name}": MARKS for name in _ROWS},
    "references": a_table("references"),
    **{f"references.{row.name}": "a text of at most 100 characters" for row in fields(References)},
    **advise_feedback(_ROWS),
}


def from_tables(tables: Mapping[str, Any], name: str) -> Assignment:
    """The assignment that a file's tables describe; BadAssignment names the file, the key and what to write."""
    try:
        return _AssignmentTable.model_validate(tables).plain()
    except ValidationError as error:
        message = f"{name}: {explain_faults(error, WANTED)}"
        raise BadAssignment(message) from error
