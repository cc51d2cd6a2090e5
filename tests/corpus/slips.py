"""Slips for carried marks: sources in which one TODO of the notebook's four is wrong, and only that one."""

from dataclasses import dataclass

#: The steps of the rubric, one for each of the notebook's TODOs.
BIAS, WEIGHT, ACTIVATION, DERIVATIVE = STEPS = (
    "bias_gradient",
    "weight_gradient",
    "activation_gradient",
    "relu_derivative",
)

#: The derivative of each activation, as a student writes it.
DERIVATIVES = {
    "relu": "np.where(x > 0, 1.0, 0.0)",
    "leaky_relu": "np.where(x > 0, 1.0, 0.1)",
    "tanh": "1 - np.tanh(x) ** 2",
}

_TEXT = """def activation_derivative(x):
    return {derivative}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = {loss}
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = {bias}
        all_dl_dweights[layer] = {weight}
        all_dl_dh[layer] = {back}
        if layer > 0:
            all_dl_df[layer - 1] = {below}
    return all_dl_dweights, all_dl_dbiases
"""

_LOSS = "d_loss_d_output(all_f[K], y)"
_BIAS = "np.sum(all_dl_df[layer], axis=1, keepdims=True)"
_WEIGHT = "all_dl_df[layer] @ all_h[layer].T"
_BACK = "all_weights[layer].T @ all_dl_df[layer]"
_MASK = "activation_derivative(all_f[layer - 1])"
_BELOW = f"{_MASK} * all_dl_dh[layer]"
_RIGHT = {"loss": _LOSS, "bias": _BIAS, "weight": _WEIGHT, "back": _BACK, "below": _BELOW}

#: The slips of each step that make sense whatever the activation: the line that is wrong, and how.
_SLIPS: dict[str, dict[str, dict[str, str]]] = {
    BIAS: {
        "loss_without_its_factor": {"loss": f"0.5 * {_LOSS}"},
        "loss_with_its_sign_turned": {"loss": f"-{_LOSS}"},
        "from_dl_dh": {
            "bias": "np.sum(all_dl_df[layer] if layer == K else all_dl_dh[layer + 1], axis=1, keepdims=True)"
        },
        "doubled": {"bias": f"2 * {_BIAS}"},
        "negative": {"bias": f"-{_BIAS}"},
        "summed_over_units": {"bias": "np.full_like(all_biases[layer], np.sum(all_dl_df[layer]))"},
        "mean_over_units": {"bias": "np.full_like(all_biases[layer], np.mean(all_dl_df[layer]))"},
        "times_the_bias": {"bias": f"all_biases[layer] * {_BIAS}"},
        "template": {"bias": "np.zeros_like(all_biases[layer])"},
        "template_but_at_the_output": {"bias": f"{_BIAS} if layer == K else np.zeros_like(all_biases[layer])"},
    },
    WEIGHT: {
        "halved": {"weight": f"0.5 * {_WEIGHT}"},
        "negative": {"weight": f"-({_WEIGHT})"},
        "without_the_activations": {"weight": "all_dl_df[layer] @ np.ones_like(all_h[layer]).T"},
        "from_preactivations": {"weight": "all_dl_df[layer] @ (all_f[layer - 1] if layer > 0 else 2 * all_h[0]).T"},
        "reshaped_for_a_transpose": {"weight": "(all_h[layer] @ all_dl_df[layer].T).reshape(all_weights[layer].shape)"},
        "times_the_weights": {"weight": f"all_weights[layer] * ({_WEIGHT})"},
        "template": {"weight": "np.zeros_like(all_weights[layer])"},
        "template_but_at_the_output": {"weight": f"{_WEIGHT} if layer == K else np.zeros_like(all_weights[layer])"},
    },
    ACTIVATION: {
        "doubled": {"back": f"2 * {_BACK}"},
        "negative": {"back": f"-({_BACK})"},
        "reshaped_for_a_transpose": {
            "back": "all_weights[layer].reshape(all_weights[layer].T.shape) @ all_dl_df[layer]"
        },
        "without_the_weights": {"back": "np.ones_like(all_weights[layer]).T @ all_dl_df[layer]"},
        "summed_apart": {"back": "np.sum(all_weights[layer], axis=0)[:, None] * np.sum(all_dl_df[layer], axis=0)"},
        "absolute_weights": {"back": "np.abs(all_weights[layer]).T @ all_dl_df[layer]"},
        "scaled_by_the_units": {"back": f"{_BACK} / np.sqrt(1 + len(all_h[layer]))"},
    },
    DERIVATIVE: {
        "forgotten": {"below": "all_dl_dh[layer]"},
        "forgotten_but_below_the_output": {"below": f"{_BELOW} if layer == K else all_dl_dh[layer]"},
        "forgotten_below_the_output": {"below": f"{_BELOW} if layer < K else all_dl_dh[layer]"},
        "forgotten_at_the_first_layer": {"below": f"{_BELOW} if layer > 1 else all_dl_dh[layer]"},
    },
}

#: More slips of the derivative, for activations whose derivative is one of two numbers.
_KINKED: dict[str, dict[str, str]] = {
    "of_the_gradient": {"below": "activation_derivative(all_dl_dh[layer]) * all_dl_dh[layer]"},
    "turned_round": {"below": "activation_derivative(-all_f[layer - 1]) * all_dl_dh[layer]"},
    "of_one_unit_further": {"below": f"np.roll({_MASK}, 1, axis=0) * all_dl_dh[layer]"},
    "of_the_biases": {"below": "activation_derivative(all_biases[layer - 1]) * all_dl_dh[layer]"},
    "of_the_first_unit_for_all": {"below": "activation_derivative(all_f[layer - 1][:1]) * all_dl_dh[layer]"},
}
#: And for leaky_relu alone; leaky in place of relu would be no zero and no gradient: two steps wrong.
_LEAKY = {"without_its_slope": {"derivative": DERIVATIVES["relu"]}}


@dataclass(frozen=True, slots=True)
class Slip:
    """A source with one TODO wrong, right in the other three, for one activation and any number of columns.

    Where no derivative is zero (leaky_relu, tanh), the answers of a wrong activation gradient alone do not
    say that the derivative was right: nothing but the product of both ever comes back.
    """

    step: str
    name: str
    activation: str
    source: str


def right_for(activation: str) -> str:
    """Return the source that the slips were made from, with no slip in it."""
    return _TEXT.format(**_RIGHT, derivative=DERIVATIVES[activation])


def _slip(step: str, name: str, activation: str, change: dict[str, str]) -> Slip:
    parts = {**_RIGHT, "derivative": DERIVATIVES[activation], **change}
    return Slip(step, name, activation, _TEXT.format(**parts))


def todo_slips(activation: str = "relu") -> dict[str, list[Slip]]:
    """Return four slips or more for each step of the rubric, written for this activation."""
    extra = {"relu": _KINKED, "leaky_relu": _KINKED | _LEAKY, "tanh": {}}[activation]
    step_slips = {**_SLIPS, DERIVATIVE: _SLIPS[DERIVATIVE] | extra}
    return {
        step: [_slip(step, name, activation, change) for name, change in step_slips[step].items()] for step in STEPS
    }


def template(step: str, activation: str = "relu") -> str:
    """Return the source with TODO 3 or TODO 4 left as zeros: the answers of both are the same."""
    zeros = {
        ACTIVATION: {"back": "np.zeros_like(all_h[layer])"},
        DERIVATIVE: {"below": "np.zeros_like(all_f[layer - 1])"},
    }
    return _slip(step, "template", activation, zeros[step]).source
