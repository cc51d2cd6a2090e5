"""Slips in a backward pass whose lists have names of its own, so that only what it returns can be read."""

from dataclasses import dataclass

_TEXT = """import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    last = len(all_weights) - 1
    slopes, offsets = [None] * (last + 1), [None] * (last + 1)
    back = 2 * (all_f[last] - y)
    for at in {turns}:
        offsets[at] = {offset}
        slopes[at] = {slope}
        if at > 0:
            back = {back}
    return {returned}
"""

_RIGHT = {
    "turns": "range(last, -1, -1)",
    "offset": "back",
    "slope": "back @ all_h[at].T",
    "back": "(all_f[at - 1] > 0) * (all_weights[at].T @ back)",
    "returned": "slopes, offsets",
}


@dataclass(frozen=True, slots=True)
class OwnNames:
    """One slip, and the properties with marks that it costs; of `either` exactly one."""

    name: str
    line: str
    text: str
    costs: frozenset[str]
    either: frozenset[str] = frozenset()

    @property
    def source(self) -> str:
        """The submission."""
        return _TEXT.format(**{**_RIGHT, self.line: self.text})


def _slip(name: str, line: str, text: str, *costs: str) -> OwnNames:
    return OwnNames(name, line, text, frozenset(costs))


def _product(name: str, text: str, *costs: str) -> OwnNames:
    return OwnNames(name, "back", text, frozenset(costs), frozenset({"activation_gradient", "relu_derivative"}))


#: The slip of a line costs its step, and `any_shape` where it raises or gives arrays of other shapes.
OWN_NAMES = (
    _slip("outer product turned round", "slope", "all_h[at] @ back.T", "weight_gradient", "any_shape"),
    _slip("input not transposed", "slope", "back @ all_h[at]", "weight_gradient", "any_shape"),
    _slip("elementwise outer product", "slope", "back * all_h[at]", "weight_gradient", "any_shape"),
    _slip("bias twice", "offset", "2 * back", "bias_gradient"),
    _slip("stops above the input", "turns", "range(last, 0, -1)", "any_shape"),
    _slip("lists in the other order", "returned", "offsets, slopes", "any_shape"),
    _slip("a dictionary", "returned", "{'dW': slopes, 'db': offsets}", "any_shape"),
    _slip(
        "a test of a whole array",
        "back",
        "bool(all_f[at - 1] > 0) * (all_weights[at].T @ back)",
        "relu_derivative",
        "any_shape",
    ),
    _product("elementwise product", "(all_f[at - 1] > 0) * (all_weights[at].T * back)", "any_shape"),
    _product("weights not transposed", "(all_f[at - 1] > 0) * (all_weights[at] @ back)", "any_shape"),
    _product("half the derivative of a sigmoid", "(all_h[at] - all_h[at] ** 2) * (all_weights[at].T @ back)"),
    _product("a bell for the derivative", "np.exp(-(all_f[at - 1] ** 2)) * (all_weights[at].T @ back)"),
    _product("only the last unit above", "(all_f[at - 1] > 0) * all_weights[at][-1:].T * back[-1]"),
    _product("one gate for the layer", "float((all_f[at - 1] > 0).all()) * (all_weights[at].T @ back)"),
    _product("no derivative", "all_weights[at].T @ back"),
)
