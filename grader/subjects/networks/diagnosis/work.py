"""A backward pass under way, in the notebook's own words: `dl_df[k]` is its `all_dl_df[k]`, and so on."""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.model.formulas import Formulas
from grader.oracle.network import Array, Network, forward
from grader.oracle.reference import activation_derivative, loss_derivative


@dataclass(frozen=True, slots=True, eq=False)
class NetworkView:
    """One network as a backward pass sees it, with what all of them compute, worked out once."""

    network: Network
    formulas: Formulas
    #: f[0..K] and h[0..K], h[0] being the input.
    f: tuple[Array, ...]
    h: tuple[Array, ...]
    #: The activation's derivative at f[0..K].
    slopes: tuple[Array, ...]
    #: The right dl/df[K].
    loss: Array


def views(networks: Sequence[Network], formulas: Formulas) -> list[NetworkView]:
    """Each network made ready."""
    views = []
    for network in networks:
        at = forward(network, formulas)
        slopes = tuple(activation_derivative(f, formulas) for f in at.f)
        views.append(NetworkView(network, formulas, at.f, at.h, slopes, loss_derivative(at.f[-1], network.y, formulas)))
    return views


class Work:
    """The state of a backward pass: its arguments, and its results so far; None for a part that it has not reached.

    Not a dataclass: some thousands of them are made for one diagnosis.
    """

    __slots__ = (
        "biases",
        "columns",
        "dl_dbiases",
        "dl_df",
        "dl_dh",
        "dl_dweights",
        "errors",
        "f",
        "formulas",
        "h",
        "loss",
        "slopes",
        "stopped",
        "top",
        "view",
        "weights",
        "y",
    )

    def __init__(self, view: NetworkView) -> None:
        network = view.network
        self.view = view
        self.formulas = view.formulas
        self.weights, self.biases, self.y = network.weights, network.biases, network.y
        self.f, self.h, self.slopes, self.loss = view.f, view.h, view.slopes, view.loss
        #: K, the number of hidden layers.
        self.top = top = len(view.f) - 1
        self.columns = view.loss.shape[1]
        missing: list[Array] = [None] * (top + 1)  # type: ignore[list-item]  # as the notebook makes its lists
        self.dl_df, self.dl_dh = missing, missing.copy()
        self.dl_dweights, self.dl_dbiases = missing.copy(), missing.copy()
        #: What NumPy raised on the way, and in the lines of which steps.
        self.errors: list[Exception] = []
        self.stopped: list[str] = []
