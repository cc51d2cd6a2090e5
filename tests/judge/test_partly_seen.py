"""What is said of steps of which only a part was seen, and of lines that are none of the four."""

import numpy as np
import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark, Property
from grader.oracle.network import Network, forward
from grader.subjects.networks import wording
from tests.corpus.four_lines import source as four_lines
from tests.local import local
from tests.networks import NetworksJudge, load_layered

JUDGE = NetworksJudge(load_layered())

CASES = JUDGE.revision.suite

#: A backward pass under other names, with holes for the number of a layer and for what is kept of it.
TEMPLATE = """
import numpy as np

{above}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n = len(all_weights)
    gw, gb = [None] * n, [None] * n
    back = 2 * (all_f[n - 1] - y)
    for at in {layers}:
        {keep}
        if at:
            back = {back}
    return {returned}
"""
KEEP = "gw[at], gb[at] = back @ all_h[at].T, back.sum(axis=1, keepdims=True)"
BACK = "(all_weights[at].T @ back) * (all_f[at - 1] > 0)"


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows do not depend on them, and they take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


def fill_template(
    keep: str = KEEP,
    back: str = BACK,
    returned: str = "gw, gb",
    layers: str = "range(n - 1, -1, -1)",
    above: str = "",
) -> str:
    """The source with its holes filled."""
    return TEMPLATE.format(keep=keep, back=back, returned=returned, layers=layers, above=above)


def judge_source(source: str) -> Judgement:
    """The judgement on a source."""
    return JUDGE.judge(local(source, JUDGE.assignment), lambda: local(source, JUDGE.assignment))


def rows(source: str) -> dict[str, Property]:
    """Each row by its name."""
    return {row.name: row for row in judge_source(source).properties}


def right_on(row: Property) -> int:
    """The number of networks that test a step and on which it holds, as its row has it."""
    wrong, of = (int(word) for word in row.message.split() if word.isdigit())
    assert of == row.networks
    return of - wrong


#: Slips of db alone, by what stands in its line, with each layer's own dl/df in `back`.
DB = {
    "its mean over the units": "np.full_like(all_biases[at], back.mean())",
    "its absolute values": "np.abs(back).sum(axis=1, keepdims=True)",
}


@pytest.mark.parametrize("text", DB.values(), ids=DB.keys())
def test_no_network_that_is_wrong_counts_as_one_that_tests_a_step_and_passes(text: str) -> None:
    """A layer whose input is all zero shows no dl/df in dW, and so no slip in db."""
    by_name = rows(fill_template(keep=f"gw[at], gb[at] = back @ all_h[at].T, {text}"))
    wrong = sum(int(word) for word in by_name["finite_differences"].message.split()[2:3])
    assert by_name["bias_gradient"].outcome is Mark.FAILED
    assert right_on(by_name["bias_gradient"]) <= len(CASES) - wrong


def has_right_products(network: Network) -> bool:
    """True if absolute weights change no dl/dh above the first layer, each by the dl/df that such code has."""
    forward_pass = forward(network, JUDGE.assignment.formulas)
    df = 2 * (forward_pass.f[-1] - network.y)
    for k in range(network.depth, 0, -1):
        dh = np.abs(network.weights[k]).T @ df
        if not np.allclose(dh, network.weights[k].T @ df, atol=0):
            return False
        df = dh * (forward_pass.f[k - 1] > 0)
    return True


def test_entries_that_the_derivative_hides_do_not_count_as_right() -> None:
    """Where a unit is off, what came back shows nothing of its dl/dh."""
    slips = {
        "bias": "-np.sum(all_dl_df[layer], axis=1, keepdims=True)",
        "activation": "np.matmul(np.abs(all_weights[layer]).T, all_dl_df[layer])",
    }
    deep = [network for network in CASES.networks if network.depth and has_right_products(network)]
    assert right_on(rows(four_lines(slips))["activation_gradient"]) <= len(deep)


def test_a_transpose_does_not_count_as_right_on_a_single_row() -> None:
    """The numbers are the same, and the array is not; networks that are right are not among those that were read."""
    row = rows(fill_template(keep="gw[at], gb[at] = all_h[at] @ back.T, back"))["weight_gradient"]
    assert row.outcome is Mark.FAILED
    assert right_on(row) == 0


def test_a_step_judged_by_another_one_that_fails_says_so() -> None:
    """The gradient of the weights was right before a weight decay was added to it; dl/df is read from no gradient."""
    by_name = rows(fill_template(keep="gw[at], gb[at] = back @ all_h[at].T + all_weights[at], all_biases[at] + back"))
    gradient_rows = [by_name[name] for name in ("bias_gradient", "weight_gradient")]
    assert all(row.outcome is Mark.FAILED for row in gradient_rows)
    assert sum("which fails itself" in row.message for row in gradient_rows) == 1


def test_a_list_in_which_an_array_is_looked_for_is_no_misused_list() -> None:
    """`list.index` takes a list; it is no line of the four, and none of them is lost."""
    source = fill_template(layers="(all_weights.index(w) for w in reversed(all_weights))")
    judgement = judge_source(source)
    assert not any("whole list" in diagnosis.title for diagnosis in judgement.diagnosis)
    assert all(row.message != wording.RAISES for row in judgement.properties)


def test_a_product_with_a_number_that_another_line_made_is_not_blamed_for_raising() -> None:
    """Arrays without their second axis have none at all where the output has one unit."""
    source = fill_template(keep="back = np.squeeze(back)[()]; gw[at], gb[at] = np.outer(back, all_h[at]), back")
    assert rows(source)["activation_gradient"].message != wording.RAISES


