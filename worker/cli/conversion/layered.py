"""The reader of layered assignments: their TOML, or the JSON in which the settings of a published one are stored."""

import json
import keyword
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, ValidationError, field_validator, model_validator

from backmark.grader.contracts.language.toml_tables import (
    LIMITS_WANTED,
    MARKS,
    LimitsTable,
    Table,
    a_table,
    advise_feedback,
    check_hidden,
    explain_faults,
    one_of,
    show_value,
)
from backmark.grader.errors import BadAssignment
from backmark.grader.model.assignment import Feedback
from backmark.grader.model.tables import read_tables

#: The rows of the lines that students write, in the order in which a verdict has them.
STEPS = ("bias_gradient", "weight_gradient", "activation_gradient", "relu_derivative")
#: The tolerance relative to what cancels in an entry, unless a file has another one.
RTOL = 5e-7
#: The ends of the ranges.
_MOST_DEPTH, _MOST_UNITS, _MOST_COLUMNS, _MOST_NETWORKS = 32, 64, 32, 2000
_EARLIER = "in notebooks before 16 February 2025"

Activation = Literal["relu", "leaky_relu", "tanh", "sigmoid"]
Loss = Literal["least_squares", "binary_cross_entropy", "softmax_cross_entropy"]
Reduction = Literal["sum", "mean"]
Marks = Annotated[int, Field(ge=0, le=1000)]
Units = Annotated[int, Field(ge=1, le=_MOST_UNITS)]
Depth = Annotated[int, Field(ge=0, le=_MOST_DEPTH)]
Columns = Annotated[int, Field(ge=1, le=_MOST_COLUMNS)]
Reference = Annotated[str, Field(max_length=100)]


class Ranges(Table):
    """The sizes of networks, both ends included: hidden layers, units of one, inputs, outputs, columns of a batch."""

    depth: tuple[Depth, Depth] = (0, 8)
    widths: tuple[Units, Units] = (1, 12)
    inputs: tuple[Units, Units] = (1, 4)
    outputs: tuple[Units, Units] = (1, 4)
    columns: tuple[Columns, Columns] = (1, 1)


class Home(Table):
    """The notebook's own shape."""

    depth: Depth = 5
    width: Units = 6
    inputs: Units = 1
    outputs: Units = 1
    columns: Columns = 1
    networks: int = Field(20, ge=1, le=_MOST_NETWORKS)


class Rubric(Table):
    """The marks of each row."""

    bias_gradient: Marks = 2
    weight_gradient: Marks = 2
    activation_gradient: Marks = 2
    relu_derivative: Marks = 2
    any_shape: Marks = 2
    finite_differences: Marks = 0
    pure: Marks = 0
    form: Marks = 0


class References(Table):
    """The places to read again, by the row of a line; those of notebook 7.2 unless a file has others."""

    bias_gradient: Reference = f"Equation 7.22 (7.21 {_EARLIER})"
    weight_gradient: Reference = f"Equation 7.23 (7.22 {_EARLIER})"
    activation_gradient: Reference = f"Equation 7.25, its second part (7.24 {_EARLIER})"
    relu_derivative: Reference = f"Equation 7.25, its first part (7.24 {_EARLIER})"


