"""A counterexample of any kind as a case: named inputs and named results, as reports and pages show it."""

from collections.abc import Iterator, Mapping
from typing import Any

from grader.model.verdict import (
    AnyCounterexample,
    CaseCounterexample,
    CaseInput,
    CaseResult,
    Counterexample,
    FirstWrong,
    Numbers,
)


def as_case(example: AnyCounterexample) -> CaseCounterexample:
    """Return the counterexample as a case; of a network its results are in the order of backpropagation."""
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
        ),
        tuple(_results(example)),
        None if example.parameter is None else FirstWrong(name, example.index or []),
        example.instead,
        example.script,
    )


def format_nested(values: Any) -> str:
    """Format numbers in lists of any depth; other values as Python writes them."""
    if isinstance(values, list | tuple):
        return "[" + ", ".join(map(format_nested, values)) + "]"
    return _number(values) if values is None or isinstance(values, float) else repr(values)


def format_case(case: Mapping[str, Any]) -> str:
    """Format the properties that distinguish a case: `K = 2, D = [2, 3]`."""
    return ", ".join(f"{name} = {format_nested(value)}" for name, value in case.items())


def list_places(depth: int) -> list[tuple[str, int]]:
    """Return kind and place of each parameter, in the order of the results: from the output down."""
    return [(part, k) for k in range(depth, -1, -1) for part in ("biases", "weights")]


def _results(example: Counterexample) -> Iterator[CaseResult]:
    wrong = example.wrong_entries
    for part, k in list_places(example.depth):
        expected: Numbers = getattr(example.expected, part)[k]
        actual = None if example.actual is None else getattr(example.actual, part)[k]
        entries = None if wrong is None else getattr(wrong, part)[k]
        first = (example.parameter, example.layer) == (part, k)
        # A verdict of an earlier version knows the first wrong entry alone.
        count = int(first) if entries is None else sum(map(sum, entries))
        yield CaseResult(f"all_dl_d{part}[{k}]", _shape(expected), expected, actual, count, entries)


def _array(name: str, rows: Numbers) -> CaseInput:
    return CaseInput(name, _shape(rows), rows)


def _shape(rows: Numbers) -> list[int]:
    return [len(rows), len(rows[0]) if rows else 0]


def _number(value: float | None) -> str:
    return "nan" if value is None else f"{value:.8g}" if value != int(value) else f"{value:.1f}"
