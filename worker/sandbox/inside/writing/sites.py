"""The sites of a program: places at which it has a value that can be kept, or that another may take the place of."""

import ast
import builtins
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.entry import MOST_SITE_STATEMENTS, MOST_SITES, SITE_KINDS
from backmark.worker.sandbox.inside.reading.listing import Slice

from .groups import FUNCTIONS, LOOPS

COMPUTED, LOAD, WRITTEN = SITE_KINDS
#: The functions that a program with sites calls.
VALUE, NAME, STORE, TURN = "backmark_value", "backmark_name", "backmark_store", "backmark_turn"
#: A loop is known by its line, and so many of these by its cell.
_LINES = 10_000_000

#: Nodes of the largest expression that has sites, or edits.
LARGEST = 300

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
#: Names whose values are no numbers of the program's.
_OTHERS = frozenset({"np", "numpy", "math", "self", *dir(builtins)})
#: Arguments that say how something is computed, and not of what.
_OPTIONS = frozenset({"axis", "keepdims", "dtype", "shape", "copy", "order"})
#: What cannot be evaluated in a function of its own.
_BOUND = (ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr)
_SCOPED = frozenset({"super", "locals", "vars", "exec", "eval", "dir"})


@dataclass(frozen=True, slots=True)
class Site:
    """A place of the program with a value."""

    node: ast.expr
    kind: str
    statement: int
    #: The innermost site around it in its statement; -1 if there is none.
    parent: int


@dataclass(slots=True)
class SiteStatement:
    """A statement with sites, and the function that it is in."""

    node: ast.stmt
    function: FunctionNode
    #: The sites of what it has written.
    written: list[int] = field(default_factory=list)

    def find_variable(self, node: ast.AST) -> tuple[int, str] | None:
        """Return the variable that an expression names, with its function unless it is the object's; None if none."""
        name = name_of(node)
        return (0 if "." in name else id(self.function), name) if name else None


@dataclass(slots=True)
class Sites:
    """The sites of a program's functions and methods."""

    sites: list[Site] = field(default_factory=list)
    statements: list[SiteStatement] = field(default_factory=list)
    _numbers: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: ast.Module) -> "Sites":
        """Return the sites of a program."""
        sites = cls()
        for function in list_functions(tree):
            for node in _list_statements(function):
                if len(sites.statements) < MOST_SITE_STATEMENTS:
                    sites._read(node, function)
        return sites

    def number_of(self, node: ast.AST | None) -> int:
        """Return the number of an expression's site; -1 if it has none."""
        return self._numbers.get(id(node), -1)

    def number_statements(self) -> dict[int, int]:
        """Return the numbers of all statements by their identity."""
        return {id(statement.node): number for number, statement in enumerate(self.statements)}

    def _read(self, node: ast.stmt, function: FunctionNode) -> None:
        self.statements.append(SiteStatement(node, function))
        for part in _list_read(node):
            if _is_written_number(node, part):
                self._add(part, COMPUTED, -1)
            if sum(1 for _ in ast.walk(part)) <= LARGEST:
                self._visit(part, -1)
        for target in _list_written(node):
            if len(self.sites) < MOST_SITES:
                self.statements[-1].written.append(len(self.sites))
                self._add(target, WRITTEN, -1)

    def _add(self, node: ast.expr, kind: str, parent: int) -> int:
        if len(self.sites) >= MOST_SITES:
            return parent
        self._numbers[id(node)] = len(self.sites)
        self.sites.append(Site(node, kind, len(self.statements) - 1, parent))
        return len(self.sites) - 1

    def _visit(self, node: ast.AST, parent: int) -> None:
        kind = _kind_of(node)
        if kind and not is_bound(node):
            parent = self._add(cast(ast.expr, node), kind, parent)
        for part in _list_parts(node):
            self._visit(part, parent)


def _kind_of(node: ast.AST) -> str:
    """Return the kind of an expression's site; empty if it has none."""
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return ""
    if isinstance(node, (ast.BinOp, ast.UnaryOp, ast.Compare, ast.Call, ast.IfExp)):
        return COMPUTED
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id in _OTHERS - {"self"}:
            return ""
        return COMPUTED if node.attr == "T" else LOAD
    if isinstance(node, ast.Subscript) or (isinstance(node, ast.Name) and node.id not in _OTHERS):
        return LOAD
    return ""


def _is_written_number(node: ast.stmt, value: ast.expr) -> bool:
    """Return True for `x = 0` and `x = None`, in whose place something may have to be computed."""
    return isinstance(node, ast.Assign) and isinstance(value, ast.Constant)


def name_of(node: ast.AST) -> str:
    """Return the name of a variable, or of an attribute of the object, as `self.x`; empty for another expression."""
    name = spell(node)
    return name if name.startswith("self.") or "." not in name else ""


def is_bound(node: ast.AST) -> bool:
    """Return True if an expression cannot be evaluated in a function of its own."""
    parts = list(ast.walk(node))
    return any(isinstance(part, _BOUND) or (isinstance(part, ast.Name) and part.id in _SCOPED) for part in parts)


