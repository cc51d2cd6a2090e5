"""Each mistake is found, and shrunk to the network that a person would have chosen."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.judge.agreement import disagreeing
from grader.judge.row import Fails, Failure
from grader.judge.witness import BUDGET, Witness
from grader.model.verdict import Counterexample, Judgement
from grader.oracle.answers import Answer, Candidate
from grader.oracle.network import Network
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment, Range, Ranges
from grader.subjects.networks.evidence import Evidence
from grader.subjects.networks.proposals import SIMPLE, Proposals, numbers_of, rebuilt
from grader.subjects.networks.reductions import reduce, size
from grader.subjects.networks.shrinking import Search, shrink
from tests.corpus.rare import rare_faults
from tests.local import local
from tests.networks import NetworksJudge, leave_out_explanations
from tests.subjects.networks.seeded import network as draw_network

RIGHT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db, df = [None] * (K + 1), [None] * (K + 1), [None] * (K + 1)
    df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        db[layer] = np.array(df[layer])
        dw[layer] = df[layer] @ all_h[layer].T
        if layer > 0:
            df[layer - 1] = indicator_function(all_f[layer - 1]) * (all_weights[layer].T @ df[layer])
    return dw, db
"""

#: Line replaced, by what, and the smallest network on which that shows: inputs, hidden widths, outputs.
SLIPS = {
    "no ReLU derivative": ("indicator_function(all_f[layer - 1]) * ", "", (1, 1, 1)),
    "mask from the wrong layer": (
        "indicator_function(all_f[layer - 1])",
        "indicator_function(all_f[layer])",
        (1, 1, 1),
    ),
    "weights from the previous activation": ("all_h[layer].T", "all_h[max(layer - 1, 0)].T", (1, 1, 1)),
    "weights from preactivations": (
        "all_h[layer].T",
        "(all_f[layer - 1] if layer else all_h[0]).T",
        (1, 1, 1),
    ),
    "propagates the wrong weights": ("all_weights[layer].T @", "2 * all_weights[layer].T @", (1, 1, 1)),
    "bias left as zeros": ("np.array(df[layer])\n", "0 * df[layer]\n", (1, 1)),
    "bias as a row": ("db[layer] = np.array(df[layer])", "db[layer] = np.array(df[layer]).ravel()", (1, 1)),
    "missing factor of two": ("np.array(d_loss_d_output(all_f[K], y))", "all_f[K] - y", (1, 1)),
    "wrong sign": ("np.array(d_loss", "-np.array(d_loss", (1, 1)),
    "rounded": ("df[layer] @ all_h[layer].T", "np.round(df[layer] @ all_h[layer].T, 2)", (1, 1)),
    "elementwise": ("df[layer] @ all_h[layer].T", "df[layer] * all_h[layer]", (1, 2)),
    "deeper than four": ("df[K] =", "df[K] = (2 if K > 4 else 1) *", (1, 1, 1, 1, 1, 1, 1)),
    "above eight wide": ("df[K] =", "df[K] = (2 if max(map(len, all_biases)) > 8 else 1) *", (1, 9, 1)),
    "several outputs": ("df[K] =", "df[K] = (2 if len(y) > 1 else 1) *", (1, 2)),
    "equal hidden widths": (
        "df[K] =",
        "n = [len(b) for b in all_biases[:-1]]\n    df[K] = (2 if len(set(n)) < len(n) else 1) *",
        (1, 1, 1, 1),
    ),
}


@pytest.fixture(autouse=True)
def _without_explanations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counterexamples do not depend on them."""
    leave_out_explanations(monkeypatch)


def judge_source(source: str, judge: NetworksJudge) -> Judgement:
    """The judgement on a source of our own."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


def sizes(example: Counterexample) -> tuple[int, ...]:
    """Inputs, hidden widths, outputs."""
    return (len(example.net_input), *example.widths, len(example.y))


@pytest.mark.parametrize("name", SLIPS)
def test_a_typical_mistake_is_shown_on_the_smallest_network_there_is(udl: NetworksJudge, name: str) -> None:
    """Stated by hand, from what the mistake needs to show."""
    old, new, smallest = SLIPS[name]
    assert old in RIGHT
    example = judge_source(RIGHT.replace(old, new), udl).counterexample
    assert isinstance(example, Counterexample)
    expected = (2, 1) if smallest == (1, 2) else smallest
    assert sizes(example) in {smallest, expected}


