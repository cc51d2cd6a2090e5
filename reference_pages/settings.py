"""The page of all settings, made from the classes that read them and the comments above their fields."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from backmark.grader.settings import machine, service
from reference_pages.markdown import code, table

_HEAD = """\
# Settings

All settings are environment variables. `.env.example` has those of `docker-compose.yml`, with settings that only
containers need. Made from the code by `python -m reference_pages`.

"""
_SERVICE = """\
## Of a service

Web servers, workers and sweepers of one service should have the same values. A secret may also be a file of its name in
small letters (`backmark_secret`) in `/run/secrets`, as `docker-compose.yml` has it. An empty variable counts as unset.

"""
_MACHINE = """\
## Of a machine

These variables apply to any command.

"""


@dataclass(frozen=True, slots=True)
class Documented:
    """Fields with the comment above them."""

    names: tuple[str, ...]
    comment: str


def write_page() -> str:
    """Return the page: a table of the service's settings, and one of the machine's."""
    return (_HEAD + _SERVICE + _write_service() + _MACHINE + _write_machine()).rstrip() + "\n"


def _write_service() -> str:
    fields = service.ServiceSettings.model_fields
    rows = (
        (
            code(*(f"BACKMARK_{name.upper()}" for name in documented.names)),
            ", ".join(_show(fields[name].default) for name in documented.names),
            documented.comment + _bounds(fields[documented.names[0]].metadata),
        )
        for documented in _read_comments(service.ServiceSettings)
    )
    return table(("variable", "default", "meaning"), rows)


def _write_machine() -> str:
    parted = (re.match(r"(BACKMARK_[A-Z_]+(?:=1)?): (.*)", each.comment) for each in _read_comments(machine.Settings))
    return table(
        ("variable", "meaning"),
        ((f"`{match[1]}`", match[2][0].upper() + match[2][1:]) for match in parted if match is not None),
    )


def _read_comments(kind: type) -> Iterator[Documented]:
    """Yield the fields of a class by the comment above them: a comment holds until the next one."""
    source = inspect.getsource(kind)
    lines = source.splitlines()
    (definition,) = ast.parse(source).body
    names: list[str] = []
    comment = ""
    for statement in definition.body if isinstance(definition, ast.ClassDef) else ():
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        if above := _comment_above(lines, statement.lineno - 1):
            if names:
                yield Documented(tuple(names), comment)
            names, comment = [], above
        names.append(statement.target.id)
    if names:
        yield Documented(tuple(names), comment)


def _comment_above(lines: list[str], place: int) -> str:
    first = place
    while lines[first - 1].strip().startswith("#:"):
        first -= 1
    return " ".join(line.strip().removeprefix("#:").strip() for line in lines[first:place])


def _show(default: Any) -> str:
    if default is None or default == ():
        return "none"
    if isinstance(default, SecretStr):
        return code(default.get_secret_value())
    if isinstance(default, bool):
        return code(str(default).lower())
    return code(f"{default:g}" if isinstance(default, float) else default)


def _bounds(metadata: list[Any]) -> str:
    """Return what a number may be, in brackets."""
    least = next((f"{each.ge:g}" for each in metadata if hasattr(each, "ge")), "")
    above = next((f"above {each.gt:g}" for each in metadata if hasattr(each, "gt")), "")
    most = next((f"{each.le}" for each in metadata if hasattr(each, "le")), "")
    if not most:
        return ""
    return f" (from {least} to {most})" if least else f" ({above}, at most {most})"
