"""The settings of a stored assignment, to be shown."""

import json
from typing import Any

from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.stored import complete


def read_settings(assignment: str) -> dict[str, Any]:
    """Return a stored assignment's settings as JSON has them, with the defaults of those that it lacks."""
    return complete(ContractAssignment, json.loads(assignment))


def find_package(assignment: str) -> str:
    """Return the path of the file that a stored assignment grades within a ZIP archive; empty if it takes none."""
    return str(read_settings(assignment).get("package", ""))
