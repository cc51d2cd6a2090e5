"""Wrong submissions in other people's styles, each with the truth in one line; written without a look at the models.

`names` are the ids that are true of it. Whatever else is said of it is a false claim.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Other:
    """A wrong submission and what is true of it."""

    truth: str
    names: frozenset[str]
    source: str


_A = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    L = len(all_weights)
    gW, gb = [np.zeros_like(w) for w in all_weights], [np.zeros_like(b) for b in all_biases]
    e = {loss}
    for l in range(L - 1, -1, -1):
        gb[l] = {bias}
        gW[l] = {weight}
        if l == 0:
            break
        back = {back}
        e = {down}
    return {ret}
"""
_A_RIGHT = {
    "loss": "2 * (all_f[L - 1] - y)",
    "bias": "e.copy()",
    "weight": "e.dot(all_h[l].T)",
    "back": "all_weights[l].T.dot(e)",
    "down": "np.where(all_f[l - 1] > 0, back, 0.0)",
    "ret": "gW, gb",
}
_B = """
def step(w, h, f_below, e):
    dw = {weight}
    db = {bias}
    if f_below is None:
        return dw, db, None
    u = {back}
    return dw, db, {down}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    e = {loss}
    stack = []
    below = [None] + list(all_f[:-1])
    for w, h, f in reversed(list(zip(all_weights, all_h, below))):
        dw, db, e = step(w, h, f, e)
        stack.append((dw, db))
    stack.reverse()
    return {ret}
"""
_B_RIGHT = {
    "loss": "d_loss_d_output(all_f[-1], y)",
    "bias": "e + 0",
    "weight": "np.einsum('i,j->ij', e[:, 0], h[:, 0])",
    "back": "np.einsum('ij,ic->jc', w, e)",
    "down": "u * np.heaviside(f_below, 0)",
    "ret": "[s[0] for s in stack], [s[1] for s in stack]",
}


def _a(truth: str, names: str, **lines: str) -> Other:
    return Other(truth, frozenset(names.split()), _A.format(**_A_RIGHT | lines))


def _b(truth: str, names: str, **lines: str) -> Other:
    return Other(truth, frozenset(names.split()), _B.format(**_B_RIGHT | lines))


