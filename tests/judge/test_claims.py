"""What a row says is true: of the step, of the form in which the lists came, of how often it was seen."""

import re

import pytest

from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark, Property
from grader.subjects.networks import wording
from tests.corpus.four_lines import source as four_lines
from tests.local import local
from tests.networks import NetworksJudge, load_layered

JUDGE = NetworksJudge(load_layered())

#: Right gradients under names of its own, with holes for where they are kept and what is returned.
TEMPLATE = """
import numpy as np

{above}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    last = len(all_weights) - 1
    dw, db, more = {start}
    back = 2 * (all_f[last] - y)
    for at in range(last, {stop}, -1):
        {keep}
        if at:
            back = all_weights[at].T @ back
            back = back * (all_f[at - 1] > 0)
    return {back}
"""
INDEXED = "dw[at], db[at] = back @ all_h[at].T, back"
FIRST = "dw.insert(0, back @ all_h[at].T); db.insert(0, back)"


def fill_template(
    back: str = "dw, db", start: str = "{}, {}, {}", keep: str = INDEXED, above: str = "", stop: int = -1
) -> str:
    """The source with its holes filled."""
    return TEMPLATE.format(back=back, start=start, keep=keep, above=above, stop=stop)


LISTS = "[None] * (last + 1), [None] * (last + 1), None"
THREE = "[None] * (last + 1), [None] * (last + 1), [None] * (last + 1)"
NOTEBOOK = four_lines({})


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows do not depend on them, and they take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


def judge_source(source: str) -> Judgement:
    """The judgement on a source."""
    return JUDGE.judge(local(source, JUDGE.assignment), lambda: local(source, JUDGE.assignment))


def rows(source: str) -> dict[str, Property]:
    """Each row by its name."""
    return {row.name: row for row in judge_source(source).properties}


def lost_rows(source: str) -> set[str]:
    """The properties with marks that earned none."""
    return {row.name for row in rows(source).values() if row.max_score and not row.score}


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (
            fill_template(start="[], [], None", keep="dw.append(back @ all_h[at].T); db.append(back)"),
            "go from the output layer",
        ),
        (fill_template(back="[(dw[at], db[at]) for at in range(last + 1)]"), "come in pairs"),
        (fill_template(start=LISTS, back="dw, db, all_f"), "more than these two lists"),
        (fill_template(start=LISTS, back="db, dw[::-1]"), "the two lists come in the other order"),
        (fill_template(start=LISTS, back="db[::-1], dw[::-1]"), ""),
        (fill_template(keep="dw[f'W{at}'], db[f'b{at}'] = back @ all_h[at].T, back"), ""),
        (
            fill_template(keep="dw[f'dW{at}'] = back @ all_h[at].T; dw[f'db{at}'] = back", back="dw"),
            "come in a dictionary",
        ),
        (
            fill_template(keep="dw['dW%d' % (at + 1)] = back @ all_h[at].T; dw['db%d' % (at + 1)] = back", back="dw"),
            "dictionary",
        ),
        (fill_template(back="print(dw, db)"), "nothing is returned"),
        (NOTEBOOK.replace("return all_dl_dweights,", "return all_dl_dh,"), "all_dl_dh is returned in the place"),
        (
            fill_template(start=THREE, keep=f"{INDEXED}; more[at] = all_weights[at].T @ back", back="more, db"),
            "another list is returned in the place of the weight gradients",
        ),
    ],
    ids=[
        "reversed",
        "pairs",
        "three",
        "swapped",
        "swapped_both",
        "keys",
        "one_dictionary",
        "from_one",
        "printed",
        "dh",
        "own_dh",
    ],
)
def test_right_gradients_in_another_form_lose_any_shape_only(source: str, form: str) -> None:
    """Networks that fit two forms are read in that of the others."""
    assert lost_rows(source) == {"any_shape"}
    assert form in rows(source)["form"].message
    assert judge_source(source).first_difference is None


def test_single_numbers_are_not_taken_for_another_list_by_their_names_alone() -> None:
    """The list that is returned has a name that does not speak of weights, and another one has."""
    keep = "more[at], db[at], dw[at] = 3 * back @ all_h[at].T, 3 * back, 5 * all_weights[at]"
    assert lost_rows(fill_template(start=THREE, keep=keep, back="more, db")) == {"bias_gradient"}


def test_weights_alone_from_the_output_down_are_not_two_reversed_lists() -> None:
    """Some networks look as if both were: the biases say otherwise on the others."""
    source = fill_template(start="[], [], None", keep="dw.append(back @ all_h[at].T); db.insert(0, back)")
    assert not {"bias_gradient", "activation_gradient", "relu_derivative"} & lost_rows(source)