def test_its_values_are_ones_a_person_reads_at_a_glance(udl: NetworksJudge) -> None:
    """Halves, ones, twos and threes."""
    old, new, _ = SLIPS["no ReLU derivative"]
    example = judge_source(RIGHT.replace(old, new), udl).counterexample
    assert isinstance(example, Counterexample)
    values = {abs(value or 0) for part in (*example.weights, *example.biases) for row in part for value in row}
    assert values <= {0.5, 1.0, 2.0, 3.0}


def test_the_same_submission_gets_the_same_judgement(udl: NetworksJudge) -> None:
    """Also on a busy machine: the budget is in calls."""
    old, new, _ = SLIPS["mask from the wrong layer"]
    assert judge_source(RIGHT.replace(old, new), udl) == judge_source(RIGHT.replace(old, new), udl)


def test_state_between_calls_is_said_and_not_shrunk_to_a_network_that_is_right(udl: NetworksJudge) -> None:
    """The second call of a process is wrong: no network alone in a fresh process is."""
    source = RIGHT.replace("    df[K] =", "    calls.append(1)\n    df[K] = (2 if len(calls) > 1 else 1) *")
    judgement = judge_source("calls = []\n" + source, udl)
    agreement = judgement.properties[0]
    assert judgement.outcome.value == "failed"
    assert "kept between calls" in agreement.message
    assert agreement.counterexample is not None


def reductions(network: Network) -> Iterator[Network]:
    """All networks that are one step simpler: a column, a unit or a layer less, or one value that reads more easily."""
    weights, biases, x, y = network.weights, network.biases, network.net_input, network.y
    for i in range(network.columns if network.columns > 1 else 0):
        yield Network(weights, biases, np.delete(x, i, 1), np.delete(y, i, 1))
    for k, units in enumerate(network.sizes):
        for i in range(units if units > 1 else 0):
            w, b = list(weights), list(biases)
            if k < len(w):
                w[k] = np.delete(w[k], i, 1)
            if k > 0:
                w[k - 1], b[k - 1] = np.delete(w[k - 1], i, 0), np.delete(b[k - 1], i, 0)
            last = k == len(weights)
            yield Network(tuple(w), tuple(b), x if k else np.delete(x, i, 0), np.delete(y, i, 0) if last else y)
    for k in range(1, len(weights)):
        w, b = list(weights), list(biases)
        w[k - 1 : k + 1], b[k - 1 : k + 1] = [w[k] @ w[k - 1]], [b[k] + w[k] @ b[k - 1]]
        yield Network(tuple(w), tuple(b), x, y)
    numbers = numbers_of(network)
    for at, value in enumerate(numbers.tolist()):
        for simpler_value in SIMPLE[: SIMPLE.index(value)] if value in SIMPLE else SIMPLE:
            yield rebuilt(network.sizes, network.columns, np.r_[numbers[:at], simpler_value, numbers[at + 1 :]], y)


def list_failing_reductions(
    network: Network, candidate: Candidate[Suite], proposals: Proposals, fails: Fails
) -> list[tuple[int, ...]]:
    """The sizes of those of its reductions that fail as well."""
    proposed_cases = proposals.of(reductions(network))
    if not proposed_cases:
        return []
    suite = proposals.expectations(proposed_cases)
    marks = fails(suite, candidate.answer(suite))
    return [reduction.network.sizes for reduction, mark in zip(proposed_cases, marks, strict=True) if mark]


RARE = {fault.name: fault for fault in rare_faults() if not fault.stateful}


@pytest.mark.parametrize("name", RARE)
def test_no_single_reduction_of_what_is_shown_fails(udl: NetworksJudge, name: str) -> None:
    """Of rare faults: fewer layers, units and columns, and simpler values, one step at a time."""
    candidate = local(RARE[name].source, udl.assignment)
    example = judge_source(RARE[name].source, udl).counterexample
    assert isinstance(example, Counterexample)
    shown_network = Network(
        tuple(map(np.array, example.weights)),
        tuple(map(np.array, example.biases)),
        np.array(example.net_input),
        np.array(example.y),
    )
    assert list_failing_reductions(shown_network, candidate, Proposals(udl.assignment), disagreeing) == []


