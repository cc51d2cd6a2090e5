"""Where it goes wrong, in the notebook's own words."""

import pytest

from grader.model.verdict import FirstDifference
from tests.corpus import four_lines
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.styles import source


def place(text: str, judge: NetworksJudge) -> FirstDifference | None:
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
def test_the_first_to_differ_from_the_output_is_named(udl: NetworksJudge, line: str, text: str, variable: str) -> None:
    """In the notebook's own network, of five hidden layers."""
    difference = place(source("growing", **{line: text}), udl)
    assert difference is not None
    assert difference.variable == variable
    assert difference.depth == 5
    assert difference.message.startswith(
        "Working back from the output of a network of the notebook's own shape (K = 5), "
    )


def test_what_the_lists_do_not_say_is_read_off_what_came_back(udl: NetworksJudge) -> None:
    """No entry that was never seen is said to be right or wrong."""
    difference = place(source("growing", below="back if j == 3 else np.multiply(back, slope(f))"), udl)
    assert difference is not None
    assert "layer 3 is correct and layer 2 is wrong: look at the step from 3 down to 2, and at" in difference.message


def test_a_fault_that_the_notebooks_own_network_does_not_show_is_placed_in_another(udl: NetworksJudge) -> None:
    """The one nearest to the output, of any depth."""
    difference = place(source("growing", below="back if n == 3 else np.multiply(back, slope(f))"), udl)
    assert difference is not None
    assert (difference.variable, difference.depth) == ("all_dl_df[1]", 2)


def test_two_that_differ_at_once_and_do_not_agree_are_both_named(udl: NetworksJudge) -> None:
    """There is no one dl/df behind them."""
    difference = place(source("growing", bias="2 * delta", weight="np.outer(delta, h) * 3"), udl)
    assert difference is not None
    assert difference.variable == "all_dl_dbiases[5] and all_dl_dweights[5]"


@pytest.mark.parametrize("returns", ["dbs, dws", "list(zip(dws, dbs))", "dws[::-1], dbs[::-1]"])
def test_what_is_right_and_returned_in_another_place_is_placed_nowhere(udl: NetworksJudge, returns: str) -> None:
    """No layer's line is at fault."""
    assert place(source("growing", returns=returns), udl) is None


def test_who_returns_no_arrays_is_placed_nowhere(udl: NetworksJudge) -> None:
    """There are no numbers to differ."""
    assert place(source("growing", returns="None"), udl) is None


def test_enormous_numbers_are_compared_without_a_warning(udl: NetworksJudge) -> None:
    """Their products are beyond what a float holds."""
    difference = place(source("growing", loss="np.full(y.shape, 1e300)"), udl)
    assert difference is not None
    assert difference.variable == "all_dl_df[5]"


def test_an_entry_that_a_later_line_changes_in_place_is_not_the_first_to_differ(udl: NetworksJudge) -> None:
    """The weights were made from all_dl_df[5] before it was halved; the biases share its memory."""
    text = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_df, all_dl_dweights, all_dl_dbiases = [None] * (K + 1), [None] * (K + 1), [None] * (K + 1)
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = all_dl_df[layer]
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
        if layer > 0:
            all_dl_df[layer - 1] = (all_weights[layer].T @ all_dl_df[layer]) * (all_f[layer - 1] > 0)
        all_dl_df[layer] -= all_dl_df[layer]
    return all_dl_dweights, all_dl_dbiases
"""
    difference = place(text, udl)
    assert difference is not None
    assert difference.variable == "all_dl_dbiases[5]"


@pytest.mark.parametrize(
    ("line", "other_text", "variables"),
    [
        ("weight", "2 * np.matmul(all_dl_df[layer], all_h[layer].T)", "all_dl_df[5] and all_dl_dbiases[5]"),
        ("bias", "2 * all_dl_df[layer]", "all_dl_df[5] and all_dl_dweights[5]"),
    ],
)
def test_a_list_made_from_a_wrong_one_is_not_called_the_first(
    udl: NetworksJudge, line: str, other_text: str, variables: str
) -> None:
    """The 2 of the square is in one of the two gradients: no line alone is at fault."""
    difference = place(four_lines.source({"loss": "all_f[K] - y", line: other_text}), udl)
    assert difference is not None
    assert difference.variable == variables
    assert "layer 5 is the first that is wrong, and no dl/df gives both" in difference.message
    assert not difference.lines


def test_what_the_lists_show_on_some_networks_by_chance_is_not_said(udl: NetworksJudge) -> None:
    """Where the misplaced mask in dl/dh meets zeros alone, all_dl_dh[4] is right, and the line below it looks wrong."""
    wrong = "(all_weights[layer].T * ((all_f[layer-1] > 0).T if layer < K else all_f[layer-1] > 0)) @ all_dl_df[layer]"
    lines = four_lines.source(
        {"activation": f"{wrong} if layer > 0 else 0 * all_h[layer]", "derivative": "all_dl_dh[layer]"}
    )
    difference = place(lines, udl)
    assert difference is not None
    assert (difference.variable, difference.inferred, difference.lines) == ("all_dl_df[3]", True, ())
