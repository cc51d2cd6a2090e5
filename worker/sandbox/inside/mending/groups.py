"""The statements of a program that write something, those of one target together, and the headers of its loops."""

import ast
import copy
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

from backmark.worker.sandbox.inside.entry import MOST_STATEMENTS, ROLES

from .targets import Target, target_of
from .views import view
from .words import count_words

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
STATEMENT, HEADER, RETURN, HELPER = ROLES
#: Blocks inside of one another, at most.
_DEEPEST = 40
#: The displays and calls that make an empty container, whose entries are targets of their own.
_CONTAINERS = (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Tuple)
_MAKING = frozenset({"dict", "list", "defaultdict", "OrderedDict"})
#: Functions that make arrays of one number, and nodes of such a call.
_LONGEST_PLACEHOLDER = 40
_PLACEHOLDERS = frozenset({f"{name}{like}" for name in ("zeros", "ones", "empty", "full") for like in ("", "_like")})


@dataclass(frozen=True, eq=False)
class Branch:
    """A block that a condition guards: the `if`, the list that it stands in, and True for what follows its `else`."""

    node: ast.If
    home: list[ast.stmt]
    otherwise: bool


@dataclass(frozen=True, eq=False)
class Block:
    """A list of statements, and the statements around it from the outermost to the innermost: loops and branches."""

    body: list[ast.stmt]
    around: tuple[ast.stmt | Branch, ...] = ()

    @property
    def loops(self) -> tuple[ast.stmt, ...]:
        """The loops around it."""
        return tuple(node for node in self.around if isinstance(node, LOOPS))

    @property
    def guards(self) -> tuple[Branch, ...]:
        """The branches around it inside of the innermost loop."""
        guards: list[Branch] = []
        for node in self.around:
            if isinstance(node, Branch):
                guards.append(node)
            elif isinstance(node, LOOPS):
                guards.clear()
        return tuple(guards)


@dataclass(eq=False)
class StatementGroup:
    """Statements that write one target, in the order of the source, which are mended as a whole."""

    number: int
    function: str
    target: Target
    #: For the header of a loop one statement, which is the expression that it runs over, or its condition.
    nodes: list[ast.stmt]
    #: For the header of a loop the block in which the loop stands.
    blocks: list[Block]
    #: The loop whose header it is; None if it is none.
    loop: ast.For | ast.AsyncFor | ast.While | None = None

    @property
    def block(self) -> Block:
        """The block of the last statement: where the target has its value."""
        return self.blocks[-1]

    @property
    def line(self) -> int:
        """The line of its first statement."""
        return self.nodes[0].lineno

    @cached_property
    def words(self) -> Counter[str]:
        """The words of its statements."""
        return count_words(*self.nodes)

    @cached_property
    def read(self) -> frozenset[str]:
        """The names that its statements read."""
        names = (part for node in self.nodes for part in ast.walk(node) if isinstance(part, ast.Name))
        return frozenset(part.id for part in names if _is_load(part))

    @property
    def is_placeholder(self) -> bool:
        """True if it is one statement that writes a number, or an array of zeros, ones or random numbers."""
        return len(self.nodes) == 1 and self.value is not None and is_placeholder(self.value)

    @property
    def is_random(self) -> bool:
        """True if its statements draw random numbers."""
        parts = (part for node in self.nodes for part in ast.walk(node))
        return any(isinstance(part, ast.Attribute) and part.attr == "random" for part in parts)

    @property
    def value(self) -> ast.expr | None:
        """The expression that its first statement writes."""
        node = self.nodes[0]
        return getattr(node, "value", None)

    @property
    def role(self) -> str:
        """One of `ROLES`."""
        return HEADER if self.loop is not None else RETURN if self.target.how == "return" else STATEMENT

    def complete(self, node: ast.stmt) -> ast.stmt:
        """Return a statement that may stand in its place, as it is written: for a header without what the loop does."""
        if self.loop is None:
            return node
        header = copy.copy(self.loop)
        header.body, header.orelse = [], []
        set_header(header, node)
        return header


@dataclass(eq=False)
class Function:
    """A function or method, by its name with that of its class: its parameters, its groups, its local names."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    groups: list[StatementGroup] = field(default_factory=list)
    #: The headers of its loops.
    headers: list[StatementGroup] = field(default_factory=list)

    @property
    def mendable(self) -> list[StatementGroup]:
        """All of it that may be mended."""
        return [*self.groups, *self.headers]

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters by their position."""
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]

    @cached_property
    def locals(self) -> set[str]:
        """The names that it binds."""
        bound = {node.id for node in ast.walk(self.node) if isinstance(node, ast.Name) and not _is_load(node)}
        return bound | {argument.arg for argument in ast.walk(self.node) if isinstance(argument, ast.arg)}

    @cached_property
    def users(self) -> Mapping[str, Sequence[StatementGroup]]:
        """By a name the groups that read or write it."""
        users: dict[str, list[StatementGroup]] = {}
        for group in self.groups:
            for name in {*group.target.names, *group.read} - {""}:
                users.setdefault(name, []).append(group)
        return users

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

    @property
    def returned(self) -> list[str]:
        """The names in its last `return`, by their position; an empty text for another expression."""
        returns = [node for node in walk_own(self.node) if isinstance(node, ast.Return) and node.value is not None]
        if not returns:
            return []
        value = returns[-1].value
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        return [part.id if isinstance(part, ast.Name) else "" for part in parts]


