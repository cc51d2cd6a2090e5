"""Each TODO on its own: a slip in one does not cost the others."""

from dataclasses import replace

import numpy as np
import pytest

from grader.judge.row import Row
from grader.model.formulas import Activation, Formulas, Loss
from grader.model.verdict import Mark
from grader.oracle.answers import Returned
from grader.subjects.networks.assignment import Range, Ranges
from grader.subjects.networks.diagnosis.lines import Lines
from grader.subjects.networks.draw import draw
from grader.subjects.networks.mistakes import Known
from grader.subjects.networks.rubric import steps
from grader.subjects.networks.steps import STEPS
from tests.corpus.slips import Slip, right_for, template, todo_slips
from tests.local import local
from tests.networks import NetworksJudge, load_layered

#: With tanh nothing but the product of the two comes back: a wrong dl/dh cannot be told from a wrong derivative.
TOGETHER = {"activation_gradient": {"activation_gradient", "relu_derivative"}}

#: Half of them have one column, on which steps are judged; a hundred have the notebook's shape and every corner.
NETWORKS = 100


@pytest.fixture(
    scope="module", params=[(name, columns) for name in ("relu", "leaky_relu", "tanh") for columns in (1, 3)]
)
def judge(request: pytest.FixtureRequest) -> NetworksJudge:
    """Assignments of three activations, with one column and with several."""
    name, columns = request.param
    assignment = load_layered().assignment
    ranges = replace(assignment.ranges, columns=Range(1, columns))
    formulas = Formulas(Activation(name))
    return NetworksJudge(draw(replace(assignment, formulas=formulas, ranges=ranges, networks=NETWORKS), choice=1))


def rows(source: str, judge: NetworksJudge) -> dict[str, Row]:
    """The four steps."""
    return steps(
        judge.revision.suite,
        judge.revision.subject.layers,
        local(source, judge.assignment).answer(judge.revision.suite),
        judge.assignment,
    )


def slips(judge: NetworksJudge) -> list[Slip]:
    """Every slip of every step for this activation."""
    return [slip for slip_list in todo_slips(judge.assignment.formulas.activation.value).values() for slip in slip_list]


def test_a_slip_in_one_step_fails_exactly_that_step(judge: NetworksJudge) -> None:
    """Bias, weights, activations, derivative: each alone."""
    activation = judge.assignment.formulas.activation
    for slip in slips(judge):
        failed_rows = {name for name, row in rows(slip.source, judge).items() if row.mark is not Mark.PASSED}
        expected = {slip.step} if activation.kinked else TOGETHER.get(slip.step, {slip.step})
        assert failed_rows == expected, slip.name


def test_an_entry_that_matches_by_chance_does_not_cost_the_derivative(udl: NetworksJudge) -> None:
    """Scaled by what happens to be a unit's preactivation, that unit looks as if f stood for its derivative."""
    active = ((udl.revision.subject.layers.f > 0) & udl.revision.subject.layers.unit).sum(axis=1)
    place = np.flatnonzero((active > 2) & ~udl.revision.subject.layers.top)[0]
    scale = float(udl.revision.subject.layers.f[place].max())
    back = "all_weights[layer].T @ all_dl_df[layer]"
    assert back in right_for("relu")
    found_rows = rows(right_for("relu").replace(back, f"{scale!r} * {back}"), udl)
    assert found_rows["activation_gradient"].mark is Mark.FAILED
    assert found_rows["relu_derivative"].mark is Mark.PASSED


@pytest.mark.parametrize("step", ["activation_gradient", "relu_derivative"])
def test_either_template_left_is_not_run_and_names_both(judge: NetworksJudge, step: str) -> None:
    """The two give identical answers: neither is claimed."""
    found_rows = rows(template(step, judge.assignment.formulas.activation.value), judge)
    for name in ("activation_gradient", "relu_derivative"):
        assert found_rows[name].mark is Mark.NOT_RUN
        assert set(found_rows[name].names) == {"activation_gradient", "relu_derivative"}
    assert found_rows["bias_gradient"].mark is found_rows["weight_gradient"].mark is Mark.PASSED


def test_a_right_one_holds_every_step(judge: NetworksJudge) -> None:
    """In a student's words, for every activation."""
    found_rows = rows(right_for(judge.assignment.formulas.activation.value), judge)
    assert {row.mark for row in found_rows.values()} == {Mark.PASSED}


@pytest.mark.parametrize("activation", Activation)
@pytest.mark.parametrize("loss", Loss)
def test_the_reference_holds_every_step_for_every_activation_and_loss(activation: Activation, loss: Loss) -> None:
    """With batches as well."""
    base = load_layered().assignment
    assignment = replace(
        base,
        formulas=Formulas(activation, loss),
        ranges=Ranges(outputs=Range(2, 4), columns=Range(1, 3)),
        home=replace(base.home, outputs=2),
        networks=NETWORKS,
    )
    judge = NetworksJudge(draw(assignment, choice=1))
    answers = Known(Lines(), assignment.formulas).answer(judge.revision.suite)
    step_rows = steps(judge.revision.suite, judge.revision.subject.layers, answers, assignment)
    assert {name: step_rows[name].mark for name in STEPS} == dict.fromkeys(STEPS, Mark.PASSED)


def test_no_gradient_is_the_product_of_what_is_too_large_for_one(judge: NetworksJudge) -> None:
    """An outer product that overflows is no number that a weight's derivative could be."""
    answers = Known(Lines(), judge.assignment.formulas).answer(judge.revision.suite)
    returned_answers = [answer for answer in answers if isinstance(answer, Returned)]
    huge = [replace(answer, numbers=np.copysign(1.7e308, answer.numbers)) for answer in returned_answers]
    with np.errstate(all="ignore"):
        step_rows = steps(judge.revision.suite, judge.revision.subject.layers, huge, judge.assignment)
    large = {
        i
        for i, columns in enumerate(judge.revision.suite.columns)
        if columns == 1 and np.abs(judge.revision.suite.one(i).activations).max() > 2
    }
    assert large
    assert large <= {*step_rows["weight_gradient"].failing}