def _list_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of an expression that may have sites."""
    if isinstance(node, ast.Call):
        yield from node.args
        yield from (keyword.value for keyword in node.keywords if keyword.arg not in _OPTIONS)
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
    elif isinstance(node, ast.Attribute):
        if node.attr != "shape":
            yield node.value
    elif isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.comprehension):
        yield node.iter
        yield from node.ifs
    elif not isinstance(node, (ast.JoinedStr, ast.Lambda, ast.expr_context, ast.operator, ast.cmpop)):
        yield from ast.iter_child_nodes(node)


def list_functions(tree: ast.Module) -> Iterator[FunctionNode]:
    """Yield the functions and methods of a program."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _list_statements(function: FunctionNode) -> Iterator[ast.stmt]:
    """Yield the statements of a function, those of its blocks after the statement that they are in."""
    blocks: list[list[ast.stmt]] = [function.body]
    while blocks:
        for place, node in enumerate(body := blocks.pop()):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Match)):
                continue
            yield node
            inner = list_blocks(node)
            if inner:
                blocks.append(body[place + 1 :])
                blocks.extend(reversed(inner))
                break


def list_blocks(node: ast.AST) -> list[list[ast.stmt]]:
    """Return the blocks of a statement."""
    blocks = [getattr(node, name, None) for name in ("body", "orelse", "finalbody")]
    handlers = [handler.body for handler in getattr(node, "handlers", ())]
    return [block for block in (*blocks, *handlers) if isinstance(block, list) and block]


def _list_read(node: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that a statement itself evaluates."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        yield node.iter
    elif isinstance(node, (ast.If, ast.While)):
        yield node.test
    elif isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr)) and node.value is not None:
        yield node.value


def _list_written(node: ast.stmt) -> Iterator[ast.expr]:
    """Yield what a statement has written, to be read, but for what its value is itself."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    for target in targets:
        parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for part in parts:
            apart = part is not target or isinstance(node, ast.AugAssign)
            if (name_of(part) or isinstance(part, ast.Subscript)) and apart:
                yield _as_read(part)
            if isinstance(part, ast.Subscript) and _is_kept(part.value):
                yield _as_read(part.value)


def _is_kept(holder: ast.expr) -> bool:
    """Return True for a variable, an attribute, or the entry of a dictionary that is used like one."""
    is_named = isinstance(holder, ast.Subscript) and isinstance(holder.slice, ast.Constant)
    return is_named or isinstance(holder, (ast.Name, ast.Attribute))


def _as_read(target: ast.expr) -> ast.expr:
    read = copy.deepcopy(target)
    read.ctx = ast.Load()  # type: ignore[attr-defined] # it is a target
    return read


class SiteCalls(ast.NodeTransformer):
    """Has a program call for each site, but for those of some statements; the tree is changed."""

    def __init__(self, sites: Sites, without: frozenset[int] = frozenset()) -> None:
        self._sites, self._without = sites, {id(sites.statements[number].node) for number in without}
        self._written = {id(statement.node): statement.written for statement in sites.statements}

    def visit(self, node: ast.AST) -> ast.AST | list[ast.AST]:
        """Return what stands in the place of a node."""
        number = self._sites.number_of(node)
        if isinstance(node, ast.stmt) and id(node) in self._without:
            for block in list_blocks(node):
                block[:] = [part for inner in block for part in self._list(inner)]
            return node
        made: ast.AST = self.generic_visit(node)
        if isinstance(node, ast.expr):
            return made if number < 0 else ast.copy_location(self._call_for(number, cast(ast.expr, made)), node)
        written = self._written.get(id(node), [])
        return [made, *(_store(self._sites.sites[place].node, place, node) for place in written)] if written else made

    def _call_for(self, number: int, node: ast.expr) -> ast.Call:
        if isinstance(node, ast.Name) and self._sites.sites[number].parent >= 0:
            # If it has no value, the site around it shows that.
            return _call(NAME, ast.Constant(number), node)
        nothing = ast.arguments([], [], None, [], [], None, [])
        return _call(VALUE, ast.Constant(number), ast.Lambda(nothing, node))

    def _list(self, node: ast.stmt) -> list[ast.stmt]:
        made = self.visit(node)
        return cast(list[ast.stmt], made if isinstance(made, list) else [made])


def count_turns(tree: ast.Module, lines: Slice, *, all_loops: bool) -> None:
    """Have every loop that may not end count its turns, and know where it stands.

    With `all_loops` every loop does, and every function its calls: an edit may add to the list that a loop runs over.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.While) or (all_loops and isinstance(node, (*LOOPS, *FUNCTIONS))):
            cell, line = lines.spot(node.lineno) or (0, 0)
            spot = ast.Constant(cell * _LINES + line)
            node.body.insert(0, ast.copy_location(ast.Expr(_call(TURN, spot)), node))


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _store(read: ast.expr, number: int, node: ast.AST) -> ast.stmt:
    """Return a statement that writes what was written, or what takes its place."""
    target = copy.deepcopy(read)
    target.ctx = ast.Store()  # type: ignore[attr-defined] # it was a target
    made = ast.Assign([target], _call(STORE, ast.Constant(number), read))
    return ast.copy_location(made, node)