@pytest.mark.parametrize(
    "source",
    [
        fill_template(
            start=LISTS, back="[w - v for w, v in zip(all_weights, dw)], [b - v for b, v in zip(all_biases, db)]"
        ),
        fill_template(
            start="[np.zeros(0)] * (last + 1), [np.zeros(0)] * (last + 1), None",
            back="[dw[0]] * len(dw), [db[0]] * len(db)",
        ),
    ],
    ids=["updated", "first"],
)
def test_nothing_is_said_of_the_propagation_if_no_gradients_came_back(source: str) -> None:
    """Weights after a step, or one layer's arrays for all, show neither dl/dh nor the derivative to be wrong."""
    judgement = rows(source)
    assert Mark.FAILED not in {judgement[name].outcome for name in ("activation_gradient", "relu_derivative")}


#: Only the lists show the derivative to be wrong; it is wrong on nearly all networks of which they were not read.
SAMPLED_SOURCE = NOTEBOOK.replace("indicator_function(all_f[layer-1])", "(all_h[layer] * (1 - all_h[layer]))")
#: The lists show the propagation of no network, since there is none of dl/dh: what came back does.
SILENT_LISTS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights, all_dl_dbiases, all_dl_df = ([None] * (K + 1) for _ in range(3))
    all_dl_df[K] = d_loss_d_output(all_f[K], y)
    for layer in range(K - 1, -1, -1):
        mask = all_f[layer] > 0.3
        all_dl_df[layer] = mask * np.matmul(all_weights[layer + 1].T, all_dl_df[layer + 1])
    for layer in range(K + 1):
        all_dl_dbiases[layer] = all_dl_df[layer]
        all_dl_dweights[layer] = np.matmul(all_dl_df[layer], all_h[layer].T)
    return all_dl_dweights, all_dl_dbiases
"""


def test_a_step_that_fails_on_a_sample_counts_the_sample() -> None:
    """The row's number of networks is the sentence's; neither is that of all that test the step."""
    assert SAMPLED_SOURCE != NOTEBOOK
    row = rows(SAMPLED_SOURCE)["relu_derivative"]
    assert re.fullmatch(
        rf"By the lists that your code wrote, it does not hold on \d+ of {row.networks} sampled networks\.", row.message
    )
    assert row.networks < 60


def test_a_step_that_its_answers_show_to_fail_counts_all_networks() -> None:
    """Those whose lists were read are not the only ones on which it could be seen."""
    row = rows(SILENT_LISTS)["relu_derivative"]
    wrong = re.fullmatch(r"Does not hold on (\d+) of 184 networks that test it\.", row.message)
    assert wrong is not None
    assert int(wrong[1]) > 100
    assert row.networks == 184


def test_a_step_that_fails_on_few_networks_counts_all_that_test_it() -> None:
    """The lists of every network that is wrong were read."""
    source = fill_template(
        start=LISTS, keep="dw[at], db[at] = (back @ all_h[at].T) * (len(dw) * len(back) != 33), back"
    )
    row = rows(source)["weight_gradient"]
    assert re.fullmatch(rf"all_dl_dweights does not .* on \d of {row.networks} networks that test it\.", row.message)
    assert row.networks > 150


def test_zeros_that_a_short_sum_leaves_count_with_its_other_numbers() -> None:
    """With one output nothing is left of the sum: those networks are wrong by the same line."""
    source = fill_template(start=LISTS).replace("all_weights[at].T @ back", "all_weights[at][:-1].T @ back[:-1]")
    judgement = rows(source)
    wrong = judgement["finite_differences"].message.split()[2]
    row = judgement["activation_gradient"]
    assert f"on {wrong} of {row.networks} networks that test this" in row.message


def test_an_exception_at_one_depth_decides_nothing_of_the_others() -> None:
    """Without a hidden layer f[-1] does not fit; elsewhere the first row of the weights stands for all of them."""
    source = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    last = len(all_weights) - 1
    dw, db = [None] * (last + 1), [None] * (last + 1)
    back = 2 * (all_f[last] - y)
    dw[last], db[last] = back @ all_h[last].T, back
    back = all_weights[last][:1].T * back[:1] * (all_f[last - 1] > 0)
    for at in range(last - 1, -1, -1):
        dw[at], db[at] = back @ all_h[at].T, back
        if at:
            back = all_weights[at].T @ back * (all_f[at - 1] > 0)
    return dw, db
"""
    judgement = judge_source(source)
    by_name = {row.name: row for row in judgement.properties}
    assert "raised an exception on" in by_name["any_shape"].message
    assert by_name["relu_derivative"].outcome is Mark.PASSED
    assert "which of the two steps between them is wrong" in by_name["activation_gradient"].message
    assert any(mistake.id == "observed_activation" for mistake in judgement.diagnosis[0].mistakes)


