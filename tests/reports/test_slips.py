"""Slips in words: a phrase that says what is wrong, and a question that gives no formula away."""

import pytest

from backmark.grader.model.slip import Slip, SlipKind
from backmark.grader.reports.slips import ask_about, describe_slips


@pytest.mark.parametrize(
    ("slip", "phrase"),
    [
        (Slip(SlipKind.INDEX, "h[l - 1]", "h[l]"), "uses `h[l - 1]` instead of `h[l]`"),
        (Slip(SlipKind.TRANSPOSE, "h[l]", "h[l].T"), "leaves out the transpose of `h[l]`"),
        (Slip(SlipKind.TRANSPOSE, "h[l].T", "h[l]"), "wrongly transposes `h[l]`"),
        (Slip(SlipKind.FACTOR, "", "mask"), "leaves out the factor `mask`"),
        (Slip(SlipKind.FACTOR, "2", ""), "has the extra factor `2`"),
        (Slip(SlipKind.TERM, "", "reg * W"), "leaves out the term `reg * W`"),
        (Slip(SlipKind.DIVISOR, "", "m"), "does not divide by `m`"),
        (Slip(SlipKind.PRODUCT, "a * b", "a @ b"), "has `a * b` instead of `a @ b`"),
        (Slip(SlipKind.SIGN, "-a", "a"), "has the wrong sign: `-a` instead of `a`"),
        (Slip(SlipKind.UNFILLED), "is unchanged from the template"),
        (Slip(SlipKind.BELOW, "nabla[-l] = d", "d *= sp"), "must stand below `d *= sp`"),
        (Slip(SlipKind.OUTSIDE, "return dx", "for t in range(T):"), "must stand outside of `for t in range(T):`"),
        (Slip(SlipKind.EXTRA, "K = 5", ""), "should not be there"),
        (
            Slip(SlipKind.CONDITION, "l > 0", ""),
            "should not have the condition `l > 0`: what it guards must always run",
        ),
        (Slip(SlipKind.RETURN, "", "return dx, dw"), "must be followed by `return dx, dw`"),
        (Slip(SlipKind.RETURN, "print(dx)", "return dx"), "has `print(dx)` instead of `return dx`"),
        (
            Slip(SlipKind.ASSIGNMENT, "db = d", "db += d"),
            "sets its variable instead of adding to it: write `db += d`",
        ),
        (
            Slip(SlipKind.ASSIGNMENT, "db += d", "db = d"),
            "adds to its variable instead of setting it: write `db = d`",
        ),
        (Slip(SlipKind.IN_PLACE, "self.A", "self.A.copy()"), "does not copy `self.A`, which is then changed in place"),
        (Slip(SlipKind.IN_PLACE, "dA", ""), "changes `dA` in place, though its old numbers are still needed"),
        # Its texts are hidden.
        (Slip(SlipKind.FACTOR), "has a mistake: factor missing or unneeded"),
        (Slip(), ""),
    ],
)
def test_a_phrase_follows_the_place(slip: Slip, phrase: str) -> None:
    assert describe_slips([slip]) == phrase


def test_two_slips_of_a_line_are_one_phrase() -> None:
    slips = [Slip(SlipKind.TRANSPOSE, "h", "h.T"), Slip(SlipKind.INDEX, "e[l - 1]", "e[l]")]
    assert describe_slips(slips) == "leaves out the transpose of `h` and uses `e[l - 1]` instead of `e[l]`"


def test_a_term_in_the_wrong_place_is_not_missing() -> None:
    moved = Slip(SlipKind.TERM, "eps", ""), Slip(SlipKind.TERM, "", "eps")
    assert describe_slips(moved) == "has the term `eps` in the wrong place"
    other = moved[0], Slip(SlipKind.TERM, "", "1")
    assert describe_slips(other) == "has the extra term `eps` and leaves out the term `1`"


@pytest.mark.parametrize("kind", SlipKind)
def test_each_kind_has_a_question_and_a_title_for_a_class(kind: SlipKind) -> None:
    assert "?" in ask_about([Slip(kind)])
    assert Slip(kind).title


def test_a_name_that_stands_twice_in_a_line_is_told_once() -> None:
    assert describe_slips([Slip(SlipKind.OPERAND, "q", "p")] * 2) == "uses `q` instead of `p`"


def test_a_question_is_asked_once_and_repeats_nothing_of_the_code() -> None:
    asked = ask_about([Slip(SlipKind.INDEX, "secret[1]", "secret[2]"), Slip(SlipKind.INDEX)])
    assert asked.count("?") == 1
    assert "secret" not in asked
