"""Submissions that differ in their source, as a course's do: right ones, and a mix, every second of it wrong."""

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"

RIGHT = "right.ipynb"
#: Mistakes that real submissions make, one example each; they end in different counterexamples and diagnoses.
WRONG = (
    "no_relu_derivative.ipynb",
    "mask_from_wrong_layer.py",
    "missing_factor_two.py",
    "missing_transpose.py",
    "through_weight_gradients.py",
    "weights_from_previous_activation.py",
    "todo_left.ipynb",
)

#: What the notebooks' function needs beside itself.
NAMES = {"backward_pass", "indicator_function", "d_loss_d_output"}


def function_of(name: str) -> str:
    """The function of an example and its helpers, as one small file."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if not name.endswith(".ipynb"):
        return ast.unparse(ast.parse(text)) + "\n"
    notebook: dict[str, Any] = json.loads(text)
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    found: dict[str, ast.FunctionDef] = {}
    for cell in cells:
        if any(f"def {each}" in cell for each in NAMES):
            tree = ast.parse(cell)
            found |= {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name in NAMES}
    return "import numpy as np\n\n\n" + "\n\n\n".join(map(ast.unparse, found.values())) + "\n"


def right() -> list[str]:
    """One source, to be told apart by numbers."""
    return [function_of(RIGHT)]


def mix() -> list[str]:
    """Every second one is wrong, in turn in each of the usual ways."""
    return [source for name in WRONG for source in (function_of(RIGHT), function_of(name))]


def numbered(sources: Sequence[str], number: int) -> str:
    """The source whose turn it is, with a constant of its own in the function."""
    source = sources[number % len(sources)]
    return source.replace("y):\n", f"y):\n    submission = {number}\n")


def distinct(folder: Path, sources: Sequence[str], count: int) -> list[str]:
    """So many files, the sources in turn, no two the same."""
    folder.mkdir()
    files = []
    for number in range(count):
        file = folder / f"submission_{number:03}.py"
        file.write_text(numbered(sources, number), encoding="utf-8")
        files.append(str(file))
    return files