def test_lists_that_show_a_wrong_product_do_not_clear_a_step() -> None:
    """Below, each layer is masked; dl/df[K-1] is not, and no list of dl/dh shows which step it is."""
    mask = "mask = all_f[layer] > 0.3"
    source = SILENT_LISTS.replace(mask, "mask = 1 if layer == K - 1 else all_f[layer] > 0")
    source = source.replace("all_h[layer].T", "all_h[layer].T + 1")
    assert lost_rows(source) == {"weight_gradient", "relu_derivative"}


def test_a_factor_on_the_way_down_is_of_neither_step() -> None:
    """It is in the derivative; what came back shows the product of the two."""
    source = fill_template(start=LISTS).replace("2 * (all_f[last] - y)", "all_f[last] - y")
    source = source.replace("(all_f[at - 1] > 0)", "(2.0 * (all_f[at - 1] > 0))")
    assert "which of the two steps between them is wrong" in rows(source)["activation_gradient"].message


def test_steps_that_an_explanation_finds_right_are_not_said_to_hold() -> None:
    """The answers to networks of the same sizes hold none of them."""
    above = "KEPT = {}"
    source = fill_template(
        back="KEPT.setdefault(str([w.shape for w in all_weights]), (dw, db))", start=LISTS, above=above
    )
    row = rows(source)["any_shape"]
    assert row.message.startswith("By the diagnosis, no step of the chain rule is wrong")


def test_zeros_where_a_product_does_not_fit_are_judged_by_the_networks_where_it_does() -> None:
    """Without the transpose, square weights alone carry the error down; all others leave zeros below the output."""
    source = fill_template(start=LISTS).replace(
        "back = all_weights[at].T @ back",
        "fits = len(back) == all_weights[at].shape[1]\n"
        "            back = all_weights[at] @ back if fits else np.zeros((all_weights[at].shape[1], 1))",
    )
    assert lost_rows(source) == {"activation_gradient"}


def test_of_weights_and_biases_that_disagree_the_row_names_what_was_compared() -> None:
    """Scaled biases, and weights by other activations: neither shows what dl/df was."""
    keep = "dw[at] = back @ (all_h[at] - (all_h[at] == 0)).T; db[at] = (3.0 if at < last else 1.0) * back"
    source = fill_template(start=LISTS, keep=keep)
    message = rows(source)["weight_gradient"].message
    assert message.startswith("all_dl_dweights does not follow from the dl/df in all_dl_dbiases on ")


def test_a_list_that_is_too_long_is_one_of_the_two() -> None:
    source = NOTEBOOK.replace("return all_dl_dweights,", "return all_dl_dweights[:1] + all_dl_dweights,")
    message = rows(source)["form"].message
    assert "all_dl_dweights should be a list of K+1 = " in message
    assert "not made of these two lists" not in message


def test_a_loop_that_does_not_reach_a_layer_costs_no_step() -> None:
    """Its lines are right in every layer that it reaches; the notebook's lists and others are treated alike."""
    short = NOTEBOOK.replace("range(K, -1, -1)", "range(K, 0, -1)")
    source = NOTEBOOK.replace("\n    return all_dl", "\n        return all_dl")
    assert short != NOTEBOOK
    assert source != NOTEBOOK
    assert lost_rows(short) == lost_rows(source) == lost_rows(fill_template(start=LISTS, stop=0)) == {"any_shape"}


def test_a_derivative_that_is_left_out_in_the_first_layer_is_the_one_that_fails() -> None:
    """The next layer's lines find nothing to start from: that is not their mistake."""
    source = NOTEBOOK.replace("if layer > 0", "if layer > 1")
    assert source != NOTEBOOK
    assert "relu_derivative" in lost_rows(source)
    assert not {"bias_gradient", "weight_gradient", "activation_gradient"} & lost_rows(source)


def test_a_bias_gradient_of_one_number_fails_its_own_step() -> None:
    """It has another shape, and cannot be read; the other lines are right."""
    source = four_lines({"bias": "np.sum(all_dl_df[layer], axis=0, keepdims=True)"})
    assert lost_rows(source) == {"bias_gradient", "any_shape"}


