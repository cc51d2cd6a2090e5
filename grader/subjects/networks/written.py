"""The four steps, judged by the lists that the student's function wrote: each line by its own inputs and its output.

    bias_gradient         db[k] == df[k], and df[K] is the loss derivative
    weight_gradient       dW[k] == df[k] @ h[k].T
    activation_gradient   dh[k] == W[k].T @ df[k]
    relu_derivative       df[k-1] == dh[k] times the activation's derivative at f[k-1]

Each within LOCAL * rtol of the absolute sum of its terms. Zeros that should be zeros are no evidence. A missing output
counts against its line if the function came to its end, or raised in the statement that should have written it.
Whoever keeps something else in dh (the mask already in it, or the same memory as df) is judged by what comes back.
"""

import ast
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.suite import Suite
from grader.subjects.networks.assignment import Assignment
from grader.subjects.networks.evidence import Evidence, Operand
from grader.subjects.networks.layers import Layers, Places
from grader.subjects.networks.statement import MeasuredStatement, Parsed
from grader.subjects.networks.steps import LOCAL, Step

#: How many networks are asked for the lists of those that fail in one way.
EACH = 12

#: The notebook's lists in the order of `Evidence.status`, each with the step whose line writes it.
LINES = {
    "all_dl_dweights": "weight_gradient",
    "all_dl_dbiases": "bias_gradient",
    "all_dl_df": "relu_derivative",
    "all_dl_dh": "activation_gradient",
}


#: The status of a layer that was not asked about.
_NOT_ASKED = 9
#: The status of each layer, list by list.
Statuses = NDArray[np.uint8]

#: Types of numbers, which a product of two columns may leave behind.
_SCALARS = frozenset({"float", "float64", "float32"})

#: The step whose line reads a member of these arguments, as no other does.
READING = {"all_weights": "activation_gradient", "all_h": "weight_gradient", "all_f": "relu_derivative"}


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
    misshapen: Booleans
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


@dataclass(frozen=True, slots=True, eq=False)
class WrittenStep:
    """One step over L layers: those that the lists decide, those that could show a mistake, and those that do."""

    decided: Booleans
    telling: Booleans
    failed: Booleans
    #: The layers that are wrong by this step or by another one.
    doubtful: Booleans


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


