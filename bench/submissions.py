"""Submissions of one function that differ in their source, as a course's do."""

import ast
import json
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"

#: What the notebooks' function needs beside itself.
NAMES = {"backward_pass", "indicator_function", "d_loss_d_output"}


def function_of(name: str) -> str:
    """The function of an example notebook and its helpers, as one small file."""
    notebook: dict[str, Any] = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found: dict[str, ast.FunctionDef] = {}
    for cell in cells:
        if any(f"def {each}" in cell for each in NAMES):
            tree = ast.parse(cell)
            found |= {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in NAMES}
    return "import numpy as np\n\n\n" + "\n\n\n".join(map(ast.unparse, found.values())) + "\n"


def distinct(folder: Path, source: str, count: int) -> list[str]:
    """So many files with the same function, each with a constant of its own in it."""
    folder.mkdir()
    files = []
    for n in range(count):
        file = folder / f"submission_{n:03}.py"
        file.write_text(source.replace("y):\n", f"y):\n    submission = {n}\n"), encoding="utf-8")
        files.append(str(file))
    return files
