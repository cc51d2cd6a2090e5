"""Flags for staff: who computes a forward pass of their own, and who differentiates numerically."""

from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging import revision as revisions
from backmark.grader.contracts.judging.differencing import find_quantum
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.language.archive import read_json
from backmark.grader.errors import Crashed
from backmark.grader.model.outcome import Outcome
from tests.contracts.making import build, build_shared, contract, judge
from tests.corpus.recomputing import BY_SIZE, SCHEMES, differencing, reference, right, solution
from tests.local import local_by

DEEP = """
language = 1
id = "deep-{activation}"
title = "A deep network"
cases = 40

[dims]
K = [0, 4]
D = {{ many = "K + 2", each = [1, 5] }}

[inputs]
all_weights = {{ each = "K + 1", shape = "D[k+1] D[k]", values = "normal(0, 1.4 / sqrt(D[k]))" }}
all_biases = {{ each = "K + 1", shape = "D[k+1] 1", values = "normal(0, 0.5)" }}
x = {{ shape = "D[0] 1" }}
y = {{ shape = "D[K+1] 1", values = "{targets}" }}

[submission]
provides = ["K"]

[call]
given = ["all_f", "all_h"]
code = "dws, dbs = backward_pass(all_weights, all_biases, all_f, all_h, y)"

[results]
"dws[k]" = {{ for = "k in range(K + 1)", grad = "all_weights[{{k}}]" }}
"dbs[k]" = {{ for = "k in range(K + 1)", grad = "all_biases[{{k}}]" }}
"""
#: Activations and losses that have little in common, with the targets that these losses take.
FORMULAS = {
    "relu": ("least_squares", "normal"),
    "leaky_relu": ("softmax_cross_entropy", "onehot(0)"),
    "tanh": ("binary_cross_entropy", "binary"),
    "sigmoid": ("least_squares", "normal"),
}
BOTH = ["recomputes_forward_pass", "finite_differences"]


def deep(activation: str) -> ContractRevision:
    """Return the contract about networks with this activation."""
    loss, targets = FORMULAS[activation]
    texts = {"reference": reference(activation, loss), "solution": solution(activation, loss), "mistakes/upstream": ""}
    return build_shared(contract(DEEP.format(activation=activation, targets=targets), **texts))


@pytest.fixture(scope="module", params=FORMULAS)
def network(request: pytest.FixtureRequest) -> ContractRevision:
    """Each of them."""
    return deep(request.param)


@pytest.fixture(scope="module")
def relu() -> ContractRevision:
    """The one of notebook 7.2."""
    return deep("relu")


def formulas(made: ContractRevision) -> tuple[str, str]:
    """Return the names of its activation and its loss."""
    activation = made.assignment.id.removeprefix("deep-")
    return activation, FORMULAS[activation][0]


def flags(made: ContractRevision, source: str, dtype: str = "float64") -> list[str]:
    """Return the ids of a source's flags, as long as nothing is judged."""
    ready = made.contract
    candidate = local_by(source, ContractExchange(made.assignment, ready.exchange.results, dtype))
    return [flag.id for flag in ready.flags(candidate.answer(ready.probes), Witness(candidate))]


#: A complex step has no quantum. One of five points, with a step of 1e-3, has one that is hardly above rounding.
UNSEEN = {"complex step", "complex step, a smaller one", "five-point"}


def test_schemes_of_differences_are_seen(network: ContractRevision) -> None:
    """Forward, central, Richardson, Romberg, in random directions, with several steps; all of them recompute."""
    sources = differencing(*formulas(network))
    flagged = {name: flags(network, source) for name, source in sources.items()}
    assert {name for name in SCHEMES if flagged[name] != BOTH} - UNSEEN == set()
    assert all(flagged[name] in (BOTH, BOTH[:1]) for name in SCHEMES)


def test_nobody_is_accused_who_recomputes_in_any_precision(network: ContractRevision) -> None:
    """Forty of them: double, single, extended, mixed."""
    sources = right(*formulas(network))
    assert len(sources) >= 40
    assert {name: flagged for name, source in sources.items() if (flagged := flags(network, source)) != BOTH[:1]} == {}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_solution_has_no_flags(network: ContractRevision, dtype: str) -> None:
    assert flags(network, network.assignment.solution, dtype) == []


