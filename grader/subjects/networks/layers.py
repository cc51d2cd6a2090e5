"""All layers of many one-column networks side by side, padded with zeros, so that a step is judged in one sweep."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from grader.model.formulas import Formulas
from grader.oracle.answers import Answer, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.reference import activation_derivative, loss_derivative
from grader.oracle.suite import Suite, count
from grader.oracle.tolerance import activation_size, loss_size

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Came:
    """The returned gradients: dW and db (L, m), and which of the L layers were answered."""

    #: dW without padding: one entry of a layer after the other, layer by layer.
    entries: Array
    biases: Array
    answered: Booleans
    #: Those whose dW was, whatever became of db.
    weighed: Booleans


@dataclass(frozen=True, slots=True, eq=False)
class Layers:
    """L layers, those of a network in order of depth, each padded to m units in and out."""

    #: For each layer: its network's place in the suite, and whether it is the output layer.
    network: Places
    top: Booleans
    #: W without padding, and its size; the layer's input h (L, m) and preactivation f (L, m); `unit` (L, m) says which
    #: rows exist.
    weights: Array
    weight_size: Array
    h: Array
    f: Array
    unit: Booleans
    #: The loss derivative at output layers and its size, else zero; the activation's derivative and its size.
    top_delta: Array
    top_size: Array
    slope: Array
    slope_size: Array
    #: The places of weights and biases in the suite's flat parameters, and those of the latter in a (L, m) array.
    weight_from: Places
    bias_from: Places
    bias_to: Places
    #: The places of a layer's inputs, one after the other, in a (L, m) array.
    input_to: Places
    #: Of each entry of the unpadded weights the row and the column in a (L, m) array; where each layer's begin.
    entry_row: Places
    entry_column: Places
    entry_start: Places
    #: For each network where its layers begin, and its weights, outputs and inputs in arrays without padding.
    starts: Mapping[int, tuple[int, int, int, int]]

    @property
    def lowest(self) -> Booleans:
        """The layers that are number 0 of their network."""
        return np.append(True, self.top[:-1])[: len(self.top)]

    def spread(self, answers: Sequence[Answer], suite: Suite) -> Came:
        """A student's answers to the suite, layer by layer."""
        flat = np.full(suite.starts[-1], np.nan)
        returned = np.zeros(len(answers), dtype=bool)
        for i, answer in enumerate(answers):
            if isinstance(answer, Returned):
                flat[suite.starts[i] : suite.starts[i + 1]] = answer.numbers
                returned[i] = True
        d_biases = np.zeros_like(self.f)
        d_biases.ravel()[self.bias_to] = flat[self.bias_from]
        return Came(flat[self.weight_from], d_biases, returned[self.network], returned[self.network])

    def multiply(self, weights: Array, inputs: Array) -> Array:
        """Each layer's matrix of weights times its inputs (L, m); the padding would be five of six terms."""
        terms = weights * inputs.ravel()[self.entry_column]
        return np.bincount(self.entry_row, terms, self.f.size).reshape(self.f.shape)

    def carry_back(self, weights: Array, outputs: Array) -> Array:
        """For each layer the transpose of the next one's weights times that one's outputs (L, m)."""
        terms = weights * outputs.ravel()[self.entry_row]
        return np.roll(np.bincount(self.entry_column, terms, self.f.size).reshape(self.f.shape), -1, axis=0)


#: For as long as their suite is somebody's.
_stacked: WeakKeyDictionary[Suite, dict[Formulas, Layers]] = WeakKeyDictionary()


def stack_once(suite: Suite, formulas: Formulas) -> Layers:
    """The stacked layers, made once for each suite."""
    made = _stacked.setdefault(suite, {})
    if formulas not in made:
        made[formulas] = stack(suite, formulas)
    return made[formulas]


