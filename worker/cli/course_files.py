"""The assignments of a course whose functions are in somebody's files: one file often has those of many."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory

import click

from backmark.grader.contracts.gallery import list_gallery
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.reading import read
from backmark.worker.cli.archives import unpack
from backmark.worker.cli.downloads import DownloadedFile, open_downloads
from backmark.worker.cli.files import read_submission

#: The beginning of a definition, as it stands in a Python file, or within a string of a notebook.
_DEFINITION = re.compile(rb'(?:^|"|\\n)[ \t]*(?:async +)?(?:def|class) +(\w+)', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CourseFiles:
    """An assignment, and the submissions that define all of its functions."""

    assignment: ContractAssignment
    files: Sequence[DownloadedFile]


@contextmanager
def open_course(paths: Sequence[Path], course: str) -> Iterator[list[CourseFiles]]:
    """Find the assignments of a course that these files are of, while archives are unpacked.

    `course` is what the IDs begin with. Which functions a file defines is read off its text: nothing of it is run.
    Raises UsageError if there is no such course, and if none of its assignments is in the files.
    """
    entries = [entry for entry in list_gallery() if f"{entry.id}-".startswith(f"{course}-")]
    if not entries:
        courses = ", ".join(sorted({entry.id.partition("-")[0] for entry in list_gallery() if "-" in entry.id}))
        message = f"there is no course {course}; an ID begins with one of these: {courses}"
        raise click.UsageError(message)
    with ExitStack() as stack:
        candidates = [_find_files(stack, paths, read(entry.folder)) for entry in entries]
        matching = [candidate for candidate in candidates if candidate.files]
        if not matching:
            message = f"no file defines all functions that an assignment of {course} asks for"
            raise click.UsageError(message)
        yield matching


def _find_files(stack: ExitStack, paths: Sequence[Path], assignment: ContractAssignment) -> CourseFiles:
    package = PurePath(assignment.package)
    downloads = stack.enter_context(open_downloads(paths, assignment.package))
    files = [
        file
        for file in downloads
        if (file.named or file.gradable)
        and (not assignment.package or file.path.is_dir() or file.name.name == package.name or _is_archive(file))
        and {*assignment.entries} <= _list_definitions(file, assignment.package)
    ]
    return CourseFiles(assignment, files)


def _is_archive(file: DownloadedFile) -> bool:
    return file.name.suffix.lower() == ".zip"


def _list_definitions(file: DownloadedFile, package: str) -> set[str]:
    """Return the names that a file defines, or the graded file of a package; raises ArchiveRefused."""
    if file.path.is_dir():
        source = read_submission(file.path / package)
    else:
        source = _read_member(file.path, package) if _is_archive(file) else read_submission(file.path)
    return {name.decode() for name in _DEFINITION.findall(source)}


def _read_member(archive: Path, package: str) -> bytes:
    """Return the graded file of a package's archive; empty if there is none."""
    with TemporaryDirectory(prefix="backmark-") as folder:
        members = [(name, file) for name, file in unpack(archive, Path(folder)) if f"/{name}".endswith(f"/{package}")]
        # As in the jail, the one in the fewest folders counts.
        return read_submission(min(members, key=lambda member: len(member[0].parts))[1]) if members else b""
