"""Forward passes with a slip, as students compute them for themselves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from grader.model.formulas import Activation, Formulas
from grader.oracle.network import Array, Network, Pass, activate, forward


@dataclass(frozen=True, slots=True)
class OwnPass:
    """A forward pass that departs from the network's, in words that follow "a forward pass of its own"."""

    words: str
    at: Pass
    formulas: Formulas


@lru_cache(maxsize=1)
def list_passes_once(network: Network, formulas: Formulas) -> tuple[OwnPass, ...]:
    """The same for several layers of a network, one after the other."""
    return tuple(list_passes(network, formulas))


def list_passes(network: Network, formulas: Formulas) -> Iterator[OwnPass]:
    """Forward passes with one slip each, in one order for all networks of an assignment."""
    zeros = tuple(np.zeros_like(b) for b in network.biases)
    changed = {
        "without the biases": replace(network, biases=zeros),
        "without all_biases[0]": replace(network, biases=(zeros[0], *network.biases[1:])),
        "without all_biases[K]": replace(network, biases=(*network.biases[:-1], zeros[-1])),
        "with the activation function at the input, too": replace(
            network, net_input=activate(network.net_input, formulas)
        ),
        "from an input without its decimals": replace(network, net_input=np.trunc(network.net_input)),
    }
    for words, other in changed.items():
        yield OwnPass(words, forward(other, formulas), formulas)
    for activation in (Activation.RELU, Activation.TANH, Activation.SIGMOID):
        if activation is not formulas.activation:
            other_formulas = replace(formulas, activation=activation)
            words = f"with {_NAMES[activation]} as the activation function"
            yield OwnPass(words, forward(network, other_formulas), other_formulas)
    yield OwnPass("in half precision", _forward_in_half(network, formulas), formulas)


_NAMES = {Activation.RELU: "ReLU", Activation.TANH: "tanh", Activation.SIGMOID: "the logistic sigmoid"}


def _forward_in_half(network: Network, formulas: Formulas) -> Pass:
    half = [np.asarray(part, dtype=np.float16) for part in (*network.weights, *network.biases, network.net_input)]
    count = len(network.weights)
    f: list[Array] = []
    h = [half[-1]]
    for weights, biases in zip(half[:count], half[count:-1], strict=True):
        f.append(weights @ h[-1] + biases)
        h.append(np.asarray(activate(f[-1], formulas), dtype=np.float16))
    single = [[np.asarray(array, dtype=np.float64) for array in arrays] for arrays in (f, h[:-1])]
    return Pass(tuple(single[0]), tuple(single[1]))
