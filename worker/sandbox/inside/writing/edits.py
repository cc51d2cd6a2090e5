"""Single edits of a statement: the slips that people make in a line of a gradient, one at a time.

The kinds are those of real students, the commonest first. They are the mutants by which an assignment is tried, and
undone they name what differs.
"""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import NamedTuple, TypeVar

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import MOST_EDITS, EditKind

from .groups import Function, StatementGroup
from .targets import simplify

_RANKS: dict[str, int] = {kind: rank for rank, kind in enumerate(EditKind)}
#: Other variables that may stand in the place of one; values of a tuple of which two are exchanged.
_MOST_OTHERS, _MOST_EXCHANGED = 5, 16

#: By the role of an expression that is a number, those of its kinds that are none; a header's constants vary anyway.
_WHOLE: dict[str, tuple[type[ast.expr], ...]] = {
    "index": (ast.Slice, ast.Tuple, ast.Compare),
    "header": (ast.Slice, ast.Tuple, ast.Compare, ast.Call, ast.Constant, ast.UnaryOp),
}
#: Bits of a whole number that is edited: a longer one has no half that is a float.
_BITS = 64

_PRODUCTS = frozenset({"matmul", "dot", "multiply"})
#: Functions of which one is often taken for the other.
_MEANS = {"sum": "mean", "mean": "sum", "std": "var", "var": "std"}
_SUMS = frozenset({"sum", "mean", "max", "std", "var"})
#: Calls whose argument alone is a slip of its own: not of those that only copy.
_COPYING = frozenset({"array", "copy", "asarray", "astype", "zeros_like", "ones_like", "zeros", "ones", "range", "len"})
#: Methods whose result shares its numbers with the array.
_VIEWS = frozenset({"reshape", "transpose", "ravel", "squeeze", "view", "swapaxes"})
#: Methods that give an array another shape.
_SHAPING = frozenset({"reshape", "ravel", "flatten", "squeeze"})
_Listing = ast.Tuple | ast.List
_Node = TypeVar("_Node", bound=ast.AST)
_COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Gt, ast.GtE, ast.Lt, ast.LtE)


class PartChange(NamedTuple):
    """A change of a part of a statement: its kind, the part, and what stands there then."""

    kind: str
    #: None for what is added, or taken away.
    before: ast.AST | None
    after: ast.AST | None


class Edit(NamedTuple):
    """An edit of a group: which of its statements is changed, what stands there then, and by which changes."""

    place: int
    nodes: tuple[ast.stmt, ...]
    changes: tuple[PartChange, ...]

    @property
    def kind(self) -> str:
        """The kind of its first change."""
        return self.changes[0].kind


class _Edited(NamedTuple):
    """An expression with one change in it."""

    node: ast.expr
    change: PartChange


def list_edits(group: StatementGroup, function: Function, *, widely: bool = False) -> list[Edit]:
    """Return the single edits of a group's values, each other than all before it; the commonest kinds first.

    What writes nothing has none: it can only be removed. If `widely`, edits of what it writes are among them, and rarer
    ones: no two statements tell which of those is meant.
    """
    if group.target.how == "bare" and group.loop is None:
        return []
    others = _list_arrays(function, group)
    edits: list[Edit] = []
    where = "root" if group.loop is None else "header"
    for place, node in enumerate(group.nodes):
        seen = {ast.dump(node)}
        value = getattr(node, "value", None)
        varied = () if value is None else _vary(value, others, where)
        made = [(with_value(node, edited.node), edited.change) for edited in varied]
        if widely and group.loop is None:
            made += _vary_widely(node, function)
        for statement, change in made:
            if (dumped := ast.dump(statement)) not in seen:
                seen.add(dumped)
                edits.append(Edit(place, (statement,), (change,)))
    return _spread(edits)


