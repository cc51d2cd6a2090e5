"""The writer of a contract's folder: the files of `grader/assignments/layered`, with what an assignment chooses.

A line of such a file that ends in `## words` is kept if all of these hold, and so are the lines from one that is
nothing else to the next `##`. A word is a choice such as `tanh`; `a|b` holds if one of them does, `!a` if it does not.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Template
from types import MappingProxyType
from typing import Any

from backmark.grader.contracts import gallery
from backmark.grader.model.assignment import Feedback
from backmark.worker.cli.conversion.layered import RTOL, STEPS, LayeredAssignment

#: The fewest cases of a contract, and its cases of the notebook's own shape.
_FEWEST, _AT_HOME = 10, 4
_RESULTS = ("all_dl_dweights", "all_dl_dbiases")
_TAG = "## "

_ACTIVATIONS = MappingProxyType({"relu": "ReLU", "leaky_relu": "leaky ReLU", "tanh": "tanh", "sigmoid": "sigmoid"})
_LOSSES = MappingProxyType(
    {
        "least_squares": "the squared errors",
        "binary_cross_entropy": "the binary cross-entropies of the outputs, which are logits",
        "softmax_cross_entropy": "the cross-entropies of the softmax of the outputs",
    }
)
#: The slope of each activation at the units that a layer stands on, and at the outputs.
_DERIVATIVES = MappingProxyType(
    {
        "relu": "indicator_function(all_f[layer - 1])",
        "leaky_relu": "np.where(all_f[layer - 1] > 0, 1, $slope)",
        "tanh": "(1 - all_h[layer] ** 2)",
        "sigmoid": "all_h[layer] * (1 - all_h[layer])",
    }
)
_OUTPUT_SLOPES = MappingProxyType(
    {
        "relu": "indicator_function(all_f[K])",
        "leaky_relu": "np.where(all_f[K] > 0, 1, $slope)",
        "tanh": "(1 - np.tanh(all_f[K]) ** 2)",
        "sigmoid": "np.exp(-all_f[K]) / (1 + np.exp(-all_f[K])) ** 2",
    }
)


@dataclass(frozen=True, slots=True)
class ConvertedAssignment:
    """The files of a contract's folder by their names, and a sentence for each setting that does not fit."""

    files: Mapping[str, str]
    notes: tuple[str, ...]


def convert(assignment: LayeredAssignment) -> ConvertedAssignment:
    """Return the contract that asks for the same homework."""
    rows = _Rows.of(assignment)
    words = _list_choices(assignment) | ({"rows"} if rows.declared else set())
    values = {**_list_values(assignment), **rows.list_values()}
    names = ["assignment.toml", "helpers.py", "other_solution.py", "reference.py", "solution.py"]
    names += ["carried_gradient.py"] if "hidden" in words else []
    names += ["template.py"] if "templates" in words else []
    folder = gallery.find_layered()
    files = {}
    for name in sorted(names):
        lines = _keep_lines((folder / f"{name}.in").read_text(encoding="utf-8").splitlines(), words)
        files[name] = rows.comment(Template("".join(f"{line}\n" for line in lines)).substitute(values))
    return ConvertedAssignment(files, (*_explain(assignment), *rows.explain()))


def _keep_lines(lines: Iterable[str], words: set[str]) -> Iterator[str]:
    """Yield the lines whose words hold, without these."""
    inside = True
    for line in lines:
        if line.startswith("##"):
            inside = _holds(line.removeprefix(_TAG).strip("#"), words)
            continue
        text, _, condition = line.partition(f"  {_TAG}")
        if inside and _holds(condition, words):
            yield text


def _holds(condition: str, words: set[str]) -> bool:
    return all(
        any((word.removeprefix("!") in words) != word.startswith("!") for word in choice.split("|"))
        for choice in condition.split()
    )


def _list_choices(assignment: LayeredAssignment) -> set[str]:
    """Return the words that hold for an assignment."""
    ranges = assignment.ranges
    hidden, batches = ranges.depth[1] > 0, ranges.columns[1] > 1
    sizes = [ranges.inputs, ranges.outputs, *([ranges.widths] if hidden else [])]
    choices = {
        assignment.activation: True,
        assignment.loss: True,
        "hidden": hidden,
        "several_depths": ranges.depth[0] < ranges.depth[1],
        "wide": any(most > 1 for _, most in sizes),
        "several_weights": ranges.inputs[1] > 1 or (hidden and ranges.widths[1] > 1),
        # Some networks are drawn with all sizes one, the least and the largest.
        "equal_sizes": all(least == 1 for least, _ in sizes)
        or any(len(set(ends)) == 1 for ends in zip(*sizes, strict=True)),
        "batches": batches,
        # Of one column the mean is the sum.
        "mean": batches and assignment.reduction == "mean",
        # Without one, flat biases and those that were not summed are alike: both have a wrong shape.
        "one_column": ranges.columns[0] == 1,
        # The factor of the mean is that of a square.
        "pairs": ranges.columns == (2, 2),
        "finite_differences": assignment.rubric.finite_differences > 0,
        "pure": assignment.rubric.pure > 0,
        "templates": bool(assignment.templates),
        "feedback": assignment.feedback != Feedback(),
        **{f"{step}_read": bool(getattr(assignment.references, step)) for step in STEPS},
    }
    return {word for word, holds in choices.items() if holds}


