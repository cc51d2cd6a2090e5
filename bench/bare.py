"""The bare floor: a fresh interpreter with NumPy that makes the same calls, without oracle, jail or Backmark.

Arguments: the file of numbers, the file of sizes (both written by `floor.py`) and the student's function. It imports
nothing of ours: an import would be measured too.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Call the function once for each network."""
    numbers, sizes, source = sys.argv[1:]
    code = compile(Path(source).read_text(encoding="utf-8"), source, "exec")
    flat = np.fromfile(numbers)
    scope: dict[str, Any] = {"np": np}
    exec(code, scope)  # noqa: S102 - our own example
    function = scope["backward_pass"]
    start = 0

    def cut(shapes: list[tuple[int, int]]) -> list[Any]:
        nonlocal start
        parts = []
        for rows, columns in shapes:
            stop = start + rows * columns
            parts.append(flat[start:stop].reshape(rows, columns))
            start = stop
        return parts

    for line in Path(sizes).read_text(encoding="ascii").splitlines():
        widths = [int(width) for width in line.split()]
        above, below = widths[1:], widths[:-1]
        weights, biases = cut(list(zip(above, below, strict=True))), cut([(rows, 1) for rows in above])
        f, h = cut([(rows, 1) for rows in above]), cut([(rows, 1) for rows in below])
        y = cut([(widths[-1], 1)])
        scope["K"] = len(above) - 1
        function(weights, biases, f, h, y[0])


if __name__ == "__main__":
    main()
