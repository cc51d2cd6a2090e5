"""The page of the assignments that ship, made from their own files."""

from backmark.grader.contracts.gallery import list_gallery
from reference_pages.markdown import table

_HEAD = """# The gallery

Contracts of well-known courses come with Backmark. Each has a reference, right solutions and known mistakes, all in our
own code; names of functions and conventions are the courses'. Grade by one with
`backmark grade --assignment ID FILE`, publish it with `backmark assignment publish ID`, or copy its folder from
`grader/assignments/gallery/` and [change it](contracts.md). Most mistakes are
[changes of the solution](contracts.md#slips-mistakes) in its `assignment.toml`. All contracts have
[rows](contracts.md#rowsname-marks-by-the-lines-that-students-write), so a wrong line costs its own marks.
`backmark assignment list` lists them.

Made from the code by `python -m reference_pages`.

"""

_CONVENTIONS = """## Conventions

Some entries have [conventions](contracts.md#conventions-other-editions-of-the-same-homework): a submission that is
right by another one than the one that counts is told so. The first one counts; to set another, copy the folder and
write `counts` at its top, or use the name that the convention has here.

"""


def write_page() -> str:
    """Return the page: a table with a row for each assignment."""
    rows = ((f"`{entry.id}`", entry.title, entry.course, entry.convention) for entry in list_gallery())
    return f"{_HEAD}{table(('ID', 'what students write', 'course', 'convention'), rows)}{_write_conventions()}\n"


def _write_conventions() -> str:
    """Return the table of entries that have conventions, with the name of each under which it counts."""
    rows = []
    for entry in list_gallery():
        names = {title: name for name, title in entry.other_names.items()}
        for place, title in enumerate(entry.conventions):
            name = entry.id if not place else names.get(title, "")
            rows.append((f"`{entry.id}`", title, f"`{name}`" if name else "copy the folder"))
    return f"{_CONVENTIONS}{table(('entry', 'convention', 'to set it'), rows)}".rstrip()
