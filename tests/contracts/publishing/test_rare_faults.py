"""Cases of a contract without rows are chosen, too: a fault that few of them show is found at any seed."""

import pytest

from backmark.grader.model.outcome import Outcome
from tests.contracts.making import build, contract, judge

CTC = """
language = 1
id = "ctc"
title = "Connectionist temporal classification"
cases = 60
dims.T = [4, 8]
dims.L = [1, 3]
dims.V = [2, 5]
inputs.logits.shape = "T V"
inputs.labels = { shape = "L", values = "labels(V - 1)" }
assume = ["T > 2 * L"]
call.code = "loss = ctc_loss(logits, labels)"
results.loss.value = "loss"
"""
LOSS = """
def ctc_loss(logits, labels):
    zero = -np.inf
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    path = np.zeros(2 * len(labels) + 1, int)
    path[1::2] = labels + 1
    alpha = np.full(len(path), zero)
    alpha[:2] = log_p[0, path[:2]]
    for row in log_p[1:, path]:
        one, two = np.full((2, len(path)), zero)
        one[1:] = alpha[:-1]
        two[2:] = np.where((path[2:] != 0) & (path[2:] != path[:-2]), alpha[:-2], zero)
        alpha = np.logaddexp(np.logaddexp(alpha, one), two) + row
    return -np.logaddexp(alpha[-1], alpha[-2])
"""
REFERENCE = LOSS + '\n\ndef forward(tap, logits, labels):\n    return {"loss": ctc_loss(logits, labels)}\n'


@pytest.mark.parametrize("seed", [0, 4, 6])
def test_minus_twenty_for_the_logarithm_of_zero_fails(seed: int) -> None:
    assignment = contract(
        CTC.replace("cases = 60", f"cases = 60\nseed = {seed}"), reference=REFERENCE, solution=LOSS, mistake_upstream=""
    )
    revision = build(assignment)
    assert judge(revision, LOSS).outcome is Outcome.PASSED
    assert judge(revision, LOSS.replace("-np.inf", "-20.0")).outcome is Outcome.FAILED
