"""The statements of a program that write something, those of one target together."""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from worker.sandbox.inside.entry import MOST_STATEMENTS

from .targets import Target, target_of
from .words import count_words

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
#: Blocks inside of one another, at most.
_DEEPEST = 40
#: The displays and calls that make an empty container, whose entries are targets of their own.
_CONTAINERS = (ast.List, ast.Dict, ast.ListComp, ast.DictComp, ast.Tuple)
_MAKING = frozenset({"dict", "list", "defaultdict", "OrderedDict"})


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
    nodes: list[ast.stmt]
    blocks: list[Block]

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

    @property
    def value(self) -> ast.expr | None:
        """The expression that its first statement writes."""
        node = self.nodes[0]
        return getattr(node, "value", None)


@dataclass(eq=False)
class Function:
    """A function or method, by its name with that of its class: its parameters, its groups, its local names."""

    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef
    groups: list[StatementGroup] = field(default_factory=list)

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters by their position."""
        return [argument.arg for argument in (*self.node.args.posonlyargs, *self.node.args.args)]

    @cached_property
    def locals(self) -> set[str]:
        """The names that it binds."""
        bound = {node.id for node in ast.walk(self.node) if isinstance(node, ast.Name) and not _is_load(node)}
        return bound | {argument.arg for argument in ast.walk(self.node) if isinstance(argument, ast.arg)}

    @property
    def returned(self) -> list[str]:
        """The names in its last `return`, by their position; an empty text for another expression."""
        returns = [node for node in walk_own(self.node) if isinstance(node, ast.Return) and node.value is not None]
        if not returns:
            return []
        value = returns[-1].value
        parts = value.elts if isinstance(value, ast.Tuple) else [value]
        return [part.id if isinstance(part, ast.Name) else "" for part in parts]


def _is_load(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function's own body, without the functions and classes inside of it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (*FUNCTIONS, ast.ClassDef, ast.Lambda)):
            yield child
            yield from walk_own(child)


def list_functions(trees: Sequence[ast.Module]) -> dict[str, Function]:
    """Return the functions and methods of a program by their names, the last of each name."""
    functions: dict[str, Function] = {}
    numbers = iter(range(MOST_STATEMENTS))
    for tree in trees:
        for name, node in _list_definitions(tree.body, ""):
            functions[name] = Function(name, node)
    for function in functions.values():
        function.groups = list(_list_groups(function, numbers))
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
        target = target_of(node)
        if target is None:
            continue
        beside = begun.setdefault(id(block.body), {})
        first = beside.get(target.name) if len(target.names) == 1 and target.name else None
        if first is not None and (target.how == "+=" or target.keys) and _continues(first, target):
            first.nodes.append(node)
            first.blocks.append(block)
            continue
        number = next(numbers, None)
        if number is None:
            break
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
    """Yield the simple statements of a body and of the blocks in it, each with its block."""
    if len(around) > _DEEPEST:
        return
    block = Block(body, around)
    for node in body:
        if isinstance(node, ast.If):
            yield from _list_statements(node.body, (*around, Branch(node, body, otherwise=False)))
            yield from _list_statements(node.orelse, (*around, Branch(node, body, otherwise=True)))
        elif isinstance(node, LOOPS):
            yield from _list_statements(node.body, (*around, node))
        elif isinstance(node, (ast.With, ast.AsyncWith, ast.Try)):
            yield from _list_statements(node.body, around)
        elif not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            yield node, block


def loop_names(block: Block) -> frozenset[str]:
    """Return the variables of the loops around a block."""
    return frozenset(name for names in list_loop_names(block) for name in names)


def list_loop_names(block: Block) -> list[list[str]]:
    """Return the variables of each loop around a block, from the outermost in."""
    return [
        [node.id for node in ast.walk(loop.target) if isinstance(node, ast.Name)]
        for loop in block.loops
        if isinstance(loop, (ast.For, ast.AsyncFor))
    ]


def find_groups(functions: Mapping[str, Function]) -> dict[int, StatementGroup]:
    """Return all groups by their numbers."""
    return {group.number: group for function in functions.values() for group in function.groups}