def list_edits_of_test(test: ast.expr) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield the edits of a condition, each as a statement with that expression."""
    for edited in _vary(test, (), "header"):
        yield ast.Expr(edited.node), edited.change


def with_value(node: ast.stmt, value: ast.expr) -> ast.stmt:
    """Return a statement with another value."""
    statement = copy.copy(node)
    statement.value = value  # type: ignore[attr-defined] # it has one
    return statement


def substitute(node: _Node, at: ast.expr, by: ast.expr) -> _Node:
    """Return a tree with a part exchanged, which is found by its identity; the rest is shared, not copied."""
    if node is at:
        return by  # type: ignore[return-value] # an expression stands where one stood
    if not any(part is at for part in ast.walk(node)):
        return node
    copied = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(copied, name, [substitute(part, at, by) if isinstance(part, ast.AST) else part for part in value])
        elif isinstance(value, ast.AST):
            setattr(copied, name, substitute(value, at, by))
    return copied


def _vary_widely(node: ast.stmt, function: Function) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield a statement with one of the edits that are not worth trying on a solution's."""
    alias = find_alias(node)
    if alias is not None:
        yield _substitute(node, alias, copy_value(alias), EditKind.IN_PLACE)
    yield from _exchange_parts(node)
    yield from _vary_place(node)
    if isinstance(node, ast.AugAssign):
        changed: ast.stmt = ast.Assign([node.target], node.value)
        yield changed, PartChange(EditKind.ASSIGNMENT, node, changed)
    elif isinstance(node, ast.Assign) and function.may_add(node.targets[0], node.lineno):
        changed = ast.AugAssign(node.targets[0], ast.Add(), node.value)
        yield changed, PartChange(EditKind.ASSIGNMENT, node, changed)
    value = getattr(node, "value", None)
    for part in () if value is None else ast.walk(value):
        if isinstance(part, ast.Subscript) and isinstance(part.slice, ast.Tuple):
            yield from _exchange_indices(node, part, part.slice)
        if isinstance(part, ast.Name):
            for name in function.list_siblings(part.id):
                yield _substitute(node, part, _name(name), EditKind.OPERAND)
        elif isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
            yield from _vary_call(node, part, part.func)


def _vary_call(node: ast.stmt, call: ast.Call, func: ast.Attribute) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield a statement with a sum over other axes, or with an array in the shape that it has."""
    if func.attr in _SUMS:
        for keywords in _vary_axis(call):
            yield _substitute(node, call, ast.Call(func, call.args, keywords), EditKind.AXIS)
    elif func.attr in _SHAPING:
        yield _substitute(node, call, func.value, EditKind.CALL)


def _vary_place(node: ast.stmt) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield a statement that writes another entry."""
    entry = node.targets[0] if isinstance(node, ast.Assign) else None
    if isinstance(entry, ast.Subscript):
        for edited in _vary(entry.slice, (), "index"):
            yield _substitute(node, entry, ast.Subscript(entry.value, edited.node, entry.ctx), EditKind.INDEX)


def copy_value(node: ast.expr) -> ast.expr:
    """Return an expression for a copy of an array."""
    return ast.Call(ast.Attribute(node, "copy", ast.Load()), [], [])


def find_alias(node: ast.stmt) -> ast.expr | None:
    """Return the expression to whose array a statement gives a second name; None if there is none."""
    if isinstance(node, ast.Assign):
        part = node.value
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and len(node.value.args) == 1:
        # As in `caches.append(a)`.
        part = node.value.args[0]
    else:
        return None
    inner = part
    while not isinstance(inner, ast.Name):
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr in _VIEWS:
            inner = inner.func.value
        elif isinstance(inner, (ast.Attribute, ast.Subscript)):
            inner = inner.value
        else:
            return None
    return part


def _exchange_parts(node: ast.stmt) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield a statement that unpacks into, returns or lists parts, with some of these in each other's place."""
    parts = [*node.targets, node.value] if isinstance(node, ast.Assign) else [getattr(node, "value", None)]
    whole = next((part for part in parts if isinstance(part, (ast.Tuple, ast.List))), None)
    if whole is not None:
        for other in (*_list_exchanged_pairs(whole), *_list_exchanged(whole)):
            yield _substitute(node, whole, other, EditKind.ORDER)


def _exchange_indices(node: ast.stmt, entry: ast.Subscript, whole: ast.Tuple) -> Iterator[tuple[ast.stmt, PartChange]]:
    """Yield a statement with two indices of an entry in each other's place."""
    for exchanged in _list_exchanged(whole):
        yield _substitute(node, entry, ast.Subscript(entry.value, exchanged, entry.ctx), EditKind.INDEX)


def _list_exchanged(whole: _Listing) -> Iterator[_Listing]:
    """Yield a tuple or list with two of its parts in each other's place."""
    for first, second in combinations(range(min(len(whole.elts), _MOST_EXCHANGED)), 2):
        yield _with_exchanged(whole, first, second, 1)


def _list_exchanged_pairs(whole: _Listing) -> Iterator[_Listing]:
    """Yield a tuple or list with two pairs of neighbours in each other's place, such as those of two layers."""
    for first in range(min(len(whole.elts), _MOST_EXCHANGED) - 3):
        yield _with_exchanged(whole, first, first + 2, 2)


