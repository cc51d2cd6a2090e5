"""An assignment to publish, as short as one can be."""

import json
from collections.abc import Mapping

from backmark.grader.contracts.language.folder import join

FILES = {
    "reference.py": 'def forward(tap, x):\n    return {"loss": (x**2).sum()}\n',
    "solution.py": "def gradient(x):\n    return 2 * x\n",
}
_TABLES = """
[inputs]
x = { shape = "3" }

[call]
code = "dx = gradient(x)"

[results]
dx = { grad = "x" }
"""


def write_toml(name: str = "mine", files: Mapping[str, str] | None = None, **settings: int) -> str:
    """Return the text of an assignment of this id, with files beside the usual ones and settings of its own."""
    values = {"language": 1, "id": name, "title": name.title(), **settings}
    head = "".join(f"{key} = {json.dumps(value)}\n" for key, value in values.items())
    return join(head + _TABLES, {**FILES, **(files or {})})


TOML = write_toml()
