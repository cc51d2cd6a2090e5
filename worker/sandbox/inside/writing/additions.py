"""Edits that add something to a statement, or exchange a part of it for any other value that its function has."""

import ast
import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import LONGEST_WORD, EditKind

from .edits import PartChange, substitute
from .groups import Function
from .sites import is_bound, name_of

#: The functions that say which addition is in force, and make it; the variable for what the first returns.
ADDITIONS, ADDED, _OPERANDS = "backmark_additions", "backmark_added", "backmark_operands"
#: Values of a function, their sizes, variables that it never reads, and texts, that are tried in one statement.
_MOST_VALUES, _SIZED, _FORGOTTEN, _MOST_TEXTS = 48, 5, 3, 8
#: Functions that are left out.
_FUNCTIONS = ("log", "exp", "sqrt", "tanh", "abs", "square")
_SHAPE = ("shape[0]", "shape[1]")
#: The forms of additions with an operand, as hooks know them; the last has it before the part.
_BEFORE = "@ before"
#: The form of what comes in a part's place.
INSTEAD = "instead"
FORMS: dict[str, type[ast.operator]] = {
    "*": ast.Mult,
    "+": ast.Add,
    "-": ast.Sub,
    "/": ast.Div,
    "@": ast.MatMult,
    _BEFORE: ast.MatMult,
}
_Made = tuple[ast.stmt, PartChange]


def list_values(function: Function, attributes: Sequence[str] = ()) -> list[ast.expr]:
    """Return the values that a function has: what it writes, its parameters, attributes and entries that it reads.

    Behind them are its other entries, by an index of any of them, and the `attributes` of its object.
    """
    written = [name for group in function.groups for name in group.target.names]
    texts = [*written, *function.parameters]
    for node in ast.walk(function.node):
        if isinstance(node, (ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load):
            is_entry = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
            is_own = isinstance(node, ast.Attribute) and spell(node).startswith("self.")
            texts += [ast.unparse(node)] if is_entry or is_own else []
    known = dict.fromkeys(
        text for text in [*texts, *attributes, *_list_entries(function)] if text not in {"", "return", "self"}
    )
    return [ast.parse(text, mode="eval").body for text in [*known][:_MOST_VALUES]]


def list_read(node: ast.expr) -> list[ast.expr]:
    """Return the entries that an expression reads."""
    return [part for part in ast.walk(node) if isinstance(part, ast.Subscript)]


def list_attributes(node: ast.ClassDef) -> list[str]:
    """Return the attributes that a class writes, as text."""
    own = (part for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store))
    return list(dict.fromkeys(filter(None, map(name_of, own))))


def list_texts(tree: ast.Module) -> list[ast.expr]:
    """Return the short texts with which a program compares anything, or that it hands to a function."""
    parts: list[ast.expr] = []
    for node in ast.walk(tree):
        parts += node.comparators if isinstance(node, ast.Compare) else node.args if isinstance(node, ast.Call) else []
    texts: dict[str, ast.expr] = {
        part.value: part for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    return [part for text, part in texts.items() if len(text) <= LONGEST_WORD][:_MOST_TEXTS]


def _list_entries(function: Function) -> list[str]:
    """Return entries of lists, and of parameters that may be some, by every index that a variable one is used with."""
    entries = [node for node in ast.walk(function.node) if isinstance(node, ast.Subscript)]
    entries = [node for node in entries if isinstance(node.value, ast.Name) and _is_variable(node.slice)]
    names = dict.fromkeys([*(ast.unparse(node.value) for node in entries), *function.parameters])
    indices = dict.fromkeys(ast.unparse(node.slice) for node in entries)
    return [f"{name}[{index}]" for index in indices for name in names]


def _is_variable(index: ast.expr) -> bool:
    return isinstance(index, (ast.Name, ast.BinOp))


def list_exchanges(node: ast.stmt, values: Sequence[ast.expr], texts: Sequence[ast.expr]) -> Iterator["Addition"]:
    """Yield the ways in which a statement has another value in the place of a variable, an attribute or an entry.

    Or another text in the place of one.
    """
    for part in _list_operands(node, (ast.Constant,)):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            others = (text for text in texts if ast.dump(text) != ast.dump(part))
            yield from (Addition(part, INSTEAD, text, EditKind.CONSTANT) for text in others)
    inner = _list_scoped(node)
    for part in _list_operands(node, (ast.Name, ast.Attribute, ast.Subscript)):
        own = ast.dump(part)
        for value in values:
            if ast.dump(value) != own:
                yield Addition(part, INSTEAD, value, EditKind.OPERAND)
            # An index may be a variable of a comprehension's, which is known in it alone.
            if id(part) in inner or not isinstance(part, ast.Subscript):
                continue
            if isinstance(value, (ast.Name, ast.Attribute)):
                whole = ast.Subscript(copy.deepcopy(value), part.slice, ast.Load())
                if ast.dump(whole) != own:
                    yield Addition(part, INSTEAD, whole, EditKind.OPERAND)


def _list_scoped(node: ast.stmt) -> frozenset[int]:
    """Return the identities of the parts of comprehensions."""
    scopes = (
        part for part in ast.walk(node) if isinstance(part, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp))
    )
    return frozenset(id(part) for scope in scopes for part in ast.walk(scope))


