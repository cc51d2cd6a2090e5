"""The engine's fingerprint covers whatever judges."""

import subprocess
import sys
from pathlib import Path

from backmark.worker.grading import engine_version
from tests.service.parts import ROOT


def test_every_module_that_grading_imports_is_in_the_fingerprint() -> None:
    """Else an old verdict would be reused though a new engine would give another."""
    code = (
        "import sys, backmark.worker.grading.grader\n"
        "for name, module in sorted(sys.modules.items()):\n"
        "    if name.split('.')[0] in {'grader', 'worker'} and '.' in name:\n        print(module.__file__)"
    )
    files = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    covered_paths = [ROOT / source for source in engine_version.SOURCES]
    for file in map(Path, files.split()):
        assert any(path == file or path in file.parents for path in covered_paths), file


def test_what_the_fingerprint_covers_is_there() -> None:
    assert all((ROOT / source).exists() for source in engine_version.SOURCES)
    assert len(engine_version.fingerprint()) == 64
