"""The words for layered networks: titles of rows, and what reports and pages write around the networks."""

from collections.abc import Mapping
from types import MappingProxyType

from grader.model.words import KindWords

TITLES: Mapping[str, str] = MappingProxyType(
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

WORDS = KindWords(
    noun="network",
    numbers="derivatives",
    joint="on",
    compared=" with finite differences",
    truth="finite differences",
    passed="Your backward pass is right.",
    failed="Your backward pass is not right yet.",
    asked="It is run on hundreds of small networks, and\neach derivative is compared with finite differences.",
    results="The derivatives, layer by layer",
    intro="From the output down, as backpropagation goes.",
    order=", from the output down",
    mistake="backward passes",
    errs="gives a wrong derivative",
)
