"""What a GitHub workflow is given: annotations, the job's summary, and Classroom 50's result."""

import dataclasses
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import StudentError, Verdict
from backmark.grader.reports import annotations, classroom50, markdown
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.notebook_lines import find_lines
from tests.reports.graded import (
    EXCEPTION,
    REFUSAL,
    SUBMISSION,
    WRONG_LINE,
    explain_verdict,
    repair_verdict,
    reset_rows,
    verdict,
)

IN_FILE = dataclasses.replace(WRONG_LINE, lines=(SourceLine(None, 25),))
CLASSROOM = classroom50.Classroom(
    "ml-2026", "backprop", "individual", "ada", "submit/1", "https://a/commit", "https://a/release", "https://a/review"
)
#: Texts that would end a command, a fence, a cell or an element.
ATTACKS = [
    "x\n::error::y",
    "%0A::add-mask::z",
    "a:b,c",
    "```\n# h",
    "</details><script>",
    "| a | b |",
    "@all #1 [x](y)",
]


def commands(graded: Verdict, filename: str = "hw/answer.py") -> list[str]:
    """The annotations of a verdict."""
    return annotations.render(dataclasses.replace(SUBMISSION, filename=filename), graded).splitlines()


def summary(graded: Verdict) -> str:
    """The job's summary of a verdict."""
    return markdown.render(SUBMISSION, graded).decode()


def test_each_line_to_change_is_annotated_with_what_helps() -> None:
    (command,) = commands(repair_verdict(IN_FILE))
    assert command == (
        "::error file=hw/answer.py,line=25,title=Gradient of the weights::Line 25 is wrong%0A"
        "With K = 2, D = [2, 3], `dW[0][1, 2]` is 0.5; it must be 0.7.%0A"
        f"{WRONG_LINE.hint}%0ARead again: {WRONG_LINE.read}"
    )


def test_a_line_of_a_cell_is_no_line_of_the_file() -> None:
    (command,) = commands(repair_verdict(WRONG_LINE))
    assert command.startswith("::error file=hw/answer.py,title=")
    assert "ine 25 of cell 10 is wrong" in command


NOTEBOOK: dict[str, list[dict[str, Any]]] = {
    "cells": [
        {"cell_type": "markdown", "source": ["x = 1\n", "y"]},
        {"cell_type": "code", "outputs": [{"text": ["x = 1\n"]}], "source": ["x = 1\n", "# \u00e4\n", "y = 2"]},
        {"cell_type": "code", "outputs": [], "source": "z = 3"},
    ]
}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_lines_of_a_notebooks_cells_are_found_in_its_file(ascii_only: bool) -> None:  # noqa: FBT001 - a parameter
    text = json.dumps(NOTEBOOK, indent=1, ensure_ascii=ascii_only)
    places = find_lines(text.encode())
    assert {cell for cell, _ in places} == {1, 2}
    rows = text.split("\n")
    assert [json.loads(rows[places[2, line] - 1].strip().rstrip(",")) for line in (1, 2, 3)] == NOTEBOOK["cells"][1][
        "source"
    ]
    assert places[2, 1] > places[1, 2]


@pytest.mark.parametrize("source", [b"", b"x = 1", b"\xff", b"[1]", b'{"cells": 1}', b'{"cells": [1]}', b"[" * 100_000])
def test_what_is_no_notebook_has_no_such_lines(source: bytes) -> None:
    assert find_lines(source) == {}


def test_a_line_of_a_cell_is_marked_where_the_file_has_it() -> None:
    line = SourceLine(2, 3)
    text = json.dumps(NOTEBOOK, indent=1)
    graded = repair_verdict(dataclasses.replace(WRONG_LINE, lines=(line,)))
    command = annotations.render(SUBMISSION, graded, text.encode())
    row = next(number for number, row in enumerate(text.split("\n"), 1) if row.strip() == '"y = 2"')
    assert command.startswith(f"::error file=answer.py,line={row},")


def test_a_line_of_a_package_is_in_its_own_file() -> None:
    """If the package is a folder of the repository: of an archive none is."""
    graded = repair_verdict(dataclasses.replace(WRONG_LINE, lines=(SourceLine(None, 3, "pkg/layers.py"),)))
    starts = {"hw": "file=hw/pkg/layers.py,line=3,", ".": "file=pkg/layers.py,line=3,", "hw.zip": "file=hw.zip,title="}
    for folder, start in starts.items():
        assert commands(graded, folder)[0].startswith(f"::error {start}")


