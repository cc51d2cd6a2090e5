"""A file is there wholly, or as it was before."""

import errno
from pathlib import Path

import pytest

from backmark.grader.support.writing import write_whole
from backmark.worker.grading.revisions import save


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_has_what_was_written_and_the_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "marks.csv"
    with write_whole(file, mode) as stream:
        stream.write(b"9")
        assert not file.exists()
    assert file.read_bytes() == b"9"
    assert file.stat().st_mode & 0o777 == mode


def write_half(file: Path) -> None:
    with write_whole(file) as stream:
        stream.write(b"9")
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_write_that_fails_leaves_the_file_as_it_was_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "marks.csv"
    file.write_bytes(b"8")
    with pytest.raises(OSError, match="No space"):
        write_half(file)
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == b"8"


def test_a_revision_that_cannot_be_kept_fills_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        save(tmp_path / "revisions" / "mine.npz", b"cases")
    assert list((tmp_path / "revisions").iterdir()) == []
