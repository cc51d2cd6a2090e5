"""Implementations that compute the forward pass anew: right ones in every precision, and differences by scheme.

Beside them the reference and the solution of a contract about the same network.
"""

from collections.abc import Mapping
from itertools import product

#: By the name of an activation: it, and its derivative.
_ACTIVATIONS = {
    "relu": ("f * (f.real > 0)", "(f > 0).astype(one)"),
    "leaky_relu": ("np.where(f.real > 0, f, 0.1 * f)", "np.where(f > 0, 1, 0.1).astype(one)"),
    "tanh": ("np.tanh(f)", "1 - np.tanh(f) ** 2"),
    "sigmoid": ("1 / (1 + np.exp(-f))", "np.exp(-f) / (1 + np.exp(-f)) ** 2"),
}
#: By the name of a loss: it, and its derivative by the output.
_LOSSES = {
    "least_squares": ("np.sum((f - y) ** 2)", "2 * (f - y)"),
    "binary_cross_entropy": (
        "np.sum(np.where(f.real > 0, f, 0) + np.log1p(np.exp(np.where(f.real > 0, -f, f))) - y * f)",
        "np.where(f > 0, 1 / (1 + np.exp(-np.abs(f))), np.exp(-np.abs(f)) / (1 + np.exp(-np.abs(f)))) - y",
    ),
    "softmax_cross_entropy": (
        "np.log(np.sum(np.exp(f - f.real.max()))) + f.real.max() - np.sum(y * f)",
        "np.exp(f - f.max()) / np.sum(np.exp(f - f.max())) - y",
    ),
}
_REFERENCE = """
import numpy as np

def forward(tap, all_weights, all_biases, x, y):
    all_f, all_h = [], [x]
    for w, b in zip(all_weights, all_biases):
        f = w @ all_h[-1] + b
        all_f.append(f)
        all_h.append({activation})
    return {{"all_f": all_f, "all_h": all_h[:-1], "loss": {loss}}}
"""
_SOLUTION = """
import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    one, f = y.dtype, all_f[-1]
    dbs = [{loss}]
    for w, f in zip(all_weights[:0:-1], all_f[-2::-1]):
        dbs.insert(0, (w.T @ dbs[0]) * ({slope}))
    return [db @ h.T for db, h in zip(dbs, all_h)], dbs
"""
_DIFFERENCES = """
def loss(weights, biases, x, y):
    h = x
    for w, b in zip(weights, biases):
        f = w @ h + b
        h = {activation}
    return {loss}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    W = [w.astype({type}) for w in all_weights]
    B = [b.astype({type}) for b in all_biases]
    at = lambda: loss(W, B, all_h[0], y)
    found = []
    for group in (W, B):
        found.append([])
        for array in group:
            slope = np.zeros(array.shape)
            for i in np.ndindex(array.shape):
                kept = array[i]
                def moved(step):
                    array[i] = kept + step
                    value = at()
                    array[i] = kept
                    return value
                {scheme}
            found[-1].append(slope)
    return found[0], found[1]
"""

#: What each scheme does with `moved(step)`, the loss with one parameter moved.
SCHEMES = {
    "forward": "slope[i] = (moved(1e-6) - moved(0)) / 1e-6",
    "forward, a smaller step": "slope[i] = (moved(1e-8) - moved(0)) / 1e-8",
    "central": "slope[i] = (moved(1e-5) - moved(-1e-5)) / 2e-5",
    "central, a larger step": "slope[i] = (moved(1e-3) - moved(-1e-3)) / 2e-3",
    "central, a power of two": "slope[i] = (moved(2.0**-12) - moved(-2.0**-12)) * 2.0**11",
    "five-point": "s = 1e-3; slope[i] = (moved(-2*s) - 8*moved(-s) + 8*moved(s) - moved(2*s)) / (12*s)",
    "complex step": "slope[i] = moved(1e-20j).imag / 1e-20",
    "complex step, a smaller one": "slope[i] = moved(1e-100j).imag / 1e-100",
    "Richardson": ("s = 1e-4; d = lambda s: (moved(s) - moved(-s)) / (2*s); slope[i] = (4*d(s/2) - d(s)) / 3"),
    "Romberg": (
        "d = lambda s: (moved(s) - moved(-s)) / (2*s); a, b, c = d(4e-5), d(2e-5), d(1e-5); "
        "b, c = b + (b - a) / 3, c + (c - b) / 3; slope[i] = c + (c - b) / 15"
    ),
    "random direction": "s = np.random.choice([-1e-5, 1e-5]); slope[i] = (moved(s) - moved(-s)) / (2*s)",
}

#: A step that is one for all parameters only where none is large.
BY_SIZE = {"by size": "s = 1e-6 * max(1.0, abs(kept)); slope[i] = (moved(s) - moved(-s)) / (2*s)"}

