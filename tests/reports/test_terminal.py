"""A verdict on a terminal: what is said, and that a student's text cannot do more than be read."""

import io
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.assignment import Level
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import (
    Diagnosis,
    GradedAssignment,
    GradedSubmission,
    Judgement,
    Mark,
    NamedMistake,
    Property,
    StudentError,
    Verdict,
)
from backmark.grader.reports.plaintext import plain, sentence
from backmark.grader.reports.tally import TallyRow
from backmark.grader.reports.terminal import render, summary
from backmark.worker.grading.candidate import Jailed
from tests.corpus import four_lines
from tests.corpus.short import RIGHT, SLIPS
from tests.local import local, local_programs
from tests.reports.graded import WRONG_LINE, repair_verdict


def show_verdict(verdict: Verdict, width: int = 100, *, colour: bool = False) -> str:
    """The verdict as it stands on a terminal of that width."""
    stream = io.StringIO()
    console = Console(
        file=stream,
        width=width,
        highlight=False,
        markup=False,
        emoji=False,
        force_terminal=colour,
        color_system="standard" if colour else None,
    )
    console.print(render(verdict))
    return stream.getvalue()


def verdict(judgement: Judgement, *, filename: str = "a.py", output: str = "", own: bool = True) -> Verdict:
    """A verdict on nothing in particular."""
    reference = GradedAssignment("udl-7.2", "0" * 16, "0" * 64, own)
    return Verdict.of(GradedSubmission("0" * 16, filename, "0" * 64), reference, judgement, output)


def judge_source(source: str, judge: Judge) -> Verdict:
    """The verdict on a source of our own."""

    def start() -> Jailed:
        return local(source, judge)

    return verdict(judge.judge(start(), start, programs=local_programs(source, judge)))


def test_where_hints_are_alone_each_is_shown() -> None:
    hints = (Diagnosis("", "", "Is TODO 3 done?", "", ""), Diagnosis("", "", "Is TODO 4 done?", "", ""))
    text = show_verdict(replace(verdict(Judgement(Outcome.FAILED, diagnosis=hints)), level=Level.HINT))
    assert "Is TODO 3 done?" in text
    assert "Is TODO 4 done?" in text


@pytest.mark.parametrize("text", ["raised E: no", "raised E: no.", "raised E: no. ", "raised E: (2,1) "])
def test_a_sentence_has_one_full_stop_at_its_end(text: str) -> None:
    assert sentence(text) in {"raised E: no.", "raised E: (2,1)."}


@given(st.text())
def test_no_character_of_a_student_moves_the_cursor_or_turns_the_text(text: str) -> None:
    """Controls, formats (right-to-left marks among them) and surrogates become escapes; all else stays."""
    plain_text = plain(text)
    assert all(
        char in "\n\t" or unicodedata.category(char)[0] != "C" or unicodedata.category(char) == "Cn"
        for char in plain_text
    )
    harmless = "".join(char for char in text if unicodedata.category(char) in {"Ll", "Nd", "Lo"})
    assert all(char in plain_text for char in harmless)


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202e", "\ud800", "\x9b31m", "[bold red]x[/]", "\r"])
def test_hostile_text_is_shown_as_text(text: str) -> None:
    """In a file's name, a message, a traceback and what was printed."""
    error = StudentError("E", text, f"line 1\n{text}")
    out = show_verdict(verdict(Judgement(Outcome.ERROR, error=error), filename=f"a{text}.py", output=text))
    assert "\x1b" not in out
    assert "\u202e" not in out
    if text.startswith("["):
        assert text in out


def test_a_failed_verdict_says_which_line_on_which_case_and_what_came_instead(udl: Judge) -> None:
    """Readable in ten seconds."""
    out = show_verdict(judge_source(four_lines.source({"derivative": "all_dl_dh[layer]"}), udl))
    assert "failed  8 of 10 marks" in out
    assert "Four of the five rows are right. Your code ignores the derivative of every ReLU." in " ".join(out.split())
    assert "line 14 leaves out the factor `indicator_function(all_f[layer - 1])`" in " ".join(out.split())
    assert "all_weights = [np.array([[1.]]), np.array([[-1.]])]" in out
    assert len(out.split()) <= 200


