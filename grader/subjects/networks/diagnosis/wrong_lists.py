"""Wrong uses of whole lists, and of arrays that lost their axes, in a line that raised."""

import ast
from collections.abc import Iterator

from grader.subjects.networks.diagnosis.measured_line import (
    HELPERS,
    NUMPY,
    describe_formula,
    find_line,
    find_list,
    is_output,
    make_slip,
)
from grader.subjects.networks.diagnosis.operands import FORMULAS
from grader.subjects.networks.diagnosis.slip import Slip
from grader.subjects.networks.statement import MeasuredStatement, function_name

#: Calls that take a whole list.
_OF_LISTS = frozenset({"len", "zip", "enumerate", "reversed", "list", "range", "print", "tuple", "sum", "iter"})
#: NumPy's functions that make one array of several.
_STACKING = frozenset({"stack", "array", "asarray", "vstack", "hstack", "concatenate", "dstack", "column_stack"})
#: The types of NumPy's numbers without axes.
_NUMBERS = frozenset({"float64", "float32", "int64"})


def find_whole_list(statement: MeasuredStatement) -> Slip | None:
    """A list where one of its entries belongs: in a product, a function of one array, or transposed."""
    names = {find_list(statement, node) for node in _bare(statement)}
    names.discard(None)
    if len(names) != 1:
        return None
    name = str(names.pop())
    index = "[K]" if statement.target is not None and is_output(statement) else "[layer]"
    own = FORMULAS.get(find_line(statement))
    strong = f"{name} is the list of every layer's array: take one of its entries."
    if own is None and index == "[K]":
        strong = f"{name} is the list of every layer's array: take {name}[K]."
    return make_slip(
        "whole_list",
        f"takes the whole list {name} where one of its arrays belongs",
        f"What is {name}: an array, or a list of arrays? Of which layer is one needed there?",
        strong + describe_formula(statement),
        find_line(statement),
    )


def _bare(statement: MeasuredStatement) -> Iterator[ast.AST]:
    """Names of lists of which neither an entry nor a method is taken, and which no function gets that takes lists."""
    used: set[ast.AST] = set()
    for node in statement.parsed.inside:
        if isinstance(node, ast.Subscript):
            used.update((node.value, node.slice))
        elif isinstance(node, ast.Attribute) and hasattr(list, node.attr):
            used.add(node.value)
        elif isinstance(node, ast.Call) and (function_name(node) in _OF_LISTS or _unknown(node)):
            used.update(node.args)
        elif isinstance(node, ast.comprehension):
            used.add(node.iter)
    for node in statement.parsed.inside:
        if isinstance(node, ast.Name) and node not in used:
            operand = statement.operand(node)
            if operand is not None and operand.type in {"list", "tuple"}:
                yield node


def _unknown(node: ast.Call) -> bool:
    """True if it calls what may well take a list: a function of the student's own, a list's method."""
    name = function_name(node)
    return name not in {*NUMPY, *HELPERS}


def find_stacked_list(statement: MeasuredStatement) -> Slip | None:
    """One array made of a list whose arrays differ in shape."""
    match statement.parsed.part:
        case ast.Call(args=[ast.Subscript(value=argument, slice=ast.Slice()) | argument, *_]) as call if (
            function_name(call) in _STACKING
        ):
            name = find_list(statement, argument)
        case _:
            return None
    if name is None:
        return None
    return make_slip(
        "list_stacked",
        f"makes one array of {name}, whose arrays differ in shape",
        f"What are the shapes of the arrays in {name} where layers differ in width? Can one array hold them?",
        f"{name} stays a list: take the array of one layer, {name}[layer], where you need it.",
    )


def find_search(statement: MeasuredStatement) -> Slip | None:
    """A list searched for one of its arrays, which compares arrays of other shapes, or number by number."""
    match statement.parsed.part:
        case ast.Call(func=ast.Attribute(value=searched, attr="index" | "count" | "remove")):
            name = find_list(statement, searched)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[searched]):
            name = find_list(statement, searched)
        case _:
            return None
    if name is None:
        return None
    return make_slip(
        "list_searched",
        f"searches {name} for an array, which compares arrays number by number",
        "What does == return for two arrays: one answer, or one for each number?",
        f"no array needs to be looked for: take the layer's number from the loop, as in enumerate({name}).",
    )


def find_lost_axes(statement: MeasuredStatement) -> Slip | None:
    """A number without axes in a product, or with an index: of a layer of one unit, nothing else is left."""
    match statement.parsed.part:
        case ast.Subscript(value=array):
            arrays = [array]
        case ast.BinOp(left=left, op=ast.MatMult(), right=right):
            arrays = [left, right]
        case _:
            return None
    operands = [operand for operand in map(statement.operand, arrays) if operand is not None]
    if not any(operand.shape == () or operand.type in _NUMBERS for operand in operands):
        return None
    return make_slip(
        "axes_lost",
        "takes a number without axes for an array",
        "Which shape does each array of this line have in a layer of one unit? What do np.squeeze, a sum and an index"
        " leave of an array that holds one number?",
        "the arrays of a layer of one unit are columns, too, of shape (1, 1): no axis may be dropped on the way, or"
        " .reshape(-1, 1) brings it back.",
    )