#: What is changed in the solution of the deep network: its way of computing, its precision, and what it returns.
HONEST = {
    "half precision": ("return [db @ h.T for", "return [(db @ h.T).astype(np.float16) for"),
    "single precision in between": ("dbs = [", "y = y.astype('f4'); dbs = ["),
    "few digits": ("return [db @ h.T for", "return [np.round(db @ h.T, 12) for"),
    "extended precision": ("dbs = [", "all_weights = [w.astype('g') for w in all_weights]; dbs = ["),
    "noise": ("return [db @ h.T for", "return [db @ h.T * (1 + 1e-9 * np.random.randn()) for"),
    "order by chance": ("(w.T @ dbs[0])", "sum((w[[i]].T * dbs[0][i] for i in np.random.permutation(len(w))), 0)"),
    "a large sum": ("dbs = [", "all_f = [*all_f[:-1], all_f[-1] + 1e5 - 1e5]; f = all_f[-1]; dbs = ["),
    "a third three times": ("return [db @ h.T for", "return [sum(db @ h.T / 3 for _ in range(3)) for"),
}


@pytest.mark.parametrize("change", HONEST.values(), ids=HONEST)
def test_other_rounding_has_no_flags(network: ContractRevision, change: tuple[str, str]) -> None:
    """Even what loses eleven digits on its way is no difference."""
    old, new = change
    assert old in network.assignment.solution
    assert flags(network, network.assignment.solution.replace(old, new)) == []


#: Central differences for each preactivation, from all_f and the layers above it.
BY_PREACTIVATION = """
import numpy as np

def loss(k, f, all_weights, all_biases, y):
    for w, b in zip(all_weights[k + 1:], all_biases[k + 1:]):
        f = w @ np.maximum(f, 0) + b
    return np.sum((f - y) ** 2)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db, step = [], [], 2.0 ** -14
    for k, f in enumerate(all_f):
        g = np.zeros_like(f)
        for i in range(len(f)):
            e = np.zeros_like(f)
            e[i] = step
            rest = (all_weights, all_biases, y)
            g[i] = (loss(k, f + e, *rest) - loss(k, f - e, *rest)) / (2 * step)
        dw.append(g @ all_h[k].T)
        db.append(g)
    return dw, db
"""

#: Central differences for each layer's parameters, from its own all_h and the layers above it.
BY_INPUT = """
import numpy as np

def end(k, w, b, h, all_weights, all_biases, y):
    f = w @ h + b
    for up, add in zip(all_weights[k + 1:], all_biases[k + 1:]):
        f = up @ np.maximum(f, 0) + add
    return np.sum((f - y) ** 2)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dw, db, step = [], [], 2.0 ** -14
    for k, (w, b) in enumerate(zip(all_weights, all_biases)):
        slopes = [np.zeros_like(w), np.zeros_like(b)]
        for part, slope in enumerate(slopes):
            for at in np.ndindex(slope.shape):
                ends = []
                for sign in (1, -1):
                    moved = [w.copy(), b.copy()]
                    moved[part][at] += sign * step
                    ends.append(end(k, *moved, all_h[k], all_weights, all_biases, y))
                slope[at] = (ends[0] - ends[1]) / (2 * step)
        dw.append(slopes[0])
        db.append(slopes[1])
    return dw, db
"""

#: Forward differences with every parameter in one row; the loss that is taken off is that of the given output.
FROM_THE_GIVEN_OUTPUT = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    shapes = [part.shape for pair in zip(all_weights, all_biases) for part in pair]
    row = np.concatenate([part.ravel() for pair in zip(all_weights, all_biases) for part in pair])
    ends = np.cumsum([0] + [rows * columns for rows, columns in shapes])

    def parts(numbers):
        return [numbers[a:b].reshape(shape) for a, b, shape in zip(ends, ends[1:], shapes)]

    def loss(numbers):
        out, layers = all_h[0], parts(numbers)
        for k in range(0, len(layers), 2):
            out = layers[k] @ (np.maximum(out, 0) if k else out) + layers[k + 1]
        return float(np.square(out - y).sum())

    given, step = float(np.square(all_f[-1] - y).sum()), 2.0 ** -20
    moved = np.eye(len(row)) * step + row
    made = parts(np.array([(loss(numbers) - given) / step for numbers in moved]))
    return made[::2], made[1::2]
