"""Programs run under several seeds of Python's hashes: in one process sets have the same order each time."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def print_by_hashes(program: str) -> set[str]:
    """Return the different outputs of a program in three interpreters, each of which orders sets of texts otherwise."""
    return {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
