"""A folder's revision lies beside it, under the folder's whole name."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.subjects.contracts import folders
from worker.cli.main import main
from worker.grading.revisions import place_beside


def test_a_dot_in_a_folders_name_is_no_suffix(tmp_path: Path) -> None:
    """The revision of `udl-7.2` must not overwrite the one of `udl-7.3`."""
    folder = folders.write(tmp_path / "udl-7.2")
    assert place_beside(folder) == tmp_path / "udl-7.2.npz"


def test_the_suffix_of_a_file_is_replaced(tmp_path: Path) -> None:
    """A .toml file keeps its revision under its own name."""
    assert place_beside(tmp_path / "mine.toml") == tmp_path / "mine.npz"


def test_the_working_directory_can_be_checked_as_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`backmark assignment check .` finds the folder that it stands in."""
    monkeypatch.chdir(folders.write(tmp_path / "product"))
    result = CliRunner().invoke(main, ["assignment", "check", os.curdir], env={"BACKMARK_CACHE": str(tmp_path)})
    assert result.exit_code == 0, result.output
    assert "Sound" in result.output
