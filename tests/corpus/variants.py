"""Right variants: unusual, and to be accepted all the same."""

import textwrap
from dataclasses import dataclass

from tests.corpus.labels import FLOAT32_TOLERANCE, TOLERANCE

_SIGNATURE = "def backward_pass(all_weights, all_biases, all_f, all_h, y):"

#: The plain loop that most variants change one thing of.
_LOOP = """    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    delta = d_loss_d_output(all_f[K], y)
    for k in range(K, -1, -1):
        dbs[k] = delta
        dws[k] = delta @ all_h[k].T
        if k > 0:
            delta = (all_weights[k].T @ delta) * indicator_function(all_f[k - 1])
    return dws, dbs
"""

_PLAIN = f"{_SIGNATURE}\n{_LOOP}"

_OWN_INDICATOR = "def indicator_function(x):\n    return {}\n\n"

_MATRIX = (
    _PLAIN.replace("delta = d_loss", "delta = np.matrix(d_loss", 1)
    .replace("(all_f[K], y)", "(all_f[K], y))", 1)
    .replace("(all_weights[k].T @ delta) * indicator", "np.multiply(all_weights[k].T @ delta, indicator")
    .replace("(all_f[k - 1])", "(all_f[k - 1]))")
)

_OBJECT_ARRAYS = _PLAIN.replace(
    "dws, dbs = [None] * (K + 1), [None] * (K + 1)",
    "dws, dbs = np.empty(K + 1, dtype=object), np.empty(K + 1, dtype=object)",
)

_GLOBAL = f"""delta = None

{_SIGNATURE}
    global delta
{_LOOP}"""

_HELPER_TWICE = f"""def back(w, delta):
    return w @ delta

def back(w, delta):
    return w.T @ delta

{_PLAIN.replace("(all_weights[k].T @ delta)", "back(all_weights[k], delta)")}"""

_DEFAULT_K = f"""def layers_downwards(n=K):
    return range(n, -1, -1)

{_PLAIN.replace("range(K, -1, -1)", "layers_downwards()")}"""

_TOP_LEVEL_N = f"""N = K + 1

{_PLAIN.replace("(K + 1)", "N").replace("range(K, ", "range(N - 1, ").replace("[K]", "[N - 1]")}"""

_DATACLASS = """from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass
class Gradients:
    dws: list[np.ndarray] = field(default_factory=list)
    dbs: list[np.ndarray] = field(default_factory=list)

    def add(self, delta: np.ndarray, h: np.ndarray) -> None:
        self.dws.insert(0, delta @ h.T)
        self.dbs.insert(0, delta)


def backward_pass(
    all_weights: list[np.ndarray],
    all_biases: list[np.ndarray],
    all_f: list[np.ndarray],
    all_h: list[np.ndarray],
    y: np.ndarray,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    gradients = Gradients()
    delta: np.ndarray = d_loss_d_output(all_f[-1], y)
    for k in range(len(all_weights) - 1, 0, -1):
        gradients.add(delta, all_h[k])
        delta = (all_weights[k].T @ delta) * (all_f[k - 1] > 0)
    gradients.add(delta, all_h[0])
    return gradients.dws, gradients.dbs
"""

_NAMED_TUPLE = f"""from collections import namedtuple

Gradients = namedtuple("Gradients", "weights biases")

{_PLAIN.replace("return dws, dbs", "return Gradients(dws, dbs)")}"""

_BUFFERS = f"""buffers = {{}}

{_SIGNATURE}
    key = tuple(w.shape for w in all_weights)
    if key not in buffers:
        buffers[key] = [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
    old_dws, old_dbs = buffers[key]
{_LOOP.replace("    return dws, dbs", "")}
    for k in range(K + 1):
        old_dws[k][:] = dws[k]
        old_dbs[k][:] = dbs[k]
    return old_dws, old_dbs
"""

_RECOMPUTES = f"""{_SIGNATURE}
    h, f = [all_h[0]], []
    for w, b in zip(all_weights, all_biases):
        f.append(b + w @ h[-1])
        h.append(np.maximum(f[-1], 0))
    all_f, all_h = f, h
{_LOOP}"""

