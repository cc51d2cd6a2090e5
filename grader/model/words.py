"""The names of properties and mistakes, wherever they are shown."""

from collections.abc import Iterable
from types import MappingProxyType

TITLES = MappingProxyType(
    {
        "finite_differences": "Every derivative agrees with finite differences",
        "bias_gradient": "Gradient of the biases",
        "weight_gradient": "Gradient of the weights",
        "activation_gradient": "Gradient of the activations",
        "relu_derivative": "Derivative of the activation function",
        "any_shape": "Behaves the same on every network shape",
        "form": "Returns the two lists in the form that was asked for",
        "pure": "Leaves its arguments alone and answers the same twice",
    }
)


def predicate(titles: Iterable[str]) -> str:
    """The words for mistakes that are made together: after "it", or after another subject."""
    *others, last = titles
    if not others:
        return last
    return f"{', it '.join(others)}{',' * (len(others) > 1)} and it {last}"
