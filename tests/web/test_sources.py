"""A source is shown line by line as text, with the lines marked that its verdict speaks of, whatever is in it."""

import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest

from backmark.grader.model.assignment import Level
from backmark.grader.model.mended_statement import MendedStatement, MendingKind
from backmark.grader.model.result import read_verdict
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import FirstDifference, StudentError, Verdict
from backmark.grader.reports.view import LineMark
from backmark.grader.store.listings import CodeListing as Stored
from backmark.grader.web.pages import sources
from backmark.grader.web.pages.sources import RAW, MarkedListing
from tests.web.verdicts import failing_verdict

Place = tuple[int | None, int]


def places(cells_and_lines: Sequence[Place]) -> tuple[SourceLine, ...]:
    """Lines as a verdict has them."""
    return tuple(SourceLine(cell, line) for cell, line in cells_and_lines)


def verdict(
    *,
    frames: Sequence[Place] = (),
    refused_lines: Sequence[Place] = (),
    cell: int | None = None,
    lines: Sequence[int] = (),
) -> Verdict:
    """A failed verdict that names these lines."""
    difference = FirstDifference("all_dl_df[2]", "all_dl_df[2], line 1, is", cell, tuple(lines))
    error = StudentError("ValueError", "on line 3", "  line 3", places(frames), places(refused_lines))
    return replace(
        read_verdict(failing_verdict()),
        error=error if frames or refused_lines else None,
        first_difference=difference if lines else None,
    )


def listing(source: bytes, filename: str, shown_verdict: Verdict | None) -> MarkedListing:
    """Return the listing of a file without stored cells."""
    return sources.listing(filename, source[:RAW], len(source), None, shown_verdict)


def notebook(shown_verdict: Verdict | None, *cells: tuple[int, str], is_whole: bool = True) -> MarkedListing:
    """Return the listing of a notebook with these code cells."""
    return sources.listing("a.ipynb", b'{"cells": 3}', 12, Stored(cells, is_whole), shown_verdict)


def marked_lines(marked_listing: MarkedListing) -> list[tuple[int | None, int, str, LineMark | None]]:
    return [(cell.number, line.number, line.text, line.mark) for cell in marked_listing.cells for line in cell.marked]


def test_a_python_file_is_one_piece_with_its_own_numbers() -> None:
    marked_listing = listing(b"a = 1\r\nb = 2\rc = 3\n", "a.py", None)
    assert [(cell.number, [line.text for line in cell.lines]) for cell in marked_listing.cells] == [
        (None, ["a = 1", "b = 2", "c = 3", ""])
    ]
    assert (marked_listing.whole, marked_listing.marked) == (True, False)


def test_a_form_feed_ends_no_line_as_in_python() -> None:
    assert [line.text for line in listing(b"a\x0cb\nc", "a.py", None).cells[0].lines] == ["a\\x0cb", "c"]


def test_the_lines_that_a_traceback_names_are_marked() -> None:
    marked_listing = listing(b"a = 1\nb = 2\nc = 3", "a.py", verdict(frames=[(None, 2)]))
    assert marked_lines(marked_listing) == [(None, 2, "b = 2", LineMark.RAISED)]


def test_in_a_notebook_it_is_the_line_of_the_cell() -> None:
    error_verdict = verdict(frames=[(3, 2)])
    marked_listing = notebook(error_verdict, (2, "a = 1\nb = 2"), (3, "c = 1\nd = 2"))
    assert [cell.number for cell in marked_listing.cells] == [2, 3]
    assert marked_lines(marked_listing) == [(3, 2, "d = 2", LineMark.RAISED)]


def test_why_a_file_was_refused_marks_its_line() -> None:
    marked_listing = listing(b"a = (\nb", "a.py", verdict(refused_lines=[(None, 1)]))
    assert marked_lines(marked_listing) == [(None, 1, "a = (", LineMark.RAISED)]


@pytest.mark.parametrize("lines", [[1], [1, 3], [1, 2, 3]])
def test_the_lines_that_the_first_difference_names_are_marked_and_no_others_that_write_it(lines: list[int]) -> None:
    error_verdict = verdict(cell=2, lines=lines)
    marked_listing = marked_lines(notebook(error_verdict, (2, "x\ny\nz\nother[1] = 2")))
    assert [(cell, line, mark) for cell, line, _, mark in marked_listing] == [
        (2, marked_line, LineMark.DIFFERS) for marked_line in lines
    ]


def test_lines_that_must_be_changed_are_marked_as_such_and_not_quoted_again() -> None:
    statements = [
        MendedStatement(MendingKind.REPLACE, ("dw",), ("dW",), places([(3, line)]), "c = 1", "", "") for line in (1, 2)
    ]
    named_verdict = replace(verdict(frames=[(3, 2), (3, 3)]), repair=tuple(statements), level=Level.HINT)
    marked_listing = notebook(named_verdict, (2, "a = 1\nb = 2"), (3, "c = 1\nd = 2\ne = 3"))
    assert [(line, mark) for _, line, _, mark in marked_lines(marked_listing)] == [
        (1, LineMark.MENDED),
        (2, LineMark.MENDED),
        (3, LineMark.RAISED),
    ]
    assert [line.text for line in sources.list_named(marked_listing, named_verdict)] == ["e = 3"]


@pytest.mark.parametrize("source", [b"{not json", b"{}", b'\xef\xbb\xbf {"a":' * 200_000, b"\xff\xfe\x00", b""])
def test_a_notebook_whose_cells_are_not_stored_is_shown_as_its_file_and_that_is_said(source: bytes) -> None:
    marked_listing = listing(source, "a.ipynb", None)
    (cell,) = marked_listing.cells
    assert (cell.number, marked_listing.raw) == (None, True)
    assert cell.lines
    assert not listing(b"a = 1", "a.py", None).raw


def test_eight_mebibytes_of_json_cost_the_web_server_little() -> None:
    source = b'{"cells": [' + b'{"cell_type": "code", "source": "a"},' * 225_000
    tracemalloc.start()
    marked_listing = listing(source, "a.ipynb", None)
    cost = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not marked_listing.whole
    assert cost < 4 << 20


def test_what_could_harm_a_page_is_spelt_out() -> None:
    (cell,) = listing("a\x1b[31m\u202eb\x00".encode(), "a.py", None).cells
    assert cell.lines[0].text == "a\\x1b[31m\\u202eb\\x00"


def test_long_lines_and_many_lines_are_cut() -> None:
    marked_listing = listing(b"x" * 200_000 + b"\n" * 20_000, "a.py", None)
    assert len(marked_listing.cells[0].lines) == 3000
    assert len(marked_listing.cells[0].lines[0].text) < 500
    assert not marked_listing.whole
    many_cells = notebook(None, *[(number, "\n" * 999) for number in range(1, 11)])
    assert (sum(len(cell.lines) for cell in many_cells.cells), many_cells.whole) == (3000, False)
