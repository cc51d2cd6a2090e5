"""The statements of a program that write something, those of one target together, and the headers of its loops."""

import ast
import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

from .targets import Target, target_of

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
#: Blocks inside of one another, at most.
_DEEPEST = 40
#: The displays and calls that make an empty container, whose entries are targets of their own.
_CONTAINERS = (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Tuple)
_MAKING = frozenset({"dict", "list", "defaultdict", "OrderedDict"})
#: Functions that make an array of what they are given; those that make one of one number, and nodes of such a call.
_COPIES = frozenset({"array", "asarray", "copy", "float64"})
_LONGEST_PLACEHOLDER = 40
_PLACEHOLDERS = frozenset({f"{name}{like}" for name in ("zeros", "ones", "empty", "full") for like in ("", "_like")})


@dataclass(eq=False)
class StatementGroup:
    """Statements that write one target, in the order of the source, which are edited as a whole."""

    target: Target
    #: For the header of a loop one statement, which is the expression that it runs over, or its condition.
    nodes: list[ast.stmt]
    #: The loop whose header it is; None if it is none.
    loop: ast.For | ast.AsyncFor | ast.While | None = None

    @property
    def is_placeholder(self) -> bool:
        """True if it is one statement that writes a number, or an array of zeros, ones or random numbers."""
        return len(self.nodes) == 1 and self.value is not None and is_placeholder(self.value)

    @property
    def value(self) -> ast.expr | None:
        """The expression that its first statement writes."""
        node = self.nodes[0]
        return getattr(node, "value", None)

    def complete(self, node: ast.stmt) -> ast.stmt:
        """Return a statement that may stand in its place, as it is written: for a header without what the loop does."""
        if self.loop is None:
            return node
        header = make_header(self.loop)
        setattr(header, "test" if isinstance(header, ast.While) else "iter", node.value)  # type: ignore[attr-defined] # it has one
        return header


@dataclass(eq=False)
class Function:
    """A function or method, by its name with that of its class: its parameters and its groups."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    groups: list[StatementGroup] = field(default_factory=list)
    #: The headers of its loops.
    headers: list[StatementGroup] = field(default_factory=list)

    @property
    def editable(self) -> list[StatementGroup]:
        """All of it that may be edited."""
        return [*self.groups, *self.headers]

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters by their position."""
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]

    def list_siblings(self, name: str) -> list[str]:
        """Return the names that are unpacked together with one."""
        together = (group.target.names for group in self.groups if name in group.target.names)
        return list(dict.fromkeys(other for names in together for other in names if other != name))

    def may_add(self, target: ast.expr, line: int) -> TypeGuard[ast.Name | ast.Subscript | ast.Attribute]:
        """Return True if a line may add to what it writes: to an entry, an attribute, or what is written above."""
        if isinstance(target, ast.Name):
            return self._first_written.get(target.id, line) < line
        return isinstance(target, (ast.Subscript, ast.Attribute))

    @cached_property
    def _first_written(self) -> Mapping[str, int]:
        """By a variable the first line that writes it."""
        first: dict[str, int] = {}
        for node in walk_own(self.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                first[node.id] = min(node.lineno, first.get(node.id, node.lineno))
        return first


def is_placeholder(value: ast.expr) -> bool:
    """Return True for a constant, and for an array of zeros, ones or random numbers."""
    if sum(1 for _ in ast.walk(value)) > _LONGEST_PLACEHOLDER:
        return False
    node = value
    while isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in _COPIES:
        node = node.args[0]
    if isinstance(node, ast.Call):
        *modules, function = ast.unparse(node.func).split(".")
        return function in _PLACEHOLDERS or "random" in modules
    return isinstance(node, ast.Constant)


def make_header(node: ast.stmt) -> ast.stmt:
    """Return a loop or a condition without what stands inside of it; any other statement as it is."""
    if not isinstance(node, (*LOOPS, ast.If)):
        return node
    header = copy.copy(node)
    header.body, header.orelse = [], []
    return header


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own body, without the functions and classes inside of it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield child
            yield from walk_own(child)


def read_functions(tree: ast.Module) -> dict[str, Function]:
    """Return the functions and methods of a program by their names, the last of each name, with their statements."""
    functions = {name: Function(name, node) for name, node in _list_definitions(tree.body, "")}
    for function in functions.values():
        for group in _list_groups(function):
            (function.groups if group.loop is None else function.headers).append(group)
    return functions


def _list_definitions(
    body: list[ast.stmt], holder: str
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in body:
        if isinstance(node, FUNCTIONS):
            yield f"{holder}{node.name}", node
        elif isinstance(node, ast.ClassDef) and not holder:
            yield from _list_definitions(node.body, f"{node.name}.")
        elif isinstance(node, (ast.If, ast.Try)) and not holder:
            yield from _list_definitions(node.body, holder)


def _list_groups(function: Function) -> list[StatementGroup]:
    groups: list[StatementGroup] = []
    #: By its body the groups that begin in a block, by the variable.
    begun: dict[int, dict[str, StatementGroup]] = {}
    for node, body in _list_statements(function.node.body, 0):
        if isinstance(node, LOOPS):
            groups.append(StatementGroup(Target((), how="loop"), [_make_header(node)], node))
            continue
        target = target_of(node)
        if target is None:
            continue
        beside = begun.setdefault(id(body), {})
        first = beside.get(target.name) if len(target.names) == 1 and target.name else None
        if first is not None and (target.how == "+=" or target.keys) and _continues(first, target):
            if target.how == "=" and first.target.keys and first.is_placeholder:
                # The template's line, left where it stood before the student's own.
                first.nodes.clear()
            first.nodes.append(node)
            continue
        groups.append(StatementGroup(target, [node]))
        for name in target.names:
            beside[name] = groups[-1]
    return groups


def _continues(first: StatementGroup, target: Target) -> bool:
    """Return True if a statement changes what the group has made, and does not fill another place of a container."""
    if first.target.keys:
        return [ast.dump(key) for key in first.target.keys] == [ast.dump(key) for key in target.keys]
    if first.target.how != "=" or len(first.target.names) > 1:
        return False
    value = first.value
    if isinstance(value, ast.BinOp):
        value = value.left
    if isinstance(value, ast.Call):
        return not (isinstance(value.func, ast.Name) and value.func.id in _MAKING)
    return not isinstance(value, _CONTAINERS)


def _list_statements(body: list[ast.stmt], depth: int) -> Iterator[tuple[ast.stmt, list[ast.stmt]]]:
    """Yield the simple statements and the loops of a body and of the blocks in it, each with its block."""
    if depth > _DEEPEST:
        return
    for node in body:
        if isinstance(node, ast.If):
            yield from _list_statements(node.body, depth + 1)
            yield from _list_statements(node.orelse, depth + 1)
        elif isinstance(node, LOOPS):
            yield node, body
            yield from _list_statements(node.body, depth + 1)
        elif isinstance(node, (ast.With, ast.AsyncWith, ast.Try)):
            yield from _list_statements(node.body, depth)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node, body


def _make_header(loop: ast.For | ast.AsyncFor | ast.While) -> ast.stmt:
    """Return the expression in the header of a loop as a statement on the header's line."""
    value = loop.test if isinstance(loop, ast.While) else loop.iter
    return ast.copy_location(ast.Expr(value), value if value.lineno == loop.lineno else loop)
