"""Reads an assignment from TOML: the edge where text from outside comes in, so pydantic checks it."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from grader.errors import BadAssignment
from grader.model import Activation, Assignment, Feedback, Formulas, Home, Level, Limits, Loss, Range, Ranges, Reduction, Rubric

#: Largest ranges that are drawn: a verdict should stay a matter of milliseconds.
MOST_DEPTH, MOST_UNITS, MOST_COLUMNS, MOST_NETWORKS = 32, 64, 32, 2000

#: Dots in one line of TOML. The time and memory of reading a key grow with the square of its parts: one of 32,000,
#: which fits into a request, would take 4 GB.
_MOST_DOTS = 250

#: Faults that one message lists: as many as anybody mends at once.
_MOST_FAULTS = 20

Marks = Annotated[int, Field(ge=0, le=1000)]
Attempts = Annotated[int, Field(ge=0, le=1000)]
Row = Literal[
    "bias_gradient",
    "weight_gradient",
    "activation_gradient",
    "relu_derivative",
    "any_shape",
    "finite_differences",
    "pure",
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Ranges(_Table):
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
                message = f"{name} is [{least}, {most}]; it should be [least, most] within [{low}, {high}]"
                raise ValueError(message)
        return self


class _Home(_Table):
    depth: int = Field(5, ge=0, le=MOST_DEPTH)
    width: int = Field(6, ge=1, le=MOST_UNITS)
    inputs: int = Field(1, ge=1, le=MOST_UNITS)
    outputs: int = Field(1, ge=1, le=MOST_UNITS)
    columns: int = Field(1, ge=1, le=MOST_COLUMNS)
    networks: int = Field(20, ge=1, le=MOST_NETWORKS)


class _Limits(_Table):
    seconds_per_call: float = Field(2.0, gt=0, le=60)
    seconds: float = Field(20.0, gt=0, le=600)
    memory_mib: int = Field(1024, ge=512, le=16384)
    output_kib: int = Field(1024, ge=1, le=65536)


class _Rubric(_Table):
    bias_gradient: Marks = 2
    weight_gradient: Marks = 2
    activation_gradient: Marks = 2
    relu_derivative: Marks = 2
    any_shape: Marks = 2
    finite_differences: Marks = 0
    pure: Marks = 0


class _Feedback(_Table):
    level: Level = Level.FULL
    strong_hint_after: Attempts = 0
    full_after: Attempts = 0
    hidden: list[Row] = []


class _Assignment(_Table):
    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title: str = Field(min_length=1, max_length=200)
    function: str = Field("backward_pass", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    activation: Activation = Activation.RELU
    slope: float = Field(0.1, gt=0, lt=1)
    loss: Loss = Loss.LEAST_SQUARES
    reduction: Reduction = Reduction.SUM
    networks: int = Field(200, ge=1, le=MOST_NETWORKS)
    seed: int = Field(0, ge=0, lt=2**31)
    rtol: float = Field(5e-7, ge=1e-9, le=1e-2)
    ranges: _Ranges = _Ranges()
    home: _Home = _Home()  # type: ignore[call-arg]
    limits: _Limits = _Limits()  # type: ignore[call-arg]
    rubric: _Rubric = _Rubric()
    feedback: _Feedback = _Feedback()
    templates: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = []

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.loss is Loss.SOFTMAX_CROSS_ENTROPY and min(self.ranges.outputs[0], self.home.outputs) < 2:
            message = "softmax_cross_entropy needs two outputs or more, in ranges.outputs and home.outputs"
            raise ValueError(message)
        if self.networks < self.home.networks:
            message = f"networks is {self.networks}, fewer than the {self.home.networks} of home.networks"
            raise ValueError(message)
        return self

    def plain(self) -> Assignment:
        return Assignment(
            id=self.id,
            title=self.title,
            function=self.function,
            formulas=Formulas(self.activation, self.loss, self.slope, self.reduction),
            ranges=Ranges(**{name: Range(*getattr(self.ranges, name)) for name in _Ranges.model_fields}),
            home=Home(
                self.home.depth, self.home.width, self.home.inputs, self.home.outputs, self.home.columns
            ),
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
            rubric=Rubric(**self.rubric.model_dump()),
            feedback=Feedback(
                self.feedback.level,
                self.feedback.strong_hint_after,
                self.feedback.full_after,
                tuple(sorted(set(self.feedback.hidden))),
            ),
            templates=tuple(self.templates),
        )


def parse(text: str, name: str) -> Assignment:
    """The assignment that a TOML text describes; BadAssignment names the file and each field at fault."""
    # As TOML has lines: in quotes a key may contain what else ends one.
    if any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
        message = f"{name} has a line with more than {_MOST_DOTS} dots: no assignment has keys of so many parts"
        raise BadAssignment(message)
    try:
        return _Assignment.model_validate(tomllib.loads(text)).plain()
    except tomllib.TOMLDecodeError as error:
        message = f"{name} is no TOML: {error}"
        raise BadAssignment(message) from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'assignment'}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()[:_MOST_FAULTS]
        )
        message = f"{name}: {faults}"
        raise BadAssignment(message) from error


def read(path: Path) -> Assignment:
    """The assignment of a TOML file."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise BadAssignment(message) from error