def is_placeholder(value: ast.expr) -> bool:
    """Return True for a constant, and for an array of zeros, ones or random numbers."""
    if sum(1 for _ in ast.walk(value)) > _LONGEST_PLACEHOLDER:
        return False
    node = view(value).node
    if isinstance(node, ast.Call):
        *modules, function = ast.unparse(node.func).split(".")
        return function in _PLACEHOLDERS or "random" in modules
    return isinstance(node, ast.Constant)


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own body, without the functions and classes inside of it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield child
            yield from walk_own(child)


def list_functions(trees: Sequence[ast.Module], first: Collection[str] = ()) -> dict[str, Function]:
    """Return the functions and methods of a program by their names, the last of each name; some come first."""
    found: dict[str, Function] = {}
    numbers = iter(range(MOST_STATEMENTS))
    for tree in trees:
        for name, node in _list_definitions(tree.body, ""):
            found[name] = Function(name, node)
    functions = {name: found[name] for name in sorted(found, key=lambda name: name not in first)}
    for function in functions.values():
        for group in _list_groups(function, numbers):
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


def _list_groups(function: Function, numbers: Iterator[int]) -> Iterator[StatementGroup]:
    groups: list[StatementGroup] = []
    #: By its body the groups that begin in a block, by the variable.
    begun: dict[int, dict[str, StatementGroup]] = {}
    for node, block in _list_statements(function.node.body, ()):
        target = Target((), how="loop") if isinstance(node, LOOPS) else target_of(node)
        if target is None:
            continue
        beside = begun.setdefault(id(block.body), {})
        first = beside.get(target.name) if len(target.names) == 1 and target.name else None
        if first is not None and (target.how == "+=" or target.keys) and _continues(first, target):
            if target.how == "=" and first.target.keys and first.is_placeholder:
                # The template's line, left where it stood before the student's own.
                first.nodes.clear()
                first.blocks.clear()
            first.nodes.append(node)
            first.blocks.append(block)
            continue
        number = next(numbers, None)
        if number is None:
            break
        if isinstance(node, LOOPS):
            groups.append(StatementGroup(number, function.name, target, [_make_header(node)], [block], node))
            continue
        group = StatementGroup(number, function.name, target, [node], [block])
        groups.append(group)
        for name in target.names:
            beside[name] = group
    yield from groups


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


def _list_statements(body: list[ast.stmt], around: tuple[ast.stmt | Branch, ...]) -> Iterator[tuple[ast.stmt, Block]]:
    """Yield the simple statements and the loops of a body and of the blocks in it, each with its block."""
    if len(around) > _DEEPEST:
        return
    block = Block(body, around)
    for node in body:
        if isinstance(node, ast.If):
            yield from _list_statements(node.body, (*around, Branch(node, body, otherwise=False)))
            yield from _list_statements(node.orelse, (*around, Branch(node, body, otherwise=True)))
        elif isinstance(node, LOOPS):
            yield node, block
            yield from _list_statements(node.body, (*around, node))
        elif isinstance(node, (ast.With, ast.AsyncWith, ast.Try)):
            yield from _list_statements(node.body, around)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node, block


def _make_header(loop: ast.For | ast.AsyncFor | ast.While) -> ast.stmt:
    """Return the expression in the header of a loop as a statement on the header's line."""
    value = loop.test if isinstance(loop, ast.While) else loop.iter
    return ast.copy_location(ast.Expr(value), value if value.lineno == loop.lineno else loop)


def set_header(loop: ast.stmt, node: ast.stmt) -> None:
    """Put the expression of a statement into the header of a loop."""
    setattr(loop, "test" if isinstance(loop, ast.While) else "iter", node.value)  # type: ignore[attr-defined] # it has one


def loop_names(block: Block) -> frozenset[str]:
    """Return the variables of the loops around a block."""
    return frozenset(name for names in list_loop_names(block) for name in names)


def list_loop_names(block: Block) -> list[list[str]]:
    """Return the variables of each loop around a block, from the outermost in."""
    return [list_names_of(loop) for loop in block.loops if not isinstance(loop, ast.While)]


def list_names_of(loop: ast.stmt) -> list[str]:
    """Return the variables of a loop: none of a `while`."""
    if not isinstance(loop, (ast.For, ast.AsyncFor)):
        return []
    return [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]


def find_groups(functions: Mapping[str, Function]) -> dict[int, StatementGroup]:
    """Return all groups by their numbers."""
    return {group.number: group for function in functions.values() for group in function.mendable}
