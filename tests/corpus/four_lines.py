"""Slips in the notebook's four lines and in the loss derivative that starts them, alone and in combinations."""

import random
from collections.abc import Iterator, Mapping
from itertools import combinations

_TEXT = """import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights = [None] * (K + 1)
    all_dl_dbiases = [None] * (K + 1)
    all_dl_df = [None] * (K + 1)
    all_dl_dh = [None] * (K + 1)
    all_dl_df[K] = np.array({loss})
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = {bias}
        all_dl_dweights[layer] = {weight}
        all_dl_dh[layer] = {activation}
        if layer > 0:
            all_dl_df[layer-1] = {derivative}
    return {returned}
"""

RIGHT = {
    "loss": "d_loss_d_output(all_f[K], y)",
    "bias": "np.array(all_dl_df[layer])",
    "weight": "np.matmul(all_dl_df[layer], all_h[layer].T)",
    "activation": "np.matmul(all_weights[layer].T, all_dl_df[layer])",
    "derivative": "indicator_function(all_f[layer-1]) * all_dl_dh[layer]",
    "returned": "all_dl_dweights, all_dl_dbiases",
}

#: The step of the rubric that each line is about.
STEP = {
    "loss": "bias_gradient",
    "bias": "bias_gradient",
    "weight": "weight_gradient",
    "activation": "activation_gradient",
    "derivative": "relu_derivative",
}

#: Wrong lines whose function returns arrays of the right shapes.
WRONG: dict[str, tuple[str, ...]] = {
    "loss": ("2 * d_loss_d_output(all_f[K], y)", "y - all_f[K]", "(all_f[K] - y) ** 2"),
    "bias": (
        "2 * all_dl_df[layer]",
        "-all_dl_df[layer]",
        "np.zeros_like(all_biases[layer])",
        "np.ones_like(all_biases[layer])",
        "all_biases[layer] * all_dl_df[layer]",
        "all_dl_df[layer] / 2",
    ),
    "weight": (
        "2 * np.matmul(all_dl_df[layer], all_h[layer].T)",
        "-np.matmul(all_dl_df[layer], all_h[layer].T)",
        "np.zeros_like(all_weights[layer])",
        "np.random.randn(*all_weights[layer].shape)",
    ),
    "activation": (
        "2 * np.matmul(all_weights[layer].T, all_dl_df[layer])",
        "-np.matmul(all_weights[layer].T, all_dl_df[layer])",
        "np.matmul(np.abs(all_weights[layer]).T, all_dl_df[layer])",
    ),
    "derivative": (
        "all_dl_dh[layer]",
        "indicator_function(-all_f[layer-1]) * all_dl_dh[layer]",
        "all_f[layer-1] * all_dl_dh[layer]",
        "indicator_function(all_dl_dh[layer]) * all_dl_dh[layer]",
        "2 * indicator_function(all_f[layer-1]) * all_dl_dh[layer]",
        "np.where(all_f[layer-1] > 0, 1, 0.1) * all_dl_dh[layer]",
        "np.abs(indicator_function(all_f[layer-1]) * all_dl_dh[layer])",
    ),
}

#: Wrong lines that raise, or give arrays of other shapes, on some network or other.
SHAPELESS: dict[str, tuple[str, ...]] = {
    "bias": ("np.sum(all_dl_df[layer])",),
    "weight": (
        "np.matmul(all_dl_df[layer], all_h[layer])",
        "np.matmul(all_h[layer], all_dl_df[layer].T)",
        "np.matmul(all_dl_df[layer], all_h[layer-1].T)",
        "all_dl_df[layer] * all_h[layer]",
        "np.matmul(all_dl_df[layer], all_f[layer-1].T)",
        "np.matmul(all_dl_df[layer].T, all_h[layer])",
    ),
    "activation": (
        "np.matmul(all_weights[layer], all_dl_df[layer])",
        "np.matmul(all_dl_df[layer].T, all_weights[layer])",
        "all_weights[layer].T * all_dl_df[layer]",
        "np.matmul(all_weights[layer-1].T, all_dl_df[layer])",
    ),
    "derivative": (
        "indicator_function(all_f[layer]) * all_dl_dh[layer]",
        "indicator_function(all_h[layer-1]) * all_dl_dh[layer-1]",
        "np.matmul(indicator_function(all_f[layer-1]), all_dl_dh[layer])",
    ),
}