def stack(suite: Suite, formulas: Formulas) -> Layers:
    """The layers of the suite's one-column networks."""
    single = [i for i, columns in enumerate(suite.columns) if columns == 1]
    m = max((max(suite.sizes[i]) for i in single), default=1)
    network = np.array([i for i in single for _ in suite.sizes[i][1:]], dtype=np.intp)
    shape = (len(network), m)
    top = np.append(network[1:] != network[:-1], True) if len(network) else np.zeros(0, dtype=bool)
    weight_from, weight_to, bias_from, bias_to, input_to = _places(suite, single, m)
    h, f, y = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    unit = np.zeros(shape, dtype=bool)
    weights = suite.parameters[weight_from]
    h_at, f_at, y_at = (_starts(suite, part) for part in (slice(None, -1), slice(1, None), slice(-1, None)))
    row = 0
    for i in single:
        sizes, hs, fs = suite.sizes[i], h_at[i], f_at[i]
        for fan_in, out in pairwise(sizes):
            h[row, :fan_in] = suite.activations[hs : hs + fan_in]
            f[row, :out] = suite.preactivations[fs : fs + out]
            unit[row, :out] = True
            hs, fs, row = hs + fan_in, fs + out, row + 1
        y[row - 1, : sizes[-1]] = suite.targets[y_at[i] : y_at[i] + sizes[-1]]
    top_delta, top_size = np.zeros(shape), np.zeros(shape)
    for at in np.flatnonzero(top):
        # One output layer at a time: softmax must not see the padding.
        output, target = f[at, unit[at]][:, None], y[at, unit[at]][:, None]
        top_delta[at, unit[at]] = loss_derivative(output, target, formulas)[:, 0]
        top_size[at, unit[at]] = loss_size(output, target, formulas)[:, 0]
    slope, slope_size = activation_derivative(f, formulas), activation_size(f, formulas)
    # An entry at (layer, i, j) is at `weight_to` in an array (L, m, m).
    layer = weight_to // (m * m)
    entries = (weight_to // m, layer * m + weight_to % m, np.searchsorted(layer, np.arange(len(network))))
    places = (weight_from, bias_from, bias_to, input_to, *entries)
    forward = (weights, np.abs(weights), h, f, unit)
    starts = _layer_starts(suite, single)
    return Layers(network, top, *forward, top_delta, top_size, slope, slope_size, *places, starts)


def _layer_starts(suite: Suite, single: Sequence[int]) -> dict[int, tuple[int, int, int, int]]:
    starts = {}
    row = weight = output = entered = 0
    for i in single:
        sizes = suite.sizes[i]
        starts[i] = (row, weight, output, entered)
        outputs = sum(sizes[1:])
        row, weight = row + len(sizes) - 1, weight + count(sizes) - outputs
        output, entered = output + outputs, entered + sum(sizes[:-1])
    return starts


def _places(suite: Suite, single: Sequence[int], m: int) -> tuple[Places, Places, Places, Places, Places]:
    """The places of weights and biases in the suite's flat parameters, and theirs and the inputs' in padded arrays."""
    places: tuple[list[Places], ...] = ([], [], [], [], [])
    row = 0
    for i in single:
        start = suite.starts[i]
        for fan_in, out in pairwise(suite.sizes[i]):
            middle, end = start + out * fan_in, start + out * (fan_in + 1)
            places[0].append(np.arange(start, middle))
            places[1].append(((row * m + np.arange(out))[:, None] * m + np.arange(fan_in)).ravel())
            places[2].append(np.arange(middle, end))
            places[3].append(row * m + np.arange(out))
            places[4].append(row * m + np.arange(fan_in))
            start, row = end, row + 1
    first, second, third, fourth, fifth = (
        np.concatenate(indices) if indices else np.zeros(0, dtype=np.intp) for indices in places
    )
    return first, second, third, fourth, fifth


def _starts(suite: Suite, part: slice) -> list[int]:
    """The start of each network's rows of this part of its sizes in a flat array of activations."""
    lengths = [sum(sizes[part]) * columns for sizes, columns in zip(suite.sizes, suite.columns, strict=True)]
    return [0, *accumulate(lengths)]
