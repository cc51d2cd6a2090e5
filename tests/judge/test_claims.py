"""What a row says is true: of the step, of the form in which the lists came, of how often it was seen."""

import pytest

from grader.judge.examples import Examples
from grader.judge.judge import Judge
from grader.model.verdict import Judgement, Mark, Property
from grader.subjects.networks.revision import packaged
from tests.corpus.four_lines import source as four_lines
from tests.local import local

JUDGE = Judge(packaged("udl-7.2"))

#: Right gradients under names of its own, with holes for where they are kept and what is returned.
OWN = """
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


def own(back: str = "dw, db", start: str = "{}, {}, {}", keep: str = INDEXED, above: str = "", stop: int = -1) -> str:
    """The source with its holes filled."""
    return OWN.format(back=back, start=start, keep=keep, above=above, stop=stop)


LISTS = "[None] * (last + 1), [None] * (last + 1), None"
NOTEBOOK = four_lines({})


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows do not depend on them, and they take most of the time."""
    monkeypatch.setattr(Examples, "of", lambda *_: {})


def judged(source: str) -> Judgement:
    """The judgement on a source."""
    return JUDGE.judge(local(source, JUDGE.assignment), lambda: local(source, JUDGE.assignment))


def rows(source: str) -> dict[str, Property]:
    """Each row by its name."""
    return {row.name: row for row in judged(source).properties}


def lost(source: str) -> set[str]:
    """The properties with marks that earned none."""
    return {row.name for row in rows(source).values() if row.max_score and not row.score}


@pytest.mark.parametrize(
    ("source", "form"),
    [
        (own(start="[], [], None", keep="dw.append(back @ all_h[at].T); db.append(back)"), "go from the output layer"),
        (own(back="[(dw[at], db[at]) for at in range(last + 1)]"), "come in pairs"),
        (own(start=LISTS, back="dw, db, all_f"), "more than these two lists"),
        (own(keep="dw[f'W{at}'], db[f'b{at}'] = back @ all_h[at].T, back"), ""),
        (NOTEBOOK.replace("return all_dl_dweights,", "return all_dl_dh,"), "all_dl_dh is returned in the place"),
    ],
    ids=["reversed", "pairs", "three", "keys", "dh"],
)
def test_right_gradients_in_another_form_lose_any_shape_only(source: str, form: str) -> None:
    """Networks that fit two forms are read in that of the others."""
    assert lost(source) == {"any_shape"}
    assert form in rows(source)["form"].message
    assert judged(source).first_difference is None


def test_weights_alone_from_the_output_down_are_not_two_reversed_lists() -> None:
    """Some networks look as if both were: the biases say otherwise on the others."""
    source = own(start="[], [], None", keep="dw.append(back @ all_h[at].T); db.insert(0, back)")
    assert not {"bias_gradient", "activation_gradient", "relu_derivative"} & lost(source)


@pytest.mark.parametrize(
    "source",
    [
        own(start=LISTS, back="[w - v for w, v in zip(all_weights, dw)], [b - v for b, v in zip(all_biases, db)]"),
        own(
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


def test_a_step_that_fails_on_a_sample_does_not_count_the_rest() -> None:
    """The lists of 24 networks were read; the derivative is wrong on nearly all that were not."""
    source = NOTEBOOK.replace("indicator_function(all_f[layer-1])", "(all_h[layer] * (1 - all_h[layer]))")
    assert source != NOTEBOOK
    assert "networks whose lists were read" in rows(source)["relu_derivative"].message


def test_a_loop_that_does_not_reach_a_layer_costs_no_step() -> None:
    """Its lines are right in every layer that it reaches; the notebook's lists and others are treated alike."""
    short = NOTEBOOK.replace("range(K, -1, -1)", "range(K, 0, -1)")
    early = NOTEBOOK.replace("\n    return all_dl", "\n        return all_dl")
    assert short != NOTEBOOK
    assert early != NOTEBOOK
    assert lost(short) == lost(early) == lost(own(start=LISTS, stop=0)) == {"any_shape"}


def test_a_derivative_that_is_left_out_in_the_first_layer_is_the_one_that_fails() -> None:
    """The next layer's lines find nothing to start from: that is not their mistake."""
    source = NOTEBOOK.replace("if layer > 0", "if layer > 1")
    assert source != NOTEBOOK
    assert "relu_derivative" in lost(source)
    assert not {"bias_gradient", "weight_gradient", "activation_gradient"} & lost(source)


def test_a_bias_gradient_of_one_number_fails_its_own_step() -> None:
    """It has another shape, and cannot be read; the other lines are right."""
    source = four_lines({"bias": "np.sum(all_dl_df[layer], axis=0, keepdims=True)"})
    assert lost(source) == {"bias_gradient", "any_shape"}


def test_keeping_one_term_of_the_sum_is_the_activation_gradients_mistake() -> None:
    """Its zeros are where the units are off, so the derivative is at work."""
    source = own(start=LISTS).replace("back = all_weights[at].T @ back", "back = (all_weights[at].T * back.T)[:, -1:]")
    assert lost(source) == {"activation_gradient"}


def test_lists_that_grow_from_call_to_call_are_not_the_same_answer() -> None:
    """Both answers have another form, and the second one is longer."""
    found = rows(own(start="W, B, None", keep=FIRST, above="W, B = [], []"))
    assert found["pure"].outcome is Mark.FAILED


def test_a_derivative_written_to_the_wrong_entry_costs_its_own_step_and_no_line_above() -> None:
    """It writes over all_dl_df[layer], from which the lines above had made right arrays."""
    source = NOTEBOOK.replace("all_dl_df[layer-1] =", "all_dl_df[layer] =")
    assert source != NOTEBOOK
    assert lost(source) == {"relu_derivative", "any_shape"}
