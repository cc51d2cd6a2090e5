"""The expression of the student's that raised, and the values in it, looked up without running anything.

Python keeps for each instruction where its expression stands. Names are looked up in the frame that raised, and what
stands behind them only in Python's own lists, tuples and dictionaries, in NumPy's arrays and in objects' attributes.
"""

import ast
import operator
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from inspect import getattr_static
from itertools import islice
from opcode import opname
from types import FrameType, FunctionType, MethodType, ModuleType, TracebackType
from typing import Any

import numpy as np

from backmark.worker.sandbox.inside.entry import LONGEST_WORD
from backmark.worker.sandbox.inside.tracebacks import FILENAME, clean

#: The value of an expression that cannot be looked up.
UNKNOWN = object()
_COMPREHENSIONS, _SCOPES = (ast.ListComp, ast.SetComp, ast.DictComp), (ast.FunctionDef, ast.Lambda)
_YIELDS = (ast.Yield, ast.YieldFrom)
#: The words for types that have no sizes; a subclass has another.
_WORDS = {type(None): "None", bool: "bool", int: "int", float: "float", str: "str", ModuleType: "module"}
_FUNCTIONS = (FunctionType, np.ufunc, type(np.sum))
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}
_METHODS: tuple[type, ...] = (MethodType, type([].append), type([].__len__))


