"""Submissions as files: which files are meant, what they are called, and what they contain."""

import io
import stat
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from types import MappingProxyType

import click

#: Bytes of a file above which it is refused unread: no notebook is that large.
LARGEST_FILE = 64 << 20
#: In a name they would make another line of a report.
_BREAKS = MappingProxyType(dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), "\ufffd"))


def find_submissions(paths: Sequence[Path], package: str = "") -> list[Path]:
    """Return the files and the submissions in the folders; raise UsageError if there are none.

    `package`: see `list_folder`.
    """
    submissions = list(_walk(paths, package))
    if not submissions:
        endings = f"{'.zip, ' if package else ''}.ipynb or .py"
        message = f"nothing to grade: there is no {endings} file in the folders that you named"
        raise click.UsageError(message)
    return submissions


def can_be_graded(path: PurePath, *, packages: bool = False) -> bool:
    """Return True if its name is that of a notebook or a Python file; with `packages` also that of a ZIP archive."""
    return path.suffix.lower() in {".ipynb", ".py"} or (packages and path.suffix.lower() == ".zip")


def is_package(path: Path, package: str) -> bool:
    """Return True for a folder that is one submission: it has the file at the path that an assignment names."""
    return bool(package) and path.is_dir() and (path / package).is_file()


def is_hidden(path: PurePath) -> bool:
    """Return True if a file or one of its folders was put there by an operating system or by Jupyter."""
    return any(part.startswith((".", "__")) for part in path.parts)


def list_folder(folder: Path, package: str = "") -> Iterator[Path]:
    """Yield all files in a folder and below that are not hidden, in order of name.

    `package` is the path of the graded file where the assignment takes packages: a folder that has such a file is
    yielded, and what is in it is not.
    """
    whole: Path | None = None
    for path in sorted(folder.rglob("*")):
        if is_hidden(path.relative_to(folder)) or (whole is not None and path.is_relative_to(whole)):
            continue
        if is_package(path, package):
            whole = path
            yield path
        elif path.is_file():
            yield path


def _walk(paths: Sequence[Path], package: str) -> Iterator[Path]:
    for path in paths:
        if is_package(path, package):
            yield path
        elif path.is_dir():
            listed = list_folder(path, package)
            yield from (file for file in listed if file.is_dir() or can_be_graded(file, packages=bool(package)))
        elif path.is_file():
            yield path
        else:
            message = f"{path} is neither a file nor a folder"
            raise click.UsageError(message)


def list_names(files: Sequence[PurePath]) -> list[str]:
    """Return the files' names, with their folders if two names would otherwise be the same."""
    ambiguous = len({file.name for file in files}) < len(files)
    return [write_name(str(file) if ambiguous else file.name) for file in files]


def write_name(name: str) -> str:
    """Return a file's name on one line for a report, which cannot hold bytes that are not in our encoding."""
    return name.encode("utf-8", "backslashreplace").decode().translate(_BREAKS)


def read_submission(file: Path) -> bytes:
    """Return the file's bytes, or a folder's as a ZIP archive; of a file that is too large, one byte more than that.

    An OSError names what could not be read.
    """
    try:
        return _archive(file) if file.is_dir() else _read_start(file)
    except OSError as error:
        # Python says it of a file that cannot be opened only.
        error.filename = error.filename or str(file)
        raise


def sent_name(file: Path) -> str:
    """Return the name under which a file, or a folder as an archive, is sent."""
    return f"{file.resolve().name}.zip" if file.is_dir() else file.name


def begins_with(file: Path, start: bytes) -> bool:
    """Return True if these are the file's first bytes."""
    with file.open("rb") as stream:
        return stream.read(len(start)) == start


def check_empty(folder: Path) -> None:
    """Raise UsageError for a folder with something in it, and for a file."""
    if folder.is_file() or (folder.exists() and any(folder.iterdir())):
        what = "is a file" if folder.is_file() else "is not empty"
        message = f"{folder} {what}; name a folder that does not exist yet"
        raise click.UsageError(message)


def write_folder(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts as files of a folder, by their paths in it, and print the path of each."""
    for name, text in texts.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        click.echo(str(target))


def _archive(folder: Path) -> bytes:
    """Return a folder's Python files as a ZIP archive, the same each time; a link goes into it as a link."""
    data, unpacked = io.BytesIO(), 0
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*.py")):
            path = file.relative_to(folder)
            if any(part.startswith((".", "__pycache__")) for part in path.parts) or not (
                file.is_file() or file.is_symlink()
            ):
                continue
            member = zipfile.ZipInfo(path.as_posix())
            member.compress_type = zipfile.ZIP_DEFLATED
            link = file.is_symlink()
            member.external_attr = (stat.S_IFLNK if link else stat.S_IFREG | 0o644) << 16
            content = str(file.readlink()).encode() if link else _read_start(file)
            archive.writestr(member, content)
            unpacked += len(content)
            if max(unpacked, data.tell()) > LARGEST_FILE:
                # It is refused for that.
                break
    return data.getvalue()


def _read_start(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST_FILE + 1)