"""

#: Central differences by the biases alone, by a forward pass from the input; dW is their product with all_h.
BY_BIAS = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def ends(k, move):
        out = all_h[0]
        for at, (w, b) in enumerate(zip(all_weights, all_biases)):
            out = w @ (out * (out > 0) if at else out) + b + (move if at == k else 0)
        return ((out - y) ** 2).sum()

    db = []
    for k, b in enumerate(all_biases):
        moves = np.identity(len(b))[:, :, None] * 2.0 ** -14
        db.append(np.array([[(ends(k, move) - ends(k, -move)) * 2.0 ** 13] for move in moves]))
    return [np.outer(g, h) for g, h in zip(db, all_h)], db
"""


@pytest.mark.parametrize("source", [BY_PREACTIVATION, BY_INPUT, FROM_THE_GIVEN_OUTPUT, BY_BIAS])
def test_differences_that_use_what_was_given_are_not_said_to_recompute_it(relu: ContractRevision, source: str) -> None:
    """Layer by layer, from given values up, and beside them."""
    assert flags(relu, source) == ["finite_differences"]


@pytest.mark.parametrize(
    "scheme",
    [
        *BY_SIZE.values(),
        "array[i] = kept + np.longdouble(1e-9); s = array[i] - kept; slope[i] = (at() - moved(0)) / s",
        "slope[i] = (moved(1e-5) - moved(-1e-5)) / 1e-5",
    ],
    ids=["larger for large parameters", "extended precision", "twice too large"],
)
def test_other_steps_are_seen(relu: ContractRevision, scheme: str) -> None:
    name = "extended" if "longdouble" in scheme else "another"
    (source,) = differencing(*formulas(relu), {name: scheme}).values()
    assert "finite_differences" in flags(relu, source)


LOOKS_AT_NORMS = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    h, f = [all_h[0]], []
    for weights, biases in zip(all_weights, all_biases):
        f.append(biases + weights @ h[-1])
        h.append(np.maximum(f[-1], 0))
    dw, db = [None] * len(f), [None] * len(f)
    g = 2 * (f[-1] - y)
    for k in range(len(f) - 1, -1, -1):
        dw[k], db[k] = g @ h[k].T, g
        g = all_weights[k].T @ g
        if np.linalg.norm(g) == 0:
            g = np.zeros_like(g)
        g = g * (f[k - 1] > 0) if k else g
    return dw, db
"""


def test_looking_at_a_norm_is_no_difference(relu: ContractRevision) -> None:
    assert flags(relu, LOOKS_AT_NORMS) == ["recomputes_forward_pass"]


def test_flags_stand_beside_a_verdict_that_they_do_not_change(relu: ContractRevision) -> None:
    judgement = judge(relu, next(iter(right(*formulas(relu)).values())))
    assert [(flag.id, flag.title) for flag in judgement.flags] == [
        ("recomputes_forward_pass", "recomputes the forward pass instead of using all_f and all_h")
    ]
    assert judgement.outcome is Outcome.PASSED


def test_a_solution_that_recomputes_allows_it() -> None:
    """Then right code may ignore what is given."""
    recomputing = next(iter(right("relu", "least_squares").values()))
    toml = DEEP.format(activation="free", targets="normal").replace("cases = 40", "cases = 12")
    files = {
        "reference": reference("relu", "least_squares"),
        "solution": solution("relu", "least_squares"),
        "other": recomputing,
        "mistakes/upstream": "",
    }
    made = build(contract(toml + '\n[solution]\nothers = ["other.py"]\n', **files))
    assert len(made.probes) == 0
    assert flags(made, recomputing) == []


def test_given_values_that_change_no_answer_tell_nothing() -> None:
    """The gradients of a linear map do not depend on its output."""
    made = build(contract(GIVEN_OUTPUT, solution=USES_INPUTS, **{"mistakes/upstream": ""}))
    assert len(made.probes) == 0
    assert flags(made, USES_INPUTS) == []


GIVEN_OUTPUT = """
language = 1
id = "given-output"
title = "A linear map with its output"
cases = 20

