"""The lists that the student's function wrote, read from its evidence: network by network, or over all layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.suite import Suite
from grader.subjects.networks.evidence import LINES, Evidence
from grader.subjects.networks.layers import Layers, Places
from grader.subjects.networks.raised_step import find_blamed_step, find_target, find_target_layer

#: The status of a layer that was not asked about.
_NOT_ASKED = 9
#: The status of each layer, list by list.
Statuses = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class WrittenLists:
    """The lists over L layers: dW without padding, db, df and dh (L, m), and for each list on which layers it is known.

    Row r of dh is the student's dh[k] of the layer's own k, which belongs to the layer's input.
    """

    d_weights: Array
    d_biases: Array
    df: Array
    dh: Array
    known: Mapping[str, Booleans]
    #: Where it is in the right shape, too.
    shaped: Mapping[str, Booleans]
    #: Where an output that is not there counts against the line that writes it.
    missing: Mapping[str, Booleans]
    #: Where dW is an array of another shape, though db is in its own.
    weights_misshapen: Booleans
    #: Where db is, though dW is in its own, and dl/df is not seen in another.
    biases_misshapen: Booleans
    #: Where a step's line raised though its inputs had their shapes; at the output where the layer is not known.
    raised: Mapping[str, Booleans]
    #: Where dh[k] is the memory of df[k-1] or of another dh.
    shared: Booleans
    #: The layers that the loop went past: none of their lines failed.
    skipped: Booleans
    #: The layers of the networks that were asked for their lists.
    asked: Booleans
    #: The layers of those that raised.
    stopped: Booleans

    @property
    def returned(self) -> Booleans:
        """The entries of which both dW and db are known."""
        return self.known["all_dl_dweights"] & self.known["all_dl_dbiases"]


def entries(
    evidence: Evidence, sizes: Sequence[int], columns: int = 1, *, shaped: bool = False
) -> dict[str, list[Array | None]]:
    """The lists for a network: an array for each entry that is known, or came in its shape if `shaped`, else None."""
    wide, outputs = list(zip(sizes[1:], sizes[:-1], strict=True)), [(rows, 1) for rows in sizes[1:]]
    carried = [(rows, columns) for rows in (*sizes[1:], *sizes[:-1])]
    shapes, known = [*wide, *outputs, *carried], "1" if shaped else "12"
    starts = accumulate((rows * columns for rows, columns in shapes), initial=0)
    arrays = [
        evidence.numbers[start : start + shape[0] * shape[1]].reshape(shape) if status in known else None
        for start, shape, status in zip(starts, shapes, evidence.status, strict=False)
    ]
    depth = len(wide)
    return {name: arrays[at * depth : (at + 1) * depth] for at, name in enumerate(LINES)}


def statuses(evidence: Evidence) -> dict[str, str]:
    """The status of each entry of each list: see `Evidence`."""
    layers = len(evidence.status) // len(LINES)
    return {name: evidence.status[at * layers : (at + 1) * layers] for at, name in enumerate(LINES)}


def find_skipped(evidence: Evidence, sizes: Sequence[int]) -> Booleans:
    """The layers that a loop went past: with dl/df, and without numbers in dW, db and dh, which another layer has."""
    # Counted, as numbers of any bits warn in `any`.
    filled = [
        [entry is not None and np.count_nonzero(entry) > 0 for entry in entries_of_list]
        for entries_of_list in entries(evidence, sizes).values()
    ]
    return _find_passed_over(_read_statuses(evidence), np.array(filled), np.zeros(len(sizes) - 1, dtype=np.intp))


def spread_lists(layers: Layers, suite: Suite, evidence: Mapping[int, Evidence]) -> WrittenLists:
    """The evidence of these networks of the suite, layer by layer; those with several columns are left out."""
    count = len(layers.network)
    # Of a layer that was not asked about, nothing below is true.
    read_status = np.full((len(LINES), count), _NOT_ASKED, dtype=np.uint8)
    shared, asked, ended = (np.zeros(count, dtype=bool) for _ in range(3))
    d_weights = np.zeros(len(layers.weight_from))
    d_biases, df, dh = (np.zeros(len(places)) for places in (layers.bias_to, layers.bias_to, layers.input_to))
    single = {i: mine for i, mine in evidence.items() if suite.columns[i] == 1}
    for i, mine in single.items():
        sizes, (row, weight, bias, entered) = suite.sizes[i], layers.starts[i]
        outputs, inputs = sum(sizes[1:]), sum(sizes[:-1])
        weights, rows = len(mine.numbers) - 2 * outputs - inputs, slice(row, row + len(sizes) - 1)
        d_weights[weight : weight + weights] = mine.numbers[:weights]
        d_biases[bias : bias + outputs] = mine.numbers[weights : weights + outputs]
        df[bias : bias + outputs] = mine.numbers[weights + outputs : -inputs]
        dh[entered : entered + inputs] = mine.numbers[-inputs:]
        read_status[:, rows] = _read_statuses(mine)
        shared[rows], asked[rows], ended[rows] = mine.overwritten, True, mine.ended
    outputs_to, inputs_to = layers.bias_to, layers.input_to
    lists = (_pad(d_biases, outputs_to, layers), _pad(df, outputs_to, layers), _pad(dh, inputs_to, layers))
    # Among numbers of any bits are some of which NumPy would warn; what is not known has NaN for numbers.
    with np.errstate(all="ignore"):
        filled = np.stack(
            [np.logical_or.reduceat(d_weights != 0, layers.entry_start), *((part != 0).any(axis=1) for part in lists)]
        ) & _is_known(read_status)
    # At the time of an exception, what is zero may be what the function made its lists of.
    status = np.where(_is_known(read_status) & ~filled & ~ended, 0, read_status)
    skipped = _find_passed_over(read_status, filled, layers.network)
    starved = _is_starved(read_status, ended)
    targets, raised = _find_raised_lines(suite, layers, single, status, starved)
    # A layer that the loop did not come to has nothing at all: that is no mistake of its lines.
    reached = ended & status[[0, 1, 3]].any(axis=0)
    known = {name: _is_known(kinds) for name, kinds in zip(LINES, status, strict=True)}
    shaped = {name: kinds == 1 for name, kinds in zip(LINES, status, strict=True)}
    kept = _find_kept_lists(read_status, layers.top)
    missing = {
        name: (kinds == 0) & ((reached & kept[name]) | targets[name]) for name, kinds in zip(LINES, status, strict=True)
    }
    another = ended & (status[1] == 3) & (status[0] == 1)
    # Beside a dW in its shape, a db in another one is its own line's, unless dl/df is seen to have another one, too.
    misshapen = (ended & (status[0] > 1) & (status[1] == 1), another & (status[2] < 2))
    # An array of another shape counts as none, if its line had its input.
    dh_above = np.roll(status[3] == 1, -1) & ~layers.top
    missing["all_dl_dbiases"] |= another
    missing["all_dl_dh"] |= (status[3] == 3) & (status[2] == 1)
    # So does dl/df that a later line found empty, though dl/dh was there.
    missing["all_dl_df"] |= ((status[2] == 3) | starved) & dh_above
    stopped = asked & ~ended
    return WrittenLists(d_weights, *lists, known, shaped, missing, *misshapen, raised, shared, skipped, asked, stopped)


def _find_kept_lists(status: Statuses, top: Booleans) -> dict[str, bool]:
    """For each list, False if the student keeps none: no entry of any layer that was asked about holds anything.

    The output's dl/df does not count, which the notebook makes above the loop.
    """
    there = (status != 0) & (status != _NOT_ASKED)
    kept = {"all_dl_df": bool((there[2] & ~top).any()), "all_dl_dh": bool(there[3].any())}
    return {"all_dl_dweights": True, "all_dl_dbiases": True, **kept}


def _find_raised_lines(
    suite: Suite, layers: Layers, single: Mapping[int, Evidence], status: Statuses, starved: Booleans
) -> tuple[dict[str, Booleans], dict[str, Booleans]]:
    """The layers of each list that a statement which raised should have written, and those where a step's line did."""
    count = len(layers.network)
    targets = {name: np.zeros(count, dtype=bool) for name in LINES}
    raised = {step: np.zeros(count, dtype=bool) for step in LINES.values()}
    for i, mine in single.items():
        if mine.raised is None:
            continue
        sizes, row = suite.sizes[i], layers.starts[i][0]
        rows = slice(row, row + len(sizes) - 1)
        kinds = status[:, rows]
        if (step := find_blamed_step(mine, sizes)) is not None:
            raised[step][row] = True
        target = find_target(mine)
        if target is not None and not (target == "all_dl_dweights" and starved[rows].any()):
            targets[target][rows] = find_target_layer(mine, len(sizes) - 1)
        if target == "all_dl_df" and kinds[2].all() and kinds[3][0] == 1:
            # It raised in writing one that was there: the output's, by an index that went round.
            raised["relu_derivative"][row] = True
    return targets, raised


def _is_starved(status: Statuses, ended: Booleans) -> Booleans:
    """The layers whose db is something else than an array because there is no df, in a function that raised."""
    return np.asarray((status[1] == 3) & (status[2] == 0) & ~ended)


def _pad(numbers: Array, places: Places, layers: Layers) -> Array:
    """The numbers at these places of a (L, m) array of zeros."""
    array = np.zeros_like(layers.f)
    array.ravel()[places] = numbers
    return array


def _read_statuses(evidence: Evidence) -> Statuses:
    """The status of each entry, (4, K + 1)."""
    return np.frombuffer(evidence.status.encode(), dtype=np.uint8).reshape(len(LINES), -1) - np.uint8(ord("0"))


def _is_known(status: Statuses) -> Booleans:
    return np.asarray((status == 1) | (status == 2))


def _find_passed_over(status: Statuses, filled: Booleans, network: Places) -> Booleans:
    """The same of the layers of several networks; `filled` are the entries with a number other than zero."""
    bare = ((status != 3) & ~filled)[[0, 1, 3]].all(axis=0)
    working = np.bincount(network, ~bare) > 0
    return np.asarray(bare & filled[2] & working[network])