@dataclass(frozen=True)
class RaisedExpression:
    """The innermost expression of a program that raised, with the frame that it was evaluated in."""

    #: The program, and its syntax tree.
    code: str
    tree: ast.Module
    frame: FrameType
    opcode: str
    #: The expression, or the statement if that raised as a whole, behind all that it is part of.
    path: tuple[ast.AST, ...]
    node: ast.AST
    #: True if it raised by itself, not in a function that it called; or if these functions are all NumPy's.
    direct: bool
    in_numpy: bool
    #: True if one of them is the assignment's, and all others are NumPy's.
    in_helper: bool

    @classmethod
    def find(cls, links: Sequence[TracebackType], program: str, tree: ast.Module) -> "RaisedExpression | None":
        """Return the expression that the first of these entries of a traceback is at; the others are below it."""
        code, at = links[0].tb_frame.f_code, links[0].tb_lasti
        position = next(islice(code.co_positions(), at // 2, None))
        path = [node for node in ast.walk(tree) if _holds(node, position)]
        while path and not _holds(path[-1], position, exactly=True):
            path.pop()
        below = {str(link.tb_frame.f_globals.get("__name__")).partition(".")[0] for link in links[1:]}
        opcode = next(name for place in range(at, -1, -2) if (name := opname[code.co_code[place]]) != "CACHE")
        # The assignment's own functions are in no module.
        called = not below, below <= {"numpy"}, "None" in below and below <= {"None", "numpy"}
        return cls(program, tree, links[0].tb_frame, opcode, (*path,), path[-1], *called) if path else None

    def list_operands(self) -> Sequence[ast.expr]:
        """Return what an operator, a call, an index, a loop or an assignment to several names works on."""
        operands: list[ast.expr] = []
        match self.node:
            case ast.expr() as whole if self.opcode == "GET_ITER":
                operands = [whole]
            case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
                operands = [left, right]
            case ast.Compare(left=left, comparators=[right]) | ast.Subscript(value=left, slice=right):
                operands = [left, right]
            case ast.Call(func=function, args=arguments):
                owner = [function.value] if isinstance(function, ast.Attribute) else []
                operands = [*(owner if self.is_numpy(function, method=True) else []), *arguments]
            case ast.Tuple(ctx=ast.Store()) | ast.List(ctx=ast.Store()):
                assigned = self.path[-2]
                operands = [assigned.value] if isinstance(assigned, ast.Assign) else []
            case ast.UnaryOp(operand=whole) | (ast.expr() as whole):
                operands = [whole]
        return operands

    def is_numpy(self, function: ast.expr, *, method: bool = False) -> bool:
        """Return True for a function of NumPy's, or a method of an array's."""
        whole = self.value(function.value) if isinstance(function, ast.Attribute) else UNKNOWN
        named = isinstance(whole, ModuleType) and whole.__name__.partition(".")[0] == "numpy"
        return type(whole) is np.ndarray or (named and not method)

    def text(self, node: ast.AST) -> str:
        """Return an expression as it is written; empty if that is long."""
        text = ast.get_source_segment(self.code, node) or ""
        return clean(text, LONGEST_WORD) if len(text) <= LONGEST_WORD and not {"\n", "`"} & {*text} else ""

    def operand(self, node: ast.expr) -> list[Any]:
        """Return an expression's text, its type, sizes and whole number, and its text with its index as a number."""
        value, text = self.value(node), self.text(node)
        resolved = text
        if isinstance(node, ast.Subscript) and type(index := self.value(node.slice)) is int:
            resolved = clean(f"{self.text(node.value)}[{index}]", LONGEST_WORD)
        number = value if type(value) is int and abs(value) < 1 << 31 else None
        return [text, *describe(value), number, resolved]

    def value(self, node: ast.expr) -> Any:
        """Return the value of an expression, `UNKNOWN` if it cannot be looked up."""
        value = UNKNOWN
        match node:
            case ast.Constant(value=constant):
                value = constant
            case ast.Name(id=name) if not self._is_lost(name):
                value = self._find(name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                value = _compute(0, ast.Sub(), self.value(operand))
            case ast.BinOp(left=left, op=kind, right=right):
                value = _compute(self.value(left), kind, self.value(right))
            case ast.Attribute(value=whole, attr=name):
                value = _attribute(self.value(whole), name)
            case ast.Subscript(value=whole, slice=index):
                value = _entry(self.value(whole), self.value(index))
            case ast.Call(func=function) if self._returns_nothing(self.find_function(function)):
                value = None
        return value

    def find_function(self, node: ast.expr) -> FunctionType | None:
        """Return the function of the student's that an expression names, or a method of one of their objects."""
        value = self.value(node)
        if value is UNKNOWN and isinstance(node, ast.Attribute) and (owner := self.value(node.value)) is not UNKNOWN:
            value = getattr_static(owner, node.attr, UNKNOWN)
        return value if type(value) is FunctionType and value.__code__.co_filename == FILENAME else None

    def _returns_nothing(self, function: FunctionType | None) -> bool:
        """Return True if the program has the function's definition, and there is no value that it returns."""
        if function is None:
            return False
        definitions = (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))
        own = next((node for node in definitions if _is_definition(node, function)), None)
        return own is not None and not any(
            isinstance(part, _YIELDS) or _returns_value(part) for part in _walk_body(own)
        )

    def _find(self, name: str) -> Any:
        code, held = self.frame.f_code, self.frame.f_locals
        if name in held or name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
            return held.get(name, UNKNOWN)
        return self.frame.f_globals.get(name, UNKNOWN)

    def _is_lost(self, name: str) -> bool:
        """Return True if a name may have another value by now: after a comprehension, or in a `try`."""
        for node in reversed(self.path):
            if isinstance(node, _SCOPES):
                return False
            if isinstance(node, (ast.Try, ast.NamedExpr)) or type(node).__name__ == "TryStar":
                return True
            targets = [generator.target for generator in node.generators] if isinstance(node, _COMPREHENSIONS) else []
            bound = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            # Before Python 3.12 a comprehension has a frame of its own.
            if name in bound and sys.version_info >= (3, 12):
                return True
        return False


def _holds(node: ast.AST, position: tuple[Any, ...], *, exactly: bool = False) -> bool:
    """Return True if a position in the program is within a node."""
    if not isinstance(node, (ast.expr, ast.stmt)) or None in position:
        return False
    start, end = (position[0], position[2]), (position[1], position[3])
    first, last = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return (first, last) == (start, end) if exactly else first <= start and end <= last


def _is_definition(node: ast.FunctionDef, function: FunctionType) -> bool:
    first = min([node.lineno, *(part.lineno for part in node.decorator_list)])
    return (node.name, first) == (function.__code__.co_name, function.__code__.co_firstlineno)


def _walk_body(node: ast.FunctionDef) -> Iterator[ast.AST]:
    """Yield what a function executes itself, without the definitions in it."""
    todo: list[ast.AST] = [*node.body]
    while todo:
        part = todo.pop()
        yield part
        if not isinstance(part, (*_SCOPES, ast.AsyncFunctionDef, ast.ClassDef)):
            todo += ast.iter_child_nodes(part)


def _returns_value(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Return) else None
    return value is not None and not (isinstance(value, ast.Constant) and value.value is None)


def _compute(left: Any, kind: ast.operator, right: Any) -> Any:
    small = all(type(number) is int and abs(number) < 1 << 31 for number in (left, right))
    divides = isinstance(kind, ast.Div) and right == 0
    return _OPERATORS[type(kind)](left, right) if small and type(kind) in _OPERATORS and not divides else UNKNOWN


def _attribute(whole: Any, name: str) -> Any:
    """Return an attribute of an array, of a module, or that an object holds itself."""
    if type(whole) in (np.ndarray, list, tuple, dict, str):
        return getattr(whole, name, UNKNOWN)
    plain: set[Any] = {object.__getattribute__, ModuleType.__getattribute__}
    if whole is UNKNOWN or type(whole).__getattribute__ not in plain:
        return UNKNOWN
    kinds = type.__getattribute__(type(whole), "__mro__")
    held = getattr(whole, "__dict__", None)
    return held.get(name, UNKNOWN) if type(held) is dict and not any(name in vars(kind) for kind in kinds) else UNKNOWN


def _entry(whole: Any, index: Any) -> Any:
    if type(whole) is dict:
        return whole.get(index, UNKNOWN) if type(index) in (int, str) else UNKNOWN
    if type(index) is not int or type(whole) not in (list, tuple, np.ndarray) or getattr(whole, "shape", None) == ():
        return UNKNOWN
    return whole[index] if -len(whole) <= index < len(whole) else UNKNOWN


def describe(value: Any) -> list[Any]:
    """Return the word for a value's type, empty if it is unknown, and its shape or the number of its entries."""
    word, sizes = "" if value is UNKNOWN else _WORDS.get(type(value), "object"), list[int]()
    if isinstance(value, np.ndarray):
        plain = np.ndarray.view(value, np.ndarray)
        word, sizes = "object" if plain.dtype == object else "array", [*plain.shape]
    elif type(value) in (list, tuple, dict):
        arrays = type(value) is not dict and value and all(type(entry) is np.ndarray for entry in value[:64])
        word, sizes = f"{type(value).__name__}{' of arrays' if arrays else ''}", [len(value)]
    elif isinstance(value, _METHODS):
        owner = getattr(value, "__self__", None)
        word = "function" if owner is None or isinstance(owner, ModuleType) else "method"
    elif isinstance(value, _FUNCTIONS):
        word = "function"
    elif isinstance(value, np.generic) and value.dtype.kind in "iuf":
        word = "number"
    return [word, sizes]
