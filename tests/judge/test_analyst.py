"""What a numerical analyst found against the judge: each a wrong verdict that must not come back."""

from dataclasses import replace

import pytest

from grader.judge.agreement import agreement
from grader.judge.examples import Examples
from grader.model.formulas import Activation, Formulas
from grader.model.verdict import Judgement, Mark
from grader.oracle.suite import key
from grader.publishing.selfcheck import selfcheck
from grader.subjects.networks.diagnosis.lines import Lines
from grader.subjects.networks.draw import draw
from grader.subjects.networks.mistakes import Known
from tests.judge.test_shrinking import RIGHT
from tests.local import local
from tests.networks import NetworksJudge, leave_out_facts, load_layered

MASK = "indicator_function(all_f[layer - 1])"

SINGLE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    kind = np.float32
    weights = [w.astype(kind) for w in all_weights]
    h, f = [all_h[0].astype(kind)], []
    for k in range(K + 1):
        f.append(weights[k] @ h[k] + all_biases[k].astype(kind))
        h.append(np.maximum(f[k], 0))
    d = 2 * (f[K] - y.astype(kind))
    dw, db = [None] * (K + 1), [None] * (K + 1)
    for k in range(K, -1, -1):
        db[k], dw[k] = d, d @ h[k].T
        if k > 0:
            d = (f[k - 1] > 0) * (weights[k].T @ d)
    return dw, db
"""


@pytest.fixture(autouse=True)
def _without_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is about outcomes and rows."""
    leave_out_facts(monkeypatch)
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement on a source of our own."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


def marks(judgement: Judgement) -> dict[str, Mark]:
    """Each property's outcome."""
    return {row.name: row.outcome for row in judgement.properties}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (MASK, "(all_f[layer - 1] > 1e-3)"),
        (MASK, "(all_f[layer - 1] > 1e-4)"),
        (MASK, "np.clip(1000 * all_f[layer - 1], 0, 1)"),
        ("all_weights[layer].T @", "np.clip(all_weights[layer], -2, 2).T @"),
    ],
)
def test_a_threshold_for_zero_and_a_clipped_weight_are_found(udl: NetworksJudge, old: str, new: str) -> None:
    """The networks have units near their kinks, and large weights."""
    assert old in RIGHT
    assert judge_source(RIGHT.replace(old, new), udl).outcome.value == "failed"


def test_single_precision_is_right_with_the_forward_pass_computed_anew(udl: NetworksJudge) -> None:
    """And is not taken for numerical differentiation."""
    judgement = judge_source(SINGLE, udl)
    assert judgement.outcome.value == "passed"
    assert [flag.id for flag in judgement.flags] == ["recomputes_forward_pass"]


@pytest.mark.parametrize("activation", [Activation.TANH, Activation.SIGMOID])
def test_the_lower_layers_of_a_smooth_network_are_judged(activation: Activation) -> None:
    """Zeros, and an error of one per cent, in the layers of any distance from the output."""
    base = load_layered().assignment
    judge = NetworksJudge(draw(replace(base, formulas=Formulas(activation)), choice=1))
    zeros = Lines(finish=lambda network, k, part: part * (network.depth - k <= 6))
    assert (
        agreement(judge.revision.suite, Known(zeros, judge.assignment.formulas).answer(judge.revision.suite)).mark
        is Mark.FAILED
    )
    assert selfcheck(judge.revision).sound


@pytest.mark.parametrize(
    "replacement",
    ["np.maximum(all_f[layer - 1], 0)", "np.where(all_f[layer - 1] > 0, 1, 0.01)", "np.sign(all_f[layer - 1])"],
)
def test_another_function_in_the_derivatives_place_costs_the_derivative_only(
    udl: NetworksJudge, replacement: str
) -> None:
    """The line above it is right."""
    row_marks = marks(judge_source(RIGHT.replace(MASK, replacement), udl))
    assert row_marks["relu_derivative"] is Mark.FAILED
    assert row_marks["bias_gradient"] is row_marks["weight_gradient"] is row_marks["activation_gradient"] is Mark.PASSED


def test_a_pure_function_is_not_said_to_keep_anything_between_calls(udl: NetworksJudge) -> None:
    """Rounding is within one tolerance and beyond another; that is no state."""
    judgement = judge_source(RIGHT.replace("np.array(df[layer])\n", "np.round(df[layer], 5)\n"), udl)
    assert judgement.outcome.value == "failed"
    assert not any("kept between calls" in row.message for row in judgement.properties)


def test_every_network_is_drawn_once(udl: NetworksJudge) -> None:
    """Two hundred networks are two hundred tests."""
    assert len({key(network) for network in udl.revision.suite.networks}) == len(udl.revision.suite)
