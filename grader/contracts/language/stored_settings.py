"""The settings of a stored assignment, to be shown: also of an earlier version, which had networks in layers."""

import json
from typing import Any

from backmark.grader.contracts.language.assignment import KIND, ContractAssignment
from backmark.grader.model.assignment import LAYERED
from backmark.grader.model.common import CommonSettings
from backmark.grader.model.stored import complete


def read_settings(assignment: str) -> dict[str, Any]:
    """Return a stored assignment's settings as JSON has them, with the defaults of those that it lacks."""
    raw = json.loads(assignment)
    # Of an assignment that only another version knows, what all have.
    return complete(ContractAssignment if raw.get("kind", LAYERED) == KIND else CommonSettings, raw)


def is_layered(assignment: str) -> bool:
    """Return True if a stored assignment is of layered networks, which this version judges no longer."""
    return bool(json.loads(assignment).get("kind", LAYERED) == LAYERED)


def find_package(assignment: str) -> str:
    """Return the path of the file that a stored assignment grades within a ZIP archive; empty if it takes none."""
    return str(read_settings(assignment).get("package", ""))
