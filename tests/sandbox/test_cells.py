"""A notebook's code cells on their way out of the jail: within caps, and believed only as text and numbers."""

from typing import Any

import pytest

from backmark.grader.errors import Crashed
from backmark.worker.sandbox import reply
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.cells import BYTES, CELLS, Cells, decode, encode
from backmark.worker.sandbox.inside.reading.notebook import NotebookCell
from backmark.worker.sandbox.inside.wire import Frame


def test_they_come_out_as_they_were_with_what_follows_them() -> None:
    entry, data = encode([NotebookCell(2, "a = 'é'\n"), NotebookCell(5, ""), NotebookCell(6, "b")])
    assert decode(entry, data + b"code") == (Cells(((2, "a = 'é'\n"), (5, ""), (6, "b"))), b"code")


def test_half_a_surrogate_pair_is_spelt_out() -> None:
    assert decode(*encode([NotebookCell(1, "a\ud800")]))[0].texts == ((1, "a\\ud800"),)


@pytest.mark.parametrize(
    "cells",
    [
        [NotebookCell(1, "é" * BYTES)],
        [NotebookCell(1, "a" + "é" * BYTES)],
        [NotebookCell(number, "x" * 1000) for number in range(1, 2 * CELLS)],
        [NotebookCell(number, "") for number in range(1, 2 * CELLS)],
        [NotebookCell(1, "x" * (BYTES - 1)), NotebookCell(2, "é")],
    ],
)
def test_more_than_the_caps_is_cut_and_that_is_said(cells: list[NotebookCell]) -> None:
    entry, data = encode(cells)
    extraction, remainder = decode(entry, data)
    assert not extraction.whole
    assert (len(extraction.texts) <= CELLS, len(data) <= BYTES, remainder) == (True, True, b"")


def test_cells_that_are_left_out_are_still_counted() -> None:
    long = [NotebookCell(1, "x" * BYTES, position=3), NotebookCell(2, "y", position=5), NotebookCell(3, "", position=9)]
    cells, _ = decode(*encode(long))
    assert ([number for number, _ in cells.texts], cells.beyond, cells.numbers) == ([3, 5], (9,), (3, 5, 9))
    assert (cells.find_text(1)[:2], cells.find_text(2), cells.find_text(0)) == ("xx", "", "")


@pytest.mark.parametrize(
    "beyond", [None, [0], [True], ["1"], [1 << 40], [1] * (CELLS + 1)], ids=["none", "0", "bool", "text", "big", "many"]
)
def test_numbers_of_cells_that_are_none_are_refused(beyond: Any) -> None:
    entry = {"cells": [], "whole": True, "names": [], "beyond": []}
    assert decode(entry, b"")[0] == Cells()
    with pytest.raises((TypeError, ValueError)):
        decode({**entry, "beyond": beyond}, b"")


@pytest.mark.parametrize(
    "entry",
    [
        None,
        {},
        {"cells": [], "whole": 1},
        {"cells": 3, "whole": True},
        {"cells": [[1, 1]] * (CELLS + 1), "whole": True},
        {"cells": [[1]], "whole": True},
        {"cells": [[1, -1]], "whole": True},
        {"cells": [[0, 1]], "whole": True},
        {"cells": [[2, 1], [1, 1]], "whole": True},
        {"cells": [[1, True]], "whole": True},
        {"cells": [[1, 5]], "whole": True},
        {"cells": [[1, 1]], "whole": True},
    ],
)
def test_what_is_no_such_reply_is_refused(entry: Any) -> None:
    with pytest.raises((TypeError, ValueError, KeyError)):
        decode(entry, b"\xffabc")


@pytest.mark.parametrize("header", [{}, {"listing": {"cells": [[1, 99]], "whole": True}}])
def test_a_jail_that_lies_about_its_cells_has_crashed(header: dict[str, Any]) -> None:
    full_header = {"fingerprint": "a", "left_out": [], "writes": [], **header}
    with pytest.raises(Crashed):
        reply.read_extraction(Frame(full_header, b"code"), Entry("f"))
