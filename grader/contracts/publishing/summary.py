"""The figures of a contract's cases: for staff on a page, and for the command `cases`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.trees import Description
from backmark.grader.contracts.judging.proven_statement import ProvenStatement
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.cases import format_case
from backmark.grader.model.survey import Survey

#: Different values of a dim that are counted one by one; of more the least and the most are given.
_MOST_VALUES = 20
#: Arrays of a list whose shapes are shown.
_MOST_PARTS = 10


def describe(revision: ContractRevision) -> Survey:
    """Return the figures of the cases of a revision as JSON, as sentences and as counts."""
    figures = count(revision.cases, revision.statements)
    least, most = figures["input_numbers"].values()
    ranges = {name: dim for name, dim in figures["dims"].items() if "least" in dim}
    return Survey(
        {"id": revision.assignment.id, "revision": revision.id, **figures},
        (
            f"{figures['cases']} cases, each with {least} to {most} numbers in its inputs.",
            f"{figures['numbers']} numbers are compared, {figures['inconclusive']} of them inconclusive.",
            *(f"{name} is from {dim['least']} to {dim['most']}." for name, dim in ranges.items()),
            f"A medium-sized case: {_describe_example(figures['example'])}.",
            *map(_describe_statement, revision.statements),
        ),
        (
            ("Cases by corner", figures["corners"]),
            ("Cases by input size", figures["sizes"]),
            *_list_counts(figures["dims"]),
        ),
    )


def count(cases: ContractCases, statements: Sequence[ProvenStatement]) -> dict[str, Any]:
    """Return what is counted of the cases, with one of them, and the edits of statements that they catch."""
    ordered = sorted(cases.drawn, key=lambda case: case.size)
    example = ordered[len(ordered) // 2]
    return {
        "cases": len(cases),
        "numbers": len(cases.expected),
        "inconclusive": int(np.isnan(cases.expected).sum()),
        "input_numbers": {"least": ordered[0].size, "most": ordered[-1].size},
        "sizes": _count_sizes([case.size for case in ordered]),
        "corners": dict(Counter(case.corner for case in cases.drawn)),
        "dims": {name: _count_dim([case.dims[name] for case in cases.drawn]) for name in example.dims},
        "example": {
            "dims": dict(example.dims),
            "inputs": {name: _describe_form(form) for name, form in example.inputs.items()},
        },
        **({"statements": [statement.summary() for statement in statements]} if statements else {}),
    }


def _count_sizes(sizes: Sequence[int]) -> dict[str, int]:
    """Return the number of cases by how many numbers their inputs have, from each power of two to the next."""
    counts = Counter(size.bit_length() for size in sizes)
    ranges = {bits: (1 << bits >> 1, (1 << bits) - 1) for bits in range(min(counts), max(counts) + 1)}
    return {f"{low}" if low == high else f"{low} to {high}": counts[bits] for bits, (low, high) in ranges.items()}


def _count_dim(values: Sequence[Any]) -> dict[str, Any]:
    """Return the number of cases by the value of a dim or, if it has many, the least and the most; also of a list's."""
    if any(isinstance(value, list) for value in values):
        lists = [value if isinstance(value, list) else [value] for value in values]
        items = [item for value in lists for item in value]
        return {"lengths": _count_values(list(map(len, lists))), **(_count_dim(items) if _are_plain(items) else {})}
    distinct = set(values)
    if len(distinct) > _MOST_VALUES and all(isinstance(value, int | float) for value in distinct):
        return {"least": min(distinct), "most": max(distinct)}
    return {"values": _count_values(values)}


def _are_plain(items: Sequence[Any]) -> bool:
    return bool(items) and not any(isinstance(item, list) for item in items)


def _count_values(values: Sequence[Any]) -> dict[str, int]:
    counts = Counter(values)
    try:
        order = sorted(counts)
    except TypeError:
        order = sorted(counts, key=str)
    return {str(value): counts[value] for value in order}


def _describe_example(example: Mapping[str, Any]) -> str:
    inputs = ", ".join(f"{name} {shape}" for name, shape in example["inputs"].items())
    dims = format_case(example["dims"])
    return f"{dims}; {inputs}" if dims else inputs


def _describe_form(form: Description) -> str:
    """Return shapes as Python writes them."""
    if "array" in form:
        return str(tuple(form["array"]))
    if "value" in form:
        return type(form["value"]).__name__
    if "dict" in form:
        return f"{{{', '.join(f'{name}: {_describe_form(part)}' for name, part in form['dict'])}}}"
    parts = form.get("list", form.get("tuple", ()))
    more = ["..."] if len(parts) > _MOST_PARTS else []
    return f"[{', '.join([*map(_describe_form, parts[:_MOST_PARTS]), *more])}]"


def _list_counts(dims: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, int]]]:
    """Yield the counts of each dim with their titles."""
    for name, dim in dims.items():
        if "lengths" in dim:
            yield f"Cases by the length of {name}", dim["lengths"]
        if "values" in dim:
            yield f"{'Items of' if 'lengths' in dim else 'Cases by'} {name}", dim["values"]


def _describe_statement(statement: ProvenStatement) -> str:
    return (
        f"{statement.file}, line {statement.line} ({', '.join(statement.rows)}): the cases catch {statement.caught} of"
        f" {statement.edits} single edits, {len(statement.narrow)} by one case alone."
    )
