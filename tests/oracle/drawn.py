"""Networks for the oracle's tests, and derivatives by complex steps: an implementation that shares nothing with it."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from grader.model.formulas import Activation, Formulas, Loss, Reduction
from grader.oracle.network import Network, forward
from grader.oracle.suite import count, matrices
from grader.subjects.networks.building import Values, build, dyadic
from grader.subjects.networks.ordinary import LARGEST_LOGIT

ALL = [Formulas(activation, loss) for activation in Activation for loss in Loss]
MEAN = [Formulas(Activation.RELU, loss, reduction=Reduction.MEAN) for loss in Loss]

Complex = NDArray[np.complex128]


@st.composite
def networks(draw: DrawFn, formulas: Formulas) -> Network:
    """Networks of up to four hidden layers and three columns, no unit at its kink, no logit saturated."""
    widths = [draw(st.integers(1, 6)) for _ in range(draw(st.integers(0, 4)))]
    sizes = (draw(st.integers(1, 3)), *widths, draw(st.integers(2, 3)))
    columns = draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    entries = count(sizes) + (sizes[0] + sizes[-1]) * columns
    while True:
        network = build(sizes, columns, dyadic(rng.integers(0, 256, entries)), formulas, Values())
        f = forward(network, formulas).f
        if all((layer != 0).all() for layer in f[:-1]) and np.abs(f[-1]).max() <= LARGEST_LOGIT:
            return network


def complex_step(network: Network, formulas: Formulas, step: float = 1e-30) -> list[NDArray[np.float64]]:
    """dW[0], db[0], ... as the imaginary part of the loss at a parameter plus i step (Squire and Trapp, 1998)."""
    flat = np.concatenate(
        [part.ravel() for pair in zip(network.weights, network.biases, strict=True) for part in pair]
    ).astype(np.complex128)
    derivatives = np.zeros(len(flat))
    for at in range(len(flat)):
        moved_parameters = flat.copy()
        moved_parameters[at] += 1j * step
        derivatives[at] = _loss(network, moved_parameters, formulas).imag / step
    if formulas.reduction is Reduction.MEAN:
        derivatives /= network.columns
    return matrices(network.sizes, derivatives)


def _loss(network: Network, flat: Complex, formulas: Formulas) -> complex:
    # `matrices` only cuts: it takes complex numbers as it takes real ones.
    parts = matrices(network.sizes, flat)  # type: ignore[arg-type]
    h: Complex = network.net_input.astype(np.complex128)
    for k in range(network.depth + 1):
        f: Complex = parts[2 * k] @ h + parts[2 * k + 1]
        h = _activate(f, formulas)
    y = network.y
    match formulas.loss:
        case Loss.LEAST_SQUARES:
            return complex(np.sum((f - y) ** 2))
        case Loss.BINARY_CROSS_ENTROPY:
            softplus = np.where(
                f.real > 0,
                f + np.log(1 + np.exp(-np.abs(f.real) - 1j * f.imag)),
                np.log(1 + np.exp(np.minimum(f.real, 0) + 1j * f.imag)),
            )
            return complex(np.sum(softplus - y * f))
        case Loss.SOFTMAX_CROSS_ENTROPY:
            top = f.real.max(axis=0, keepdims=True)
            return complex(np.sum(top[0] + np.log(np.exp(f - top).sum(axis=0)) - (y * f).sum(axis=0)))


def _activate(f: Complex, formulas: Formulas) -> Complex:
    match formulas.activation:
        case Activation.RELU:
            return np.where(f.real > 0, f, 0)
        case Activation.LEAKY_RELU:
            return np.where(f.real > 0, f, formulas.slope * f)
        case Activation.TANH:
            return np.asarray(np.tanh(f), dtype=np.complex128)
        case Activation.SIGMOID:
            small = np.exp(np.where(f.real > 0, -f, f))
            return np.asarray(np.where(f.real > 0, 1, small) / (1 + small))
