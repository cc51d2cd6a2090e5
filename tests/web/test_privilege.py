"""Modules and privileges that the web server must not have."""

import subprocess
import sys

LOADED = "import sys, grader.web; print(*sys.modules)"


def test_it_loads_neither_numpy_nor_answers_nor_workers() -> None:
    told = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    roots = {".".join(name.split(".")[:2]) for name in told.stdout.split()}
    assert not roots & {"numpy", "grader.oracle", "grader.judge", "grader.publishing", "grader.subjects"}
    assert not any(name.startswith(("numpy", "worker")) for name in roots)
