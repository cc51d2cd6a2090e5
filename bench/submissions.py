"""Submissions that differ in their source, as a course's do: right ones, and a mix in which every second is wrong."""

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

#: The functions of the notebooks that a submission needs.
FUNCTIONS = {"backward_pass", "indicator_function", "d_loss_d_output"}
#: The end of the signature of `backward_pass`.
_SIGNATURE_END = "y):\n"


def extract_function(name: str) -> str:
    """Return the function of an example and its helpers, as one small file."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    if not name.endswith(".ipynb"):
        return ast.unparse(ast.parse(text)) + "\n"
    notebook: dict[str, Any] = json.loads(text)
    definitions: dict[str, ast.FunctionDef] = {}
    for cell in notebook["cells"]:
        code = "".join(cell["source"])
        # Other cells may hold commands of the notebook, which are no Python.
        if cell["cell_type"] == "code" and any(f"def {function}" in code for function in FUNCTIONS):
            nodes = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
            definitions |= {node.name: node for node in nodes if node.name in FUNCTIONS}
    return "import numpy as np\n\n\n" + "\n\n\n".join(map(ast.unparse, definitions.values())) + "\n"


def right_sources() -> list[str]:
    """Return one right source, of which variants are made."""
    return [extract_function(RIGHT)]


def mixed_sources() -> list[str]:
    """Return right and wrong sources by turns, with each of the usual mistakes once."""
    return [source for name in WRONG for source in (extract_function(RIGHT), extract_function(name))]


def insert_statements(source: str, statements: str) -> str:
    """Return the source with these indented lines at the start of its function."""
    return source.replace(_SIGNATURE_END, _SIGNATURE_END + statements)


def make_variant(source: str, number: int) -> str:
    """Return the source with a constant of its own in the function."""
    return insert_statements(source, f"    submission = {number}\n")


def pick_variant(sources: Sequence[str], number: int) -> str:
    """Return a variant of the source whose turn it is."""
    return make_variant(sources[number % len(sources)], number)


def write_variants(folder: Path, sources: Sequence[str], count: int) -> list[str]:
    """Write so many files, the sources in turn, no two the same; return their paths."""
    folder.mkdir()
    files = []
    for number in range(count):
        file = folder / f"submission_{number:03}.py"
        file.write_text(pick_variant(sources, number), encoding="utf-8")
        files.append(str(file))
    return files
