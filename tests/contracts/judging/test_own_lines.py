"""The student's own lines that write a wrong result: in the verdict, in the terminal, on the page, at its level."""

import json
from dataclasses import replace

import pytest
from rich.console import Console

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.own_lines import locate_first
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.verdict import FirstDifference, Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.terminal import render
from backmark.grader.reports.view import LineMark
from backmark.grader.web.pages.sources import list_named, listing
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.reading.writes import Write
from tests.contracts.making import RIGHT, build, contract

#: A right backward pass but for the lines of `dw`.
SOURCE = """
def linear(x, w):
    return x @ w


def linear_backward(dout, x, w):
    dx = dout @ w.T
    dw = x.T @ dout
    dw = dw / 2
    return dx, dw
"""


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    built = build(contract())
    return replace(built, assignment=replace(built.assignment, repair=False), stored=None)


def grade(revision: ContractRevision, jails: Jails, source: str, name: str = "mine.py") -> Verdict:
    """Return the verdict of a grader that does not look for the line itself."""
    return Grader(Judge(revision), jails).grade(source.encode(), name)


def test_the_line_is_in_the_verdict_the_terminal_and_on_the_page(revision: ContractRevision, jails: Jails) -> None:
    verdict = grade(revision, jails, SOURCE)
    message = "`dw` is wrong; lines 8 and 9 set it."
    assert verdict.first_difference == FirstDifference("dw", message, lines=(8, 9))
    console = Console(width=100, record=True, file=None)
    with console.capture() as capture:
        console.print(render(verdict))
    assert message in capture.get()
    source = SOURCE.encode()
    code_listing = listing("mine.py", source, len(source), None, verdict)
    named = [(line.place, line.text.strip(), line.mark) for line in list_named(code_listing, verdict)]
    assert named == [
        ("Line 8", "dw = x.T @ dout", LineMark.DIFFERS),
        ("Line 9", "dw = dw / 2", LineMark.DIFFERS),
    ]


def test_a_notebooks_line_has_its_cell(revision: ContractRevision, jails: Jails) -> None:
    cells = [{"cell_type": "markdown", "source": "Text"}, {"cell_type": "code", "source": SOURCE}]
    verdict = grade(revision, jails, json.dumps({"cells": cells}), "mine.ipynb")
    assert verdict.first_difference is not None
    # The cell as the file has it, its words as a reader counts.
    assert (verdict.first_difference.cell, verdict.first_difference.lines) == (2, (8, 9))
    assert verdict.first_difference.message == (
        "`dw` is wrong; lines 8 and 9 of code cell 1 (begins `def linear(x, w):`) set it."
    )


@pytest.mark.parametrize(
    "body",
    [
        # Whatever may have written it is not in the text, or it is not written at all.
        "    globals()['go'](dout)\n    return dout, w",
        "    if len(x) > 1:\n        return dout @ w.T, x.T @ dout\n    return dout @ w.T, 0 * w",
        "    raise ValueError",
    ],
)
def test_nothing_is_said_where_the_text_does_not_say_it(body: str, revision: ContractRevision, jails: Jails) -> None:
    source = f"{RIGHT[: RIGHT.index('    return dout')]}{body}\n"
    assert grade(revision, jails, source).first_difference is None


def test_a_right_result_is_never_named(revision: ContractRevision, jails: Jails) -> None:
    """Of several wrong ones it is the first whose lines are known."""
    assert grade(revision, jails, RIGHT).first_difference is None
    wrong = SOURCE.replace("return x @ w", "return -x @ w").replace("dw = dw / 2", "")
    first = grade(revision, jails, wrong).first_difference
    assert first is not None
    assert (first.variable, first.lines) == ("out", (3,))


def test_a_malformed_result_has_its_line(revision: ContractRevision, jails: Jails) -> None:
    first = grade(revision, jails, SOURCE.replace("dw / 2", "dw[None]")).first_difference
    assert first is not None
    assert first.lines == (8, 9)


@pytest.mark.parametrize("level", [Level.SCORE, Level.HINT])
def test_no_line_is_shown_below_the_level_full(level: Level, revision: ContractRevision, jails: Jails) -> None:
    result = disclose(grade(revision, jails, SOURCE), Feedback.always(level), 1)
    assert result.first_difference is None
    assert not any("line" in row.message for row in result.properties)


def test_the_first_wrong_result_with_lines_is_shown() -> None:
    assert locate_first(("a", "b"), [Write("c", 0, 3)]) is None
    difference = locate_first(("a", "b"), [Write("b", 0, 3, "net.py"), Write("c", 0, 4)])
    assert difference is not None
    assert difference.message == "`b` is wrong; line 3 of net.py sets it."
