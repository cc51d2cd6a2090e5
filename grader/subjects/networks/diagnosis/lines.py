"""The lines of a backward pass, each of which may be replaced by a wrong one; and how they are run."""

from collections.abc import Callable
from dataclasses import dataclass, fields

from grader.oracle.network import Array, Network
from grader.subjects.networks.diagnosis.work import NetworkView, Work

Line = Callable[[Work, int], Array]

#: What NumPy and Python raise where shapes or indices do not fit; the others where an earlier line found nothing.
MISFITS = (ValueError, IndexError, TypeError, AttributeError)


def right_output(s: Work) -> Array:
    """dl/df[K]: the loss derivative at the output."""
    return s.loss


def right_bias(s: Work, k: int) -> Array:
    """db[k]: dl/df[k], summed over the columns."""
    return s.dl_df[k] if s.columns == 1 else s.dl_df[k].sum(axis=1, keepdims=True)


def right_weight(s: Work, k: int) -> Array:
    """dW[k]."""
    return s.dl_df[k] @ s.h[k].T


def right_activation(s: Work, k: int) -> Array:
    """dl/dh[k]."""
    return s.weights[k].T @ s.dl_df[k]


def right_derivative(s: Work, k: int) -> Array:
    """dl/df[k-1]."""
    return s.slopes[k - 1] * s.dl_dh[k]


@dataclass(frozen=True, slots=True)
class Lines:
    """A backward pass line by line; the right ones by default."""

    #: dl/df[K]
    output: Callable[[Work], Array] = right_output
    #: db[k]
    bias: Line = right_bias
    #: dW[k]
    weight: Line = right_weight
    #: dl/dh[k]
    activation: Line = right_activation
    #: dl/df[k-1]
    derivative: Line = right_derivative
    #: Whether dl/dh[0] is computed too, as in the notebook: nobody needs it, but it may raise.
    eager: bool = False
    #: What is done to each part at the end, by network, layer and part.
    finish: Callable[[Network, int, Array], Array] | None = None
    #: What is returned instead of the two lists.
    returned: Callable[[Work], object] | None = None


RIGHT = Lines()

NAMES = tuple(field.name for field in fields(Lines))


def list_changed(lines: Lines) -> frozenset[str]:
    """Names of the lines that are not the right ones."""
    return frozenset(name for name in NAMES if getattr(lines, name) is not getattr(RIGHT, name))


def merge(first: Lines, second: Lines) -> Lines:
    """Both changes of the lines at once; they should not be of the same one."""
    return Lines(
        second.output if first.output is right_output else first.output,
        second.bias if first.bias is right_bias else first.bias,
        second.weight if first.weight is right_weight else first.weight,
        second.activation if first.activation is right_activation else first.activation,
        second.derivative if first.derivative is right_derivative else first.derivative,
        first.eager or second.eager,
    )


def run(lines: Lines, view: NetworkView) -> Work:
    """The whole pass, from the output down; what NumPy raises is kept, and ends what depends on it."""
    s = Work(view)
    try:
        s.dl_df[s.top] = lines.output(s)
    except MISFITS as error:
        s.errors.append(error)
        return s
    for k in range(s.top, -1, -1):
        _parameters(lines, s, k)
        step = "activation_gradient"
        try:
            if k > 0 or lines.eager:
                s.dl_dh[k] = lines.activation(s, k)
            step = "relu_derivative"
            if k > 0:
                s.dl_df[k - 1] = lines.derivative(s, k)
        except MISFITS as error:
            _stop(s, step, error)
            return s
    if lines.finish is not None:
        _finish(lines.finish, s)
    return s


def _parameters(lines: Lines, s: Work, k: int) -> None:
    """dW[k] and db[k]: the layers below do not depend on them, unless a wrong line makes it so."""
    try:
        s.dl_dweights[k] = lines.weight(s, k)
    except MISFITS as error:
        _stop(s, "weight_gradient", error)
    try:
        s.dl_dbiases[k] = lines.bias(s, k)
    except MISFITS as error:
        _stop(s, "bias_gradient", error)


def _stop(s: Work, step: str, error: Exception) -> None:
    s.errors.append(error)
    s.stopped.append(step)


def _finish(finish: Callable[[Network, int, Array], Array], s: Work) -> None:
    network = s.view.network
    if not s.errors:
        for part in (s.dl_dweights, s.dl_dbiases):
            part[:] = [finish(network, k, array) for k, array in enumerate(part)]