def test_keeping_one_term_of_the_sum_is_the_activation_gradients_mistake() -> None:
    """Its zeros are where the units are off, so the derivative is at work."""
    source = fill_template(start=LISTS).replace(
        "back = all_weights[at].T @ back", "back = (all_weights[at].T * back.T)[:, -1:]"
    )
    assert lost_rows(source) == {"activation_gradient"}


def test_lists_that_grow_from_call_to_call_are_not_the_same_answer() -> None:
    """Both answers have another form, and the second one is longer."""
    by_name = rows(fill_template(start="W, B, None", keep=FIRST, above="W, B = [], []"))
    assert by_name["pure"].outcome is Mark.FAILED


def test_a_derivative_written_to_the_wrong_entry_costs_its_own_step_and_no_line_above() -> None:
    """It writes over all_dl_df[layer], from which the lines above had made right arrays."""
    source = NOTEBOOK.replace("all_dl_df[layer-1] =", "all_dl_df[layer] =")
    assert source != NOTEBOOK
    assert lost_rows(source) == {"relu_derivative", "any_shape"}


CACHED_SOURCE = """
kept = {}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    shapes = str([b.shape for b in all_biases]) + str(all_h[0].shape)
    if shapes not in kept:
        kept[shapes] = once(all_weights, all_biases, all_f, all_h, y)
    return kept[shapes]
"""
ADDED_SOURCE = """
sums, before = [], []

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    global sums, before
    shapes = [w.shape for w in all_weights]
    parts = [part for each in once(all_weights, all_biases, all_f, all_h, y) for part in each]
    sums = [old + new for old, new in zip(sums, parts)] if shapes == before else parts
    before = shapes
    return sums[: len(shapes)], sums[len(shapes) :]
"""


@pytest.mark.parametrize("wrapper", [CACHED_SOURCE, ADDED_SOURCE], ids=["cached", "added"])
def test_what_is_kept_between_calls_costs_no_line(wrapper: str) -> None:
    """Each line is right when it runs; the answer is another network's, or several networks'."""
    source = fill_template(start=LISTS).replace("def backward_pass", "def once") + wrapper
    assert lost_rows(source) == {"any_shape"}
    assert [flag.id for flag in judge_source(source).flags] == []


def test_zeros_in_a_layer_that_the_loop_does_not_reach_are_no_mistake_of_its_lines() -> None:
    """Lists of zeros are treated as lists of None."""
    zeros = "[0 * w for w in all_weights], [0 * b for b in all_biases], None"
    assert lost_rows(fill_template(start=zeros, stop=0)) == {"any_shape"}
    assert [diagnosis.id for diagnosis in judge_source(fill_template(start=zeros, stop=0)).diagnosis] == [
        "lowest_layer_missing"
    ]
    # Nor if something else is wrong, which nothing explains.
    biases = fill_template(start=zeros, stop=0, keep="dw[at], db[at] = back @ all_h[at].T, back * (3 + at)")
    assert not {"weight_gradient", "activation_gradient", "relu_derivative"} & lost_rows(biases)
    assert judge_source(biases).diagnosis[0].mistakes[0].id == "lowest_layer_missing"


def test_a_layer_that_is_left_out_costs_any_shape_beside_another_mistake() -> None:
    """Its zeros are said, and do not stand for numbers of the line that is wrong."""
    zeros = "[0 * w for w in all_weights], [0 * b for b in all_biases], None"
    source = fill_template(start=zeros, stop=0).replace("2 * (all_f[last] - y)", "2 * (y - all_f[last]) * 3")
    assert lost_rows(source) == {"bias_gradient", "any_shape"}
    (diagnosis,) = judge_source(source).diagnosis
    assert diagnosis.title == (
        "It leaves the gradients of layer 0 as zeros."
        " It sets all_dl_dbiases[K] to -3 times what follows from all_f[K] and y."
    )


def test_lists_in_another_order_are_said_beside_another_mistake() -> None:
    """Entries are named as if they came in the order that was asked for, and that is said."""
    source = fill_template(start=LISTS, back="dw, db[::-1]").replace("2 * (all_f[last] - y)", "all_f[last] - y")
    (diagnosis,) = judge_source(source).diagnosis
    assert [mistake.id for mistake in diagnosis.mistakes] == ["biases_reversed", "observed_output"]
    assert "named as if your lists came in the order that was asked for" in diagnosis.hint


