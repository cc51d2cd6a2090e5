"""Other activations, losses and batches: the models are right for them, or are not offered."""

from dataclasses import replace

import pytest

from grader.model.formulas import Activation, Loss, Reduction
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.diagnosis.bugs import library
from grader.subjects.networks.draw import draw
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.behaviours import BEHAVIOURS
from tests.subjects.networks.diagnosis.diagnosing import list_ids
from tests.subjects.networks.diagnosis.formulas import ASSIGNMENTS, assignment, sources
from tests.subjects.networks.diagnosis.slips import slips


@pytest.fixture(scope="module", params=ASSIGNMENTS, ids=lambda params: f"{params[0]}-{params[1]}-{params[2]}")
def judge(request: pytest.FixtureRequest) -> NetworksJudge:
    """Assignments that have little in common."""
    activation, loss, columns = request.param
    return NetworksJudge(draw(assignment(Activation(activation), Loss(loss), columns), choice=1))


def test_its_bugs_are_named_first_and_a_right_one_nothing(judge: NetworksJudge) -> None:
    """Single ones and a pair, of every line."""
    for bug, source in sources(judge.assignment).items():
        ids = list_ids(source, judge)
        assert "+".join(sorted(ids[0].split("+"))) == bug if bug else ids == [], bug


def test_only_bugs_of_its_own_formulas_are_offered() -> None:
    """No factor of 2 under a cross-entropy, no batch without columns, no side of zero without a kink."""
    plain = Assignment("x", "x")
    relu = {bug.id for bug in library.of(plain)}
    tanh = {bug.id for bug in library.of(assignment(Activation.TANH, Loss.BINARY_CROSS_ENTROPY, 3))}
    assert {"batch_not_summed", "derivative_without_tanh", "no_slope", "logits_for_probabilities"}.isdisjoint(relu)
    assert {"missing_factor", "derivative_of_activation", "leaky_derivative", "half_of_sigmoid"}.isdisjoint(tanh)
    assert {"batch_not_summed", "mean_over_columns", "derivative_without_tanh"} <= tanh


def test_every_model_is_put_to_the_test_by_some_assignment() -> None:
    """In the shipped one's styles, or here."""
    models = {bug.id for bugs in (*library.LINES, library.RETURNED) for bug in bugs}
    bugs = {slip.bug for style in ("growing", "recursive") for slip in slips(style)}
    bugs |= {bug for params in ASSIGNMENTS for bug in sources(assignment(*params))}
    bugs |= {bug for bug, _ in BEHAVIOURS}
    assert models - bugs == {
        "derivative_before_weights",
        "gradients_from_activation_gradient",
        "sum_over_columns",
    }


def test_the_sum_over_a_batch_is_named_if_the_mean_is_asked_for() -> None:
    assignment_ = assignment(Activation.RELU, Loss.LEAST_SQUARES, 4)
    formulas = replace(assignment_.formulas, reduction=Reduction.MEAN)
    judge = NetworksJudge(draw(replace(assignment_, formulas=formulas, networks=60), choice=1))
    text = sources(assignment_)[""].replace("d_loss_d_output(all_f[-1], y)", "2 * (all_f[-1] - y)")
    assert list_ids(text, judge) == ["sum_over_columns"]