_CLOSURE = f"""def make(n):
{textwrap.indent(_PLAIN.replace("K", "n"), "    ")}
    return backward_pass

{_SIGNATURE}
    return make(K)(all_weights, all_biases, all_f, all_h, y)
"""

_SOURCES = {
    "plain": _PLAIN,
    "same_object_for_bias_and_df": _PLAIN,
    "active_at_zero": _OWN_INDICATOR.format("np.where(x >= 0, 1, 0)") + _PLAIN,
    "boolean_indicator": _OWN_INDICATOR.format("x > 0") + _PLAIN,
    "changing_indicator": "def indicator_function(x):\n    x[x > 0] = 1\n    x[x <= 0] = 0\n    return x\n\n" + _PLAIN,
    "indicator_on_activations": _PLAIN.replace("all_f[k - 1]", "all_h[k]"),
    "own_indicator_on_activations": _OWN_INDICATOR.format("np.sign(x)") + _PLAIN.replace("all_f[k - 1]", "all_h[k]"),
    "own_loss_derivative": "def d_loss_d_output(net_output, y):\n    return -2 * (y - net_output)\n\n" + _PLAIN,
    "returns_tuples": _PLAIN.replace("return dws, dbs", "return tuple(dws), tuple(dbs)"),
    "returns_a_list_of_two": _PLAIN.replace("return dws, dbs", "return [dws, dbs]"),
    "returns_a_named_tuple": _NAMED_TUPLE,
    "returns_object_arrays": _OBJECT_ARRAYS,
    "returns_matrices": _MATRIX,
    "returns_views": _PLAIN.replace("delta @ all_h[k].T", "(all_h[k] @ delta.T).T"),
    "returns_read_only_arrays": _PLAIN.replace(
        "    return", "    for array in dws + dbs: array.setflags(write=False)\n    return"
    ),
    "prints": _PLAIN.replace("dbs[k] = delta", "dbs[k] = delta; print('layer', k, delta.shape)"),
    "changes_all_h": _PLAIN.replace("        if k", "        all_h[k] *= 0\n        if k"),
    "changes_all_f": _PLAIN.replace(
        "indicator_function(all_f[k - 1])", "np.greater(all_f[k - 1], 0, out=all_f[k - 1])"
    ),
    "uses_global": _GLOBAL,
    "helper_defined_twice": _HELPER_TWICE,
    "k_from_the_weights": _PLAIN.replace("    dws", "    K = len(all_weights) - 1\n    dws", 1),
    "default_k": _DEFAULT_K,
    "top_level_n": _TOP_LEVEL_N,
    "annotated_dataclass": _DATACLASS,
    "reuses_its_buffers": _BUFFERS,
    "recomputes_the_forward_pass": _RECOMPUTES,
    "closure": _CLOSURE,
    "decorated": f"@np.errstate(all='ignore')\n{_PLAIN}",
    "more_parameters": _PLAIN.replace("all_h, y):", "all_h, y, verbose=False, **options):"),
    "numpy_by_another_name": "import numpy as numeric\nfrom numpy import matmul as mm\n\n"
    + _PLAIN.replace("delta @ all_h[k].T", "mm(numeric.asarray(delta), all_h[k].T)"),
}

_FLOAT32 = {
    "float32_inside": f"{_SIGNATURE}\n    all_weights, all_biases, all_f, all_h = (\n"
    "        [a.astype(np.float32) for a in s] for s in (all_weights, all_biases, all_f, all_h))\n"
    "    y = y.astype(np.float32)\n" + _LOOP,
    "float32_derivatives": _PLAIN.replace("(all_f[K], y)", "(all_f[K], y).astype(np.float32)"),
    "float32_returned": _PLAIN.replace(
        "return dws, dbs", "return [w.astype('f4') for w in dws], [b.astype('f4') for b in dbs]"
    ),
}


@dataclass(frozen=True, slots=True)
class RightVariant:
    """A right implementation, and how near to the exact gradients its arithmetic comes."""

    name: str
    source: str
    tolerance: float = TOLERANCE


def right_variants() -> list[RightVariant]:
    """Return the right variants, those that work in float32 last."""
    exact = [RightVariant(name, source) for name, source in _SOURCES.items()]
    return exact + [RightVariant(name, source, FLOAT32_TOLERANCE) for name, source in _FLOAT32.items()]
