"""A folder's revision lies beside it, under the folder's whole name."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.worker.cli.main import main
from backmark.worker.grading.revisions import place_beside
from tests.contracts.making import FILES, LINEAR


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dot in its name."""
    folder = tmp_path / "linear-1.2"
    for name, text in {"assignment.toml": LINEAR, **FILES}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_a_dot_in_a_folders_name_is_no_suffix(folder: Path) -> None:
    """The revision of one must not overwrite the next one's."""
    assert place_beside(folder) == folder.parent / "linear-1.2.npz"


def test_the_suffix_of_a_file_is_replaced(tmp_path: Path) -> None:
    assert place_beside(tmp_path / "mine.toml") == tmp_path / "mine.npz"


def test_the_working_directory_can_be_checked_as_a_dot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(main, ["assignment", "check", os.curdir], env={"BACKMARK_CACHE": str(folder.parent)})
    assert result.exit_code == 0, result.output
    assert "Sound" in result.output
