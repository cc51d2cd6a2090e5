"""Where it goes wrong, in the notebook's own words."""

import pytest

from grader.judge.judge import Judge
from grader.model.verdict import FirstDifference
from tests.local import local
from tests.subjects.networks.diagnosis.styles import source


def place(text: str, judge: Judge) -> FirstDifference | None:
    """The first difference of a source."""
    return judge.judge(local(text, judge.assignment), lambda: local(text, judge.assignment)).first_difference


@pytest.mark.parametrize(
    ("line", "text", "variable"),
    [
        ("loss", "np.subtract(all_f[-1], y)", "all_dl_df[5]"),
        ("below", "np.array(back)", "all_dl_df[4]"),
        ("below", "back if j == 3 else np.multiply(back, slope(f))", "all_dl_df[2]"),
        ("back", "np.dot(np.transpose(w), delta) * (1 if j > 2 else 2)", "all_dl_df[1]"),
        ("bias", "delta if j != 3 else 0 * delta", "all_dl_dbiases[3]"),
        ("weight", "np.outer(delta, h) * (1 if j else 2)", "all_dl_dweights[0]"),
        ("bias", "np.array(back)", "all_dl_dbiases[4]"),
    ],
)
def test_the_first_to_differ_from_the_output_is_named(udl: Judge, line: str, text: str, variable: str) -> None:
    """In the notebook's own network, of five hidden layers."""
    found = place(source("growing", **{line: text}), udl)
    assert found is not None
    assert found.variable == variable
    assert found.depth == 5
    assert f"In a network of the notebook's own shape (K = 5), {variable} is the first to differ" in found.message


def test_what_the_lists_do_not_say_is_read_off_what_came_back(udl: Judge) -> None:
    """No entry that was never seen is said to be right or wrong."""
    found = place(source("growing", below="back if j == 3 else np.multiply(back, slope(f))"), udl)
    assert found is not None
    assert found.message.endswith(
        "as far as all_dl_dbiases[2] and all_dl_dweights[2] show: all_dl_df[3] is right, and all_dl_dh[3] comes between"
        " the two."
    )


def test_a_fault_that_the_notebooks_own_network_does_not_show_is_placed_in_another(udl: Judge) -> None:
    """The one nearest to the output, of any depth."""
    found = place(source("growing", below="back if n == 3 else np.multiply(back, slope(f))"), udl)
    assert found is not None
    assert (found.variable, found.depth) == ("all_dl_df[1]", 2)


def test_two_that_differ_at_once_and_do_not_agree_are_both_named(udl: Judge) -> None:
    """There is no one dl/df behind them."""
    found = place(source("growing", bias="2 * delta", weight="np.outer(delta, h) * 3"), udl)
    assert found is not None
    assert found.variable == "all_dl_dbiases[5] and all_dl_dweights[5]"


@pytest.mark.parametrize("returns", ["dbs, dws", "list(zip(dws, dbs))", "dws[::-1], dbs[::-1]"])
def test_what_is_right_and_returned_in_another_place_is_placed_nowhere(udl: Judge, returns: str) -> None:
    """No layer's line is at fault."""
    assert place(source("growing", returns=returns), udl) is None


def test_who_returns_no_arrays_is_placed_nowhere(udl: Judge) -> None:
    """There are no numbers to differ."""
    assert place(source("growing", returns="None"), udl) is None


def test_enormous_numbers_are_compared_without_a_warning(udl: Judge) -> None:
    """Their products are beyond what a float holds."""
    found = place(source("growing", loss="np.full(y.shape, 1e300)"), udl)
    assert found is not None
    assert found.variable == "all_dl_df[5]"