def list_operations(node: ast.stmt) -> Iterator[_Made]:
    """Yield a statement with a sum in the place of a product, or the reverse."""
    for part in _list_operands(node, (ast.BinOp,)):
        if isinstance(part, ast.BinOp) and isinstance(part.op, (ast.Add, ast.Mult)):
            operator = ast.Mult() if isinstance(part.op, ast.Add) else ast.Add()
            made = ast.BinOp(part.left, operator, part.right)
            yield _exchange(node, part, made, PartChange(EditKind.OPERATOR, part, made))


@dataclass(frozen=True, slots=True)
class Addition:
    """A part of a statement with something more: what is done with it, by `FORMS`, and with which operand if any.

    Or with something else in its place.
    """

    part: ast.expr
    form: str
    operand: ast.expr | None
    kind: str

    def make(self, node: ast.stmt) -> ast.stmt:
        """Return the statement with it."""
        return substitute(node, self.part, self._build())

    @property
    def change(self) -> PartChange:
        """The change of its statement."""
        if self.operand is None or self.form == INSTEAD:
            return PartChange(self.kind, self.part, self._build())
        return PartChange(self.kind, None, self.operand)

    def _build(self) -> ast.expr:
        if self.operand is None:
            function = ast.Attribute(ast.Name("np", ast.Load()), self.form, ast.Load())
            return ast.Call(function, [self.part], [])
        if self.form == INSTEAD:
            return self.operand
        left, right = (self.operand, self.part) if self.form == _BEFORE else (self.part, self.operand)
        return ast.BinOp(left, FORMS[self.form](), right)


def list_additions(
    node: ast.stmt, values: Sequence[ast.expr], parameters: Sequence[str], calls: Sequence[str]
) -> Iterator[Addition]:
    """Yield the ways in which a statement has a function, a factor, a term or a divisor more, the simplest first.

    `calls` are functions of one parameter that it may call besides NumPy's.
    """
    sizes = [ast.parse(f"{name}.{size}", mode="eval").body for name in parameters[:_SIZED] for size in _SHAPE]
    kinds = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)
    parts = [part for part in _list_operands(node, kinds) if not is_bound(part)]
    matrices = [(value, ast.Attribute(value, "T", ast.Load())) for value in values]
    slopes = [[*_list_calls(value, calls), *_list_slopes(value)] for value in values]
    two = ast.Constant(2)
    for part in parts:
        yield from (Addition(part, INSTEAD, called, EditKind.CALL) for called in _list_calls(part, calls))
        yield from (Addition(part, name, None, EditKind.CALL) for name in _FUNCTIONS)
    for part in parts:
        yield Addition(part, "*", two, EditKind.FACTOR)
        yield Addition(part, "/", two, EditKind.DIVISOR)
    for part, value in product(parts, values):
        yield Addition(part, "*", value, EditKind.FACTOR)
        if ast.dump(part) != ast.dump(value):
            yield Addition(part, "+", value, EditKind.TERM)
            yield Addition(part, "-", value, EditKind.TERM)
    for part, value in product(parts, [*values, *sizes]):
        yield Addition(part, "/", value, EditKind.DIVISOR)
    for part, size in product(parts, sizes):
        yield Addition(part, "*", size, EditKind.FACTOR)
    for part, (both, own) in product(parts, zip(matrices, slopes, strict=True)):
        for matrix in both:
            yield Addition(part, "@", matrix, EditKind.FACTOR)
            yield Addition(part, _BEFORE, matrix, EditKind.FACTOR)
        yield from (Addition(part, "*", slope, EditKind.FACTOR) for slope in own)


