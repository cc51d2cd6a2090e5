"""The assignments of a course whose functions are in somebody's files: one file often has those of many."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath

import click

from backmark.grader.contracts.gallery import list_gallery
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.reading import read
from backmark.worker.cli.downloads import DownloadedFile, open_downloads
from backmark.worker.cli.files import LARGEST_FILE, read_submission

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
        found = [_find_files(stack, paths, read(entry.folder)) for entry in entries]
        found = [course_files for course_files in found if course_files.files]
        if not found:
            message = f"no file defines all functions of an assignment of {course}; see `backmark assignment list`"
            raise click.UsageError(message)
        yield found


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
    """Return the names that a file defines, or the graded file of a package; none of an archive that is damaged."""
    if file.path.is_dir():
        source = (file.path / package).read_bytes()
    elif _is_archive(file):
        source = _read_member(file.path, package)
    else:
        source = read_submission(file.path)
    return {name.decode() for name in _DEFINITION.findall(source)}


def _read_member(archive: Path, package: str) -> bytes:
    with suppress(zipfile.BadZipFile, OSError), zipfile.ZipFile(archive) as opened:
        names = [name for name in opened.namelist() if f"/{name}".endswith(f"/{package}")]
        with opened.open(min(names, key=len)) if names else nullcontext(io.BytesIO()) as stream:
            return stream.read(LARGEST_FILE)
    return b""
