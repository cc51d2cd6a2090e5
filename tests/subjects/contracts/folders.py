"""Folders of small contracts, as instructors keep them."""

from collections.abc import Mapping
from pathlib import Path

#: A contract of one product, its files by their names.
PRODUCT: Mapping[str, str] = {
    "assignment.toml": """language = 1
id = "product"
title = "A product"
cases = 20

[dims]
K = [1, 3]

[inputs]
x = { shape = "K 4" }
w = { shape = "K 4" }

[upstream]
dout = "out"

[call]
code = "dx = product_backward(x, w, dout)"

[results]
dx = { grad = "x" }
""",
    "reference.py": 'def forward(tap, x, w):\n    return {"out": x * w}\n',
    "solution.py": "def product_backward(x, w, dout):\n    return w * dout\n",
}


def write(folder: Path, changes: Mapping[str, str] | None = None) -> Path:
    """Write the product's folder, with other files or other texts of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {**PRODUCT, **(changes or {})}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder
