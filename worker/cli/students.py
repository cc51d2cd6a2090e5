"""Whose a downloaded file is, by the names that Canvas and Moodle give files. The facts: docs/how-we-know/lms.md."""

import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType

from backmark.grader.support.file_formats import START_BYTES, name_format
from backmark.worker.cli.downloads import DownloadedFile
from backmark.worker.cli.files import write_name

#: `lovelaceada_LATE_101_5001_hw.ipynb`: name, user id, number of the file, its own name. What was typed into Canvas has
#: no number.
_CANVAS = re.compile(
    r"(?P<name>.+?)_(?P<late>LATE_)?(?P<id>\d+)_(?:(?P<file>\d+)_(?P<own>.+)|(?P<typed>text|link)\.html)", re.DOTALL
)
#: `LATE_anon_x7Kp2_5001_hw.ipynb`, if the assignment is graded anonymously.
_CANVAS_ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?(?P<name>anon_[A-Za-z0-9]+)_(?:(?P<file>\d+)_(?P<own>.+)|(?P<typed>text|link)\.html)", re.DOTALL
)
#: `Ada Lovelace_101_assignsubmission_file_/hw.ipynb`: name, participant's number; a folder, or part of a file's name.
_MOODLE = re.compile(
    r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>file|onlinetext)(?:_(?P<own>.*))?", re.DOTALL
)
_TYPED = "was typed into the LMS; only files are graded"
#: The rest of a name that has a second reading, one number further on. Canvas keeps a number at the end of a student's
#: name, so `student_1_104_5004_hw.py` may be of `student` with the id 1, or of `student_1` with the id 104.
_SECOND = re.compile(r"(?P<number>\d+)_(?P<own>.+)|(?P<typed>text|link)\.html", re.DOTALL)


class StudentSource(StrEnum):
    """The ways of knowing a file's student."""

    CANVAS = "canvas"
    MOODLE = "moodle"
    FOLDER = "folder"
    FILE = "file"


#: How each is said aloud when it was guessed.
DESCRIPTIONS: Mapping[StudentSource, str] = MappingProxyType(
    {
        StudentSource.CANVAS: "a Canvas download, by the names of its files",
        StudentSource.MOODLE: "a Moodle download, by the names of its folders",
        StudentSource.FOLDER: "a folder for each student",
        StudentSource.FILE: "a file for each student",
    }
)


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """A file, and its student as far as its name says."""

    file: DownloadedFile
    student: str
    #: The LMS's id of the student; empty if there is none.
    id: str = ""
    late: bool = False
    #: Number of the file: Canvas gives later files higher ones.
    number: int = 0
    #: The file's name without what the LMS put before it.
    own_name: str = ""
    #: The reason why it is not graded; empty if it can be.
    refusal: str = ""

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of a student's files, the oldest first: of `hw.py`, `hw-1.py` and `hw-2.py` the last is newest."""
        parts = re.split(r"(\d+)", PurePosixPath(self.own_name).stem.lower())
        # Every second part is a number.
        return self.number, [int(part) if index % 2 else part for index, part in enumerate(parts)], self.own_name


@dataclass(frozen=True, slots=True)
class StudentFiles:
    """All that a student handed in."""

    student: str
    id: str
    #: The files that can be graded, the newest first.
    files: tuple[OwnedFile, ...]
    #: All others.
    refused: tuple[OwnedFile, ...]

    @property
    def late(self) -> bool:
        """True if the LMS says so."""
        return any(file.late for file in (*self.files, *self.refused))

    def describe_refused(self) -> Iterator[str]:
        """Yield the name of each file that cannot be graded, with the reason."""
        yield from (f"{write_name(file.own_name)} {file.refusal}" for file in self.refused)


def detect(files: Sequence[DownloadedFile]) -> StudentSource:
    """Return the source that most names speak for."""
    for source, reader in ((StudentSource.CANVAS, _read_canvas), (StudentSource.MOODLE, _read_moodle)):
        if sum(reader(file) is not None for file in files) * 2 > len(files):
            return source
    nested = any(len(file.name.parts) > 1 for file in _strip_wrapping(files))
    return StudentSource.FOLDER if nested else StudentSource.FILE


def group(files: Sequence[DownloadedFile], source: StudentSource) -> list[StudentFiles]:
    """Return each student's files, in order of name. A file that is not named as the others is a student's own."""
    owned: dict[tuple[str, str], list[OwnedFile]] = {}
    stripped = _strip_wrapping(files, folders=source is StudentSource.FOLDER)
    unclear = _find_unclear(stripped) if source is StudentSource.CANVAS else {}
    for file in stripped:
        owned_file = unclear.get(file) or _READERS[source](file) or _read_file(file)
        owned.setdefault((owned_file.id or owned_file.student, owned_file.id), []).append(owned_file)
    students = [_make_student(owned_files) for owned_files in owned.values()]
    return sorted(students, key=lambda student: (student.student.lower(), student.id))


def list_ids(name: str) -> tuple[str, ...]:
    """Return the ids of the LMS that the name of a file in a Canvas download may mean: two if it has two readings."""
    reading = _match_canvas(name)
    if reading is None:
        return ()
    return (reading["id"], reading["file"]) if _match_again(reading) else (reading["id"],)


