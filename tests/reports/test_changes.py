"""The lines to change in words: one sentence for all of them, and one for each."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from backmark.grader.model.counterexample import CaseCounterexample, CaseResult, FirstWrong
from backmark.grader.model.mended_statement import MendingKind, WrongNumber
from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import PythonMistake, StudentError
from backmark.grader.reports.changes import list_changes, list_together, summarize_changes
from tests.reports.graded import MISSING_LINE, MISTAKE, WRONG_LINE, repair_verdict

Place = tuple[int | None, int]


def fault(kind: MendingKind, *places: Place) -> str:
    """The place and the fault of a statement of these lines."""
    statement = replace(WRONG_LINE, kind=kind, lines=tuple(SourceLine(*place) for place in places))
    return list_changes(repair_verdict(statement))[0].fault


@pytest.mark.parametrize(
    ("kind", "places", "words"),
    [
        (MendingKind.REPLACE, [(None, 12)], "Line 12 is wrong"),
        (MendingKind.REPLACE, [(10, 25)], "Line 25 of cell 10 is wrong"),
        (MendingKind.REPLACE, [(None, 12), (None, 14)], "Lines 12 and 14 together compute a wrong value"),
        (MendingKind.REPLACE, [(3, 1), (3, 2), (3, 5)], "Lines 1, 2 and 5 of cell 3 together compute a wrong value"),
        (MendingKind.REPLACE, [(3, 1), (4, 2)], "Line 1 of cell 3 and line 2 of cell 4 together compute a wrong value"),
        (MendingKind.REPLACE, [(None, at) for at in range(3, 90)], "Lines 3 to 89 together compute a wrong value"),
        (MendingKind.INSERT, [], "A line is missing"),
    ],
)
def test_a_fault_says_the_line_and_what_is_wrong_with_it(
    kind: MendingKind, places: Sequence[Place], words: str
) -> None:
    assert fault(kind, *places) == words


def test_a_line_of_a_cell_has_its_number_among_the_code_cells_and_the_cells_first_line() -> None:
    line = SourceLine(10, 25, code_cell=7, begins="# Main backward pass")
    statement = replace(WRONG_LINE, lines=(line,))
    assert list_changes(repair_verdict(statement))[0].fault == (
        "Line 25 of code cell 7 (begins `# Main backward pass`) is wrong"
    )
    several = replace(statement, lines=(line, replace(line, line=26), SourceLine(12, 3, code_cell=8)))
    assert list_changes(repair_verdict(several))[0].fault == (
        "Lines 25 and 26 of code cell 7 (begins `# Main backward pass`) and line 3 of code cell 8"
        " together compute a wrong value"
    )


def test_a_line_of_the_only_file_has_no_other_place_beside_one_that_has() -> None:
    assert SourceLine(None, 3).place("line 3", "nn/layers.py") == "line 3"


def test_a_line_of_a_package_names_its_file() -> None:
    statement = replace(WRONG_LINE, lines=(SourceLine(None, 3, "nn/layers.py"), SourceLine(None, 4, "nn/layers.py")))
    assert (
        list_changes(repair_verdict(statement))[0].fault
        == "Lines 3 and 4 of nn/layers.py together compute a wrong value"
    )


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (WrongNumber("loss", [], 1.0, 2.0, {}), "`loss` is 2; it must be 1."),
        (WrongNumber("x", [3], 1.0, None, {"N": 2}), "With N = 2, `x[3]` is not a finite number; it must be 1."),
        (WrongNumber("x", [0], 0.1, 0.1000000001, {}), "`x[0]` is 0.1000000001; it must be 0.1."),
        (WrongNumber("x", [0], 1 / 3, 0.3333134, {}), "`x[0]` is 0.3333134; it must be 0.33333333."),
        (WrongNumber("x", [0], 1.0, -0.0, {}), "`x[0]` is 0; it must be 1."),
    ],
)
def test_a_wrong_number_stands_beside_the_right_one(wrong: WrongNumber, words: str) -> None:
    assert list_changes(repair_verdict(replace(WRONG_LINE, wrong=wrong)))[0].wrong == words


def test_marks_of_a_row_are_lost_once() -> None:
    both = replace(WRONG_LINE, rows=("weight_gradient", "bias_gradient"), titles=("Weights", "Biases"))
    first, second = list_changes(repair_verdict(WRONG_LINE, both))
    assert first.heading == "Gradient of the weights: line 25 of cell 10 is wrong (2 marks lost)"
    assert second.heading == "Weights and Biases: line 25 of cell 10 is wrong"


def test_of_one_line_the_sentence_says_the_line_and_the_list_its_cell() -> None:
    only = repair_verdict(WRONG_LINE)
    heading, (change,) = list_together(only)
    assert (summarize_changes(only), heading) == ("Line 25 is wrong.", "What to change in cell 10")
    assert change.heading == "Gradient of the weights: line 25 (2 marks lost)"
    assert summarize_changes(repair_verdict(MISSING_LINE)) == "A line is missing: Gradient of the biases."


def test_a_text_of_two_lines_is_said_once() -> None:
    twice = repair_verdict(WRONG_LINE, replace(WRONG_LINE, lines=(SourceLine(10, 26),)))
    _, (first, second) = list_together(twice)
    assert first.advice == list_changes(twice)[0].advice
    assert (second.heading, second.source, second.advice) == ("Gradient of the weights: line 26 is wrong", "", ())


def test_a_mistake_that_has_a_name_asks_its_own_question() -> None:
    _, (change,) = list_together(replace(repair_verdict(WRONG_LINE), diagnosis=(MISTAKE,)))
    assert (change.fault, change.hint) == ("Line 25 is wrong", MISTAKE.hint)


def test_what_the_only_wrong_line_computes_is_told_of_the_smallest_case() -> None:
    first, result = FirstWrong("db", [0]), CaseResult("db", [1], [2.0], [5.0], 1)
    example = CaseCounterexample("contract", {"K": 1}, (), (result,), first, None, "")
    shown = replace(repair_verdict(WRONG_LINE), counterexample=example)
    assert list_changes(shown)[0].wrong == "In the smallest case, `db[0]` is 5; it must be 2."
    other_form = replace(
        repair_verdict(replace(WRONG_LINE, wrong=None)),
        counterexample=replace(example, first=None, instead="gives `db` as a list"),
    )
    assert list_changes(other_form)[0].wrong == "In the smallest case, your code gives `db` as a list."
    huge = replace(example, results=(replace(result, actual=[3.9e158]),))
    assert "`dW[0][1, 2]` is 0.5" in list_changes(replace(shown, counterexample=huge))[0].wrong


@pytest.mark.parametrize(
    ("wrong", "missing", "sentence"),
    [
        (2, 0, "Two lines are wrong."),
        (0, 3, "Three lines are missing."),
        (1, 1, "One line is wrong, and one is missing."),
        (12, 2, "12 lines are wrong, and two are missing."),
    ],
)
def test_of_several_lines_the_sentence_counts_them(wrong: int, missing: int, sentence: str) -> None:
    lines = [replace(WRONG_LINE, lines=(SourceLine(10, at),)) for at in range(wrong)]
    assert summarize_changes(repair_verdict(*lines, *[MISSING_LINE] * missing)) == sentence


def test_a_line_that_is_wrong_in_two_ways_counts_once() -> None:
    condition = replace(WRONG_LINE, slips=(Slip(SlipKind.CONDITION),))
    elsewhere = replace(WRONG_LINE, lines=(SourceLine(10, 26),))
    assert summarize_changes(repair_verdict(WRONG_LINE, condition, elsewhere)) == "Two lines are wrong."


def test_a_level_that_hides_the_lines_counts_none() -> None:
    hidden = repair_verdict(*[replace(WRONG_LINE, kind=None, lines=(), source="", wrong=None)] * 2)
    assert (summarize_changes(hidden), list_changes(hidden)[0].fault) == ("", "")
    assert list_changes(hidden)[0].heading == "Gradient of the weights (2 marks lost)"


def test_a_line_has_the_sentence_about_the_exception_that_it_raised() -> None:
    mistake = PythonMistake("name", SourceLine(10, 25), "uses `matmul`, which has no value.")
    error = StudentError("NameError", "", mistake=mistake)
    unnamed = replace(WRONG_LINE, wrong=None)
    named = replace(unnamed, slips=(Slip(SlipKind.FACTOR, "2", ""),))
    elsewhere = replace(unnamed, lines=(SourceLine(10, 26),))
    verdict = replace(repair_verdict(unnamed, named, elsewhere), error=error)
    sentence = "Line 25 of cell 10 uses `matmul`, which has no value."
    assert [change.wrong for change in list_changes(verdict)] == [sentence, sentence, ""]