def _with_exchanged(whole: _Listing, first: int, second: int, count: int) -> _Listing:
    parts = list(whole.elts)
    parts[first : first + count], parts[second : second + count] = (
        whole.elts[second : second + count],
        whole.elts[first : first + count],
    )
    return type(whole)(parts, whole.ctx)


def _vary_axis(node: ast.Call) -> Iterator[list[ast.keyword]]:
    """Yield the keywords of a sum over another axis, or with its axes kept."""
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    axis = keywords.get("axis")
    if isinstance(axis, ast.Constant) and type(axis.value) is int:
        for other in (0, 1, 2, -1):
            yield [ast.keyword("axis", ast.Constant(other)), *_without(node.keywords, "axis")]
    if axis is not None and "keepdims" not in keywords:
        yield [*node.keywords, ast.keyword("keepdims", ast.Constant(value=True))]
    is_of_module = isinstance(node.func, ast.Attribute) and spell(node.func.value) in {"np", "numpy"}
    if axis is None and len(node.args) == int(is_of_module):
        yield from ([ast.keyword("axis", ast.Constant(number)), *node.keywords] for number in (0, 1))


def _substitute(node: ast.stmt, part: ast.expr, other: ast.expr, kind: str) -> tuple[ast.stmt, PartChange]:
    return substitute(node, part, other), PartChange(kind, part, other)


def _spread(edits: Sequence[Edit]) -> list[Edit]:
    """Return at most so many edits, of every kind as many as there is room for."""
    by_kind = [[edit for edit in edits if edit.kind == kind] for kind in EditKind]
    chosen: list[Edit] = []
    for turn in range(max(map(len, by_kind), default=0)):
        chosen += [kind[turn] for kind in by_kind if turn < len(kind)]
    return sorted(chosen[:MOST_EDITS], key=lambda edit: _RANKS[edit.kind])


def _list_arrays(function: Function, group: StatementGroup) -> list[str]:
    """Return the variables that may stand for another in a group: parameters, and what the function writes."""
    names = [*function.parameters, *(name for other in function.groups for name in other.target.names)]
    written = set(group.target.names)
    return [name for name in dict.fromkeys(names) if name not in written and name not in {"self", "return", ""}]


def _vary(node: ast.expr, others: Sequence[str], where: str) -> Iterator[_Edited]:
    """Yield an expression with one edit in it, or in a part of it."""
    yield from _edit(node, others, where)
    for field, value in ast.iter_fields(node):
        inside = _place_of(node, field, where)
        if isinstance(value, ast.expr) and inside:
            for edited in _vary(value, others, inside):
                yield _widen(node, field, _with(node, field, edited.node), edited)
        elif isinstance(value, list) and inside:
            for at, part in enumerate(value):
                if isinstance(part, ast.expr):
                    for edited in _vary(part, others, inside):
                        changed = _with(node, field, [*value[:at], edited.node, *value[at + 1 :]])
                        yield _Edited(changed, edited.change)


def _widen(node: ast.expr, field: str, changed: ast.expr, edited: _Edited) -> _Edited:
    """Return an expression with an edit in a part of it: an entry, its variable and its index are named together."""
    change = edited.change
    if isinstance(node, ast.Subscript) and (field == "slice" or change.before is node.value):
        kind = EditKind.INDEX if field == "slice" else change.kind
        return _Edited(changed, PartChange(kind, node, changed))
    return _Edited(changed, change)


#: The parts of an expression that are never edited by themselves.
_FIXED = frozenset({"ctx", "op", "ops", "keywords", "generators", "elt"})


def _place_of(node: ast.expr, field: str, where: str) -> str:
    """Return the role of a part of an expression; empty for one that is never edited."""
    if field in _FIXED:
        return ""
    if isinstance(node, ast.Attribute):
        if spell(node.value) in {"np", "numpy", "self"} or not (where == "method" or node.attr == "T"):
            return ""
        return "transposed" if node.attr == "T" else "operand"
    if isinstance(node, ast.Call):
        # The object of a method is part of what it computes.
        method = isinstance(node.func, ast.Attribute)
        inside = where if where == "header" else "argument"
        return inside if field != "func" else "method" if method else ""
    if isinstance(node, ast.Subscript):
        return "index" if field == "slice" else "entry"
    return where if where in {"index", "header"} else "element" if isinstance(node, ast.Tuple) else "operand"


def _with(node: ast.expr, field: str, value: object) -> ast.expr:
    changed = copy.copy(node)
    setattr(changed, field, value)
    return changed


