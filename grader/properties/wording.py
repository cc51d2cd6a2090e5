"""What the row of each property says."""

from collections.abc import Collection

from grader import titles
from grader.model import Activation, Formulas
from grader.properties.candidate import Answer, Malformed

TITLES = titles.TITLES

SHOULD = {
    "bias_gradient": "all_dl_dbiases[layer] should equal all_dl_df[layer], and all_dl_df[K] should be the"
    " derivative of the loss at the output.",
    "weight_gradient": "all_dl_dweights[layer] should be all_dl_df[layer] @ all_h[layer].T.",
    "activation_gradient": "all_dl_dh[layer] should be all_weights[layer].T @ all_dl_df[layer].",
}

DERIVATIVES = {
    Activation.RELU: "all_dl_df[layer-1] should be all_dl_dh[layer] where all_f[layer-1] > 0, and zero elsewhere.",
    Activation.LEAKY_RELU: "all_dl_df[layer-1] should be all_dl_dh[layer] where all_f[layer-1] > 0,"
    " and {slope} times it elsewhere.",
    Activation.TANH: "all_dl_df[layer-1] should be (1 - tanh(all_f[layer-1])**2) * all_dl_dh[layer].",
    Activation.SIGMOID: "all_dl_df[layer-1] should be s * (1 - s) * all_dl_dh[layer],"
    " with s = sigmoid(all_f[layer-1]).",
}

SILENT = (
    "Every derivative below the output layer came back as zero, so neither the gradient of the activations"
    " (activation_gradient) nor the derivative of the activation function (relu_derivative) could be seen:"
    " one of the two lines, or both, may still be the template's."
)

ZEROS = "Only zeros came back where this could be seen: the line may still be the template's."

NOT_ASKED = "No network of this assignment puts it to the test."

UNSEEN = "It did not return finite arrays of the right shapes on any network where this could be seen."

UNPROPAGATED = "Below the output layer, its numbers do not depend on the error at the output."

NOTHING_RETURNED = "It raised on every network, so nothing came back."

FORMS = {
    "plain": "the arrays of the biases are flat, or lie on their side",
    "swapped": "the two lists come in the other order",
    "named": "they come in a dictionary",
    "pairs": "weights and biases come in pairs, layer by layer",
}

STATE = (
    " Asked about its counterexample alone, in a fresh process, it does not fail like this:"
    " something is kept between calls, such as a global or a default argument."
)


def should(name: str, formulas: Formulas) -> str:
    """What a step's line should compute."""
    if name == "relu_derivative":
        return DERIVATIVES[formulas.activation].format(slope=formulas.slope)
    return SHOULD[name]


def nothing_at_home(answer: Answer | None) -> str:
    """Why no step holds on the notebook's own shape; `answer` where every answer there had a wrong form."""
    if isinstance(answer, Malformed):
        return f"On every network of the notebook's own shape its arrays have another form: {answer.message}."
    return "No step holds on networks of the notebook's own shape, so there is nothing to hold elsewhere."


def other_form(answer: Malformed, readable: Collection[str]) -> str:
    """Why the form is not the one that was asked for; `readable` are the forms whose numbers could be read."""
    if len(readable) == 1:
        return f"The numbers can be read, but {FORMS[next(iter(readable))]}: {answer.message}."
    return f"{answer.message[:1].upper()}{answer.message[1:]}."


def unseen(name: str, *, asked: bool) -> str:
    """Why a step was not run: nothing came back, or zeros, which are no evidence."""
    if not asked:
        return UNSEEN
    return SILENT if name in {"activation_gradient", "relu_derivative"} else ZEROS


def tally(wrong: int, of: int) -> str:
    """On how many networks it is wrong, as a sentence."""
    return f"Wrong on {wrong} of {of} network{'' if of == 1 else 's'}."
