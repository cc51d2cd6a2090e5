"""Reads records from JSON objects that this or another version of Backmark wrote: from the store, or from a server.

A field that an object lacks has its default, at every level: so the default of a field that is added later is what held
before there was that field.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from backmark.grader.errors import MadeByNewerVersion

Value = TypeVar("Value")


def read(kind: type[Value], raw: object, *, strict: bool = False) -> Value:
    """The dataclass that the object was made from; KeyError, TypeError or ValueError if it was made from no such thing.

    Unknown fields are passed over, or with `strict` refused with MadeByNewerVersion.
    """
    if not isinstance(raw, Mapping):
        raise TypeError(f"{kind.__name__} is stored as an object, not as {type(raw).__name__}")
    names, types = _names(kind), _types(kind)  # type: ignore[arg-type] # mypy takes classes of unhashable instances for such
    if strict and (unknown := sorted(raw.keys() - set(names.values()))):
        raise MadeByNewerVersion(f"{kind.__name__.lower()} has fields that this version does not know: {unknown}")
    missing = sorted(_list_required(kind) - raw.keys())  # type: ignore[arg-type] # as above
    if missing:
        raise KeyError(f"{kind.__name__} lacks {missing}")
    return kind(**{name: _value(types[name], raw[key], strict=strict) for name, key in names.items() if key in raw})


def complete(kind: type[Any], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The object with the default of each field that it lacks, at every level; all else stays, unknown fields too."""
    types = _types(kind)  # type: ignore[arg-type] # as above
    completed = {name: _complete(types.get(name), value) for name, value in raw.items()}
    for field in _fields(kind):
        if field.name not in raw and _has_default(field):
            completed[field.name] = _plain(_default(field))
    return completed


def _value(kind: Any, raw: Any, *, strict: bool) -> Any:
    kind = _of_optional(kind)
    if raw is None:
        return None
    if is_dataclass(kind):
        return read(kind, raw, strict=strict)  # type: ignore[arg-type] # a class, as it comes from an annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        if strict and isinstance(raw, str) and raw not in {member.value for member in kind}:
            raise MadeByNewerVersion(f"this version knows no {kind.__name__.lower()} {raw!r}")
        return kind(raw)
    if (origin := get_origin(kind)) in {tuple, frozenset}:
        (item, *_) = get_args(kind)
        return origin(_value(item, value, strict=strict) for value in raw)
    return datetime.fromisoformat(raw) if kind is datetime else raw


def _complete(kind: Any, raw: Any) -> Any:
    kind = _of_optional(kind)
    if is_dataclass(kind) and isinstance(raw, Mapping):
        return complete(kind, raw)  # type: ignore[arg-type] # a class, as it comes from an annotation
    if get_origin(kind) is tuple and isinstance(raw, list):
        return [_complete(get_args(kind)[0], value) for value in raw]
    return raw


def _of_optional(kind: Any) -> Any:
    """The type beside None in `Type | None`; any other as it is."""
    return next(part for part in get_args(kind) if part is not type(None)) if isinstance(kind, UnionType) else kind


@cache
def _list_required(kind: type[Any]) -> frozenset[str]:
    """The names in JSON of the fields without a default."""
    return frozenset(_names(kind)[field.name] for field in _fields(kind) if not _has_default(field))  # type: ignore[arg-type] # as above


@cache
def _names(kind: type[Any]) -> dict[str, str]:
    """The name that each field has in JSON: its own, unless its metadata names another."""
    return {field.name: field.metadata.get("json", field.name) for field in _fields(kind)}


@cache
def _types(kind: type[Any]) -> dict[str, Any]:
    types = get_type_hints(kind)
    return {field.name: types[field.name] for field in _fields(kind)}


def _fields(kind: type[Any]) -> tuple[Field[Any], ...]:
    """The fields that a record is made with: a constant of its own is not read."""
    return tuple(field for field in fields(kind) if field.init)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _default(field: Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return json.loads(json.dumps(asdict(value) if is_dataclass(value) and not isinstance(value, type) else value))
