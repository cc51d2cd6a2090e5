"""Modules and privileges that the web server must not have."""

import subprocess
import sys

from tests.web.tomls import TOML

#: What it does with a subject: reading an assignment and a stored revision's header, and finding words.
LOADED = f"""
import sys
import grader.web
from grader.model.stored import assignment_to_json
from grader.contracts import gallery, kinds
assignment = kinds.parse({TOML!r}, "mine")
kinds.of(assignment).renewable(assignment)
text = assignment_to_json(assignment)
kinds.settings(text), kinds.package(text), kinds.words(assignment.kind), kinds.title("pure"), kinds.code_names()
kinds.read_header(gallery.find_drawn("udl-7.2").read_bytes())
print(*sys.modules)
"""


def test_it_loads_neither_numpy_nor_answers_nor_workers() -> None:
    process = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    modules = process.stdout.split()
    roots = {".".join(name.split(".")[:2]) for name in modules}
    assert not roots & {"numpy", "grader.oracle", "grader.judge", "grader.contracts.publishing"}
    assert not any(name.startswith(("numpy", "worker")) for name in roots)
    # A launch is verified by our own code: the library's check believes more (docs/dependencies.md says what).
    assert "pylti1p3.deep_link" in modules
    assert not {"pylti1p3.message_launch", "pylti1p3.oidc_login"} & set(modules)
    of_contracts = {name for name in modules if name.startswith("grader.contracts.")}
    assert {name.rpartition(".")[2] for name in of_contracts} == {
        *(
            "archive",
            "assignment",
            "contracts_kind",
            "driver",
            "expressions",
            "repair",
            "row_comments",
            "row_tables",
            "slips",
        ),
        *("assignment_toml", "tables", "toml_cases", "toml_checks", "toml_submission", "words"),
    }