def _find_unclear(files: Sequence[DownloadedFile]) -> Mapping[DownloadedFile, OwnedFile]:
    """Return the files of a Canvas download of which the first reading of the name may be wrong, as they are owned.

    Canvas gives each file a number of its own, so a reading by which two files have the same number is wrong. Where
    that excludes neither reading the file has no id: its mark could be another student's.
    """
    readings = {file: match for file in files if (match := _match_canvas(file.name.name)) and match["file"]}
    again = {file: match for file, reading in readings.items() if (match := _match_again(reading))}
    first = Counter(reading["file"] for reading in readings.values())
    second = Counter(
        (again[file]["number"] if file in again else reading["file"]) for file, reading in readings.items()
    )
    owned = {}
    for file, rest in again.items():
        reading = readings[file]
        may_be_first = first[reading["file"]] == 1
        may_be_second = rest["typed"] is not None or second[rest["number"]] == 1
        if may_be_first and not may_be_second:
            continue
        refusal = _TYPED if rest["typed"] else _refuse(file)
        student, own = f"{reading['name']}_{reading['id']}", rest["own"] or file.name.name
        if may_be_first or not may_be_second:
            unclear = write_name(f"{student}_{reading['file']}")
            owned[file] = OwnedFile(file, unclear, own_name=own, refusal=refusal)
        else:
            number = int(rest["number"] or 0)
            owned[file] = OwnedFile(
                file, write_name(student), reading["file"], number=number, own_name=own, refusal=refusal
            )
    return owned


def _match_canvas(name: str) -> re.Match[str] | None:
    """Return the first reading of a name with a student's id, as Canvas gives it."""
    base = PurePosixPath(name).name
    return None if _CANVAS_ANONYMOUS.fullmatch(base) else _CANVAS.fullmatch(base)


def _match_again(reading: re.Match[str]) -> re.Match[str] | None:
    """Return the number and the own name of the file by the second reading, if there is one."""
    return None if reading["late"] or not reading["file"] else _SECOND.fullmatch(reading["own"])


def _strip_wrapping(files: Sequence[DownloadedFile], folders: int = 0) -> Sequence[DownloadedFile]:
    """Return the files without the folders that the whole class is in; some file keeps so many folders of its own."""
    if len(files) < 2:
        return files
    common = PurePosixPath(posixpath.commonpath([file.name.parent for file in files]))
    deepest = max(len(file.name.parent.parts) for file in files)
    wrapping = max(0, min(len(common.parts), deepest - folders))
    return [replace(file, name=PurePosixPath(*file.name.parts[wrapping:])) for file in files]


def _make_student(owned: Sequence[OwnedFile]) -> StudentFiles:
    newest_first = sorted(owned, key=lambda file: file.rank, reverse=True)
    return StudentFiles(
        newest_first[0].student,
        newest_first[0].id,
        tuple(file for file in newest_first if not file.refusal),
        tuple(file for file in newest_first if file.refusal),
    )


def _read_canvas(file: DownloadedFile) -> OwnedFile | None:
    match = _CANVAS_ANONYMOUS.fullmatch(file.name.name) or _CANVAS.fullmatch(file.name.name)
    if match is None:
        return None
    parts = match.groupdict()
    refusal = _TYPED if parts["typed"] else _refuse(file)
    return OwnedFile(
        file,
        write_name(parts["name"]),
        parts.get("id") or "",
        parts["late"] is not None,
        int(parts["file"] or 0),
        parts["own"] or file.name.name,
        refusal,
    )


def _read_moodle(file: DownloadedFile) -> OwnedFile | None:
    for part in file.name.parts:
        match = _MOODLE.fullmatch(part)
        if match is not None:
            parts = match.groupdict()
            refusal = _TYPED if parts["plugin"] == "onlinetext" else _refuse(file)
            own = part == file.name.name and parts["own"]
            return OwnedFile(
                file, write_name(parts["name"]), parts["id"] or "", own_name=own or file.name.name, refusal=refusal
            )
    return None


def _read_folder(file: DownloadedFile) -> OwnedFile | None:
    if len(file.name.parts) < 2:
        return None
    return OwnedFile(file, write_name(file.name.parts[0]), own_name=file.name.name, refusal=_refuse(file))


def _read_file(file: DownloadedFile) -> OwnedFile:
    own = write_name(str(file.name.with_suffix("")))
    return OwnedFile(file, own, own_name=file.name.name, refusal=_refuse(file))


def _refuse(file: DownloadedFile) -> str:
    """Return the reason why a file is not graded; empty if its name is that of a notebook or a Python file."""
    if file.gradable:
        return ""
    with file.path.open("rb") as stream:
        start = stream.read(START_BYTES)
    if not start:
        return "is empty"
    format_name = name_format(start)
    return f"is {format_name}" if format_name else "is called neither .ipynb nor .py"


_READERS: Mapping[StudentSource, Callable[[DownloadedFile], OwnedFile | None]] = MappingProxyType(
    {
        StudentSource.CANVAS: _read_canvas,
        StudentSource.MOODLE: _read_moodle,
        StudentSource.FOLDER: _read_folder,
        StudentSource.FILE: _read_file,
    }
)
