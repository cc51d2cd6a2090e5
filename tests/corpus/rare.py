"""Rare faults: right but for a corner, a layer, a rounding, or what an earlier call left behind."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.corpus.networks import Network

_RIGHT = {
    "top": "",
    "start": "",
    "loss": "2 * (all_f[K] - y)",
    "bias": "delta",
    "weight": "delta @ all_h[k].T",
    "guard": "k > 0",
    "below": "(all_weights[k].T @ delta) * (all_f[k - 1] > 0)",
    "end": "",
}

_TEXT = """{top}
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    dws, dbs = [None] * (K + 1), [None] * (K + 1)
    {start}
    delta = {loss}
    for k in range(K, -1, -1):
        dbs[k] = {bias}
        dws[k] = {weight}
        if {guard}:
            delta = {below}
    {end}
    return dws, dbs
"""


@dataclass(frozen=True, slots=True)
class RareFault:
    """A wrong implementation that is right on most networks, or nearly right on all."""

    name: str
    source: str
    #: Whether it may be wrong on this network; on every other it is right.
    corner: Callable[[Network], bool]
    #: Whether the fault shows only when a network of the same shape was asked for before.
    stateful: bool = False


def _anywhere(_: Network) -> bool:
    return True


def _fault(
    name: str, corner: Callable[[Network], bool] = _anywhere, *, stateful: bool = False, **parts: str
) -> RareFault:
    """Return the right text with these parts of it exchanged."""
    return RareFault(name, _TEXT.format(**_RIGHT | parts), corner, stateful)


def _back(mask: str) -> str:
    return f"(all_weights[k].T @ delta) * {mask}"


def _repeats(items: list[tuple[int, ...]]) -> bool:
    return len(set(items)) < len(items)


def _outputs(network: Network) -> int:
    return len(network.y)


def _inputs(network: Network) -> int:
    return len(network.h[0])


def _of_depth() -> list[RareFault]:
    return [
        _fault(
            "deeper_than_four_unmasked",
            lambda n: n.depth > 4,
            below=_back("(all_f[k - 1] > 0 if K - k < 4 else 1)"),
        ),
        _fault(
            "deeper_than_four_zero",
            lambda n: n.depth > 4,
            end="for k in range(K - 4): dws[k] = np.zeros_like(dws[k])",
        ),
        _fault("deeper_than_six_doubled", lambda n: n.depth > 6, bias="delta if K <= 6 else 2 * delta"),
        _fault("no_hidden_layer", lambda n: n.depth == 0, loss="2 * (all_f[K] - y) if K else all_f[K] - y"),
        _fault("one_hidden_layer", lambda n: n.depth == 1, below=_back("(all_f[k - 1] > 0 if K > 1 else 1)")),
    ]


def _of_width() -> list[RareFault]:
    return [
        _fault(
            "mask_by_width",
            lambda n: _repeats([(width,) for width in n.widths]),
            start="masks = {len(f): f > 0 for f in all_f[:-1]}",
            below=_back("masks[len(all_f[k - 1])]"),
        ),
        _fault(
            "weights_by_shape",
            lambda n: _repeats([w.shape for w in n.weights]),
            start="by_shape = {w.shape: w for w in all_weights}",
            below="(by_shape[all_weights[k].shape].T @ delta) * (all_f[k - 1] > 0)",
        ),
        _fault(
            "square_not_transposed",
            lambda n: any(w.shape[0] == w.shape[1] for w in n.weights[1:]),
            start="turned = [w if w.shape[0] == w.shape[1] else w.T for w in all_weights]",
            below="(turned[k] @ delta) * (all_f[k - 1] > 0)",
        ),
        _fault(
            "wider_than_eight_unmasked",
            lambda n: max(n.widths, default=0) > 8,
            below=_back("np.vstack([all_f[k - 1][:8] > 0, np.ones_like(all_f[k - 1][8:])])"),
        ),
        _fault(
            "wider_than_eight_forgotten",
            lambda n: max(n.widths, default=0) > 8,
            below=_back("(all_f[k - 1] > 0) * (np.arange(len(all_f[k - 1]))[:, None] < 8)"),
        ),
        _fault(
            "width_one_unmasked",
            lambda n: 1 in n.widths,
            below=_back("(all_f[k - 1] > 0 if len(all_f[k - 1]) > 1 else 1)"),
        ),
        _fault(
            "dead_layer_unmasked",
            lambda n: any((f <= 0).all() for f in n.f[:-1]),
            below=_back("(all_f[k - 1] > 0 if (all_f[k - 1] > 0).any() else 1)"),
        ),
    ]


def _of_ends() -> list[RareFault]:
    return [
        _fault("mean_over_outputs", lambda n: _outputs(n) > 1, loss="2 * (all_f[K] - y) / len(y)"),
        _fault(
            "first_output_for_all",
            lambda n: _outputs(n) > 1,
            loss="np.full_like(y, 2 * (all_f[K][0, 0] - y[0, 0]))",
        ),
        _fault(
            "first_input_for_all",
            lambda n: _inputs(n) > 1,
            weight="delta @ (all_h[k] if k > 0 else np.full_like(all_h[0], all_h[0][0, 0])).T",
        ),
        _fault("negative_targets", lambda n: bool((n.y < 0).any()), loss="2 * (all_f[K] - np.abs(y))"),
        _fault("targets_above_one", lambda n: bool((n.y > 1).any()), loss="2 * (all_f[K] - np.minimum(y, 1))"),
        _fault(
            "mask_below_the_first_layer",
            lambda n: _inputs(n) != _outputs(n) and min(_inputs(n), _outputs(n)) > 1,
            guard="True",
        ),
    ]


def _of_size() -> list[RareFault]:
    places = {"first": "0", "middle": "K // 2", "last": "K"}
    off = [
        _fault(f"{kind}_off_in_the_{place}_layer", end=f"{kind}[{index}] = {kind}[{index}] * 1.001")
        for kind in ("dws", "dbs")
        for place, index in places.items()
    ]
    return [
        *off,
        _fault("one_weight_off", end="dws[K // 2][0, 0] *= 1.001"),
        _fault("all_off_by_a_ten_thousandth", loss="2.0002 * (all_f[K] - y)"),
        _fault("rounded", bias="np.round(delta, 2)", weight="np.round(delta @ all_h[k].T, 2)"),
        _fault("biases_rounded", bias="np.round(delta, 2)"),
        _fault("clipped", bias="np.clip(delta, -10, 10)", weight="np.clip(delta @ all_h[k].T, -10, 10)"),
        _fault("delta_clipped", loss="np.clip(2 * (all_f[K] - y), -10, 10)"),
        _fault("norm_clipped", loss="2 * (all_f[K] - y) / max(1, np.linalg.norm(all_f[K] - y) / 10)"),
        _fault("small_ones_lost", bias="np.where(np.abs(delta) < 1e-2, 0, delta)"),
        _fault(
            "float16_inside",
            start="all_weights = [w.astype(np.float16) for w in all_weights]",
            loss="(2 * (all_f[K] - y)).astype(np.float16)",
        ),
        _fault("float16_weights", weight="delta @ all_h[k].T.astype(np.float16)"),
        _fault("mask_above_a_tenth", below=_back("(all_f[k - 1] > 0.1)")),
    ]


def _of_state() -> list[RareFault]:
    shapes = "key = tuple(w.shape for w in all_weights)"
    return [
        _fault(
            "accumulates_between_calls",
            stateful=True,
            top="sums = {}",
            start=shapes,
            bias="sums[key, k] = sums.get((key, k), 0) + delta",
        ),
        _fault(
            "returns_the_first_answer_again",
            stateful=True,
            top="answers = {}",
            start=shapes,
            end="dws, dbs = answers.setdefault(key, (dws, dbs))",
        ),
        _fault(
            "keeps_the_first_loss_derivative",
            stateful=True,
            top="first = {}",
            start=shapes,
            loss="first.setdefault(key, 2 * (all_f[K] - y))",
        ),
        _fault(
            "right_only_the_first_time",
            stateful=True,
            top="calls = []",
            start="calls.append(1)",
            loss="2 * (all_f[K] - y) if len(calls) == 1 else all_f[K] - y",
        ),
    ]


def rare_faults() -> list[RareFault]:
    """Return the rare faults: by depth, width, inputs and outputs, size, and state between calls."""
    return [*_of_depth(), *_of_width(), *_of_ends(), *_of_size(), *_of_state()]
