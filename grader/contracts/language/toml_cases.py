"""The tables of a contract's TOML from which cases are drawn: dims, inputs, and what is assumed of them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from backmark.grader.contracts.language.assignment import MOST_SIZE, VALUES, Dim, Input
from backmark.grader.contracts.language.expressions import DRAWING
from backmark.grader.contracts.language.tables import WANTED, ContractTable, DimTable
from backmark.grader.contracts.language.toml_checks import ContractFault, check_expression, check_name
from backmark.grader.contracts.language.toml_tables import show_value


def read_dims(dims: Mapping[str, Any], assume: Sequence[str]) -> Iterator[Dim]:
    """Yield the dims, each of which may name those before it."""
    known: set[str] = set()
    for name, raw in dims.items():
        key = f"dims.{name}"
        check_name(key, name)
        yield _read_dim(key, name, raw, known)
        known.add(name)
    for condition in assume:
        check_expression("assume", condition, known)


def _read_dim(key: str, name: str, raw: Any, known: set[str]) -> Dim:
    wanted = (
        'write a range such as [1, 5], { many = "K + 2", each = [1, 6] }, { of = ["relu", "tanh"] },'
        ' { real = [0.0, 1.0] }, or an expression such as "prod(d)"'
    )
    if isinstance(raw, str):
        check_expression(key, raw, known, functions=(DRAWING,))
        return Dim(name, expression=raw)
    _check_ends(key, raw)
    if _is_range(raw):
        return Dim(name, least=raw[0], most=raw[1])
    if isinstance(raw, dict) and raw.keys() == {"many", "each"} and _is_range(raw["each"]):
        many = raw["many"]
        # A number of items that is a range is drawn itself.
        many = f"ints(1, {many[0]}, {many[1]})[0]" if _is_range(many) else str(many)
        check_expression(f"{key}.many", many, known, functions=(DRAWING,))
        least, most = raw["each"]
        return Dim(name, least, most, many)
    try:
        table = DimTable.model_validate(raw)
    except ValidationError as error:
        raise ContractFault(f"{key} is {show_value(raw)}: {wanted}") from error
    if table.of:
        return Dim(name, of=tuple(table.of))
    if table.real is not None and table.real[0] <= table.real[1]:
        return Dim(name, real=table.real)
    raise ContractFault(f"{key} is {show_value(raw)}: {wanted}")


def _check_ends(key: str, raw: Any) -> None:
    """Refuse a range, also one of a list's items or of real numbers, with ends that no range has."""
    table = raw if isinstance(raw, dict) else {"each": raw}
    for part in ("many", "each", "real"):
        ends = table.get(part)
        if not isinstance(ends, (list, tuple)):
            continue
        if any(isinstance(end, str) for end in ends):
            raise ContractFault(
                f"{key} is {show_value(raw)}, but the ends of a range are numbers: a whole number from 1 to another dim"
                ' is "ints(1, 1, K)[0]", and a list of L of them "ints(L, 1, K)"'
            )
        if part != "real" and any(type(end) is int and not 0 <= end <= MOST_SIZE for end in ends):
            raise ContractFault(f"{key} is {show_value(raw)}, but the ends of a range are from 0 to {MOST_SIZE}")


def _is_range(raw: Any) -> bool:
    return (
        isinstance(raw, (list, tuple))
        and len(raw) == 2
        and all(type(end) is int and 0 <= end <= MOST_SIZE for end in raw)
        and raw[0] <= raw[1]
    )


def read_inputs(table: ContractTable, known: set[str]) -> Iterator[Input]:
    """Yield the inputs, whose shapes and values may name the known dims."""
    for name, entry in table.inputs.items():
        key = f"inputs.{name}"
        check_name(key, name)
        if name in known:
            raise ContractFault(f"{key} has the name of a dim: write another name")
        inside = known | ({"k"} if entry.each else set())
        if any(part.endswith(",") for part in entry.shape.split()):
            raise ContractFault(f"{key}.shape is {show_value(entry.shape)}: write {WANTED['inputs.shape']}")
        for part in entry.shape.split():
            check_expression(f"{key}.shape", part.removeprefix("*"), inside)
        if entry.each:
            check_expression(f"{key}.each", entry.each, known)
        kind, _, rest = entry.values.partition("(")
        if kind.strip() not in VALUES or (rest and not rest.rstrip().endswith(")")):
            raise ContractFault(f"{key}.values is {show_value(entry.values)}: write {WANTED['inputs.values']}")
        if rest:
            check_expression(f"{key}.values", f"[{rest.rstrip()[:-1]}]", inside)
        yield Input(name, entry.shape, entry.values.strip(), entry.each)
