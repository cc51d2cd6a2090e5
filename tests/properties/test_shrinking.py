"""Each mistake is found, and shrunk to the network that a person would have chosen."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.model import Assignment, Counterexample, Judgement
from grader.oracle.network import Network
from grader.properties.candidate import Answer, Evidence
from grader.properties.engine import Judge
from grader.properties.proposals import Proposals
from grader.properties.shrinking import BUDGET, Witness, shrink, size
from grader.suite import Suite
from tests.local import local
from tests.properties.seeded import network as seeded

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


def judged(source: str, judge: Judge) -> Judgement:
    """The judgement on a source of our own."""
    return judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))


def sizes(example: Counterexample) -> tuple[int, ...]:
    """Inputs, hidden widths, outputs."""
    return (len(example.net_input), *example.widths, len(example.y))


@pytest.mark.parametrize("name", SLIPS)
def test_a_typical_mistake_is_shown_on_the_smallest_network_there_is(udl: Judge, name: str) -> None:
    """Stated by hand, from what the mistake needs to show."""
    old, new, smallest = SLIPS[name]
    assert old in RIGHT
    example = judged(RIGHT.replace(old, new), udl).counterexample
    assert example is not None
    expected = (2, 1) if smallest == (1, 2) else smallest
    assert sizes(example) in {smallest, expected}


def test_its_values_are_ones_a_person_reads_at_a_glance(udl: Judge) -> None:
    """Halves, ones, twos and threes."""
    old, new, _ = SLIPS["no ReLU derivative"]
    example = judged(RIGHT.replace(old, new), udl).counterexample
    assert example is not None
    values = {abs(value) for part in example.weights + example.biases for row in part for value in row}
    assert values <= {0.5, 1.0, 2.0, 3.0}


def test_the_same_submission_gets_the_same_judgement(udl: Judge) -> None:
    """Also on a busy machine: the budget is in calls."""
    old, new, _ = SLIPS["mask from the wrong layer"]
    assert judged(RIGHT.replace(old, new), udl) == judged(RIGHT.replace(old, new), udl)


def test_state_between_calls_is_said_and_not_shrunk_to_a_network_that_is_right(udl: Judge) -> None:
    """The second call of a process is wrong: no network alone in a fresh process is."""
    source = RIGHT.replace("    df[K] =", "    calls.append(1)\n    df[K] = (2 if len(calls) > 1 else 1) *")
    found = judged("calls = []\n" + source, udl)
    agreement = found.properties[0]
    assert found.outcome.value == "failed"
    assert "kept between calls" in agreement.message
    assert agreement.counterexample is not None


class Counting:
    """Wrong on networks at least as deep and as wide as asked; counts its calls."""

    def __init__(self, depth: int, width: int) -> None:
        self.depth, self.width, self.calls = depth, width, 0

    def answer(self, suite: Suite) -> list[Answer]:
        """Nothing that is looked at: `fails` decides."""
        from grader.properties.candidate import Malformed  # noqa: PLC0415 - only this fake needs it

        self.calls += len(suite)
        return [Malformed("x", "x")] * len(suite)

    def evidence(self, _: Suite) -> list[Evidence]:
        """None: it is no code."""
        return []

    def fails(self, suite: Suite, _: Sequence[Answer]) -> list[bool]:
        """Whether a network has the depth and somewhere the width."""
        return [len(sizes) - 2 >= self.depth and max(sizes[1:-1], default=0) >= self.width for sizes in suite.sizes]


@settings(max_examples=30, deadline=None)
@given(depth=st.integers(0, 5), width=st.integers(0, 8), seed=st.integers(0, 1000))
def test_it_never_grows_stays_within_its_budget_and_fails_in_the_same_way(depth: int, width: int, seed: int) -> None:
    """For any demand on depth and width, and any start that meets it."""
    assignment = Assignment("x", "x")
    start: Network = seeded(seed, assignment)
    candidate = Counting(min(depth, start.depth), min(width, max(start.sizes[1:-1], default=0)))
    found = shrink(start, candidate.fails, Witness(candidate, Proposals(assignment)))
    assert size(found) <= size(start)
    assert candidate.calls <= BUDGET
    assert found.depth >= candidate.depth
    assert max(found.sizes[1:-1], default=0) >= candidate.width
