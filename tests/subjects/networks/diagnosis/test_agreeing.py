"""What is claimed fits the lists that the student's function wrote, and says no more than the numbers do."""

from dataclasses import replace

import pytest

from grader.model.verdict import Judgement
from grader.subjects.networks.assignment import Assignment, Range, Ranges
from grader.subjects.networks.draw import draw
from tests.corpus.right import STYLES
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.diagnosing import diagnose, list_ids

NOTEBOOK = STYLES["notebook"]
BACK = "np.matmul(all_weights[layer].T, all_dl_df[layer])"
BELOW = "indicator_function(all_f[layer - 1]) * all_dl_dh[layer]"
BIAS = "np.array(all_dl_df[layer])"


def change_notebook(*pairs: tuple[str, str]) -> str:
    """The notebook's function with these parts of it exchanged."""
    text = NOTEBOOK
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement of a source."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


@pytest.fixture(scope="module")
def batches() -> NetworksJudge:
    """An assignment with up to three columns."""
    base = Assignment("x", "x", ranges=Ranges(depth=Range(0, 3), columns=Range(1, 3)), networks=60)
    return NetworksJudge(draw(replace(base, home=replace(base.home, depth=2)), choice=1))


@pytest.mark.parametrize(
    ("old", "new", "bug"),
    [
        (BACK, "np.zeros_like(all_h[layer])", "no_propagation"),
        (BELOW, "np.zeros_like(all_f[layer - 1])", "zero_derivative"),
        (BACK, f"-({BACK})", "activation_sign"),
        (BELOW, f"-1 * {BELOW}", "derivative_sign"),
    ],
)
def test_of_two_lines_with_the_same_numbers_the_one_that_wrote_them_is_named(
    udl: NetworksJudge, old: str, new: str, bug: str
) -> None:
    """By the student's own all_dl_dh."""
    assert list_ids(change_notebook((old, new)), udl) == [bug]


def test_negated_gradients_are_told_by_their_number_and_both_places(udl: NetworksJudge) -> None:
    """The loss derivative may be right."""
    minus = "return [-w for w in all_dl_dweights], [-b for b in all_dl_dbiases]"
    (diagnosis,) = diagnose(change_notebook(("return all_dl_dweights, all_dl_dbiases", minus)), udl)
    assert "-1 times what it should be" in diagnosis.title
    assert "before they are returned" in diagnosis.hint


def test_a_slip_in_the_weights_line_is_not_claimed_where_another_dl_dh_was_carried_down(udl: NetworksJudge) -> None:
    """The weights alone come back negated: their line is right, and two others are not."""
    loss = "d_loss_d_output(all_f[K], y)"
    assert list_ids(change_notebook((loss, f"-{loss}"), (BIAS, f"-{BIAS}")), udl) == ["bias_sign+wrong_sign"]


def test_a_pair_of_bugs_is_one_explanation(udl: NetworksJudge) -> None:
    """In either order it is the same."""
    ids = list_ids(change_notebook(("all_h[layer].T", "all_h[layer - 1].T"), (BELOW, "all_dl_dh[layer]")), udl)
    assert len({frozenset(id_.split("+")) for id_ in ids}) == len(ids) == 1


def test_an_entry_copied_before_it_is_written_is_named(udl: NetworksJudge) -> None:
    """Its None came from the entry, not from a loop that is too short."""
    (diagnosis,) = diagnose(change_notebook((BIAS, "all_dl_dh[layer]")), udl)
    assert diagnosis.id == "entry_not_set"
    assert "all_dl_dh[layer]" in diagnosis.hint
    assert list_ids(change_notebook(("range(K, -1, -1)", "range(K, 0, -1)")), udl) != ["entry_not_set"]


def test_a_line_that_goes_below_layer_0_is_named(udl: NetworksJudge) -> None:
    """Its index counts from the end there, which is no mistake about the layer above."""
    (diagnosis,) = diagnose(change_notebook(("if layer > 0:", "if True:")), udl)
    assert diagnosis.id == "layer_below_first"


def test_an_index_that_is_not_reached_in_layer_0_is_not_said_to_wrap(udl: NetworksJudge) -> None:
    """TODO 4 stands behind `if layer > 0`."""
    (diagnosis,) = diagnose(change_notebook(("all_f[layer - 1]", "all_h[layer - 1]")), udl)
    assert diagnosis.id == "derivative_at_other_activation"
    assert "layer 0" not in diagnosis.hint


@pytest.mark.parametrize(
    ("new", "bug"),
    [
        ("np.sum(all_dl_df[layer])", "one_number_for_biases"),
        ("np.sum(all_dl_df[layer], axis=0)", "one_number_for_biases"),
        ("np.sum(all_dl_df[layer], axis=1)", "flat_biases"),
    ],
)
def test_a_strong_hint_about_a_shape_has_the_right_line(udl: NetworksJudge, new: str, bug: str) -> None:
    """Beside what it is."""
    (diagnosis,) = diagnose(change_notebook((BIAS, new)), udl)
    assert diagnosis.id == bug
    assert diagnosis.strong_hint.endswith("all_dl_dbiases[layer] is all_dl_df[layer].")


def test_a_batch_that_is_not_summed_is_named_as_such(batches: NetworksJudge) -> None:
    """No size of one network stands in it."""
    (diagnosis,) = judge_source(change_notebook(), batches).diagnosis
    assert diagnosis.id == "batch_not_summed"
    assert "axis=1, keepdims=True" in diagnosis.strong_hint


@pytest.mark.parametrize(
    ("old", "new", "variable", "source"),
    [
        (BACK, "np.matmul(all_weights[layer], all_dl_df[layer])", "all_dl_dh", "all_dl_df"),
        (BACK, "np.zeros_like(all_h[layer])", "all_dl_dh", "all_dl_df"),
        (BELOW, "np.zeros_like(all_f[layer - 1])", "all_dl_df", "all_dl_dh"),
    ],
)
def test_the_first_entry_that_is_wrong_in_the_lists_is_the_first_to_differ(
    udl: NetworksJudge, old: str, new: str, variable: str, source: str
) -> None:
    """Not the one that is made from it."""
    difference = judge_source(change_notebook((old, new)), udl).first_difference
    assert difference is not None
    assert difference.variable.startswith(variable)
    assert f", {source}[" in difference.message.partition(" is correct, and ")[0]


def test_a_right_error_is_not_blamed_for_what_is_returned(udl: NetworksJudge) -> None:
    """The lists show that all_dl_df[K] is right."""
    scaled_return = "return [0.1 * w for w in all_dl_dweights], [0.1 * b for b in all_dl_dbiases]"
    difference = judge_source(
        change_notebook(("return all_dl_dweights, all_dl_dbiases", scaled_return)), udl
    ).first_difference
    assert difference is not None
    assert difference.variable == "all_dl_dbiases[5] and all_dl_dweights[5]"
    assert difference.message.partition(", and ")[0].endswith("all_dl_df[5] is correct")