def test_numbers_that_are_wrong_are_said_beside_a_wrong_shape() -> None:
    source = fill_template(start=LISTS, keep="dw[at], db[at] = back @ all_h[at].T, back.ravel()")
    source = source.replace("2 * (all_f[last] - y)", "all_f[last] - y")
    (diagnosis,) = judge_source(source).diagnosis
    assert [mistake.id for mistake in diagnosis.mistakes] == ["flat_biases", "observed_output"]


def test_a_bias_gradient_of_another_shape_beside_a_right_dw_fails_its_line() -> None:
    """Its dl/df had the shape that dW needs."""
    weights = "back @ all_h[at].T + 0.01 * np.sin(at + all_h[at]).T"
    source = fill_template(start=LISTS, keep=f"dw[at], db[at] = {weights}, back.sum(axis=0).reshape(-1, 1)")
    assert lost_rows(source) == {"bias_gradient", "weight_gradient", "any_shape"}


def test_a_wrong_loss_derivative_fails_though_what_raises_was_read_where_it_is_right() -> None:
    keep = "dw[at], db[at] = back[:, :1] @ all_h[at].T, back.sum(axis=1, keepdims=True)"
    source = fill_template(start=LISTS, keep=keep).replace(
        "2 * (all_f[last] - y)", "2 * np.clip(all_f[last] - y, -1, 1)"
    )
    source = source.replace("(all_f[at - 1] > 0)", "(all_f[at - 1] > 0).ravel()")
    assert "bias_gradient" in lost_rows(source)


def test_a_row_says_that_it_is_the_loss_derivative_that_is_wrong() -> None:
    row = rows(fill_template().replace("2 * (all_f[last] - y)", "all_f[last] - y"))["bias_gradient"]
    assert row.message.startswith("At the output layer it is not the derivative of the loss on ")


@pytest.mark.parametrize(
    ("line", "wrong", "failed_rows"),
    [
        # The product is right, and in the same line.
        (
            "all_weights[at].T @ back\n",
            "np.dot(all_weights[at].T, back) * (all_f[at] > 0)\n            continue\n",
            {"relu_derivative", "any_shape"},
        ),
        ("(all_f[at - 1] > 0)", "(all_h[at] * (1 - all_h[at]))", {"relu_derivative"}),
        (
            "back @ all_h[at].T, back\n",
            "back @ all_h[at].T, back.sum(axis=0, keepdims=True)\n",
            {"bias_gradient", "any_shape"},
        ),
        ("2 * (all_f[last] - y)", "2 * all_f[last]", {"bias_gradient"}),
        ("2 * (all_f[last] - y)", "2 * (all_f[last] - 1.5)", {"bias_gradient"}),
    ],
    ids=["mask_above", "sigmoid", "one_number", "no_target", "constant_target"],
)
def test_a_slip_in_lists_of_other_names_costs_its_own_step(line: str, wrong: str, failed_rows: set[str]) -> None:
    """The explanation of all numbers says which, though the lists do not."""
    source = fill_template(start=LISTS)
    assert line in source
    assert lost_rows(source.replace(line, wrong)) == failed_rows


@pytest.mark.parametrize(
    ("return_value", "diagnosis_id"),
    [
        ("[w / (np.linalg.norm(w) + 1e-9) for w in dw], [b / (np.linalg.norm(b) + 1e-9) for b in db]", "normed"),
        (
            "[w - 0.3 * v for w, v in zip(all_weights, dw)], [b - 0.3 * v for b, v in zip(all_biases, db)]",
            "updated_parameters",
        ),
        ("[w.astype(int) for w in dw], [b.astype(int) for b in db]", "truncated"),
    ],
)
def test_what_is_done_to_both_lists_at_the_end_costs_these_two_steps(return_value: str, diagnosis_id: str) -> None:
    """Nothing is wrong in what led from one layer to the next."""
    source = fill_template(start=LISTS, back=return_value)
    assert lost_rows(source) == {"bias_gradient", "weight_gradient"}
    assert [diagnosis.id for diagnosis in judge_source(source).diagnosis] == [diagnosis_id]


def test_nothing_is_said_of_the_propagation_if_both_lists_were_changed() -> None:
    """Each array times its largest number: db and dW do not tell of one dl/df."""
    by_name = rows(
        fill_template(start=LISTS, back="[w * np.max(np.abs(w)) for w in dw], [b * np.max(np.abs(b)) for b in db]")
    )
    assert Mark.FAILED not in {by_name[name].outcome for name in ("activation_gradient", "relu_derivative")}


