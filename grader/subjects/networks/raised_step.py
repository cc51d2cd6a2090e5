"""The step whose line raised, read from the statement that did and what its names were."""

import ast
from collections.abc import Sequence

import numpy as np

from grader.oracle.cases import Booleans
from grader.subjects.networks.evidence import LINES, Evidence, Operand
from grader.subjects.networks.statement import MeasuredStatement, Parsed

#: The step whose line reads a member of these arguments, as no other does.
READING = {"all_weights": "activation_gradient", "all_h": "weight_gradient", "all_f": "relu_derivative"}
#: Types of numbers, which a product of two columns may leave behind.
_SCALARS = frozenset({"float", "float64", "float32"})
#: Functions whose result has an entry for each pair, and attributes that make a row of a column.
_OUTER = frozenset({"matmul", "dot", "outer", "einsum", "tensordot", "kron"})
_ROW = frozenset({"T", "transpose", "reshape"})


def find_blamed_step(evidence: Evidence, sizes: Sequence[int]) -> str | None:
    """The step whose line raised in a function that has no list of dl/df, recognized by the arguments that it reads.

    None if what it reads is several steps', none's or the loss's, if a lookup failed rather than a product, or if
    another line gave it a number or an array of a wrong shape.
    """
    raising = evidence.raised
    depth = len(sizes) - 1
    if raising is None or "1" in evidence.status[2 * depth : 3 * depth] or find_target(evidence) is not None:
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
    of = {operand.origin for operand in operands if operand.origin is not None}
    # Beyond the network's layers are entries that the function itself has put into an argument.
    read = {(name, index) for name, index in of if name in READING and index is not None and index < depth}
    steps, layers = {READING[name] for name, _ in read}, {index for _, index in read}
    # Activations that are no factor of an outer product tell which units are active.
    masks = steps == {"weight_gradient"} and not _multiplies_matrices(text)
    if len(steps) != 1 or len(layers) != 1 or masks:
        return None
    rows = sizes[1 + layers.pop()]
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


def find_target(evidence: Evidence) -> str | None:
    """The list that the statement which raised should have written."""
    if evidence.raised is None:
        return None
    written = evidence.raised.statement.partition("[")[0]
    return written if written in LINES else None


def find_target_layer(evidence: Evidence, depth: int) -> Booleans:
    """The layer whose entry the statement that raised should have written; all of them if that is not known."""
    everywhere = np.ones(depth, dtype=bool)
    if evidence.raised is None:
        return everywhere
    parsed = Parsed.of(evidence.raised.statement, evidence.raised.part)
    target = None if parsed is None else MeasuredStatement.on(parsed, evidence.raised).target
    if target is None or target[1] is None or not -depth <= target[1] < depth:
        return everywhere
    return np.asarray(np.arange(depth) == target[1] % depth)


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