_RIGHT = """
{before}
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    one = np.{forward}
    W = [np.asarray(w, one) for w in all_weights]
    B = [np.asarray(b, one) for b in all_biases]
    h, f_of = [np.asarray(all_h[0], one)], []
    for w, b in zip(W, B):
        f = {product}
        f_of.append(f)
        h.append(np.asarray({activation}, one))
    f, y = f_of[-1], np.asarray(y, one)
    g = np.asarray({loss}, np.{backward})
    dws, dbs = [None] * len(W), [None] * len(W)
    for k in reversed(range(len(W))):
        dws[k] = {weight}
        dbs[k] = np.asarray(g, np.{returned})
        if k:
            f = f_of[k - 1]
            g = np.asarray((W[k].T @ g) * ({slope}), np.{backward})
    return dws, dbs
"""

_PRODUCTS = {
    "@": "w @ h[-1] + b",
    "einsum": "np.einsum('ij,jc->ic', w, h[-1]) + b",
    "sum": "(w * h[-1].T).sum(1)[:, None] + b",
}
_PRECISIONS = [
    ("float64", "float64", "float64"),
    ("float32", "float32", "float32"),
    ("float32", "float32", "float64"),
    ("float32", "float64", "float64"),
    ("float64", "float32", "float32"),
    ("float64", "float64", "float32"),
    ("longdouble", "longdouble", "float64"),
    ("longdouble", "float32", "float64"),
    ("float64", "longdouble", "float64"),
]


def right(activation: str, loss: str) -> dict[str, str]:
    """Right ones by their names: nine mixtures of precisions, with three kinds of products, and more."""
    value, slope = _ACTIVATIONS[activation]
    sources = {}
    outer = "np.asarray(np.outer(g, h[k]), np.{})"
    for (forward, backward, return_type), (name, text) in product(_PRECISIONS, _PRODUCTS.items()):
        sources[f"{forward}, {backward}, {return_type}, {name}"] = _RIGHT.format(
            before="",
            forward=forward,
            backward=backward,
            returned=return_type,
            product=text,
            activation=value.replace(".real", ""),
            slope=slope,
            loss=_LOSSES[loss][1],
            weight=outer.format(return_type),
        )
    plain = sources["float64, float64, float64, @"]
    single_source = sources["float32, float32, float32, @"]
    weight = "np.asarray(np.outer(g, h[k]), np.float64)"
    changes = {
        "weight gradient alone in single": (weight, "np.outer(g.astype('f4'), h[k].astype('f4')).astype(float)"),
        "gradient by einsum": (weight, "np.einsum('ic,jc->ij', g, h[k])"),
        "gradient through lists": (weight, "np.array([[float(a * b) for b in h[k].ravel()] for a in g.ravel()])"),
        "gradient as a matrix product": (weight, "g @ h[k].T"),
        "gradient in halves": (weight, "0.5 * np.outer(g, h[k]) + 0.5 * np.outer(g, h[k])"),
        "gradient divided and multiplied": (weight, "np.outer(g / 3, h[k]) * 3"),
        "gradient summed in another order": (weight, "sum(np.outer(g[:, c], h[k][:, c]) for c in range(g.shape[1]))"),
        "gradient of a copy": (weight, "g.copy().dot(h[k].copy().T)"),
        "gradient in longdouble": (weight, "np.asarray(g.astype('g') @ h[k].T.astype('g'), float)"),
    }
    sources |= {name: plain.replace(old, new) for name, (old, new) in changes.items()}
    sources["single, summed upwards"] = single_source.replace("np.outer(g, h[k])", "np.einsum('ic,jc->ij', g, h[k])")
    sources["single, stored in lists"] = single_source.replace("h.append(np.asarray(", "h.append(np.array(")
    sources["single, product of columns"] = single_source.replace("np.outer(g, h[k])", "g * h[k].T")
    sources["single, weights scaled and back"] = single_source.replace("w @ h[-1] + b", "(w * 4) @ (h[-1] / 4) + b")
    return sources


def differencing(activation: str, loss: str, schemes: Mapping[str, str] = SCHEMES) -> dict[str, str]:
    """One for each scheme, by its name."""
    return {
        name: _DIFFERENCES.format(
            activation=_ACTIVATIONS[activation][0],
            loss=_LOSSES[loss][0],
            type="complex" if "complex" in name else "np.longdouble" if "extended" in name else "float",
            scheme=scheme,
        )
        for name, scheme in schemes.items()
    }


def reference(activation: str, loss: str) -> str:
    """Return the forward pass."""
    return _REFERENCE.format(activation=_ACTIVATIONS[activation][0], loss=_LOSSES[loss][0])


def solution(activation: str, loss: str) -> str:
    """Return a backward pass that uses what the forward pass has computed."""
    return _SOLUTION.format(slope=_ACTIVATIONS[activation][1], loss=_LOSSES[loss][1])