_LAYER = "wrong_index layers_differ"
_FIRST = "back if l == 1 else np.where(all_f[l - 1] > 0, back, 0.0)"
OTHERS = (
    _a("the 2 is missing", "missing_factor", loss="all_f[L - 1] - y"),
    _b("the 2 is missing", "missing_factor", loss="np.subtract(all_f[-1], y)"),
    _a("y - f", "wrong_sign", loss="2 * (y - all_f[L - 1])"),
    _b("y - f, no 2", "wrong_sign_and_factor", loss="y - all_f[-1]"),
    _a("the error squared", "loss_for_derivative", loss="(all_f[L - 1] - y) ** 2"),
    _b("the mean over outputs", "mean_over_outputs one_output_only", loss="2 * (all_f[-1] - y) / len(y)"),
    _a("all outputs take the mean error", "one_output_only", loss="np.full_like(y, 2 * np.mean(all_f[L - 1] - y))"),
    _b("all outputs take the sum of errors", "one_output_only", loss="0 * y + np.sum(2 * (all_f[-1] - y))"),
    _a("only the first output counts", "one_output_only", loss="2 * (all_f[L - 1] - y) * np.eye(len(y))[:, :1]"),
    _b("the 2 twice", "double_factor scaled", loss="2 * d_loss_d_output(all_f[-1], y)"),
    _a("the target is left out", "no_target", loss="2 * all_f[L - 1]"),
    _b("a mask at the output", "derivative_at_output", loss="d_loss_d_output(all_f[-1], y) * (all_f[-1] > 0)"),
    _a("the sign only", "absolute_loss", loss="np.sign(all_f[L - 1] - y)"),
    _b("a 3 for the 2", "scaled", loss="3 * (all_f[-1] - y)"),
    _a("no mask", "no_derivative", down="back"),
    _b("no mask", "no_derivative", down="u"),
    _a("mask on the wrong side", "derivative_of_activation", down="back * (all_f[l - 1] < 0)"),
    _b("mask by the gradient", "derivative_of_gradient", down="u * (u > 0)"),
    _a("mask of the input", "derivative_at_input", down="np.where(all_h[0] > 0, back, 0)"),
    _b("the preactivation for the mask", "preactivation_for_derivative", down="u * f_below"),
    _a("the activation for the mask", "activation_for_derivative", down="back * all_h[l]"),
    _b("sign for the mask", "sign_for_derivative", down="u * np.sign(f_below)"),
    _a("a leak of 0.01", "leaky_derivative", down="np.where(all_f[l - 1] > 0, back, 0.01 * back)"),
    _b("mask added", "derivative_added", down="u + (f_below > 0)"),
    _a("only the mask", "derivative_alone", down="(all_f[l - 1] > 0) * 1.0"),
    _b(
        "sigmoid's derivative",
        "other_activation",
        down="u * (1 / (1 + np.exp(-f_below))) * (1 - 1 / (1 + np.exp(-f_below)))",
    ),
    _a("tanh's derivative", "other_activation", down="back * (1 - np.tanh(all_f[l - 1]) ** 2)"),
    _b("mask times the gradient's size", "", down="np.abs(u) * (f_below > 0)"),
    _a("the mask of another layer", f"derivative_of_other_layer {_LAYER}", down="np.where(all_f[l] > 0, back, 0.0)"),
    _b("a matrix product with the mask", "derivative_as_matrix", down="(f_below > 0) @ u"),
    _a("nothing below the output", "no_propagation zero_derivative", down="0 * back"),
    _b("a constant below the output", "", down="np.ones_like(f_below)"),
    _a("the mask at the first hidden layer missing", "derivative_missing_at_first", down=_FIRST),
    _b("weights without a transpose", "missing_transpose", back="w @ e"),
    _a("weights without a transpose", "missing_transpose", back="all_weights[l].dot(e)"),
    _b("clipped at 5 on the way down", "clipped_on_the_way", back="np.clip(w.T @ e, -5, 5)"),
    _b("einsum without a transpose", "missing_transpose", back="np.einsum('ij,jk->ik', w, e)"),
    _a("weights as shares", "shares_of_weights", back="(all_weights[l] / np.sum(all_weights[l], axis=0)).T @ e"),
    _b("the pseudoinverse", "inverse_of_weights", back="np.linalg.pinv(w) @ e"),
    _b("summed over the wrong axis", "summed_over_inputs wrong_shape", back="(w * e).sum(axis=1, keepdims=True)"),
    _b("inputs alone", "weight_gradient_of_inputs", weight="np.ones_like(e) @ h.T"),
    _b("absolute weights", "magnitudes_of_weights", back="np.abs(w).T @ e"),
    _a("through dW", "through_weight_gradient", back="gW[l].T.dot(e)"),
    _b("through dW", "through_weight_gradient", back="dw.T @ e"),
    _a("minus on the way down", "activation_sign derivative_sign", back="-all_weights[l].T.dot(e)"),
    _b("twice on the way down", "factor_at_every_layer", back="2 * (w.T @ e)"),
    _a("a half on the way down", "factor_at_every_layer", back="0.5 * all_weights[l].T.dot(e)"),
    _b("no weights on the way down", "no_weights", back="np.ones_like(w).T @ e"),
    _a("weights of the layer below", f"other_layers_weights {_LAYER}", back="all_weights[l - 1].T.dot(e)"),
    _b("weights entry by entry", "elementwise_weights", back="w.T * e"),
    _a("from the output at every layer", "from_output_always", back="all_weights[l].T.dot(2 * (all_f[L - 1] - y))"),
    _b("squares of the weights", "", back="(w ** 2).T @ e"),
    _a("bias left", "zero_biases", bias="np.zeros_like(all_biases[l])"),
    _b("bias negative", "bias_sign scaled", bias="-e"),
    _a("bias times bias", "bias_times_bias", bias="all_biases[l] * e"),
    _b("bias is the sum of the layer", "bias_summed_over_units", bias="np.full(e.shape, e.sum())"),
    _a("bias is a number", "one_number_for_biases wrong_shape", bias="np.sum(e)"),
    _b("bias is the mean", "bias_mean_over_units", bias="np.full_like(e, np.mean(e))"),
    _a("bias halved", "scaled", bias="e / 2"),
    _b("bias clipped at 1", "clipped", bias="np.clip(e, -1, 1)"),
    _a("bias rounded", "rounded", bias="np.round(e, 2)"),
    _b("bias turned upside down", "", bias="e[::-1]"),
    _a("flat biases", "flat_biases wrong_shape", bias="e.ravel()"),
    _b("bias as a row", "row_biases wrong_shape", bias="e.T"),
    _a("the weight gradient left", "zero_weights", weight="np.zeros_like(all_weights[l])"),
    _b("the weight gradient negative", "weight_sign scaled", weight="-(e @ h.T)"),
    _a("the weight gradient from f", "preactivation", weight="e.dot((all_f[l - 1] if l else all_h[0]).T)"),
    _b("the weight gradient transposed", "transposed_weight_gradient", weight="h @ e.T"),
    _a("the activation below", f"previous_activation {_LAYER}", weight="e.dot(all_h[l - 1].T)"),
    _b("entry by entry", "elementwise_weight_gradient", weight="e * h"),
    _a("the input for every layer", f"weights_from_input {_LAYER}", weight="e.dot(all_h[0].T)"),
    _b("no activations", "weights_without_activation", weight="e @ np.ones_like(h).T"),
    _a("times the weights", "weights_times_weights", weight="e.dot(all_h[l].T) * all_weights[l]"),
    _b("doubled", "scaled", weight="2 * (e @ h.T)"),
    _a("with weight decay", "parameters_added", weight="e.dot(all_h[l].T) + 0.1 * all_weights[l]"),
    _b("no transpose of h", "weight_gradient_without_transpose", weight="e @ h"),
    _a("mask twice", "weights_derivative_twice", weight="(e * (all_f[l] > 0)).dot(all_h[l].T)"),
    _b("bias gradient first", "returned_swapped", ret="[s[1] for s in stack], [s[0] for s in stack]"),
    _a("weights only", "returned_weights_only", ret="gW"),
    _b("pairs", "returned_pairs", ret="stack"),
    _a("a dictionary", "returned_dictionary", ret="{'W': gW, 'b': gb}"),
    _b("only biases reversed", "biases_reversed", ret="[s[0] for s in stack], [s[1] for s in stack][::-1]"),
    _a("only weights reversed", "weights_reversed", ret="gW[::-1], gb"),
    _b("both reversed", "returned_reversed", ret="[s[0] for s in stack[::-1]], [s[1] for s in stack[::-1]]"),
    _a("nothing", "returned_nothing", ret="None"),
    _b("without the first", "list_too_short", ret="[s[0] for s in stack[1:]], [s[1] for s in stack[1:]]"),
    _a("no 2, no mask", "missing_factor+no_derivative no_derivative+missing_factor", loss="all_f[-1] - y", down="back"),
    _b("no mask, bias left", "no_derivative+zero_biases zero_biases+no_derivative", down="u", bias="0 * e"),
    _a(
        "no transposes at all",
        "weight_gradient_without_transpose missing_transpose",
        back="all_weights[l].dot(e)",
        weight="e.dot(all_h[l])",
    ),
    _b("a wrong sign, and a sine for the mask", "", loss="2 * (y - all_f[-1])", down="u * np.sin(f_below)"),
    _a("a misspelt name", "undefined_name", back="all_weight[l].T.dot(e)"),
    _b("a misspelt argument", "undefined_name", weight="np.outer(e, hh)"),
    _a("a list for an array", "whole_list", back="np.dot(all_weights.T, e)"),
    _b("transpose uncalled", "transpose_not_called", weight="e @ h.transpose"),
    _a("T called", "transpose_called", back="all_weights[l].T().dot(e)"),
    _b("one layer too low at the top", "loss_at_other_layer", loss="d_loss_d_output(all_f[-2], y)"),
    _a("beyond the end", "index_out_of_range", loss="2 * (all_f[L] - y)"),
    _b("an argument too few", "wrong_arguments", loss="d_loss_d_output(all_f[-1])"),
    _a("noise", "state_between_calls", loss="2 * (all_f[L - 1] - y) + np.random.randn(*y.shape) * 1e-2"),
    _b("float16", "float16", ret="[np.float16(s[0]) for s in stack], [np.float16(s[1]) for s in stack]"),
    _a("all halved", "scaled missing_factor", ret="[w / 2 for w in gW], [b / 2 for b in gb]"),
    _b("all clipped", "clipped", ret="[np.clip(s[0], -2, 2) for s in stack], [np.clip(s[1], -2, 2) for s in stack]"),
    _a("rounded to three", "rounded", ret="[w.round(3) for w in gW], [b.round(3) for b in gb]"),
    _b("normalised", "normed", ret="[s[0] / np.linalg.norm(s[0]) for s in stack], [s[1] for s in stack]"),
    _a("raises", "", loss="1 / 0"),
    _b("an unknown slip", "", weight="np.outer(e, h) + 1e-3"),
    _a("the largest alone", "", bias="e * (e == e.max())"),
    _b("cosine", "", loss="np.cos(all_f[-1] - y)"),
)
