"""The conventions of an assignment's TOML: what each has in the place of the file's own tables and texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from backmark.grader.contracts.language.tables import CONVENTION_WANTED, WANTED, ContractTable, ConventionTable
from backmark.grader.contracts.language.text_changes import ChangeError, make_changes
from backmark.grader.contracts.language.toml_checks import ContractFault, read_file
from backmark.grader.contracts.language.toml_tables import explain_faults, one_of, show_value

#: The tables that a convention may have in the place of the file's.
_REPLACED = ("call", "upstream", "results", "rows")


def read_conventions(
    table: ContractTable, advise: Callable[[Mapping[str, Any]], Mapping[str, str]]
) -> list[ConventionTable]:
    """Return the conventions, the one that counts first; raises ContractFault.

    The first that is written is as the rest of the file says, and counts unless `counts` names another. `advise`
    returns the advice for the keys that a table names itself.
    """
    conventions = [_read(raw, number, advise(raw)) for number, raw in enumerate(table.conventions, 1)]
    names = [convention.name for convention in conventions]
    counts = table.counts or next(iter(names), "")
    if counts not in ("", *names):
        there = one_of(names) if names else "a table [[conventions]] with that name, or leave it out"
        raise ContractFault(f"counts is {show_value(table.counts)}, which is no convention: write {there}")
    if twice := {name for name in names if names.count(name) > 1}:
        raise ContractFault(f"conventions has {min(twice)} twice: rename one of them")
    if len(names) == 1:
        raise ContractFault("conventions has one table: write a second one, or leave it out")
    for place, convention in enumerate(conventions):
        changes = bool(convention.change) or any(getattr(convention, key) is not None for key in _REPLACED)
        if changes != bool(place):
            wrong = "changes nothing" if place else "changes something"
            raise ContractFault(
                f"conventions.{convention.name} {wrong}: the first one is as the rest of the file says, and each other"
                f" one has a change, or a table of its own among {', '.join(_REPLACED)}"
            )
    return sorted(conventions, key=lambda convention: convention.name != counts)


def apply_convention(table: ContractTable, convention: ConventionTable) -> ContractTable:
    """Return the tables of the file as they are where a convention counts; raises ContractFault."""
    replaced = {key: getattr(convention, key) for key in _REPLACED if getattr(convention, key) is not None}
    files = dict(table.files)
    for name in dict.fromkeys(change.file or table.solution.file for change in convention.change):
        own = [change for change in convention.change if (change.file or table.solution.file) == name]
        try:
            files[name] = make_changes(read_file(table, "change.file", name), name, own)
        except ChangeError as error:
            raise ContractFault(str(error)) from error
    slips = [slip for slip in table.slips if _holds(slip, convention.name)]
    return table.model_copy(update={**replaced, "files": files, "slips": slips, "conventions": [], "counts": ""})


def check_slips(slips: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Refuse a slip of a convention that there is not; raises ContractFault."""
    for slip in slips:
        for name in slip.get("conventions") or ():
            if name not in names:
                raise ContractFault(f"slips.{slip.get('id')}.conventions has {show_value(name)}, which is none of them")


def _holds(slip: Mapping[str, Any], name: str) -> bool:
    return not slip.get("conventions") or name in slip["conventions"]


def _read(raw: Mapping[str, Any], number: int, advice: Mapping[str, str]) -> ConventionTable:
    try:
        return ConventionTable.model_validate(raw)
    except ValidationError as error:
        named = all(fault["loc"][0] != "name" for fault in error.errors())
        name = f"conventions.{raw['name']}" if named else f"conventions, table {number}"
        message = f"{name}: {explain_faults(error, {**WANTED, **advice, **CONVENTION_WANTED})}"
        raise ContractFault(message) from error
