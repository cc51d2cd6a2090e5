"""The page of the fields of all nouns that are served, made from what the API and the client have of them."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, get_args, get_origin

from backmark.grader.model.fields import NounField, Unit, noun_fields
from backmark.grader.model.views import GIVEN, NEEDS, SERVED

_HEAD = """\
# Fields

This page lists the fields in the answers of the [HTTP API](../developer/http.md). The records of the
[client](../developer/client.md) have the same fields, with times as seconds since 1970. Made from the code by
`python -m reference_pages`.
"""
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def write_page() -> str:
    """Return the page: a table for each noun, by its name."""
    nouns = sorted(SERVED, key=_name)
    return "\n".join([_HEAD, *("\n".join(_write_noun(kind)) for kind in nouns)])


def _write_noun(kind: Any) -> Iterator[str]:
    fields, given, needs = noun_fields(kind), GIVEN.get(kind, ()), NEEDS.get(kind, {})
    yield f"## {_name(kind)}\n\n{(kind.__doc__ or '').strip()}\n"
    yield "| field | value | meaning | |\n| --- | --- | --- | --- |"
    for name in SERVED[kind]:
        field = fields[name]
        notes = ["set by requests"] if name in given else []
        notes += [f"needs `{needs[name]}`"] if name in needs else []
        says = field.sentence.replace("|", "\\|")
        label = f"the fields of {_name(field.type)}" if field.doc.inline else f"`{field.json}`"
        yield f"| {label} | {_type(field)} | {says} | {', '.join(notes)} |"
    yield ""


def _name(kind: Any) -> str:
    return str(kind.__name__).removesuffix("Record")


def _type(field: NounField) -> str:
    written = "time" if field.doc.unit is Unit.TIME else _type_in_words(field.type)
    return f"{written} or null" if field.optional else written


def _type_in_words(kind: Any) -> str:
    origin = get_origin(kind)
    if origin in {tuple, frozenset}:
        return f"list of: {_type_in_words(get_args(kind)[0])}"
    if origin is not None and issubclass(origin, Mapping):
        return "object"
    if issubclass(kind, Enum):
        return ", ".join(f"`{member.value}`" for member in kind)
    return _PLAIN.get(kind) or _name(kind)
