"""No fit, no claim: right answers, and wrong ones that no model explains, are named nothing."""

import numpy as np
import pytest

from grader.subjects.networks.diagnosis.case import near
from tests.corpus.rare import RareFault, rare_faults
from tests.corpus.right import STYLES
from tests.corpus.variants import RightVariant, right_variants
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.diagnosing import list_ids
from tests.subjects.networks.diagnosis.styles import source

UNEXPLAINABLE = {
    "a slope at each layer of its own": source("growing", below="np.multiply(back, np.where(f > 0, 1.0, 0.03 * j))"),
    "every second unit forgotten": source(
        "growing", below="np.multiply(back, slope(f)) * (np.arange(len(f)) % 2)[:, None]"
    ),
    "a sine for the loss": source("growing", loss="np.sin(all_f[-1] - y)"),
    "a threshold that is not zero": source("growing", below="np.multiply(back, f > 0.37)"),
    "weights and a little more": source("growing", weight="np.outer(delta, h) + 0.01"),
    "sorted units": source("growing", bias="np.sort(delta, axis=0)"),
    "divided by the derivative": source("growing", below="np.divide(back, slope(f))"),
    "cubed weights": source("recursive", back="(g.T @ all_weights[layer] ** 3).T"),
    "a norm": source("recursive", loss="(all_f[last] - y) / np.linalg.norm(all_f[last] - y)"),
    "three lines wrong": source("recursive", loss="all_f[last] - y", bias="0 * g", below="u"),
    "an exception of its own": "def backward_pass(*args):\n    raise ValueError('not done yet')\n",
}

#: What may be said of faults that show in a corner only: it is true of them.
TRUE_IDS = {
    "no_hidden_layer": ["hidden_layers_only"],
    "mean_over_outputs": ["mean_over_outputs"],
    # In layer 0 its mask is of all_f[-1], the output.
    "mask_below_the_first_layer": ["layer_below_first"],
    "all_off_by_a_ten_thousandth": ["scaled"],
    "rounded": ["rounded"],
    "biases_rounded": ["rounded"],
    "clipped": ["clipped"],
    "accumulates_between_calls": ["accumulates"],
    "returns_the_first_answer_again": ["returns_earlier_answer"],
    "right_only_the_first_time": ["state_between_calls"],
}


@pytest.mark.parametrize("name", UNEXPLAINABLE)
def test_what_no_model_explains_is_named_nothing(udl: NetworksJudge, name: str) -> None:
    """It is wrong, and no more is said than how a line departs from what follows from its inputs."""
    judgement = udl.judge(
        local(UNEXPLAINABLE[name], udl.assignment), lambda: local(UNEXPLAINABLE[name], udl.assignment)
    )
    assert judgement.outcome.value in {"failed", "error"}
    mistakes = [mistake.id for diagnosis in judgement.diagnosis for mistake in diagnosis.mistakes]
    assert [id_ for id_ in mistakes if not id_.startswith("observed_")] == []


@pytest.mark.parametrize("variant", right_variants(), ids=lambda variant: variant.name)
def test_a_right_variant_is_named_nothing(udl: NetworksJudge, variant: RightVariant) -> None:
    """Nor is a place shown where it goes wrong."""
    assert list_ids(variant.source, udl) == []


@pytest.mark.parametrize("style", STYLES)
def test_a_right_style_is_named_nothing(udl: NetworksJudge, style: str) -> None:
    """Nine of them."""
    judgement = udl.judge(local(STYLES[style], udl.assignment), lambda: local(STYLES[style], udl.assignment))
    assert judgement.diagnosis == ()
    assert judgement.first_difference is None


@pytest.mark.parametrize("fault", rare_faults(), ids=lambda fault: fault.name)
def test_of_a_rare_fault_only_the_truth_is_told(udl: NetworksJudge, fault: RareFault) -> None:
    """Most have no model, and are named nothing."""
    assert list_ids(fault.source, udl) == TRUE_IDS.get(fault.name, [])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_explains_no_number(value: float) -> None:
    """Nor is it explained by one."""
    ones, zeros = np.ones(3), np.zeros(3)
    assert near(ones, ones, zeros)
    assert not near(np.array([1.0, value, 1.0]), ones, zeros)
    assert not near(ones, np.array([1.0, value, 1.0]), zeros)