def list_forgotten(node: ast.stmt, function: Function) -> Iterator[Addition]:
    """Yield the ways in which a statement works with a variable that its function writes and never reads."""
    names = [part for part in ast.walk(function.node) if isinstance(part, ast.Name)]
    read = {name.id for name in names if isinstance(name.ctx, ast.Load)}
    written = dict.fromkeys(name.id for name in names if isinstance(name.ctx, ast.Store) and name.id not in read)
    parts = list(_list_operands(node, (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)))
    for name, part, form in product([*written][:_FORGOTTEN], parts, FORMS):
        kind = EditKind.TERM if form in {"+", "-"} else EditKind.DIVISOR if form == "/" else EditKind.FACTOR
        yield Addition(part, form, ast.Name(name, ast.Load()), kind)


def _list_calls(value: ast.expr, calls: Sequence[str]) -> list[ast.expr]:
    return [ast.Call(ast.Name(name, ast.Load()), [value], []) for name in calls]


def vary_by_additions(node: ast.stmt, first: int, additions: Sequence[Addition]) -> list[ast.stmt]:
    """Return a statement of which an input says which addition is in force, by their places from a first one.

    It stands once: its parts are wrapped, and the operands are functions before it.
    """
    parts = {id(addition.part): place for place, addition in enumerate(additions)}
    operands: dict[str, tuple[int, ast.expr]] = {}
    table: list[ast.expr] = []
    for addition in additions:
        place = -1
        if addition.operand is not None:
            place, _ = operands.setdefault(ast.dump(addition.operand), (len(operands), addition.operand))
        row: list[ast.expr] = [ast.Constant(parts[id(addition.part)]), ast.Constant(addition.form), ast.Constant(place)]
        table.append(ast.Tuple(row, ast.Load()))
    functions = [_defer(operand) for _, operand in operands.values()]
    arguments = [ast.Constant(first), ast.Tuple(table, ast.Load()), ast.Tuple(functions, ast.Load())]
    chosen = ast.Assign([ast.Name(_OPERANDS, ast.Store())], _call_hook(ADDITIONS, *arguments))
    return [chosen, cast(ast.stmt, _wrap(node, parts))]


def _wrap(node: ast.AST, parts: Mapping[int, int]) -> Any:
    """Return a copy of a tree with a call around each of some parts."""
    copied = copy.copy(node)
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(copied, name, [_wrap(part, parts) if isinstance(part, ast.AST) else part for part in value])
        elif isinstance(value, ast.AST):
            setattr(copied, name, _wrap(value, parts))
    if id(node) not in parts:
        return copied
    place, chosen = ast.Constant(parts[id(node)]), ast.Name(_OPERANDS, ast.Load())
    return _call_hook(ADDED, place, _defer(cast(ast.expr, copied)), chosen)


def _defer(node: ast.expr) -> ast.expr:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), node)


def _call_hook(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _list_slopes(value: ast.expr) -> Iterator[ast.expr]:
    """Yield a value's transpose, and the slopes of a sigmoid, a hyperbolic tangent and a linear unit by it."""
    one, zero, two = (ast.Constant(number) for number in (1, 0, 2))
    rest = ast.BinOp(one, ast.Sub(), value)
    yield ast.Attribute(value, "T", ast.Load())
    yield rest
    yield ast.BinOp(value, ast.Mult(), rest)
    yield ast.BinOp(one, ast.Sub(), ast.BinOp(value, ast.Pow(), two))
    yield ast.Compare(value, [ast.Gt()], [zero])


def _exchange(node: ast.stmt, part: ast.expr, by: ast.expr, change: PartChange) -> _Made:
    return substitute(node, part, by), change


def _list_operands(node: ast.stmt, kinds: tuple[type[ast.expr], ...]) -> Iterator[ast.expr]:
    """Yield the parts of a statement's value that compute, none of them of an index or an argument's name."""
    value = getattr(node, "value", None)
    parts = [] if value is None else [value]
    while parts:
        part = parts.pop(0)
        called = part.func if isinstance(part, ast.Call) else None
        if isinstance(part, kinds) and not _is_module(part):
            yield part
        if isinstance(part, ast.Subscript):
            continue
        for child in ast.iter_child_nodes(part):
            if child is called:
                parts += [child.value] if isinstance(child, ast.Attribute) and not _is_module(child.value) else []
            elif isinstance(child, ast.expr) and not isinstance(part, ast.Lambda) and _is_part(part):
                parts.append(child)


def _is_part(node: ast.expr) -> bool:
    """Return True if what is in an expression computes by itself: an attribute but the transpose is one with it."""
    return not isinstance(node, ast.Attribute) or node.attr == "T"


def _is_module(node: ast.AST) -> bool:
    return spell(node) in {"np", "numpy", "math"} or (isinstance(node, ast.Attribute) and _is_module(node.value))
