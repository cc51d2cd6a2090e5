"""No fact may end a grading: whatever the lists hold, collecting and observing return."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.oracle.answers import Answer, Returned
from grader.oracle.suite import Suite
from grader.subjects.networks.diagnosis.line_samples import sample_lines
from grader.subjects.networks.diagnosis.missing_entries import find_layers_left_out, find_misshapen
from grader.subjects.networks.diagnosis.observed import find_facts, list_facts
from grader.subjects.networks.diagnosis.work import views
from grader.subjects.networks.evidence import Evidence, ReturnedForm
from grader.subjects.networks.steps import STEPS
from tests.networks import NetworksJudge, load_layered

JUDGE = NetworksJudge(load_layered())
SUITE: Suite = JUDGE.subject.cases
SINGLE = [i for i, columns in enumerate(SUITE.columns) if columns == 1]
#: No hidden layer, single units, and ordinary networks.
PLACES = sorted(SINGLE, key=lambda i: (sum(SUITE.sizes[i]), i))[:12] + SINGLE[:4]

#: What a list is filled with: one number, or numbers of a seed.
FILLINGS = (0.0, 1.0, -1.0, np.nan, np.inf, -np.inf, 1e300, 5e-324, None)


VIEWS = views(SUITE.networks, JUDGE.assignment.formulas)


def run(i: int, factor: float) -> np.ndarray:
    """The lists of the notebook's own pass, but that each step down multiplies dl/df once more by the factor."""
    view = VIEWS[i]
    df, dh = [view.loss], []
    for weights, slope in zip(view.network.weights[:0:-1], view.slopes[: len(view.f) - 1][::-1], strict=True):
        dh.append(weights.T @ df[-1])
        df.append(factor * slope * dh[-1])
    dh.append(view.network.weights[0].T @ df[-1])
    df, dh = df[::-1], dh[::-1]
    d_weights = [part @ h.T for part, h in zip(df, view.h, strict=True)]
    return np.concatenate([part.ravel() for part in (*d_weights, *df, *df, *dh)])


def fill(filling: float | None, count: int, seed: int) -> np.ndarray:
    """So many numbers."""
    if filling is not None:
        return np.full(count, filling)
    return np.random.default_rng(seed).choice([0.0, 1.0, -2.5, np.nan, np.inf, 1e-9], count)


@st.composite
def awkward(draw: st.DrawFn) -> tuple[dict[int, Answer], dict[int, Evidence]]:
    """Answers and evidence of one network or a few."""
    networks = draw(st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True))
    answers: dict[int, Answer] = {}
    evidence: dict[int, Evidence] = {}
    for i in networks:
        sizes, seed = SUITE.sizes[i], draw(st.integers(0, 99))
        depth = len(sizes) - 1
        right = SUITE.derivatives[SUITE.starts[i] : SUITE.starts[i + 1]]
        part = draw(st.sampled_from(("right", "halved", "filled")))
        numbers = fill(draw(st.sampled_from(FILLINGS)), len(right), seed)
        answers[i] = Returned({"right": np.nan_to_num(right), "halved": right / 2, "filled": numbers}[part])
        if draw(st.booleans()):
            count = (
                sum(a * b for a, b in zip(sizes[1:], sizes[:-1], strict=True)) + 2 * sum(sizes[1:]) + sum(sizes[:-1])
            )
            status = draw(st.text("01123", min_size=4 * depth, max_size=4 * depth))
            form = draw(st.sampled_from(ReturnedForm))
            lists = fill(draw(st.sampled_from(FILLINGS)), count, seed + 1)
            shared = tuple(draw(st.lists(st.booleans(), min_size=depth, max_size=depth)))
            evidence[i] = Evidence(draw(st.booleans()), form, status, lists, shared, None)
    return answers, evidence


def list_all_facts(answers: Mapping[int, Answer], evidence: Mapping[int, Evidence], steps: frozenset[str]) -> None:
    """Every fact about these networks, as the others had never been answered."""
    places = sorted({*answers, *evidence})
    suite = SUITE.take(places)
    place_answers = [answers[i] for i in places]
    place_evidence = {at: evidence[i] for at, i in enumerate(places) if i in evidence}
    with np.errstate(all="ignore"):
        lines = sample_lines(suite, [VIEWS[i] for i in places], place_answers, place_evidence, steps)
        find_facts(lines)
        for samples in lines:
            # Not the first fact alone: a rare one stands behind all others.
            list(list_facts(samples, np.ones(samples.made.shape, dtype=bool)))
        find_layers_left_out(suite, place_evidence)
        find_misshapen(suite, place_evidence, steps)


@settings(max_examples=150)
@given(awkward(), st.sets(st.sampled_from(STEPS), min_size=1))
def test_no_fact_raises_whatever_came_back(
    evidence: tuple[dict[int, Answer], dict[int, Evidence]], steps: set[str]
) -> None:
    """Empty layers, zeros, NaN, infinities, single units, one network alone."""
    list_all_facts(*evidence, frozenset(steps))


@pytest.mark.parametrize("factor", [1.0, 2.0, 0.0])
@pytest.mark.parametrize("i", PLACES)
def test_no_fact_raises_on_a_pass_of_a_single_network(i: int, factor: float) -> None:
    """A network may have no unit on one side of zero, or none that dl/dh comes to."""
    depth = len(SUITE.sizes[i]) - 1
    evidence = Evidence(
        ended=True,
        form=ReturnedForm.PLAIN,
        status="1" * (4 * depth),
        numbers=run(i, factor),
        shared=(False,) * depth,
        raised=None,
    )
    list_all_facts(
        {i: Returned(evidence.numbers[: SUITE.starts[i + 1] - SUITE.starts[i]])}, {i: evidence}, frozenset(STEPS)
    )


@pytest.mark.parametrize("filling", FILLINGS)
def test_no_fact_raises_on_lists_of_one_number(filling: float | None) -> None:
    """All lists there, in every network that was chosen."""
    answers: dict[int, Answer] = {}
    evidence: dict[int, Evidence] = {}
    for i in PLACES:
        sizes = SUITE.sizes[i]
        answers[i] = Returned(fill(filling, SUITE.starts[i + 1] - SUITE.starts[i], i))
        count = sum(a * b for a, b in zip(sizes[1:], sizes[:-1], strict=True)) + 2 * sum(sizes[1:]) + sum(sizes[:-1])
        depth = len(sizes) - 1
        numbers, shared = fill(filling, count, i), (False,) * depth
        evidence[i] = Evidence(
            ended=True, form=ReturnedForm.PLAIN, status="1" * (4 * depth), numbers=numbers, shared=shared, raised=None
        )
    for lists in (evidence, {}):
        list_all_facts(answers, lists, frozenset(STEPS))