def test_of_two_steps_that_are_seen_only_together_one_is_spared_and_says_so() -> None:
    """A mask that is half as large beside weights that are squared: nothing explains it."""
    source = fill_template(start=LISTS).replace("all_weights[at].T @ back", "0.7 * (all_weights[at].T ** 2) @ back")
    by_name = rows(source)
    pair = [by_name["activation_gradient"], by_name["relu_derivative"]]
    assert {row.outcome for row in pair} == {Mark.PASSED, Mark.FAILED}
    spared_row = next(row for row in pair if row.outcome is Mark.PASSED)
    assert spared_row.message.startswith("This step and another one")


@pytest.mark.parametrize("rate", [1e-4, 3e-4, 1e-3])
def test_a_step_does_not_fail_in_a_network_that_is_right(rate: float) -> None:
    """A change below the tolerance of the whole may be above that of a line."""
    start = fill_template(start=LISTS)
    source = start.replace("back = all_weights[at].T @ back", f"back = (all_weights[at] - {rate} * dw[at]).T @ back")
    assert source != start
    wrong, *steps = (
        int(row.message.partition(" on ")[2].split()[0])
        for name, row in rows(source).items()
        if row.outcome is Mark.FAILED and name in {"finite_differences", "activation_gradient", "relu_derivative"}
    )
    assert steps
    assert max(steps) <= wrong


def test_a_line_that_raises_is_said_to_raise_without_a_number() -> None:
    """The lists were read on a sample of the networks."""
    source = fill_template(start=LISTS, keep="dw[at], db[at] = back @ all_h[at], back")
    assert rows(source)["weight_gradient"].message == wording.RAISES


def test_networks_that_raise_and_those_of_another_shape_are_counted_apart() -> None:
    """Of 200 networks."""
    source = fill_template(start=LISTS).replace("(all_f[at - 1] > 0)", "(all_f[at] > 0)")
    message = rows(source)["any_shape"].message
    assert message.startswith("Of 200 networks it raised an exception on ")
    assert " and returned another form or shape on " in message


def test_a_line_that_ran_before_the_one_that_raises_has_its_marks_in_lists_of_other_names() -> None:
    """The biases' gradient of the output layer is there."""
    source = fill_template(start=LISTS, keep="db[at] = back; dw[at] = back @ all_h.T[at]")
    by_name = rows(source)
    assert by_name["bias_gradient"].outcome is Mark.PASSED
    assert by_name["relu_derivative"].message.startswith("Not judged: your code raised an exception")


#: Each dl/df is a row, and the mask is a column: right where each layer has one unit.
ROWS = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    row, dw, db = 2 * (all_f[-1] - y).T, [], []
    for at in range(len(all_f) - 1, -1, -1):
        dw.insert(0, (all_h[at] @ row).T)
        db.insert(0, row.T)
        if at:
            row = (row @ all_weights[at]) * (all_f[at - 1] > 0)
    return dw, db
"""


def test_of_two_lines_one_fails_if_their_shapes_alone_explain_what_raises() -> None:
    """Not all four steps hold in a function that raises on every network of the notebook's own shape."""
    assert lost_rows(ROWS) == {"relu_derivative", "any_shape"}
    assert rows(ROWS)["relu_derivative"].names == ("activation_gradient",)


def test_a_product_of_two_arrays_of_no_name_is_not_taken_for_the_notebooks() -> None:
    """The mask's own mistake is explained; the line that multiplies is right."""
    source = fill_template(start=LISTS).replace(
        "back = back * (all_f[at - 1] > 0)", "gate = all_h[at - 1] > 0\n            back = gate * back"
    )
    (diagnosis,) = judge_source(source).diagnosis
    assert "Which product" not in diagnosis.hint


REVERSED_SOURCE = fill_template(start="[], [], None", keep="dw.append(all_h[at] @ back.T); db.append(back)")


def test_reversed_lists_are_read_in_the_right_order_beside_transposed_weights() -> None:
    """The biases show the order, and are right in it."""
    assert lost_rows(REVERSED_SOURCE) == {"weight_gradient", "any_shape"}
    assert "from the output layer down" in rows(REVERSED_SOURCE)["form"].message


@pytest.mark.parametrize(
    ("back", "words"),
    [("dw[::-1], db", "the weight gradients go from the output layer"), ("dw, db[::-1]", "the bias gradients go from")],
)
def test_one_list_of_two_that_is_reversed_costs_no_step(back: str, words: str) -> None:
    """Each array is read in its layer, as where both lists are."""
    by_name = rows(fill_template(start=LISTS, back=back))
    assert {row.name for row in by_name.values() if row.max_score and not row.score} == {"any_shape"}
    assert words in by_name["form"].message


