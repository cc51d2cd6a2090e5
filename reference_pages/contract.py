"""The page of all keys of the contract language, made from its tables and the advice for each key."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from backmark.grader.contracts.language import tables
from backmark.grader.contracts.language.toml_tables import LimitsTable
from reference_pages.markdown import table

_HEAD = """\
# The contract language

This page lists every key of `assignment.toml`, with what to write and the default.
[Set your own homework](../instructor/contracts.md) says what each key is for, with examples;
[An assignment in use](../instructor/assignments.md) describes `[feedback]`. Made from the code by
`python -m reference_pages`.

"""
#: The tables, by what stands before their keys in the advice.
_TABLES: Mapping[str, type[BaseModel]] = {
    "inputs": tables.InputTable,
    "forward": tables.ForwardTable,
    "call": tables.CallTable,
    "results": tables.ResultTable,
    "submission": tables.SubmissionTable,
    "solution": tables.SolutionTable,
    "rows": tables.RowTable,
    "check": tables.CheckTable,
    "limits": LimitsTable,
}
#: The advice that depends on the assignment, or is given elsewhere.
_ELSEWHERE = defaultdict(
    str,
    each=tables.EXPRESSION,
    feedback="a table of its own: [what students are shown](../instructor/assignments.md#what-students-are-shown)",
)
#: The tables whose author chooses the names: `[inputs]` has many of the one above.
_OF_MANY = {"inputs": "Each entry of `[inputs]`", "results": "Each entry of `[results]`", "rows": "`[rows.NAME]`"}


def write_page() -> str:
    """Return the page: the keys at the top, then each table's."""
    top = "## At the top\n\n" + _write_table(tables.ContractTable, tables.WANTED, "")
    parts = (
        f"## {_OF_MANY.get(name, f'`[{name}]`')}\n\n{_write_table(kind, tables.WANTED, f'{name}.')}"
        for name, kind in _TABLES.items()
    )
    slips = "## `[[slips]]`\n\n" + _write_table(tables.SlipTable, tables.SLIP_WANTED, "")
    conventions = "## `[[conventions]]`\n\n" + _write_table(tables.ConventionTable, tables.CONVENTION_WANTED, "")
    changes = "### Each of `change`\n\n" + _write_table(tables.ChangeTable, tables.SLIP_WANTED, "change.0.")
    return (_HEAD + top + "".join(parts) + slips + changes + conventions).rstrip() + "\n"


def _write_table(kind: type[BaseModel], wanted: Mapping[str, str], before: str) -> str:
    keys = {field.alias or name: field for name, field in kind.model_fields.items()}
    rows = ((f"`{key}`", wanted.get(before + key, _ELSEWHERE[key]), _show(field)) for key, field in keys.items())
    return table(("key", "write", "default"), rows)


def _show(field: FieldInfo) -> str:
    if field.is_required():
        return "must be there"
    default: Any = field.get_default(call_default_factory=True, validated_data={})
    is_table = isinstance(default, BaseModel) or is_dataclass(default)
    if default is PydanticUndefined or default is None or default in ("", [], {}) or is_table:
        return ""
    return f"`{json.dumps(default, default=str)}`"
