"""A notebook's code cells on their way out of the jail: within caps, and believed only as text and numbers."""

from typing import Any

import pytest

from grader.errors import Crashed
from worker.sandbox import reply
from worker.sandbox.inside.cells import BYTES, CELLS, Cells, decode, encode
from worker.sandbox.inside.entry import Entry
from worker.sandbox.inside.notebook import NotebookCell
from worker.sandbox.inside.wire import Frame


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
