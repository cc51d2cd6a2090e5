"""A wrong header of a loop is the line that must be mended, and costs the row about any shape, if there is one."""

import pytest

from backmark.grader.model.mended_statement import MendingKind
from tests.contracts.values.making import RIGHT, STEPS, Repaired, change, find_revision, repair
from tests.contracts.values.test_single_slips import rename

HEADER = "for layer in range(K, -1, -1):"
LINE = next(number for number, line in enumerate(RIGHT.splitlines(), 1) if HEADER in line)
#: With another variable than the notebook's: `layer` is `n - 1`.
SHIFTED = RIGHT.replace(HEADER, "for n in range(K + 1, 0, -1):").replace("layer", "(n - 1)")


def header(text: str, source: str = RIGHT) -> str:
    """Return a source with another header for its loop."""
    assert HEADER in source
    return source.replace(HEADER, f"for layer in {text}:")


def check(repaired: Repaired) -> None:
    """Check that the header alone must be mended, and costs no step."""
    assert repaired.kinds == (MendingKind.EDIT,)
    assert repaired.lines == ((LINE,),)
    assert repaired.held == set(STEPS)
    assert repaired.marks == 8


@pytest.mark.parametrize(
    "text",
    [
        "range(K, 0, -1)",
        "range(K - 1, -1, -1)",
        "range(K + 1)",
        "range(K)",
        "range(0)",
        "range(K + 1, -1, -1)",
        "reversed(range(1, K))",
        "reversed(range(len(all_weights[0])))",
    ],
)
def test_a_wrong_header_costs_the_row_about_any_shape_and_nothing_else(text: str) -> None:
    check(repair(header(text)))
    check(repair(rename(header(text))))


def test_a_header_of_a_variable_that_counts_otherwise_is_mended_in_its_own_terms() -> None:
    assert repair(SHIFTED).marks == 10
    check(repair(SHIFTED.replace("range(K + 1, 0, -1)", "range(K + 1, 1, -1)")))


def test_a_header_that_raises_is_no_line_to_remove() -> None:
    check(repair(header("range(K.start)")))


def test_a_header_that_is_right_in_another_way_is_never_named() -> None:
    wrong = change({"weight": "{indent}{target} = all_h[layer]"})
    repaired = repair(header("reversed(range(len(all_weights)))", wrong))
    assert repaired.lost == {"weight_gradient"}


def test_publishing_edits_a_header_and_says_which_edits_are_caught() -> None:
    line = next(
        number for number, text in enumerate(find_revision().assignment.solution.splitlines(), 1) if HEADER in text
    )
    proven = next(statement for statement in find_revision().statements if statement.line == line)
    assert proven.rows == ("any_shape",)
    assert proven.shown
    assert proven.edits > 10
    assert proven.caught >= proven.edits - 2
    assert all(edit.text.startswith("for layer in ") for edit in proven.uncaught)