def test_colour_is_only_for_terminals(udl: Judge) -> None:
    """The same words either way."""
    source_verdict = judge_source(RIGHT, udl)
    assert "\x1b[" in show_verdict(source_verdict, colour=True)
    assert "\x1b[" not in show_verdict(source_verdict)


def test_networks_that_are_not_the_assignments_own_are_named_as_such(udl: Judge) -> None:
    """A verdict with --seed is not the course's."""
    source_verdict = judge_source(RIGHT, udl)
    seeded_verdict = replace(source_verdict, assignment=replace(source_verdict.assignment, own_networks=False))
    assert "not the assignment's own" in show_verdict(seeded_verdict)
    assert "not the assignment's own" not in show_verdict(source_verdict)


def test_a_refusal_says_what_to_do_and_shows_no_marks() -> None:
    """There is nothing to mark."""
    row = Property("pure", "P", Mark.NOT_RUN, 0, 2, 0, "Not judged.")
    out = show_verdict(
        verdict(Judgement(Outcome.REJECTED, (row,), error=StudentError("empty", "The file holds no code.")))
    )
    assert "not graded" in out
    assert "The file holds no code." in out
    assert "marks" not in out


@pytest.mark.parametrize("width", [40, 80, 200])
def test_it_fits_any_width(udl: Judge, width: int) -> None:
    """No line is longer than the terminal."""
    old, new, _ = SLIPS["mask from the wrong layer"]
    assert max(map(len, show_verdict(judge_source(RIGHT.replace(old, new), udl), width).splitlines())) <= width


def test_a_tally_counts_outcomes_and_mistakes_the_most_frequent_first() -> None:
    rows = [
        TallyRow("a.py", Outcome.PASSED, 10, 10),
        *[TallyRow("b.py", Outcome.FAILED, 8, 10, ("It is late.", "It is wrong."))] * 2,
        TallyRow("c.py", Outcome.FAILED, 8, 10, ("It is wrong.",)),
        TallyRow("d.pdf", Outcome.REJECTED),
        TallyRow("e.py", None),
    ]
    console = Console(width=100, color_system=None)
    with console.capture() as capture:
        console.print(summary(rows))
    lines = [line.rstrip() for line in capture.get().splitlines()]
    assert lines[0].split() == ["a.py", "passed", "10/10"]
    assert lines[4:] == [
        "d.pdf  not graded",
        "e.py   internal error  no verdict",
        "1 of 6 passed; failed: 3, not graded: 1, internal error: 1",
        "Mistakes:",
        "  3  It is wrong.",
        "  2  It is late.",
    ]


def test_the_lines_to_change_are_numbered_and_quoted() -> None:
    lines = [line.rstrip() for line in show_verdict(repair_verdict()).splitlines()]
    start = lines.index("  What to change in cell 10:")
    assert lines[start + 1 : start + 10] == [
        "  1. Gradient of the weights: line 25 is wrong (2 marks lost)",
        "         dW[k] = df[k] @ h[k]",
        "     With K = 2, D = [2, 3], `dW[0][1, 2]` is 0.5; it must be 0.7.",
        "     What are the weights multiplied with?",
        "     Read again: Equation 7.23.",
        "  2. Gradient of the biases: a line is missing",
        "     What is added?",
        "     Read again: Equation 7.22.",
        "",
    ]


def test_a_quoted_line_commands_no_terminal() -> None:
    assert "\x1b" not in show_verdict(repair_verdict(replace(WRONG_LINE, source="a = '\x1b[2J'")))


def test_a_tally_counts_the_rows_that_wrong_lines_cost() -> None:
    """Two lines of a row are one, with the assignment's own title of the mistake in them."""
    named = Diagnosis("m", "It does m.", "?", "!", "", mistakes=(NamedMistake("m", "does m"),))
    row = TallyRow.of("a.py", replace(repair_verdict(WRONG_LINE, WRONG_LINE), diagnosis=(named,)))
    assert row.mistakes == ("Gradient of the weights: does m",)
