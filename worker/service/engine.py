"""Which engine judged: what must change a verdict's key when it changes."""

import hashlib
import platform
from functools import cache
from pathlib import Path

import numpy as np

#: Everything between a submission's bytes and its verdict, from the packages' common folder.
SOURCES = (
    "grader/errors.py",
    "grader/judge",
    "grader/model",
    "grader/oracle",
    "grader/subjects",
    "worker/grading",
    "worker/sandbox",
    "worker/service/fresh.py",
)


@cache
def fingerprint() -> str:
    """A hash over the engine's sources."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for source in SOURCES:
        top = root / source
        for file in [top] if top.is_file() else sorted(top.rglob("*.py")):
            data = file.read_bytes()
            digest.update(f"{file.relative_to(root).as_posix()}\n{len(data)}\n".encode())
            digest.update(data)
    return digest.hexdigest()


def versions() -> tuple[str, str]:
    """Of Python and of NumPy, here and in the jail alike."""
    return platform.python_version(), np.__version__
