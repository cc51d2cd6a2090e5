"""The form of a result is part of the answer: a list, a tuple and an array are read alike, a dictionary is not."""

import pytest

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.model.outcome import Outcome
from tests.contracts.making import build, contract, judge

LAYERS = """
language = 1
id = "layers"
title = "A gradient for each layer"
cases = 30
dims.K = [1, 3]
inputs.weights = { each = "K", shape = "2 3" }
call.code = "grads = differentiate(weights)"
results."grads[k]" = { for = "k in range(K)", grad = "weights[{k}]" }
"""
REFERENCE = """
def forward(tap, weights):
    return {"loss": sum((k + 1) * (w ** 2).sum() for k, w in enumerate(weights))}
"""
SOLUTION = """
def differentiate(weights):
    grads = [2 * (k + 1) * w for k, w in enumerate(weights)]
    return grads
"""
BY_LAYER = SOLUTION.replace("return grads", "return dict(enumerate(grads))")


def build_layers(solution: str) -> ContractRevision:
    return build(contract(LAYERS, reference=REFERENCE, solution=solution, mistake_upstream=""))


def test_a_dictionary_in_the_place_of_a_list_fails_and_the_verdict_says_which_form_is_asked_for() -> None:
    judgement = judge(build_layers(SOLUTION), BY_LAYER)
    assert judgement.outcome is Outcome.FAILED
    row = next(row for row in judgement.properties if row.name == "grads")
    assert "the result has the wrong form: in one case, `grads` is a dict, but must be a list" in row.message
    assert judgement.counterexample is not None
    assert judgement.counterexample.instead == "gives `grads` as a dict where a list is expected"


@pytest.mark.parametrize("form", ["tuple(grads)", "np.array(grads)", "np.array([*grads, None], object)[:-1]"])
def test_what_a_loop_reads_as_the_list_is_taken_for_it(form: str) -> None:
    judgement = judge(build_layers(SOLUTION), SOLUTION.replace("return grads", f"return {form}"))
    assert judgement.outcome is Outcome.PASSED


def test_a_dictionary_is_taken_where_a_solution_returns_one() -> None:
    assert judge(build_layers(BY_LAYER), BY_LAYER).outcome is Outcome.PASSED
