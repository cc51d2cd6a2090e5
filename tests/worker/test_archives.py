"""Archives are unpacked into a temporary folder and nowhere else, or refused with a sentence."""

import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from backmark.worker.cli import archives, files
from backmark.worker.cli.downloads import open_downloads
from backmark.worker.cli.files import LARGEST_FILE


def archive(folder: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    """An archive of these members."""
    file = folder / "class.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for name, content in members:
            zip_file.writestr(name, content)
    return file


def link() -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("ada.py")
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../ada.py", "outside of the folder"),
        ("a/../../ada.py", "outside of the folder"),
        ("/etc/ada.py", "outside of the folder"),
        ("..\\ada.py", "outside of the folder"),
        ("C:\\ada.py", "outside of the folder"),
        (link(), "a link to another file"),
        # Thousands of digits are no number to Python.
        (f"x_7_1_{'9' * 5000}.py", "a name of more than 255 characters"),
    ],
)
def test_a_path_that_leads_elsewhere_is_refused_and_nothing_is_written(
    tmp_path: Path, name: str | zipfile.ZipInfo, reason: str
) -> None:
    file = archive(tmp_path, ("grace.py", b"x = 1\n"), (name, b"/etc/passwd"))
    with pytest.raises(click.UsageError, match=reason), open_downloads([file]):
        pass
    assert list(tmp_path.iterdir()) == [file]


def test_a_bomb_is_unpacked_as_far_as_the_largest_file_and_a_film_as_far_as_its_first_bytes(tmp_path: Path) -> None:
    file = archive(tmp_path, ("ada.py", bytes(LARGEST_FILE + 5000)), ("film.mp4", bytes(5000)))
    with open_downloads([file]) as downloads:
        assert [entry.path.stat().st_size for entry in downloads] == [LARGEST_FILE + 1, 1024]


def test_a_folder_is_packed_as_far_as_the_largest_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However well its files can be compressed; it is refused then."""
    monkeypatch.setattr(files, "LARGEST_FILE", 1000)
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_bytes(bytes(900))
    with zipfile.ZipFile(io.BytesIO(files.read_submission(tmp_path))) as zip_file:
        assert zip_file.namelist() == ["a.py", "b.py"]


def _count(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archives, "MOST_MEMBERS", 2)


def _weigh(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(archives, "MOST_BYTES", 2 << 20)


@pytest.mark.parametrize(
    ("limit", "reason"), [(_count, "has 3 files, more than the limit of 2"), (_weigh, "more than 2 MiB")]
)
def test_an_archive_of_too_many_files_or_bytes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: Callable[[pytest.MonkeyPatch], None], reason: str
) -> None:
    limit(monkeypatch)
    file = archive(tmp_path, *((f"{number}.py", bytes(1 << 20)) for number in range(3)))
    with pytest.raises(click.UsageError, match=reason), open_downloads([file]):
        pass


@pytest.mark.parametrize("cut_length", [10, 60, 110])
def test_a_damaged_archive_is_refused(tmp_path: Path, cut_length: int) -> None:
    file = archive(tmp_path, ("ada.py", b"x = 1\n" * 20))
    data = file.read_bytes()
    file.write_bytes(data[:cut_length] if cut_length < 100 else data[:40] + b"\xff" * 8 + data[48:])
    with pytest.raises(click.UsageError, match="download it again"), open_downloads([file]):
        pass


def test_files_are_called_as_in_the_archive_and_gone_afterwards(tmp_path: Path) -> None:
    """Whatever the names are: they are no paths of this machine."""
    terrible = "x" * 240 + "\u202e\n.py"
    file = archive(tmp_path, (terrible, b"1"), ("a/b.IPYNB", b"2"), ("__MACOSX/a.py", b"3"), ("a/.hidden.py", b"4"))
    with open_downloads([file]) as downloads:
        assert {str(entry.name): entry.path.read_bytes() for entry in downloads} == {terrible: b"1", "a/b.IPYNB": b"2"}
        assert str(downloads[1].label) == str(file / "a/b.IPYNB")
    assert not any(entry.path.exists() for entry in downloads)


def _spoil_name(data: bytearray) -> None:
    data[:] = data.replace("\u00fc".encode(), b"\xff\xfe")


def _move_directory(data: bytearray) -> None:
    start = data.rindex(b"PK\x05\x06") + 16
    data[start : start + 4] = b"\xff\xff\xff\x7f"


def _spoil_own_name(data: bytearray) -> None:
    data[30] = 0xFF


@pytest.mark.parametrize("spoil", [_spoil_name, _spoil_own_name, _move_directory])
def test_an_archive_whose_directory_makes_no_sense_is_refused(
    tmp_path: Path, spoil: Callable[[bytearray], None]
) -> None:
    file = archive(tmp_path, ("\u00fc.py", b"x = 1\n"))
    data = bytearray(file.read_bytes())
    spoil(data)
    file.write_bytes(data)
    with pytest.raises(click.UsageError, match="it is damaged"), open_downloads([file]):
        pass


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_file_of_any_compression_is_the_archive_s_fault(tmp_path: Path, method: int) -> None:
    file = tmp_path / "class.zip"
    with zipfile.ZipFile(file, "w", method) as zip_file:
        zip_file.writestr("ada.py", b"x = 1\n" * 200)
    data = bytearray(file.read_bytes())
    # Behind the header and the name: the stream's own beginning.
    data[36:56] = b"\xff" * 20
    file.write_bytes(data)
    with pytest.raises(click.UsageError, match="it is damaged"), open_downloads([file]):
        pass
