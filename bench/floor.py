"""Files of the bare floor, written before anything is timed: the networks' numbers, their sizes, the function."""

import sys
from pathlib import Path

import numpy as np

from backmark.grader.contracts.judging.revision import ContractRevision
from bench.run import Command


def prepare_floor(folder: Path, revision: ContractRevision, source: str) -> Command:
    """Write the files, and return the command of a run. The numbers are W, b, f, h and y of each network in turn."""
    folder.mkdir()
    numbers, sizes, function = folder / "numbers", folder / "sizes", folder / "function.py"
    given = [case.values() for case in revision.cases.drawn]
    parts = [
        part
        for values in given
        for name in ("all_weights", "all_biases", "all_f", "all_h", "y")
        for part in (values[name] if name != "y" else [values[name]])
    ]
    np.concatenate([part.ravel() for part in parts]).tofile(numbers)
    widths = ([each["all_weights"][0].shape[1], *map(len, each["all_weights"])] for each in given)
    sizes.write_text("\n".join(" ".join(map(str, case_widths)) for case_widths in widths), encoding="ascii")
    function.write_text(source, encoding="utf-8")
    bare = Path(__file__).with_name("bare.py")
    return Command([sys.executable, str(bare), str(numbers), str(sizes), str(function)])