class LayeredAssignment(Table):
    """A layered assignment's settings."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title: str = Field(min_length=1, max_length=200)
    function: str = Field("backward_pass", pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")
    activation: Activation = "relu"
    slope: float = Field(0.1, gt=0, lt=1)
    loss: Loss = "least_squares"
    reduction: Reduction = "sum"
    networks: int = Field(200, ge=1, le=_MOST_NETWORKS)
    seed: int = Field(0, ge=0, lt=2**31)
    rtol: float = Field(RTOL, ge=1e-9, le=1e-2)
    ranges: Ranges = Ranges()
    home: Home = Home()  # type: ignore[call-arg] # the others have defaults
    limits: LimitsTable = LimitsTable()  # type: ignore[call-arg] # as above
    rubric: Rubric = Rubric()
    feedback: Feedback = Feedback()
    references: References = References()
    templates: list[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(default_factory=list)

    @field_validator("feedback")
    @classmethod
    def _hides_rows(cls, feedback: Feedback) -> Feedback:
        checked = check_hidden(feedback, tuple(Rubric.model_fields), _WANTED)
        return replace(checked, hidden=tuple(sorted(set(checked.hidden))))

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for size in Ranges.model_fields:
            least, most = getattr(self.ranges, size)
            if least > most:
                raise ValueError(f"ranges.{size} is [{least}, {most}]: write the smaller number first")
            key = "width" if size == "widths" else size
            if not least <= (own := getattr(self.home, key)) <= most:
                raise ValueError(
                    f"home.{key} is {own}, outside of ranges.{size}, [{least}, {most}]: write a number within"
                )
        if self.loss == "softmax_cross_entropy" and self.ranges.outputs[0] < 2:
            raise ValueError("softmax_cross_entropy needs two outputs or more: write so in ranges.outputs")
        if keyword.iskeyword(self.function):
            raise ValueError(
                f"function is {show_value(self.function)}, which Python keeps for itself: write another name"
            )
        return self


def _advise_range(least: int, most: int) -> str:
    return f"two whole numbers, [least, most], within [{least}, {most}]"


_UNITS, _HOME_UNITS = _advise_range(1, _MOST_UNITS), f"a whole number from 1 to {_MOST_UNITS}"

#: The advice for each key: the values that it takes.
_WANTED: dict[str, str] = {
    "id": 'letters, digits, ".", "_" or "-", at most 64, such as "udl-7.2"',
    "title": "a text of 1 to 200 characters",
    "function": 'the name of the function that students write, such as "backward_pass"',
    "activation": one_of(get_args(Activation)),
    "slope": "a number between 0 and 1",
    "loss": one_of(get_args(Loss)),
    "reduction": one_of(get_args(Reduction)),
    "networks": f"a whole number from 1 to {_MOST_NETWORKS}",
    "seed": "a whole number from 0 to 2147483647",
    "rtol": "a number from 1e-9 to 1e-2",
    "templates": "a list of fingerprints, each as `backmark assignment template NOTEBOOK` prints it",
    "ranges": a_table("ranges"),
    "ranges.depth": _advise_range(0, _MOST_DEPTH),
    "ranges.widths": _UNITS,
    "ranges.inputs": _UNITS,
    "ranges.outputs": _UNITS,
    "ranges.columns": _advise_range(1, _MOST_COLUMNS),
    "home": a_table("home"),
    "home.depth": f"a whole number from 0 to {_MOST_DEPTH}",
    "home.width": _HOME_UNITS,
    "home.inputs": _HOME_UNITS,
    "home.outputs": _HOME_UNITS,
    "home.columns": f"a whole number from 1 to {_MOST_COLUMNS}",
    "home.networks": f"a whole number from 1 to {_MOST_NETWORKS}",
    **LIMITS_WANTED,
    "rubric": a_table("rubric"),
    **{f"rubric.{name}": MARKS for name in Rubric.model_fields},
    "references": a_table("references"),
    **{f"references.{name}": "a text of at most 100 characters" for name in STEPS},
    **advise_feedback(tuple(Rubric.model_fields)),
}


def read(text: str, name: str) -> LayeredAssignment:
    """Return the layered assignment of a text; BadAssignment names the file, the key and what to write."""
    tables = _read_stored(text, name) if text.lstrip().startswith("{") else read_tables(text, name)
    kind = tables.pop("kind", "networks")
    if kind == "contract" or "language" in tables:
        raise BadAssignment(f"{name} is a contract already: there is nothing to convert")
    if kind != "networks":
        raise BadAssignment(f'{name}: kind is {show_value(kind)}: write "networks", the kind that can be converted')
    try:
        return LayeredAssignment.model_validate(tables)
    except ValidationError as error:
        message = f"{name}: {explain_faults(error, _WANTED)}"
        raise BadAssignment(message) from error


def _read_stored(text: str, name: str) -> dict[str, Any]:
    """Return the tables that stand for an assignment's stored settings, whose sizes are in bytes."""
    try:
        stored = json.loads(text)
        tables = {key: value for key, value in stored.items() if key not in {"formulas", "home_networks"}}
        tables |= stored.get("formulas", {})
        tables["ranges"] = {key: [ends["least"], ends["most"]] for key, ends in stored.get("ranges", {}).items()}
        networks = {"networks": stored["home_networks"]} if "home_networks" in stored else {}
        tables["home"] = {**stored.get("home", {}), **networks}
        tables["limits"] = _read_limits(stored.get("limits", {}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadAssignment(f"{name} is neither TOML nor the stored settings of a layered assignment") from error
    return tables


def _read_limits(stored: Mapping[str, Any]) -> dict[str, Any]:
    sizes = {"memory": ("memory_mib", 20), "output": ("output_kib", 10)}
    seconds = {key: value for key, value in stored.items() if key not in sizes}
    return {**seconds, **{table: stored[key] >> bits for key, (table, bits) in sizes.items() if key in stored}}