def worth_asking(answers: Sequence[Answer], failing: Iterable[Sequence[int]], order: Sequence[int]) -> list[int]:
    """The places of the networks whose lists are asked for: some that fail in each way, from small to large."""
    raised = [i for i, answer in enumerate(answers) if isinstance(answer, Raised)]
    malformed = [i for i, answer in enumerate(answers) if isinstance(answer, Malformed)]
    chosen: set[int] = set()
    for group in (raised, malformed, *failing):
        members = set(group)
        ordered = [i for i in order if i in members]
        count = min(EACH, len(ordered))
        chosen.update(ordered[len(ordered) * n // count] for n in range(count))
    return sorted(chosen)


def malformed_or_failing(answers: Sequence[Answer], failing: Sequence[int], known: Container[int]) -> list[int]:
    """The places asked for, too, if what came back can be read in another form.

    All whose answer is malformed, so that it is read; and all that fail, since those of the right shapes may have that
    form, too.
    """
    members = {i for i, answer in enumerate(answers) if isinstance(answer, Malformed)}
    members |= {i for i in failing if isinstance(answers[i], Returned)}
    return sorted(i for i in members if i not in known)


def spread(layers: Layers, suite: Suite, evidence: Mapping[int, Evidence]) -> WrittenLists:
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
    # An array of another shape counts as none, if its line had its input.
    dh_above = np.roll(status[3] == 1, -1) & ~layers.top
    missing["all_dl_dbiases"] |= ended & (status[1] == 3) & (status[0] == 1)
    missing["all_dl_dh"] |= (status[3] == 3) & (status[2] == 1)
    # So does dl/df that a later line found empty, though dl/dh was there.
    missing["all_dl_df"] |= ((status[2] == 3) | starved) & dh_above
    misshapen = ended & (status[0] > 1) & (status[1] == 1)
    stopped = asked & ~ended
    return WrittenLists(d_weights, *lists, known, shaped, missing, misshapen, raised, shared, skipped, asked, stopped)


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
        target = _target(mine)
        if target is not None and not (target == "all_dl_dweights" and starved[rows].any()):
            targets[target][rows] = _find_target_layer(mine, len(sizes) - 1)
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


def _target(evidence: Evidence) -> str | None:
    """The list that the statement which raised should have written."""
    if evidence.raised is None:
        return None
    written = evidence.raised.statement.partition("[")[0]
    return written if written in LINES else None


def _read_statuses(evidence: Evidence) -> Statuses:
    """The status of each entry, (4, K + 1)."""
    return np.frombuffer(evidence.status.encode(), dtype=np.uint8).reshape(len(LINES), -1) - np.uint8(ord("0"))


def _is_known(status: Statuses) -> Booleans:
    return np.asarray((status == 1) | (status == 2))


def find_skipped(evidence: Evidence, sizes: Sequence[int]) -> Booleans:
    """The layers that a loop went past: with dl/df, and without numbers in dW, db and dh, which another layer has."""
    # Counted, as numbers of any bits warn in `any`.
    filled = [
        [entry is not None and np.count_nonzero(entry) > 0 for entry in entries_of_list]
        for entries_of_list in entries(evidence, sizes).values()
    ]
    return _find_passed_over(_read_statuses(evidence), np.array(filled), np.zeros(len(sizes) - 1, dtype=np.intp))


def _find_passed_over(status: Statuses, filled: Booleans, network: Places) -> Booleans:
    """The same of the layers of several networks; `filled` are the entries with a number other than zero."""
    bare = ((status != 3) & ~filled)[[0, 1, 3]].all(axis=0)
    working = np.bincount(network, ~bare) > 0
    return np.asarray(bare & filled[2] & working[network])


def _find_target_layer(evidence: Evidence, depth: int) -> Booleans:
    """The layer whose entry the statement that raised should have written; all of them if that is not known."""
    everywhere = np.ones(depth, dtype=bool)
    if evidence.raised is None:
        return everywhere
    parsed = Parsed.of(evidence.raised.statement, evidence.raised.part)
    target = None if parsed is None else MeasuredStatement.on(parsed, evidence.raised).target
    if target is None or target[1] is None or not -depth <= target[1] < depth:
        return everywhere
    return np.asarray(np.arange(depth) == target[1] % depth)


def find_blamed_step(evidence: Evidence, sizes: Sequence[int]) -> str | None:
    """The step whose line raised in a function that has no list of dl/df, recognized by the arguments that it reads.

    None if what it reads is several steps', none's or the loss's, if a lookup failed rather than a product, or if
    another line gave it a number or an array of a wrong shape.
    """
    raising = evidence.raised
    depth = len(sizes) - 1
    if raising is None or "1" in evidence.status[2 * depth : 3 * depth] or _target(evidence) is not None:
        return None
    text = raising.part or raising.statement
    if any(operand.text == text or (operand.origin or ("",))[0] == "y" for operand in raising.operands):
        return None
    taken = _read_operands(raising.part)
    of_others = (o.type in _SCALARS or _is_unmade(o, raising.operands) for o in raising.operands if o.text in taken)
    if _searches(raising.part) or any(of_others):
        # It finds a layer's number, or has a number or nothing where another line should have made an array.
        return None
    if raising.part and not any(operand.text in taken and operand.origin for operand in raising.operands):
        # What raised is made of other products, which came to their ends.
        return None
    operands = [operand for operand in raising.operands if operand.text in text]
    of = {operand.origin for operand in operands if operand.origin is not None and operand.origin[1] is not None}
    steps = {READING[name] for name, _ in of if name in READING}
    layers = {index for name, index in of if name in READING}
    # Activations that are no factor of an outer product tell which units are active.
    masks = steps == {"weight_gradient"} and not _multiplies_matrices(text)
    if len(steps) != 1 or len(layers) != 1 or masks:
        return None
    rows = sizes[1 + (layers.pop() or 0)]
    # An array of the student's own may have been kept in a list before it was multiplied.
    own = [operand.shape for operand in operands if _is_own(operand) and operand.shape is not None]
    return steps.pop() if all(shape == (rows, 1) for shape in own) else None


def find_multiplied_step(evidence: Evidence) -> str | None:
    """The step whose matrix product raised, recognized by the one argument of which it multiplies an entry."""
    if evidence.raised is None:
        return None
    raising = evidence.raised.inner or evidence.raised
    match _parse(raising.part):
        case ast.BinOp(op=ast.MatMult()) | ast.Call(func=ast.Attribute(attr="matmul" | "dot" | "outer")) as product:
            # What compares is a mask, which tells no line.
            if any(isinstance(node, ast.Compare) for node in ast.walk(product)):
                return None
        case _:
            return None
    of = {operand.origin[0] for operand in raising.operands if operand.text in raising.part and operand.origin}
    steps = {READING[name] for name in of if name in READING}
    return steps.pop() if len(steps) == 1 else None


def _is_unmade(operand: Operand, operands: Sequence[Operand]) -> bool:
    """True if it is None where another line should have made an array: a variable, or the entry of the line's layer."""
    if operand.type != "NoneType" or operand.origin is not None:
        return False
    index = operand.text.partition("[")[2]
    read = {
        other.text.partition("[")[2] for other in operands if other.origin is not None and other.origin[0] in READING
    }
    return not index or index in read


def _searches(part: str) -> bool:
    """True if an expression that raised looks for an array among others: by a list's method, or by equality."""
    match _parse(part):
        case ast.Call(func=ast.Attribute(attr="index" | "count" | "remove")):
            return True
        case ast.Compare(ops=ops):
            return any(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in ops)
    return False


def _is_own(operand: Operand) -> bool:
    """True for an array that is no member of an argument, but for its entry in a list that the function makes."""
    return operand.origin is None or (operand.origin[0] in LINES and operand.origin[1] is not None)


#: Functions whose result has an entry for each pair, and attributes that make a row of a column.
_OUTER = frozenset({"matmul", "dot", "outer", "einsum", "tensordot", "kron"})
_ROW = frozenset({"T", "transpose", "reshape"})


def _multiplies_matrices(text: str) -> bool:
    """True if a product of matrices, or of a column and a row, is in an expression or a statement."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult))
        or (isinstance(node, ast.Attribute) and node.attr in _OUTER | _ROW)
        for node in nodes
    )


def _parse(part: str) -> ast.expr | None:
    try:
        return ast.parse(part, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read_operands(part: str) -> frozenset[str]:
    """The operands of an expression that raised, as they are written, without transposes and calls of one array."""
    node = _parse(part)
    match node:
        case None:
            return frozenset()
        case ast.BinOp(left=left, right=right):
            operands = [left, right]
        case ast.Call(func=ast.Attribute(value=value), args=args):
            operands = [value, *args]
        case ast.Call(args=args):
            operands = args
        case _:
            operands = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    return frozenset(ast.unparse(_plain(operand)) for operand in operands)


def _plain(node: ast.expr) -> ast.expr:
    """The operand that is transposed, or handed to a function of one array."""
    match node:
        case ast.Attribute(value=value, attr="T"):
            return _plain(value)
        case ast.Call(func=ast.Attribute(value=value, attr="transpose" | "copy"), args=[]):
            return _plain(value)
        case ast.Call(args=[value]):
            return _plain(value)
        case ast.Compare(left=value):
            return _plain(value)
    return node


def judge(layers: Layers, written: WrittenLists, assignment: Assignment) -> dict[str, WrittenStep]:
    """Each step by the lists. A line whose inputs overflowed is not judged; one that makes its output overflow is."""
    with np.errstate(all="ignore"):
        rtol = LOCAL * assignment.rtol
        written = _restore_output(layers, written, rtol)
        steps = {
            "bias_gradient": _bias(layers, written, rtol),
            "weight_gradient": _weight(layers, written, rtol),
            **_propagation(layers, written, rtol),
        }
    below = np.roll(written.skipped, -1) & ~layers.top
    passed_over = {"bias_gradient": written.skipped, "weight_gradient": written.skipped}
    return {
        name: _with(_without(step, passed_over.get(name, below)), written.raised[name]) for name, step in steps.items()
    }


def _restore_output(layers: Layers, written: WrittenLists, rtol: float) -> WrittenLists:
    """The lists with the output's df as its db kept it, if that is right and the function raised.

    A line below may have written over df, or it has another name. The entry that the line which raised should have
    written is not there, and counts against it.
    """
    right = (_near(written.d_biases, layers.top_delta, rtol * layers.top_size) | ~layers.unit).all(axis=1)
    kept = layers.top & written.stopped & written.known["all_dl_dbiases"] & right
    known = {**written.known, "all_dl_df": written.known["all_dl_df"] | kept}
    shaped = {**written.shaped, "all_dl_df": written.shaped["all_dl_df"] | kept}
    return replace(written, df=np.where(kept[:, None], written.d_biases, written.df), known=known, shaped=shaped)


def _without(step: WrittenStep, skipped: Booleans) -> WrittenStep:
    """The step, which tells nothing of lines that did not run."""
    parts = (step.telling & ~skipped, step.failed & ~skipped, step.doubtful & ~skipped)
    return WrittenStep(step.decided | skipped, *parts)


def _with(step: WrittenStep, raised: Booleans) -> WrittenStep:
    return WrittenStep(step.decided | raised, step.telling | raised, step.failed | raised, step.doubtful & ~raised)


def _near(a: Array, b: Array, size: Array) -> Booleans:
    """Written so that NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= size)


def _bias(layers: Layers, written: WrittenLists, rtol: float) -> WrittenStep:
    df, db = written.df, written.d_biases
    absent = written.missing["all_dl_dbiases"]
    started = layers.top & ~(_near(df, layers.top_delta, rtol * layers.top_size) | ~layers.unit).all(axis=1)
    wrong = absent | started | (~_near(db, df, rtol * (np.abs(df) + np.abs(db))) & layers.unit).any(axis=1)
    finite = np.isfinite(df).all(axis=1)
    decided = written.known["all_dl_df"] & finite & (written.known["all_dl_dbiases"] | absent)
    decided &= written.shaped["all_dl_df"] | started | ~wrong
    telling = decided & ((df != 0).any(axis=1) | layers.top)
    return WrittenStep(decided, telling, decided & wrong, np.zeros_like(decided))


def _weight(layers: Layers, written: WrittenLists, rtol: float) -> WrittenStep:
    absent = written.missing["all_dl_dweights"] | written.misshapen
    outer = written.df.ravel()[layers.entry_row] * layers.h.ravel()[layers.entry_column]
    right = _near(written.d_weights, outer, rtol * np.abs(outer))
    wrong = absent | np.logical_or.reduceat(~right, layers.entry_start)
    finite = np.logical_and.reduceat(np.isfinite(outer), layers.entry_start)
    decided = written.known["all_dl_df"] & finite & (written.known["all_dl_dweights"] | absent)
    # Of a dl/df in another shape even the right line makes something else.
    decided &= written.shaped["all_dl_df"] | ~wrong
    decided |= written.misshapen & ~(written.known["all_dl_df"] & ~written.shaped["all_dl_df"])
    seen = np.logical_or.reduceat((outer != 0) | (written.d_weights != 0), layers.entry_start)
    return WrittenStep(decided, decided & (seen | absent), decided & wrong, np.zeros_like(decided))


def _propagation(layers: Layers, written: WrittenLists, rtol: float) -> dict[str, WrittenStep]:
    """Steps three and four, at each hidden layer k from df[k+1], dh[k+1] and df[k]."""
    below = ~layers.top
    df_known, dh_known = written.known["all_dl_df"], np.roll(written.known["all_dl_dh"], -1) & below
    above_known = np.roll(df_known, -1) & below
    dh_known &= np.roll(np.isfinite(written.dh).all(axis=1), -1)
    above = np.roll(written.df, -1, axis=0)
    g = layers.carry_back(layers.weights, written.df)
    size = rtol * layers.carry_back(layers.weight_size, np.abs(written.df))
    above_known &= np.isfinite(g).all(axis=1)
    dh, unit = np.roll(written.dh, -1, axis=0), layers.unit
    # What a line makes of an array in another shape says nothing of it, unless it is right.
    dh_shaped = np.roll(written.shaped["all_dl_dh"], -1)
    unkinked = unit & (layers.f != 0)

    def holds(a: Array, b: Array, tolerance: Array, where: Booleans) -> Booleans:
        return np.asarray((_near(a, b, tolerance) | ~where).all(axis=1))

    slope_size = np.maximum(layers.slope_size, np.abs(layers.slope))
    together = df_known & above_known & holds(written.df, layers.slope * g, slope_size * size, unkinked)
    given = holds(dh, g, size, unit) & dh_shaped
    masked = holds(dh, layers.slope * g, slope_size * size, unkinked) | holds(dh, above, 0.0 * above, unit)
    # What is kept in dh is not the product: then only what comes back can be judged.
    no_product = np.roll(written.shared, -1) | (~given & masked)
    dh_absent = np.roll(written.missing["all_dl_dh"], -1) & below
    df_absent = written.missing["all_dl_df"] & below
    read = dh_known & ~no_product
    third = above_known & (together | read | (dh_absent & ~df_known))
    fourth = (df_known & (together | read)) | (df_absent & read)
    bent = (layers.slope != 1.0) & (dh != 0) & unkinked
    follows = written.shaped["all_dl_df"] & holds(
        written.df, layers.slope * dh, rtol * slope_size * np.abs(dh), unkinked
    )
    third &= np.roll(written.shaped["all_dl_df"], -1) | together | (given & ~dh_absent)
    fourth &= dh_shaped | together | (follows & ~df_absent)
    speaks = (np.abs(g) > 8 * size) & unit
    # Their product is wrong, and no list shows which of the two is.
    doubtful = df_known & above_known & ~together
    return {
        "activation_gradient": WrittenStep(
            third,
            third & (speaks.any(axis=1) | (read & (dh != 0).any(axis=1))),
            third & ~together & (~given | dh_absent),
            doubtful & ~third,
        ),
        "relu_derivative": WrittenStep(
            fourth,
            fourth & np.where(together & ~read, (speaks & (layers.slope != 1.0)).any(axis=1), bent.any(axis=1)),
            fourth & ~together & (~follows | df_absent),
            doubtful & ~fourth,
        ),
    }


def merge(step: Step, lists: WrittenStep, asked: Booleans, right: Booleans) -> Step:
    """The step by the lists if they decide it, but on layers that came back `right`; else by what came back.

    If the lists show the step at work and never fail or doubt it, it holds where they are silent, too, but for the
    layers of `asked`.
    """
    holds = bool(lists.telling.any()) and not (lists.failed | lists.doubtful).any()
    tested = np.where(lists.decided, lists.telling, step.tested)
    failed = np.where(lists.decided, lists.failed & ~right, step.failed & (asked | (not holds)))
    unsure = np.where(lists.decided, lists.doubtful, step.unsure) | ((step.failed | lists.failed) & ~failed)
    evident = bool(lists.telling.any() or failed.any()) or (step.evident and bool((step.tested & ~lists.decided).any()))
    return Step(tested | failed, failed, evident, step.asked or bool(lists.decided.any()), unsure, step.reading)
