"""Backward passes as other people write them, with holes for their lines: none looks like the bug models' own."""

from dataclasses import dataclass

#: Reversed lists that grow at their front, einsum and functions of NumPy's; no K and no list of dl/df.
GROWING = """
import numpy as np

def slope(x):
    return np.heaviside(x, 0.0)

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    n = len(all_weights)
    delta = {loss}
    first = back = delta
    dws, dbs = [], []
    for i in range(n):
        j = n - 1 - i
        w, b, h, f = all_weights[j], all_biases[j], all_h[j], all_f[j - 1]
        dws.insert(0, {weight})
        dbs.insert(0, {bias})
        if j:
            back = {back}
            delta = {below}
    return {returns}
"""

#: A recursion from the output down, with dictionaries and outer products.
RECURSIVE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    last = len(all_weights) - 1
    of_weights, of_biases = {{}}, {{}}

    def down(layer, g, above):
        of_weights[layer] = {weight}
        of_biases[layer] = {bias}
        if layer > 0:
            u = {back}
            down(layer - 1, {below}, u)

    start = {loss}
    down(last, start, start)
    dw = [of_weights[k] for k in sorted(of_weights)]
    db = [of_biases[k] for k in sorted(of_biases)]
    return {returns}
"""

_RIGHT = {
    "growing": {
        "loss": "2.0 * np.subtract(all_f[-1], y)",
        "weight": "np.einsum('ic,jc->ij', delta, h)",
        "bias": "np.array(delta)",
        "back": "np.dot(np.transpose(w), delta)",
        "below": "np.multiply(back, slope(f))",
        "returns": "dws, dbs",
    },
    "recursive": {
        "loss": "d_loss_d_output(all_f[last], y)",
        "weight": "np.outer(g, all_h[layer])",
        "bias": "g.copy()",
        "back": "(g.T @ all_weights[layer]).T",
        "below": "np.where(all_f[layer - 1] > 0, u, 0)",
        "returns": "dw, db",
    },
}
_TEXTS = {"growing": GROWING, "recursive": RECURSIVE}


@dataclass(frozen=True, slots=True)
class Slip:
    """One line of one style as someone with this bug in mind writes it."""

    bug: str
    style: str
    line: str
    text: str


def source(style: str, **lines: str) -> str:
    """The style's text with these lines of it exchanged."""
    return _TEXTS[style].format(**_RIGHT[style] | lines)


def written(*slips: Slip) -> str:
    """The text with one slip or with several, all of one style."""
    return source(slips[0].style, **{slip.line: slip.text for slip in slips})