def test_transposed_weights_are_not_taken_for_a_reversed_list() -> None:
    """In the notebook's own network, whose sizes are the same from either end, they have its shapes."""
    row = rows(fill_template(start=LISTS, keep="dw[at], db[at] = all_h[at] @ back.T, back"))["any_shape"]
    assert row.message.startswith("Of 200 networks it returned another form or shape")


def test_numbers_of_too_few_products_are_not_said_to_be_read() -> None:
    """Where a layer has one input they could be."""
    source = four_lines({"weight": "all_dl_df[layer] * all_h[layer]"})
    assert "can be read" not in rows(source)["form"].message


@pytest.mark.parametrize("line", [{"weight": "all_h[layer] @ all_dl_df[layer].T"}, {"derivative": "all_dl_dh[layer]"}])
def test_beside_another_mistake_nothing_is_said_of_every_gradient(line: dict[str, str]) -> None:
    """A factor of -1 comes in, too."""
    (diagnosis,) = judge_source(four_lines({"loss": "2 * (y - all_f[K])", **line})).diagnosis
    assert "every gradient" not in diagnosis.title
    assert "verything" not in diagnosis.hint


def test_gradients_that_are_clipped_on_the_way_may_be_so_after_either_step() -> None:
    """Only the product of the two steps came back."""
    source = fill_template(start=LISTS).replace(
        "back = back * (all_f[at - 1] > 0)", "back = np.clip(back * (all_f[at - 1] > 0), -1, 1)"
    )
    assert "does not show" in rows(source)["activation_gradient"].message


def test_an_index_that_is_the_same_in_each_layer_is_not_counted_from_the_layer() -> None:
    """It is K, which is layer+1 where it first raises."""
    source = four_lines({"activation": "np.matmul(all_weights[layer].T, all_dl_df[K])"})
    assert "all_dl_df[layer+1]" not in "".join(
        diagnosis.hint + diagnosis.strong_hint for diagnosis in judge_source(source).diagnosis
    )


def test_an_iterator_that_is_used_up_leaves_the_other_list_its_marks() -> None:
    """An empty list has no entries; what the other one shows counts."""
    source = fill_template(start=LISTS, back="dw, []")
    assert "weight_gradient" not in lost_rows(source)
    source = source.replace("2 * (all_f[last] - y)", "2 * (all_f[last] - y + y.mean())")
    assert {"weight_gradient", "activation_gradient", "relu_derivative"}.isdisjoint(lost_rows(source))
    assert judge_source(source).diagnosis[0].id == "list_empty"


def test_one_list_in_both_places_is_said_beside_another_mistake() -> None:
    keep = "dw[at] = db[at] = back @ all_h[at].T + 0.02 * all_weights[at]"
    source = fill_template(start="[None] * (last + 1), None, None", keep=keep.replace("= db[at] ", ""), back="dw, dw")
    assert judge_source(source).diagnosis[0].mistakes[0].id == "one_list_twice"


@pytest.mark.parametrize("return_value", ["dw[:-1]", "[*dw, dw[0]]", "dw + db", "dw[0]"], ids=str)
def test_one_list_of_another_length_in_both_places_is_read_as_nothing(return_value: str) -> None:
    """An array, too, is no list of a layer's arrays."""
    source = fill_template(start=LISTS, back="same, same").replace(
        "    return same", f"    same = {return_value}\n    return same"
    )
    judgement = judge_source(source)
    assert judgement.flags == ()
    assert "form" in {row.name for row in judgement.properties if row.outcome is Mark.FAILED}


def test_zeros_at_the_output_are_not_said_to_follow_a_rule_that_chooses_nothing() -> None:
    source = fill_template(start="[0 * w for w in all_weights], [0 * b for b in all_biases], None")
    source = source.replace("        dw[at]", "        if np.abs(back).sum() < 3: break\n        dw[at]")
    (diagnosis,) = judge_source(source).diagnosis
    assert diagnosis.title.startswith("It leaves all_dl_dbiases[K] at zero in some of the networks that were read.")


def test_an_output_of_its_own_fails_the_row_of_the_biases() -> None:
    """Nothing else is taken from the forward pass that would give it."""
    judgement = judge_source(
        fill_template(start=LISTS).replace("2 * (all_f[last] - y)", "2 * (all_weights[-1] @ all_h[-1] - y)")
    )
    assert {row.name for row in judgement.properties if row.max_score and not row.score} == {"bias_gradient"}
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == ["observed_output"]


