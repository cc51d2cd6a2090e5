"""The one sentence at the top of a verdict: true, and as much as its reader may know."""

from typing import Any

import pytest

from backmark.grader.model.result import read_verdict
from backmark.grader.reports.view import make_view
from tests.web.verdicts import failing_verdict, passing_verdict

MASK: dict[str, Any] = {
    "id": "m",
    "title": "It forgets the mask.",
    "hint": "?",
    "strong_hint": "!",
    "read": "7.24",
    "apart": "",
    "mistakes": [{"id": "m", "title": "forgets the mask"}],
}
ZEROS = MASK | {"mistakes": [{"id": "z", "title": "leaves zeros"}, {"id": "s", "title": "has the wrong sign"}]}
PLACE: dict[str, Any] = {"variable": "all_dl_df[4]", "message": "`all_dl_df[4]` is wrong; line 25 sets it."}
RAISED = {"type": "ValueError", "message": "no", "traceback": "  line 3, in backward_pass"}
RAISED_THERE = RAISED | {"frames": [{"cell": None, "line": 2}, {"cell": None, "line": 3}]}


def sentence(**fields: Any) -> tuple[str, str]:
    """Of a failed verdict with these fields."""
    view = make_view(read_verdict(failing_verdict() | fields))
    return view.sentence, view.more


def test_the_mistake_is_named_where_it_is_known() -> None:
    assert sentence(diagnosis=[MASK], first_difference=PLACE) == ("It forgets the mask.", PLACE["message"])


def test_of_two_that_fit_equally_well_neither_is_claimed() -> None:
    diagnoses = [MASK | {"apart": "Print it."}, ZEROS | {"apart": "Print it."}]
    assert sentence(diagnosis=diagnoses)[0] == (
        "Your code forgets the mask, or it leaves zeros and has the wrong sign,"
        " or it has a mistake with the same effect."
    )
    assert (
        sentence(diagnosis=[*diagnoses, diagnoses[1]])[0]
        == "Your code forgets the mask, or has a mistake with the same effect."
    )


def test_a_mistake_in_the_line_that_raised_stands_beside_the_exception() -> None:
    mistake = {"kind": "name", "line": {"cell": 3, "line": 7}, "text": "uses the name `f`."}
    view = make_view(read_verdict(failing_verdict() | {"error": RAISED | {"mistake": mistake}}))
    assert (view.sentence, view.explained) == ("Line 7 of cell 3 uses the name `f`.", True)
    assert not make_view(read_verdict(failing_verdict() | {"error": RAISED})).explained


def test_a_level_that_hides_the_mistake_hides_it_here() -> None:
    weak = {**dict.fromkeys(MASK, ""), "hint": "What of negative preactivations?", "mistakes": []}
    assert sentence(diagnosis=[weak]) == ("Your code is not right yet.", "")


def test_an_exception_is_named_with_its_line_where_that_is_known() -> None:
    assert sentence(outcome="error", error=RAISED) == ("Your code raises ValueError.", "")
    assert sentence(outcome="error", error=RAISED_THERE) == ("Line 3 raises ValueError.", "")


def test_code_that_returns_none_returns_nothing() -> None:
    """The exception is one of the lines that call it."""
    mistake = {"kind": "returns_none", "line": {"cell": None, "line": 2}, "text": "defines `f`, which returns nothing."}
    error = RAISED | {"mistake": mistake}
    said = ("Your code returns nothing.", "Line 2 defines `f`, which returns nothing.")
    assert sentence(outcome="error", error=error) == said
    assert sentence(outcome="error", error=error, repair=[LINE]) == said


def test_the_line_that_raised_is_said_before_one_that_writes_a_wrong_result() -> None:
    writes = {"variable": "dw", "message": "`dw` is wrong; line 9 sets it."}
    raises = "Line 3 raises ValueError on some cases."
    assert sentence(error=RAISED_THERE, first_difference=writes) == (raises, writes["message"])
    assert sentence(error=RAISED_THERE, first_difference=writes, diagnosis=[MASK]) == ("It forgets the mask.", raises)
    assert sentence(error=RAISED_THERE, repair=[LINE])[0] == "Line 11 is wrong."
    assert sentence(error=RAISED, first_difference=writes)[1] == writes["message"]


@pytest.mark.parametrize("outcome", ["timeout", "memory", "output_limit", "crashed", "rejected"])
def test_an_end_is_told_with_its_reason(outcome: str) -> None:
    explanation = sentence(outcome=outcome, error=RAISED | {"traceback": ""})
    assert explanation[0].startswith(("Your code", "Your file could not"))
    assert explanation[1] == "no"


LINE: dict[str, Any] = {
    "kind": "replace",
    "rows": ["bias_gradient"],
    "titles": ["Gradient of the biases"],
    "lines": [{"cell": None, "line": 11}],
    "source": "db = 0",
    "read": "",
    "hint": "?",
}
HIDDEN_LINE: dict[str, Any] = LINE | {"kind": None, "lines": [], "source": ""}


def test_of_one_wrong_line_the_fault_is_said_and_of_several_their_number() -> None:
    assert sentence(repair=[LINE]) == ("Line 11 is wrong.", "")
    other = LINE | {"lines": [{"cell": None, "line": 12}]}
    assert sentence(repair=[LINE, other]) == ("Two lines are wrong.", "")


def test_a_mistake_that_the_author_has_named_is_said_before_the_line() -> None:
    assert sentence(repair=[LINE], diagnosis=[MASK]) == ("It forgets the mask.", "")


def test_a_line_that_raises_is_named_and_then_the_exception_that_comes_of_it() -> None:
    assert sentence(outcome="error", error=RAISED, repair=[LINE]) == (
        "Line 11 is wrong.",
        "As a result, your code raises ValueError.",
    )


def test_a_right_line_that_raised_is_not_blamed() -> None:
    there = "line 3 raises ValueError on some cases."
    assert sentence(error=RAISED_THERE, repair=[LINE])[1] == f"As a result, {there}"
    assert sentence(error=RAISED_THERE, repair=[HIDDEN_LINE])[0] == f"L{there[1:]}"


def test_a_level_that_hides_the_line_hides_it_in_the_sentence() -> None:
    assert sentence(repair=[HIDDEN_LINE]) == ("Your code is not right yet.", "")


def test_a_row_without_marks_is_quiet_only_beside_rows_with_marks() -> None:
    raw = failing_verdict()
    (row,) = raw["properties"]
    raw["properties"] = [row | {"outcome": "passed"}, row | {"max_score": 0}]
    assert [shown.unmarked for shown in make_view(read_verdict(raw)).rows] == [False, True]
    raw["properties"] = [row | {"max_score": 0}]
    assert [shown.unmarked for shown in make_view(read_verdict(raw)).rows] == [False]


def test_each_row_that_fails_says_what_is_wrong() -> None:
    """Also below a row that says the same."""
    raw = failing_verdict()
    (row,) = raw["properties"]
    long = {"message": "Wrong on 9 of 9 cases, and it raised ValueError on each."}
    brief, quiet = {"message": "Wrong on all 9 cases."}, {"message": "Not judged.", "outcome": "not_run"}
    raw["properties"] = [row | change for change in (long, long, brief, brief, quiet, quiet)]
    shown = [shown.says for shown in make_view(read_verdict(raw)).rows]
    assert shown == [long["message"], "Same as above.", *2 * [brief["message"]], "Not judged.", ""]


def test_what_is_right_is_called_right() -> None:
    assert make_view(read_verdict(passing_verdict())).sentence == "Your code is right."