#: Lines below which nothing follows from the error at the output any more.
IGNORING: dict[str, tuple[str, ...]] = {
    "loss": ("np.ones_like(y)", "np.random.randn(*y.shape)"),
    "activation": (
        "np.zeros_like(all_h[layer])",
        "np.ones_like(all_h[layer])",
        "np.random.randn(*all_h[layer].shape)",
    ),
    "derivative": (
        "np.zeros_like(all_f[layer-1])",
        "np.ones_like(all_f[layer-1])",
        "indicator_function(all_f[layer-1])",
        "np.random.randn(*all_f[layer-1].shape)",
    ),
}

#: Right gradients in another form than was asked for.
FORMS = (
    "all_dl_dbiases, all_dl_dweights",
    "{'dW': all_dl_dweights, 'db': all_dl_dbiases}",
    "all_dl_dweights, [db.ravel() for db in all_dl_dbiases]",
    "all_dl_dweights, [db.T for db in all_dl_dbiases]",
)

#: Lines of the weights that raise unless layers have a single unit: the lines below them run on a handful of networks.
#: With two or more slips beside, what can be seen there is a matter of which networks were drawn; `mended` leaves these
#: out, too, but for pairs.
RAISING_EARLY = ("np.matmul(all_dl_df[layer], all_h[layer])", "np.matmul(all_dl_df[layer].T, all_h[layer])")

Lines = Mapping[str, str]

#: Slips of which one hides another, so that nobody can show it; mending the one brings the other to light, and `mended`
#: leaves these out.
CANCELLING = (
    # The gradient of the biases that comes back is right.
    {"loss": "2 * d_loss_d_output(all_f[K], y)", "bias": "all_dl_df[layer] / 2"},
    # An error and weights without signs: no dl/df below is negative, and np.abs changes none.
    {
        "loss": "(all_f[K] - y) ** 2",
        "activation": "np.matmul(np.abs(all_weights[layer]).T, all_dl_df[layer])",
        "derivative": "np.abs(indicator_function(all_f[layer-1]) * all_dl_dh[layer])",
    },
)


def source(lines: Lines) -> str:
    """The notebook's solution with these of its lines replaced."""
    return _TEXT.format(**{**RIGHT, **lines})


def slips() -> Iterator[tuple[str, str]]:
    """Every wrong line, with the name of the line that it replaces."""
    for table in (WRONG, SHAPELESS, IGNORING):
        for line, texts in table.items():
            yield from ((line, text) for text in texts)


def combined(count: int, seed: int) -> list[Lines]:
    """So many combinations of slips in different lines: pairs first, then three and four at once."""
    rng = random.Random(seed)  # noqa: S311 - a sample, no secret
    all_slips = list(slips())
    pairs = [{a[0]: a[1], b[0]: b[1]} for a, b in combinations(all_slips, 2) if a[0] != b[0]]
    rng.shuffle(pairs)
    line_sets: list[Lines] = [*pairs[: count // 2]]
    by_line = {line: [text for name, text in all_slips if name == line] for line in STEP}
    while len(line_sets) < count:
        lines = rng.sample(sorted(by_line), rng.choice((3, 4)))
        line_sets.append({line: rng.choice(by_line[line]) for line in lines})
    return line_sets


def mended(lines: Lines) -> Iterator[tuple[str, Lines]]:
    """The same with one of the slips mended, for each of them; but not one of two that cancel each other.

    Nothing of three or more slips if one of them is in `RAISING_EARLY`.
    """
    if len(lines) > 2 and lines.get("weight") in RAISING_EARLY:
        return
    cancelling_lines = {line for pair in CANCELLING if pair.items() <= lines.items() for line in pair}
    for line in lines:
        if line not in cancelling_lines:
            yield line, {name: text for name, text in lines.items() if name != line}