[dims]
N = [1, 4]
D = [1, 3]
M = [1, 3]

[inputs]
x = { shape = "N D" }
w = { shape = "D M" }

[upstream]
dout = "out"

[call]
given = ["out"]
code = "dx, dw = linear_backward(dout, out, x, w)"

[results]
dx = { grad = "x" }
dw = { grad = "w" }
"""
USES_INPUTS = """
def linear_backward(dout, out, x, w):
    return dout @ w.T, x.T @ dout
"""
#: As the gradient checks of a course do it: the outputs' differences are weighed by the upstream gradient.
DIFFERENCES = """
import numpy as np

def linear(x, w):
    return x @ w

def linear_backward(dout, x, w):
    slopes = []
    for array in (x, w):
        slope = np.zeros_like(array)
        for at in np.ndindex(array.shape):
            kept = array[at]
            array[at] = kept + {step}
            above = linear(x, w)
            array[at] = kept - {step}
            below = linear(x, w)
            array[at] = kept
            slope[at] = {quotient}
        slopes.append(slope)
    return slopes
"""
QUOTIENTS = {
    "difference first": "np.sum((above - below) * dout) / (2 * {step})",
    "sum first": "(np.sum(above * dout) - np.sum(below * dout)) / (2 * {step})",
}


@pytest.fixture(scope="module")
def linear() -> ContractRevision:
    """A contract without given values, and with an upstream gradient."""
    return build_shared(contract())


@pytest.mark.parametrize("quotient", QUOTIENTS.values(), ids=QUOTIENTS)
@pytest.mark.parametrize("step", ["1e-4", "1e-5", "1e-6", "1e-7"])
def test_differences_are_seen_where_nothing_is_given(linear: ContractRevision, step: str, quotient: str) -> None:
    source = DIFFERENCES.format(step=step, quotient=quotient.format(step=step))
    assert flags(linear, source) == ["finite_differences"]


def test_a_revision_without_probes_is_stored_as_before(linear: ContractRevision) -> None:
    assert "probes" not in read_json(revisions.dump(linear))


def test_probes_are_stored(relu: ContractRevision) -> None:
    stored = revisions.load(revisions.dump(relu))
    assert (stored.id, len(stored.probes)) == (relu.id, 4)
    assert [case.key() for case in stored.probes.drawn] == [case.key() for case in relu.probes.drawn]


def test_of_a_function_that_ends_on_more_probes_nothing_is_claimed(relu: ContractRevision) -> None:
    source = next(iter(differencing(*formulas(relu)).values()))
    ready = relu.contract
    candidate = local_by(source, ready.exchange)
    assert ready.flags(candidate.answer(ready.probes), Witness(Ending())) == []


class Ending:
    """A candidate that ends whenever it is asked."""

    def answer(self, cases: Any) -> list[Answer]:  # noqa: ARG002 - a candidate's
        """End."""
        raise Crashed("It ended.")

    def evidence(self, cases: Any) -> list[Any]:  # noqa: ARG002 - a candidate's
        """Return nothing."""
        return []


@pytest.mark.parametrize("quantum", [1000.0, 4096.0, 5e5])
def test_a_quantum_is_found_by_jumps_that_are_off_a_little(quantum: float) -> None:
    rng = np.random.default_rng(0)
    jumps = quantum * rng.integers(0, 6, 60) + rng.uniform(-8, 8, 60)
    found = find_quantum(np.abs(jumps))
    assert found == pytest.approx(quantum, rel=1e-2)


@pytest.mark.parametrize("size", [10.0, 1e3, 1e5, 1e9])
def test_noise_has_no_quantum(size: float) -> None:
    for seed in range(200):
        assert find_quantum(np.abs(np.random.default_rng(seed).normal(0, size, 60))) is None
