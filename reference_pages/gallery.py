"""The page of the assignments that ship, made from their own files."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backmark.grader.contracts.gallery import GalleryEntry, list_gallery
from backmark.grader.contracts.language.reading import read
from reference_pages.markdown import code, table

_REAL_FILES = Path(__file__).with_name("real_files.toml")

_HEAD = """# The gallery

Contracts of well-known courses come with Backmark. Each has a reference, right solutions and known mistakes, all in our
own code; names of functions and conventions are the courses'. Grade by one with
`backmark grade --assignment ID FILE`, publish it with `backmark assignment publish ID`, or copy its folder from
`grader/assignments/gallery/` and [change it](contracts.md). Most mistakes are
[changes of the solution](contracts.md#slips-mistakes) in its `assignment.toml`. All contracts have
[rows](contracts.md#rowsname-marks-by-the-lines-that-students-write), so a wrong line costs its own marks.
`backmark assignment list` lists them. Students hand in a file or a notebook with the functions or classes. The last
column counts files that students of public classes handed in, as far as they were tried: an oracle outside Backmark
says which are right.

Made from the code by `python -m reference_pages`.

"""

_CONVENTIONS = """## Conventions

Some entries have [conventions](contracts.md#conventions-other-editions-of-the-same-homework): a submission that is
right by another one than the one that counts is told so. The first one counts; to set another, copy the folder and
write `counts` at its top, or use the name that the convention has here.

"""


def write_page() -> str:
    """Return the page: a table with a row for each assignment."""
    measured = tomllib.loads(_REAL_FILES.read_text(encoding="utf-8"))
    heads = ("ID", "what students write", "course and edition", "handed in", "convention", "real files")
    rows = (
        (
            *(f"`{entry.id}`", entry.title, entry.course, _describe_handed_in(entry), entry.convention),
            _describe_real(measured.get(entry.id, {})),
        )
        for entry in list_gallery()
    )
    return f"{_HEAD}{table(heads, rows)}{_write_conventions()}\n"


def _describe_handed_in(entry: GalleryEntry) -> str:
    """Return what students hand in: a file of a package, or the functions that a file or a notebook must have."""
    assignment = read(entry.folder)
    functions = code(*assignment.entries)
    return f"{functions} in `{assignment.package}`, alone or in its folder" if assignment.package else functions


def _describe_real(measured: Mapping[str, Any]) -> str:
    """Return how many real files were tried, and how many right ones pass; empty if none was tried."""
    if not measured:
        return ""
    text = f"{measured['tried']} tried; {measured['passed']} of {measured['right']} right ones pass"
    if "as_taught" not in measured:
        return text
    return f"{text}; with `as_taught` {measured['as_taught']} of all pass. Most of those added {measured['others']}"


def _write_conventions() -> str:
    """Return the table of entries that have conventions, with the name of each under which it counts."""
    rows = []
    for entry in list_gallery():
        names = {title: name for name, title in entry.other_names.items()}
        for place, title in enumerate(entry.conventions):
            name = entry.id if not place else names.get(title, "")
            rows.append((f"`{entry.id}`", title, f"`{name}`" if name else "copy the folder"))
    return f"{_CONVENTIONS}{table(('entry', 'convention', 'to set it'), rows)}".rstrip()
