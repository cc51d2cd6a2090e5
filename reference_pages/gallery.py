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


def write_page() -> str:
    """Return the page: a table with a row for each assignment."""
    rows = ((f"`{entry.id}`", entry.title, entry.course, entry.convention) for entry in list_gallery())
    return _HEAD + table(("ID", "what students write", "course", "convention"), rows).rstrip() + "\n"
