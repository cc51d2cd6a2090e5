"""Who differentiates numerically is told from who recomputes the forward pass, in whatever precision."""

import pytest

from grader.model.formulas import Activation, Loss
from grader.subjects.networks.differencing import differentiates
from grader.subjects.networks.draw import draw
from grader.subjects.networks.probes import follows_own_pass
from tests.corpus.recomputing import BY_SIZE, differencing, right
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.formulas import ASSIGNMENTS, assignment


@pytest.fixture(
    scope="module", params=(None, *ASSIGNMENTS), ids=lambda params: (params and f"{params[0]}-{params[1]}") or "udl"
)
def judge(request: pytest.FixtureRequest, udl: NetworksJudge) -> NetworksJudge:
    """The assignment that ships, and others that have little in common."""
    if request.param is None:
        return udl
    activation, loss, columns = request.param
    return NetworksJudge(draw(assignment(Activation(activation), Loss(loss), columns), choice=1))


def _formulas(judge: NetworksJudge) -> tuple[str, str]:
    return judge.assignment.formulas.activation, judge.assignment.formulas.loss


def is_accused(source: str, judge: NetworksJudge) -> bool:
    """What is flagged of a source that recomputes the forward pass."""
    candidate = local(source, judge.assignment)
    assert follows_own_pass(judge.revision.subject._probes, candidate.answer(judge.revision.subject._probes.suite))
    return differentiates(candidate, judge.revision.suite, judge.assignment)


def test_every_scheme_of_differences_is_seen(judge: NetworksJudge) -> None:
    """Forward, central, five-point, complex step, Richardson, in random directions; with several steps."""
    sources = differencing(*_formulas(judge))
    assert [name for name, source in sources.items() if not is_accused(source, judge)] == []


def test_nobody_is_accused_who_recomputes_in_any_precision(judge: NetworksJudge) -> None:
    """Forty of them: double, single, extended, mixed."""
    sources = right(*_formulas(judge))
    assert len(sources) >= 40
    assert [name for name, source in sources.items() if is_accused(source, judge)] == []


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


def test_differences_by_preactivation_are_seen(udl: NetworksJudge) -> None:
    """Only the biases are differences, and each layer has a forward pass of its own."""
    assert is_accused(BY_PREACTIVATION, udl)


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


def test_differences_from_the_given_input_of_each_layer_are_seen(udl: NetworksJudge) -> None:
    """It recomputes the preactivations from all_h, layer by layer."""
    assert is_accused(BY_INPUT, udl)


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


def test_differences_from_the_loss_of_the_given_output_are_seen(udl: NetworksJudge) -> None:
    """Where the given output is not the own one, every quotient is off by one number."""
    assert is_accused(FROM_THE_GIVEN_OUTPUT, udl)


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


def test_differences_by_the_biases_are_seen_beside_the_given_activations(udl: NetworksJudge) -> None:
    """Half of what comes back follows the own forward pass, and half the given one."""
    assert is_accused(BY_BIAS, udl)


def test_differences_in_extended_precision_over_the_step_that_was_made_are_seen(udl: NetworksJudge) -> None:
    """Each parameter rounds the step, and blurs the quantum of the derivatives."""
    scheme = "array[i] = kept + np.longdouble(1e-9); s = array[i] - kept; slope[i] = (at() - moved(0)) / s"
    (source,) = differencing(*_formulas(udl), {"extended": scheme}).values()
    assert is_accused(source, udl)


def test_differences_over_another_step_than_was_made_are_seen(udl: NetworksJudge) -> None:
    """Each derivative is twice what it should be."""
    scheme = "slope[i] = (moved(1e-5) - moved(-1e-5)) / 1e-5"
    (source,) = differencing(*_formulas(udl), {"doubled": scheme}).values()
    assert is_accused(source, udl)


def flags(source: str, judge: NetworksJudge) -> list[str]:
    """The ids of all flags of a source."""
    judgement = judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))
    return [flag.id for flag in judgement.flags]


@pytest.mark.parametrize("source", [BY_PREACTIVATION, BY_INPUT, FROM_THE_GIVEN_OUTPUT, BY_BIAS])
def test_who_uses_what_was_given_is_not_said_to_recompute_it_instead(udl: NetworksJudge, source: str) -> None:
    """Other all_f or all_h change these answers."""
    assert flags(source, udl) == ["finite_differences"]


def test_differences_from_the_input_up_recompute_the_forward_pass(udl: NetworksJudge) -> None:
    """Nothing that is given but the input is in these answers."""
    source = next(iter(differencing(*_formulas(udl)).values()))
    assert flags(source, udl) == ["recomputes_forward_pass", "finite_differences"]


def test_a_step_that_is_larger_for_large_parameters_alone_is_seen(udl: NetworksJudge) -> None:
    (source,) = differencing(*_formulas(udl), BY_SIZE).values()
    assert "finite_differences" in flags(source, udl)


COMPLEX_BIASES = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    def loss(k, biases):
        h = all_h[0]
        for weights, bias in zip(all_weights, biases):
            f = bias + weights @ h
            h = np.where(f.real > 0, f, 0)
        return np.sum((f - y) ** 2)

    dw, db = [], []
    for k, bias in enumerate(all_biases):
        g = np.zeros(bias.shape)
        for at in np.ndindex(*bias.shape):
            moved = [b.astype(complex) for b in all_biases]
            moved[k][at] += 1e-30j
            g[at] = loss(k, moved).imag / 1e-30
        db.append(g)
        dw.append(g @ all_h[k].T)
    return dw, db
"""


def test_a_complex_step_of_the_biases_alone_is_seen(udl: NetworksJudge) -> None:
    """No input is multiplied by the step on its way."""
    assert flags(COMPLEX_BIASES, udl) == ["finite_differences"]


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


def test_who_looks_at_a_norm_is_not_accused_where_its_squares_are_zero(udl: NetworksJudge) -> None:
    assert flags(LOOKS_AT_NORMS, udl) == ["recomputes_forward_pass"]