def test_the_line_that_raised_is_annotated() -> None:
    error = dataclasses.replace(EXCEPTION, frames=(SourceLine(None, 1), SourceLine(None, 3)))
    (command,) = commands(verdict(outcome=Outcome.ERROR, rows=reset_rows(), error=error))
    assert command.startswith("::error file=hw/answer.py,line=3,title=Your code raises an exception. 0 of 5 marks.::")
    assert command.endswith("ValueError: shapes")


def test_a_refusal_is_annotated_at_the_line_that_it_names() -> None:
    error = dataclasses.replace(REFUSAL, lines=(SourceLine(None, 3),))
    (command,) = commands(verdict(outcome=Outcome.REJECTED, rows=reset_rows(), error=error))
    assert ",line=3,title=Your file could not be graded." in command


def test_below_the_level_full_no_line_is_annotated() -> None:
    for level in (Level.HINT, Level.SCORE):
        (command,) = commands(disclose(repair_verdict(IN_FILE), Feedback.always(level), 1))
        assert "line=" not in command
        assert "0.7" not in command


def test_a_right_submission_gets_a_notice() -> None:
    (command,) = commands(verdict(outcome=Outcome.PASSED, rows=()))
    assert command.startswith("::notice file=hw/answer.py,title=Your code is right.")


@given(st.one_of(st.sampled_from(ATTACKS), st.text()), st.sampled_from(Outcome))
def test_no_text_becomes_a_command_of_its_own(text: str, outcome: Outcome) -> None:
    error = StudentError(text, text, text, frames=(SourceLine(None, 3),))
    (command,) = commands(verdict(outcome=outcome, error=error), text)
    assert re.fullmatch(r"::(error|notice) file=[^,:\n\r]*(,line=3)?,title=[^,:\n\r]*::[^\n\r]*", command)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_is_markup_in_a_summary(attack: str) -> None:
    graded = repair_verdict(dataclasses.replace(IN_FILE, source=attack, hint=attack), output=attack)
    text = summary(graded)
    # Outside of fenced code, which nothing in it ends.
    prose = re.sub(r"^(`{3,})\w+\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    assert "```" not in prose
    assert "<script>" not in prose
    assert prose.count("<details>") == prose.count("</details>") <= 2
    assert not re.search(r"(?<!\\)@all|(?<!\\)\[x", prose)


def test_a_summary_has_headline_lines_rows_and_a_case() -> None:
    text = summary(repair_verdict(IN_FILE))
    for part in (
        "## udl\\-7\\.2: Your code is not right yet\\. 2 of 5 marks\\.",
        "### What to change",
        WRONG_LINE.source,
        "| **failed** |",
    ):
        assert part in text
    assert text.index("### What to change") < text.index("| row |") < text.index("The smallest case")


def test_code_in_a_sentence_stays_code_and_ends_no_cell() -> None:
    row = dataclasses.replace(verdict().properties[2], message="`a | b` is _wrong_", counterexample=None)
    text = summary(dataclasses.replace(verdict(), properties=(row,)))
    assert r"| `a \| b` is \_wrong\_ |" in text


def test_a_summary_says_no_more_than_the_level_shows() -> None:
    hints = summary(disclose(repair_verdict(IN_FILE), Feedback.always(Level.HINT), 1))
    assert "0\\.7" not in hints
    assert WRONG_LINE.source not in hints
    assert "Gradient" not in summary(disclose(explain_verdict(), Feedback.always(Level.SCORE), 1))


def classroom_result(graded: Verdict) -> dict[str, Any]:
    """Classroom 50's result of a verdict."""
    result: dict[str, Any] = json.loads(classroom50.render(SUBMISSION, graded, CLASSROOM))
    return result


def test_classroom_50_gets_marks_that_add_up_at_every_level() -> None:
    for level in Level:
        for hidden in ((), ("weight_gradient",)):
            result = classroom_result(disclose(repair_verdict(), Feedback.always(level, hidden), 1))
            assert (result["score"], result["max-score"]) == (2, 5)
            for name in ("score", "max-score"):
                assert sum(test[name] for test in result["tests"]) == result[name]
            assert all(test["score"] <= test["max-score"] for test in result["tests"])
            assert not any("weights" in test["test-name"] for test in result["tests"] if hidden)


def test_classroom_50_is_told_time_and_repository_in_its_own_form() -> None:
    result = classroom_result(verdict())
    assert result["datetime"] == result["graded_at"] == "2023-11-14T22:13:20Z"
    assert (result["schema"], result["owner"], result["submission"]) == ("classroom50/result/v1", "ada", "submit/1")
    assert result["tests"][0]["test-name"] == "backmark"
    assert result["tests"][0]["passed"] is False