#: What is wrong with batches, and the fewest columns on which it shows.
BATCHES = {
    "mean over columns": ("df[layer] @ all_h[layer].T", "df[layer] @ all_h[layer].T / y.shape[1]", 2),
    "first column for all": ("indicator_function(all_f[layer - 1])", "indicator_function(all_f[layer - 1][:, :1])", 2),
    "more than three": ("df[K] =", "df[K] = (2 if y.shape[1] > 3 else 1) *", 4),
    "in every batch": ("np.array(d_loss", "-np.array(d_loss", 1),
}
BATCH_ASSIGNMENT = replace(Assignment("x", "backward_pass"), ranges=replace(Ranges(), columns=Range(1, 16)))
BATCHED_PROPOSALS = Proposals(BATCH_ASSIGNMENT)


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("seed", range(3))
def test_a_batch_shrinks_like_any_other_size(name: str, seed: int) -> None:
    """From eight columns to the fewest on which it is wrong."""
    old, new, columns = BATCHES[name]
    proposals = BATCHED_PROPOSALS
    right = RIGHT.replace("np.array(df[layer])\n", "df[layer].sum(axis=1, keepdims=True)\n")
    candidate = local(right.replace(old, new), BATCH_ASSIGNMENT)
    networks = [draw_network(seed + 10 * step, BATCH_ASSIGNMENT, columns=8) for step in range(12)]
    start = next(iter(Search(Witness(candidate), proposals).failing(proposals.of(networks), Failure(disagreeing))))
    smallest = shrink(start, Failure(disagreeing), Search(Witness(candidate), proposals))
    assert smallest.columns == columns
    assert list_failing_reductions(smallest, candidate, proposals, disagreeing) == []


class Counting:
    """Wrong on networks at least as deep and as wide as asked; counts its calls."""

    def __init__(self, depth: int, width: int) -> None:
        self.depth, self.width, self.calls = depth, width, 0

    def answer(self, suite: Suite) -> list[Answer]:
        """Nothing that is looked at: `fails` decides."""
        from grader.oracle.answers import Malformed  # noqa: PLC0415 - only this fake needs it

        self.calls += len(suite)
        return [Malformed("x")] * len(suite)

    def evidence(self, _: Suite) -> list[Evidence]:
        """None: it is no code."""
        return []

    def fails(self, suite: Suite, _: Sequence[Answer]) -> list[bool]:
        """Whether a network has the depth and somewhere the width."""
        return [len(sizes) - 2 >= self.depth and max(sizes[1:-1], default=0) >= self.width for sizes in suite.sizes]


#: What every submission is asked of one assignment is made once, as the service does it.
ONE_COLUMN = Assignment("x", "x")
PROPOSALS = Proposals(ONE_COLUMN)


@settings(max_examples=30)
@given(depth=st.integers(0, 5), width=st.integers(0, 8), seed=st.integers(0, 1000))
def test_it_never_grows_stays_within_its_budget_and_fails_in_the_same_way(depth: int, width: int, seed: int) -> None:
    """For any demand on depth and width, and any start that meets it."""
    network: Network = draw_network(seed, ONE_COLUMN)
    candidate = Counting(min(depth, network.depth), min(width, max(network.sizes[1:-1], default=0)))
    smallest = shrink(network, Failure(candidate.fails), Search(Witness(candidate), PROPOSALS))
    assert size(smallest) <= size(network)
    assert candidate.calls <= BUDGET
    assert smallest.depth >= candidate.depth
    assert max(smallest.sizes[1:-1], default=0) >= candidate.width


def test_what_one_property_tried_on_its_way_is_not_made_again_for_the_next() -> None:
    network: Network = draw_network(1, ONE_COLUMN)
    tried_networks = [reduction.proposed for reduction in reduce(network, PROPOSALS)]
    assert tried_networks
    assert all(
        earlier_network is reduction.proposed
        for earlier_network, reduction in zip(tried_networks, reduce(network, PROPOSALS), strict=True)
    )


def test_a_reduction_knows_its_size_before_it_is_made() -> None:
    for reduction in reduce(draw_network(7, ONE_COLUMN), PROPOSALS):
        assert {size(proposal.network) for proposal in reduction.proposed} <= {reduction.size}
