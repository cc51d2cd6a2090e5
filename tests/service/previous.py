"""The packages of the version that was released last, from this checkout's history."""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.service.parts import ROOT

#: The first version whose workers grade what a later web server recorded.
_FIRST = (0, 3)


def unpack_previous_version(folder: Path) -> Path:
    """Unpack `backmark`, `grader` and `worker` as they were when the last version was entered in the changelog.

    Skips the test if that version is older than 0.3.0, or there is no history to take them from: in a source
    distribution, in a shallow clone.
    """
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git history here: the previous version's code is taken from it")
    if _git("rev-parse", "--is-shallow-repository").strip() == b"true":
        pytest.skip("a shallow clone does not have the previous version's commit: fetch the whole history")
    headings = re.findall(r"^## \d+\.\d+\.\d+ - ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    commit = _git("log", "-1", "--format=%H", f"-S{headings[0]}", "--", "CHANGELOG.md").decode().strip()
    if tuple(map(int, re.findall(r"\d+", headings[0])[:2])) < _FIRST:
        pytest.skip("the version before is older than 0.3, and reads nothing that this one stores")
    assert commit, f"no commit entered {headings[0]!r} in the changelog"
    with tarfile.open(
        fileobj=io.BytesIO(_git("archive", "--format=tar", commit, "backmark", "grader", "worker"))
    ) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _git(*words: str) -> bytes:
    """Return the output of git in this checkout, whoever owns it."""
    command = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *words]
    return subprocess.run(command, check=True, capture_output=True).stdout
