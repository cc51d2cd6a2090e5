"""Modules and privileges that the web server must not have."""

import subprocess
import sys

#: Reading an assignment is the most that it does with a subject.
LOADED = """
import sys
import grader.web
from grader.subjects import kinds
kinds.parse('id = "mine"\\ntitle = "Mine"', "mine").title
print(*sys.modules)
"""


def test_it_loads_neither_numpy_nor_answers_nor_workers() -> None:
    process = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    modules = process.stdout.split()
    roots = {".".join(name.split(".")[:2]) for name in modules}
    assert not roots & {"numpy", "grader.oracle", "grader.judge", "grader.publishing"}
    assert not any(name.startswith(("numpy", "worker")) for name in roots)
    # A launch is verified by our own code: the library's check believes more (docs/dependencies.md says what).
    assert "pylti1p3.deep_link" in modules
    assert not {"pylti1p3.message_launch", "pylti1p3.oidc_login"} & set(modules)
    subjects = {name for name in modules if name.startswith("grader.subjects.")}
    of_networks = {"assignment", "assignment_toml", "networks_kind", "words"}
    names = {"folder", "gallery", "kinds", "networks", "toml_tables", *(f"networks.{name}" for name in of_networks)}
    assert subjects == {f"grader.subjects.{name}" for name in names}
