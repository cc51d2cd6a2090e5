"""Modules and privileges that the web server must not have."""

import subprocess
import sys

from tests.web.tomls import TOML

#: What it does with a contract: reading an assignment and a stored revision's header, and finding words.
LOADED = f"""
import sys
import backmark.grader.web
from backmark.grader.contracts import gallery
from backmark.grader.contracts.language.archive import read_header
from backmark.grader.contracts.language.assignment import assignment_to_json
from backmark.grader.contracts.language.reading import parse
from backmark.grader.contracts.language.stored_settings import find_package, read_settings
text = assignment_to_json(parse({TOML!r}, "mine"))
read_settings(text), find_package(text)
read_header(gallery.find_drawn("udl-7.2").read_bytes())
print(*sys.modules)
"""


def test_it_loads_neither_numpy_nor_answers_nor_workers() -> None:
    process = subprocess.run([sys.executable, "-c", LOADED], check=True, capture_output=True, text=True)
    modules = process.stdout.split()
    assert not any(name.startswith(("numpy", "backmark.worker")) for name in modules)
    # A launch is verified by our own code: the library's check believes more (see docs/how-we-know/dependencies.md).
    assert "pylti1p3.deep_link" in modules
    assert not {"pylti1p3.message_launch", "pylti1p3.oidc_login"} & set(modules)
    rooms = {".".join(name.split(".")[3:4]) for name in modules if name.startswith("backmark.grader.contracts.")}
    assert rooms == {"gallery", "language"}
