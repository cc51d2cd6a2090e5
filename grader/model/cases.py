"""A counterexample of any kind as a case: named inputs and named results, as reports and pages show it."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from backmark.grader.model.counterexample import (
    AnyCounterexample,
    CaseCounterexample,
    CaseInput,
    CaseResult,
    Counterexample,
    FirstWrong,
    LayersDrawing,
    Numbers,
)


def as_case(example: AnyCounterexample, *, drawn: bool = False) -> CaseCounterexample:
    """Return the counterexample as a case; of a network its results are in the order of backpropagation.

    If it is to be `drawn`, what the network's forward pass computed is among its inputs.
    """
    if isinstance(example, CaseCounterexample):
        return example
    name = f"all_dl_d{example.parameter}[{example.layer}]"
    return CaseCounterexample(
        example.kind,
        {"K": example.depth, "hidden units": example.widths},
        (
            CaseInput("K", None, example.depth),
            CaseInput("all_weights", None, tuple(_array("", rows) for rows in example.weights)),
            CaseInput("all_biases", None, tuple(_array("", rows) for rows in example.biases)),
            _array("net_input", example.net_input),
            _array("y", example.y),
            *(_forward_pass(example) if drawn else ()),
        ),
        tuple(_results(example)),
        None if example.parameter is None else FirstWrong(name, example.index or []),
        example.instead,
        example.script,
        LayersDrawing("all_weights", "all_biases", "net_input", "y", "all_f", "all_h", rows=False) if drawn else None,
    )


def format_nested(values: Any) -> str:
    """Format numbers in lists of any depth as NumPy does: a real one that is whole ends in its point."""
    if isinstance(values, list | tuple):
        return "[" + ", ".join(map(format_nested, values)) + "]"
    if values is not None and not isinstance(values, float):
        return repr(values)
    text = format_number(values)
    return text if values is None or "." in text or "e" in text else f"{text}."


def format_number(value: float | None, digits: int = 8) -> str:
    """Format a number of so many digits for a sentence; a zero has no sign."""
    return "nan" if value is None else f"{value + 0.0:.{digits}g}"


def format_case(case: Mapping[str, Any]) -> str:
    """Format the properties that distinguish a case: `K = 2, D = [2, 3]`."""
    return ", ".join(f"{name} = {format_nested(value)}" for name, value in case.items())


def _forward_pass(example: Counterexample) -> Iterator[CaseInput]:
    """Yield preactivations and activations, which a verdict of an earlier version lacks."""
    for name, arrays in (("all_f", example.preactivations), ("all_h", example.activations)):
        if arrays is not None:
            yield CaseInput(name, None, tuple(_array("", rows) for rows in arrays))


def _results(example: Counterexample) -> Iterator[CaseResult]:
    wrong = example.wrong_entries
    for k, part in product(range(example.depth, -1, -1), ("biases", "weights")):
        expected: Numbers = getattr(example.expected, part)[k]
        actual = None if example.actual is None else getattr(example.actual, part)[k]
        entries = None if wrong is None else getattr(wrong, part)[k]
        first = (example.parameter, example.layer) == (part, k)
        # A verdict of an earlier version knows the first wrong entry alone.
        count = int(first) if entries is None else sum(map(sum, entries))
        yield CaseResult(f"all_dl_d{part}[{k}]", _shape(expected), expected, actual, count, entries, f"all_{part}[{k}]")


def _array(name: str, rows: Numbers) -> CaseInput:
    return CaseInput(name, _shape(rows), rows)


def _shape(rows: Numbers) -> list[int]:
    return [len(rows), len(rows[0]) if rows else 0]