def _list_values(assignment: LayeredAssignment) -> dict[str, Any]:
    """Return the texts that stand for the names in the files."""
    ranges, home, batches = assignment.ranges, assignment.home, assignment.ranges.columns[1] > 1
    activation, slope = assignment.activation, repr(assignment.slope)
    mean = batches and assignment.reduction == "mean"
    return {
        "id": _quote(assignment.id),
        "title": _quote(assignment.title),
        "function": assignment.function,
        "activation": _ACTIVATIONS[activation],
        "slope": slope,
        "loss": f"the {'mean over the examples' if mean else 'sum'} of {_LOSSES[assignment.loss]}",
        "derivative": Template(_DERIVATIVES[activation]).substitute(slope=slope),
        "output_slope": Template(_OUTPUT_SLOPES[activation]).substitute(slope=slope),
        "bias_gradient_code": (
            "np.sum(all_dl_df[layer], axis=1, keepdims=True)" if batches else "np.array(all_dl_df[layer])"
        ),
        "cases": max(assignment.networks, _FEWEST),
        "seed": assignment.seed,
        "templates": "[" + "".join(f'\n    "{template}",' for template in assignment.templates) + "\n]",
        **{size: list(getattr(ranges, size)) for size in type(ranges).model_fields},
        "width": "columns" if batches else "1",
        "home_depth": home.depth,
        "home_widths": [home.width] * home.depth,
        **{f"home_{size}": getattr(home, size) for size in ("inputs", "outputs", "columns")},
        **assignment.limits.model_dump(),
        "level": _quote(assignment.feedback.level),
        "strong_hint_after": assignment.feedback.strong_hint_after,
        "full_after": assignment.feedback.full_after,
        **assignment.rubric.model_dump(),
        **{f"{step}_read": _quote(getattr(assignment.references, step)) for step in STEPS},
    }


def _quote(text: str) -> str:
    """Return a text as TOML has it on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of the lines that students write: their marks, and those that are hidden from students."""

    #: By row the marks, without the rows on which no case depends.
    marks: Mapping[str, int]
    #: By row without marks the one that counts for its line as well: a wrong line has to cost marks.
    beside: Mapping[str, str]
    #: True if lines count for rows; else results carry all marks.
    declared: bool
    hidden: tuple[str, ...]
    #: True if no network has one column, so that these rows had no marks.
    batches_only: bool

    @classmethod
    def of(cls, assignment: LayeredAssignment) -> "_Rows":
        rubric = assignment.rubric
        steps = STEPS if assignment.ranges.depth[1] > 0 else STEPS[:2]
        marks = {row: getattr(rubric, row) for row in (*steps, "any_shape", "form")}
        carrying = [step for step in steps if marks[step]]
        without = [] if rubric.finite_differences else [step for step in steps if not marks[step]]
        beside = dict.fromkeys(without, carrying[0]) if carrying else {}
        return cls(
            marks, beside, not without or bool(carrying), assignment.feedback.hidden, assignment.ranges.columns[0] > 1
        )

    @property
    def steps(self) -> list[str]:
        """The rows of lines among them."""
        return [step for step in STEPS if step in self.marks]

    @property
    def total(self) -> int:
        """The marks of all lines together, which are those of the results."""
        return sum(self.marks.values())

    def list_values(self) -> dict[str, Any]:
        """Return the texts that stand for the names in the files."""
        return {
            "weights_marks": self.total - self.total // 2,
            "biases_marks": self.total // 2,
            "hidden_rows": json.dumps(self._list_hidden()),
        }

    def _list_hidden(self) -> list[str]:
        """Return the hidden rows that there are, and the results, which would tell of the hidden line."""
        rows = {"finite_differences", "pure", *(self.marks if self.declared else ())}
        results = _RESULTS if self.marks.keys() & self.hidden else ()
        return [*(row for row in self.hidden if row in rows), *results]

    def comment(self, text: str) -> str:
        """Return a solution whose comments name the rows that count for its lines."""
        for step in STEPS:
            rows = f"{step}, {self.beside[step]}" if step in self.beside else step
            text = text.replace(f"  # row: {step}\n", f"  # row: {rows}\n" if self.declared else "\n")
        return text

    def explain(self) -> Iterator[str]:
        """Yield a sentence for each choice that does not fit."""
        if lacking := [step for step in STEPS if step not in self.marks]:
            yield f"rubric: {' and '.join(lacking)} are left out, since without hidden layers no case tests them"
        if self.beside:
            yield (
                f"rubric: a wrong line of a contract has to cost marks, so the line of {' and '.join(self.beside)}"
                f" counts for {next(iter(self.beside.values()))} as well"
            )
        if not self.declared:
            yield (
                "rubric: no line has marks, but a wrong line of a contract has to cost some, so the two lists that are"
                f" returned carry all {self.total}, and there are no rows"
            )
        elif self.batches_only:
            yield (
                f"ranges.columns: a contract judges lines in batches, too, so {', '.join(self.steps)} carry the marks"
                " that rubric gives them, and the total is higher"
            )
        if added := [row for row in self._list_hidden() if row in _RESULTS]:
            yield f"feedback.hidden: {' and '.join(added)} are hidden, too, since they would tell of a hidden line"


def _explain(assignment: LayeredAssignment) -> Iterator[str]:
    """Yield a sentence for each setting that does not fit."""
    if assignment.rtol != RTOL:
        yield (
            f"rtol: {assignment.rtol:g} is left out, since the tolerance of a contract is measured on its own solutions"
        )
    if assignment.networks < _FEWEST:
        yield f"networks: {_FEWEST} cases are drawn instead of {assignment.networks}, the fewest that a contract has"
    if assignment.home.networks != _AT_HOME:
        yield (
            f"home.networks: {assignment.home.networks} is left out, since a contract draws {_AT_HOME} cases of the"
            " shape in [home]"
        )
    if assignment.templates:
        yield (
            "templates: the fingerprints are kept, and template.py is that of notebook 7.2: if students start from"
            " another text, put it there"
        )