def _edit(node: ast.expr, others: Sequence[str], where: str) -> Iterator[_Edited]:
    """Yield the edits of one node; a text, and a part of one, has none that is a text."""
    if where == "method" or isinstance(node, (ast.JoinedStr, ast.FormattedValue)):
        return
    for edit in _EDITORS.get(type(node), ()):
        yield from edit(node)
    if where in _WHOLE and not isinstance(node, _WHOLE[where]) and not _is_text(node):
        for operator in (ast.Add(), ast.Sub()):
            yield _exchange(EditKind.INDEX, node, simplify(ast.BinOp(node, operator, ast.Constant(1))))
    if where == "header" and isinstance(node, ast.Call) and spell(node.func) == "range":
        yield _exchange(EditKind.ORDER, node, ast.Call(_name("reversed"), [node], []))
    if isinstance(node, ast.Name) and node.id in others and where != "index":
        for name in [other for other in others if other != node.id][:_MOST_OTHERS]:
            yield _exchange(EditKind.OPERAND, node, _name(name))
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    # An attribute of the object is a variable like any other.
    variable = isinstance(node, (ast.Name, ast.Subscript, ast.Call)) or spell(node).startswith("self.")
    # What is only handed on is computed elsewhere.
    computed = product or isinstance(node, ast.Call)
    if (where in {"root", "operand", "argument"} and (product or variable)) or (where == "element" and computed):
        yield _exchange(EditKind.TRANSPOSE, node, ast.Attribute(node, "T", ast.Load()))
    if where == "root":
        yield _exchange(EditKind.SIGN, node, ast.UnaryOp(ast.USub(), node))
        two = ast.Constant(2)
        yield _Edited(ast.BinOp(two, ast.Mult(), node), PartChange(EditKind.FACTOR, None, two))
        yield _Edited(ast.BinOp(node, ast.Div(), two), PartChange(EditKind.DIVISOR, None, two))


def _edit_operation(node: ast.BinOp) -> Iterator[_Edited]:
    left, right = node.left, node.right
    if isinstance(node.op, (ast.MatMult, ast.Sub, ast.Div)):
        yield _exchange(EditKind.ORDER, node, ast.BinOp(right, node.op, left))
    for operator in _OPERATORS.get(type(node.op), ()):
        yield _exchange(_kind_of_operators(node.op, operator), node, ast.BinOp(left, operator, right))
    if isinstance(node.op, ast.Pow):
        yield _exchange(EditKind.OPERATOR, node, left)
        return
    kind = _kind_of_part(node.op)
    yield _Edited(left, PartChange(kind, right, None))
    rest = ast.UnaryOp(ast.USub(), right) if isinstance(node.op, ast.Sub) else right
    yield _Edited(rest, PartChange(EditKind.TERM if kind == EditKind.TERM else EditKind.FACTOR, left, None))


def _kind_of_operators(operator: ast.operator, other: ast.operator) -> str:
    """Return the kind of a change of an operator to another."""
    both = {type(operator), type(other)}
    if both == {ast.MatMult, ast.Mult}:
        return EditKind.PRODUCT
    return EditKind.SIGN if both == {ast.Add, ast.Sub} else EditKind.OPERATOR


def _kind_of_part(operator: ast.operator) -> str:
    """Return the kind of the right operand of an operation, as a part that is left out or added."""
    if isinstance(operator, (ast.Add, ast.Sub)):
        return EditKind.TERM
    return EditKind.DIVISOR if isinstance(operator, ast.Div) else EditKind.FACTOR


_OPERATORS: dict[type[ast.operator], tuple[ast.operator, ...]] = {
    ast.MatMult: (ast.Mult(),),
    ast.Mult: (ast.MatMult(), ast.Div()),
    ast.Add: (ast.Sub(),),
    ast.Sub: (ast.Add(),),
    ast.Div: (ast.Mult(),),
    ast.Pow: (ast.Mult(),),
}


def _edit_call(node: ast.Call) -> Iterator[_Edited]:
    if any(isinstance(argument, ast.Starred) for argument in node.args):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else spell(node.func)
    if name in _PRODUCTS:
        yield from _edit_product(node, name)
        return
    if name in _MEANS and isinstance(node.func, ast.Attribute):
        yield _exchange(EditKind.MEAN, node, _call(node.func.value, _MEANS[name], node.args, node.keywords))
    if name in _SUMS:
        yield from _edit_axis(node)
    if isinstance(node.func, ast.Attribute) and name == "transpose":
        yield _exchange(EditKind.TRANSPOSE, node, node.func.value if not node.args else node.args[0])
    elif node.args and name not in _COPYING:
        yield _exchange(EditKind.CALL, node, node.args[0])
        if len(node.args) > 1 and name != "where":
            yield _exchange(
                EditKind.ORDER, node, ast.Call(node.func, [*node.args[1::-1], *node.args[2:]], node.keywords)
            )