def test_an_entry_that_the_function_adds_to_an_argument_is_no_layer_of_the_network() -> None:
    """The output's activations, after those of the hidden layers: the product with them raises."""
    source = fill_template(keep="all_h.append(1.0 * back); gw[at], gb[at] = np.matmul(back, all_h[n]), back")
    assert rows(source)["weight_gradient"].outcome is not Mark.PASSED


def test_lists_that_are_one_short_are_read_by_the_layers_that_they_fit() -> None:
    """The loop ends before the first layer: that costs `any_shape`, and no step."""
    source = fill_template(layers="range(n - 1, 0, -1)", returned="gw[1:], gb[1:]")
    by_name = rows(source)
    assert {row.name for row in by_name.values() if row.max_score and not row.score} == {"any_shape"}


def test_the_weights_alone_show_the_steps_if_no_bias_gradient_came_back() -> None:
    by_name = rows(fill_template(keep="gw[at] = back @ all_h[at].T"))
    assert {name for name, row in by_name.items() if row.max_score and row.score} == {
        "weight_gradient",
        "activation_gradient",
        "relu_derivative",
    }


def test_no_step_fails_below_an_output_whose_gradients_were_never_stored() -> None:
    """Its dl/df was there: what follows from zero would be zero."""
    source = fill_template(
        keep="gw[at], gb[at] = (back @ all_h[at].T, back.sum(axis=1, keepdims=True)) if at < n - 1 else"
        " (0 * all_weights[at], 0 * all_biases[at])"
    )
    by_name = rows(source)
    assert {row.name for row in by_name.values() if row.max_score and not row.score} == {"bias_gradient"}


def test_layers_that_agree_by_chance_on_one_network_decide_no_step() -> None:
    """A db of the layer above, square dW transposed: on one narrow network two layers seem to be of one dl/df."""
    above = "def turned(a, like):\n    return a.T if a.T.shape == like.shape else a"
    weights = "gw[at] = turned(back @ all_h[at].T, all_weights[at])"
    source = fill_template(keep=f"{weights}; gb[at] = back if at == n - 1 else upper; upper = back", above=above)
    assert rows(source)["activation_gradient"].outcome is not Mark.FAILED


def test_an_empty_entry_of_dl_df_is_not_seen_in_zeros_that_a_dead_layer_has() -> None:
    """A sum to one number is db's slip; where all units are off dl/df is zero, and right."""
    source = four_lines({"bias": "np.sum(all_dl_df[layer])", "activation": "all_weights[layer].T * all_dl_df[layer]"})
    assert rows(source)["relu_derivative"].outcome is Mark.PASSED


#: One of the notebook's two lists of dl/df and dl/dh, beside a variable for the other one; the mask is that of the
#: layer above where the shapes let it be.
ONE_LIST = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db = [None] * len(all_f), [None] * len(all_f)
    {lists}
    {last} = 2 * (all_f[-1] - y)
    for at in range(len(all_f) - 1, -1, -1):
        dw[at], db[at] = {now} @ all_h[at].T, {now} * 1.0
        if at:
            {dh} = all_weights[at].T @ {now}
            {below} = {dh} * (all_f[at - 1] > 0)
    return dw, db
"""


def test_a_list_of_dl_dh_that_is_never_kept_is_none_that_is_missing() -> None:
    """A mask in another shape makes a matrix of dl/df: that says nothing of the line above it."""
    entry = {"now": "all_dl_df[at]", "below": "all_dl_df[at - 1]", "last": "all_dl_df[-1]"}
    list_source = ONE_LIST.format(lists="all_dl_df = [None] * len(all_f)", dh="dh", **entry)
    by_name = rows(list_source.replace("(all_f[at - 1] > 0)", "(all_h[at - 1] > 0)"))
    assert by_name["activation_gradient"].outcome is Mark.PASSED
    assert by_name["relu_derivative"].outcome is Mark.FAILED


@pytest.mark.parametrize(
    "lists",
    [
        "all_dl_dh = [None] * len(all_f)",
        "all_dl_df, all_dl_dh = [None] * (len(all_f) - 1) + [2 * (all_f[-1] - y)], [None] * len(all_f)",
    ],
    ids=["none", "the output's entry alone"],
)
def test_a_list_of_dl_df_that_is_never_kept_is_none_that_is_missing(lists: str) -> None:
    """Its line is right, and a list for its entries is all that there is not."""
    names = {"now": "df", "below": "df", "last": "df"}
    by_name = rows(ONE_LIST.format(lists=lists, dh="all_dl_dh[at]", **names).replace("* 1.0", "* (at + 1)"))
    assert by_name["relu_derivative"].outcome is Mark.PASSED
    assert by_name["bias_gradient"].outcome is Mark.FAILED


def test_what_is_one_array_for_all_layers_is_not_what_the_next_line_read() -> None:
    """Entries of dl/dh that are one array hold the last sum at the end."""
    names = {"now": "all_dl_df[at]", "below": "all_dl_df[at - 1]", "last": "all_dl_df[-1]", "dh": "all_dl_dh[at]"}
    lists = "all_dl_df, all_dl_dh = [None] * len(all_f), [0 * all_h[-1]] * len(all_f)"
    source = ONE_LIST.format(lists=lists, **names).replace("all_dl_dh[at] = ", "all_dl_dh[at] += ")
    assert "the lists that your code writes" not in rows(source)["relu_derivative"].message