def test_of_biases_and_weights_that_disagree_those_are_right_that_follow_from_the_layer_above() -> None:
    """A bias gradient halved in layer 0, beside a running mean added to what is carried down."""
    keep = "dw.append(back @ all_h[at].T); db.append(back if at or not last else back / 2)"
    source = fill_template(start="[], [], 0.0", keep=keep, back="dw[::-1], db[::-1]")
    masked = "back = back * (all_f[at - 1] > 0)"
    added = "more = 0.9 * more + 0.1 * np.mean(back)"
    source = source.replace(masked, f"{masked}\n            {added}\n            back = back + more * (at > 1)")
    judgement = judge_source(source)
    assert {row.name: row.outcome for row in judgement.properties}["weight_gradient"] is Mark.PASSED
    (diagnosis,) = judgement.diagnosis
    assert "all_dl_dbiases[layer] to 0.5 times what follows from the dl/df in all_dl_dweights[layer]" in diagnosis.title


def test_a_second_slip_shows_in_the_weights_beside_wrong_biases() -> None:
    """Doubled bias gradients hide nothing of what is carried down: the weights' gradients show it."""
    source = fill_template(start=LISTS, keep="dw[at] = back @ all_h[at].T; db[at] = 2 * back")
    source = source.replace("all_weights[at].T @ back", "np.abs(all_weights[at]).T @ back")
    (diagnosis,) = judge_source(source).diagnosis
    assert "np.abs(all_weights[layer]).T" in diagnosis.title
    assert "all_dl_dbiases[layer] to 2 times" in diagnosis.title


def test_entries_that_share_memory_are_named_only_if_that_is_why_they_are_wrong() -> None:
    """Nothing is computed below layer 0, so its entry is that of layer 1 if each is stored too late."""
    late = fill_template(start=LISTS, keep="dw[at] = back @ all_h[at].T").replace(
        "    return", "        db[at] = back\n    return"
    )
    room = fill_template(
        start="[None] * (last + 1), [None] * (last + 1), np.zeros((max(map(len, all_f)), 1))",
        keep="dw[at] = back @ all_h[at].T; more[: len(back)] = back; db[at] = more[: len(back)]",
    )
    assert "same memory" not in judge_source(late).diagnosis[0].title
    assert "same memory" in judge_source(room).diagnosis[0].title


def test_of_single_rows_and_columns_no_rule_by_places_is_said() -> None:
    """The shape of the transpose, filled from its corner: what is left of a column is its first number."""
    keep = "n, m = all_weights[at].shape; out = np.zeros((m, n)); full = back @ all_h[at].T; "
    keep += "out[: min(n, m), : min(n, m)] = full[: min(n, m), : min(n, m)]; dw[at], db[at] = out, back"
    (diagnosis,) = judge_source(fill_template(start=LISTS, keep=keep)).diagnosis
    assert "diagonal" not in diagnosis.title


def test_weights_in_reverse_are_read_so_where_every_array_is_one_number_too() -> None:
    """Beside a loss derivative that is wrong with several outputs, which leaves these networks for a sample."""
    source = fill_template(start="{}, {}, None", back="first, [db[at] for at in sorted(db)]")
    source = source.replace("    return", "    first = [dw[at] for at in sorted(dw, reverse=True)]\n    return")
    source = source.replace("2 * (all_f[last] - y)", "2 * (all_f[last] - y) / (1 if len(y) == 1 else 3)")
    assert lost_rows(source) == {"bias_gradient", "any_shape"}


def test_weight_gradients_that_lost_an_axis_are_said_to_have_another_shape() -> None:
    """Their numbers follow: the row speaks of their shapes."""
    message = rows(fill_template(start=LISTS, keep="dw[at], db[at] = np.squeeze(back @ all_h[at].T), back"))
    assert message["form"].outcome is Mark.FAILED
    halved = fill_template(start=LISTS, keep="dw[at], db[at] = np.squeeze(back @ all_h[at].T), back").replace(
        "2 * (", "("
    )
    assert "has arrays in other shapes than all_weights on" in rows(halved)["weight_gradient"].message


def test_copies_of_the_arguments_are_no_gradients_that_ignore_the_error() -> None:
    """It raises on most networks, with lists of matrices for all that it was given."""
    source = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    weights, f, h = ([np.asmatrix(part) for part in parts] for parts in (all_weights, all_f, all_h))
    g = 2 * (f[-1] - y)
    dw, db = [g * h[-1].T], [g]
    for k in range(len(f) - 1, 0, -1):
        g = (weights[k].T * g) * (f[k - 1] > 0)
        dw.insert(0, g * h[k].T)
        db.insert(0, g)
    return dw, db
"""
    assert not any("do not depend on the error" in row.message for row in rows(source).values())
