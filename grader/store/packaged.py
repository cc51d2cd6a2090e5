"""The assignments that ship with Backmark, read without NumPy."""

import json
import zipfile
from dataclasses import dataclass
from functools import cache
from typing import Any

from backmark.grader.contracts.gallery import find_kit, list_drawn
from backmark.grader.contracts.language.archive import read_header
from backmark.grader.errors import AssignmentError


@dataclass(frozen=True, slots=True)
class PackagedRevision:
    """A packaged revision: its archive, and the archive's header."""

    id: str
    assignment: str
    assignment_id: str
    title: str
    cases_sha256: str
    archive: bytes
    #: The number of cases.
    cases: int
    #: The preview that `backmark.grader.contracts.publishing.preview` wrote.
    preview: str


@cache
def list_packaged_revisions() -> tuple[PackagedRevision, ...]:
    """Return the packaged revisions, sorted by file name."""
    return tuple(
        read_packaged(file.name, file.read_bytes(), file.with_suffix(".preview.json").read_text(encoding="utf-8"))
        for file in list_drawn()
    )


def find_packaged_kit(revision_id: str) -> bytes | None:
    """Return the kit that ships of a packaged revision, without its solution; None if none ships."""
    assignments = (packaged.assignment_id for packaged in list_packaged_revisions() if packaged.id == revision_id)
    file = next(map(find_kit, assignments), None)
    return None if file is None else file.read_bytes()


def read_packaged(name: str, data: bytes, preview: str) -> PackagedRevision:
    """Return a packaged revision; raises AssignmentError if it is damaged."""
    try:
        header = read_header(data)
        assignment: dict[str, Any] = json.loads(header.assignment)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise AssignmentError(f"{name}, which ships with Backmark, is damaged; install it again") from error
    return PackagedRevision(
        id=header.id,
        assignment=header.assignment,
        assignment_id=assignment["id"],
        title=assignment["title"],
        cases_sha256=header.cases_sha256,
        archive=data,
        cases=header.cases,
        preview=preview.strip(),
    )