def _edit_product(node: ast.Call, name: str) -> Iterator[_Edited]:
    operands = _operands_of(node)
    if operands is None:
        return
    left, right = operands
    product: ast.operator = ast.Mult() if name == "multiply" else ast.MatMult()
    other: ast.operator = ast.MatMult() if name == "multiply" else ast.Mult()
    yield _exchange(EditKind.PRODUCT, node, ast.BinOp(left, other, right))
    yield _exchange(EditKind.ORDER, node, ast.BinOp(right, product, left))
    yield _Edited(left, PartChange(EditKind.FACTOR, right, None))
    yield _Edited(right, PartChange(EditKind.FACTOR, left, None))


def _operands_of(node: ast.Call) -> tuple[ast.expr, ast.expr] | None:
    """Return the two operands of a product that is written as a call."""
    if isinstance(node.func, ast.Attribute) and spell(node.func.value) not in {"np", "numpy"} and len(node.args) == 1:
        return node.func.value, node.args[0]
    return (node.args[0], node.args[1]) if len(node.args) == 2 else None


def _edit_axis(node: ast.Call) -> Iterator[_Edited]:
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    axis = keywords.get("axis")
    if isinstance(axis, ast.Constant) and type(axis.value) is int:
        other = ast.keyword("axis", ast.Constant(1 - axis.value if axis.value in {0, 1} else 0))
        yield _exchange(EditKind.AXIS, node, ast.Call(node.func, node.args, [other, *_without(node.keywords, "axis")]))
    for name in ("axis", "keepdims"):
        if name in keywords:
            yield _exchange(EditKind.AXIS, node, ast.Call(node.func, node.args, _without(node.keywords, name)))


def _without(keywords: Sequence[ast.keyword], name: str) -> list[ast.keyword]:
    return [keyword for keyword in keywords if keyword.arg != name]


def _edit_comparison(node: ast.Compare) -> Iterator[_Edited]:
    if len(node.ops) == 1 and isinstance(node.ops[0], _COMPARISONS):
        for operator in _COMPARISONS:
            if not isinstance(node.ops[0], operator):
                yield _exchange(EditKind.COMPARISON, node, ast.Compare(node.left, [operator()], node.comparators))


def _edit_constant(node: ast.Constant) -> Iterator[_Edited]:
    small = isinstance(node.value, float) or (isinstance(node.value, int) and node.value.bit_length() <= _BITS)
    if isinstance(node.value, (int, float)) and small and not isinstance(node.value, bool):
        for number in dict.fromkeys((node.value + 1, node.value - 1, 2 * node.value, node.value / 2, 0)):
            if number != node.value:
                whole = isinstance(node.value, int) and number == int(number)
                yield _exchange(EditKind.CONSTANT, node, ast.Constant(int(number) if whole else number))


def _edit_sign(node: ast.UnaryOp) -> Iterator[_Edited]:
    if isinstance(node.op, ast.USub):
        yield _exchange(EditKind.SIGN, node, node.operand)


def _edit_attribute(node: ast.Attribute) -> Iterator[_Edited]:
    if node.attr == "T":
        yield _exchange(EditKind.TRANSPOSE, node, node.value)
    elif node.attr == "transpose":
        # The method itself, where nothing calls it.
        yield _exchange(EditKind.OPERAND, node, ast.Attribute(node.value, "T", ast.Load()))


def _exchange(kind: str, node: ast.expr, other: ast.expr) -> _Edited:
    """Return an expression in the place of another, as an edit."""
    return _Edited(other, PartChange(kind, node, other))


def _call(holder: ast.expr, name: str, arguments: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> ast.Call:
    return ast.Call(ast.Attribute(holder, name, ast.Load()), list(arguments), list(keywords))


def _name(name: str) -> ast.expr:
    return ast.parse(name, mode="eval").body


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


_EDITORS: dict[type[ast.expr], tuple[Callable[..., Iterator[_Edited]], ...]] = {
    ast.BinOp: (_edit_operation,),
    ast.Call: (_edit_call,),
    ast.Compare: (_edit_comparison,),
    ast.Constant: (_edit_constant,),
    ast.UnaryOp: (_edit_sign,),
    ast.Attribute: (_edit_attribute,),
}
