"""An assignment is read: from the text of its TOML, a file, or a folder with the files that belong to it."""

import json
from pathlib import Path

from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.folder import bundle
from backmark.grader.errors import BadAssignment
from backmark.grader.model.assignment import CONTRACT

#: A key that only contracts have: their files need not name their kind. What tells a contract that lacks it.
_LANGUAGE = "language"


def parse(text: str, name: str) -> ContractAssignment:
    """Return the assignment that a TOML text describes; BadAssignment names the key and what to write."""
    # Who grades by a revision has no TOML to read, and needs no pydantic.
    from backmark.grader.contracts.language.assignment_toml import from_tables  # noqa: PLC0415
    from backmark.grader.model.tables import read_tables  # noqa: PLC0415

    tables = read_tables(text, name)
    if not {"kind", _LANGUAGE} & tables.keys():
        raise BadAssignment(f"{name}: language is missing: write language = 1 at the top")
    kind = tables.pop("kind", CONTRACT)
    if kind != CONTRACT:
        raise BadAssignment(f"{name}: kind is {json.dumps(kind, default=str)[:60]}: write {json.dumps(CONTRACT)}")
    return from_tables(tables, name)


def read(path: Path) -> ContractAssignment:
    """Return the assignment of a TOML file, or of a folder that holds one; raises BadAssignment."""
    return parse(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return the text of a TOML file, or of a folder with the files beside it; raises BadAssignment."""
    if path.is_dir():
        return bundle(path)
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}"
        raise BadAssignment(message) from error
