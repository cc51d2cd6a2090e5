"""A statement of the solution in the terms of a submission: its variables, its loops, its own names for the rest."""

import ast
import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backmark.worker.sandbox.inside.accessors import spell

from .groups import Block, Branch, StatementGroup, loop_names
from .matching import FunctionPair

#: Variables that are replaced by what the solution computes them from, inside of one another; nodes of a statement.
_DEEPEST, _LONGEST = 6, 2_000


Node = TypeVar("Node", bound=ast.AST)


class UntranslatableError(Exception):
    """The submission has nothing in the place of a name that the statement reads."""


@dataclass(frozen=True)
class SolutionNames:
    """The names of a solution's module: its own, whose private form a mended module has, and those of its rows."""

    #: What the module defines, imports or is given by the assignment's helpers.
    module: frozenset[str]
    #: Functions with a statement that counts for a row: the submission's own are called.
    graded: frozenset[str]
    #: Variables of statements that count for rows, by the function's name.
    rows: Mapping[str, frozenset[str]]


def private(name: str) -> str:
    """Return the name under which a mended module has a function of the solution's: none that a program can write."""
    return f" {name}"


@dataclass(frozen=True)
class Translator:
    """Translates statements of one function of the solution's for the submission's function of that name."""

    pair: FunctionPair
    solution: SolutionNames
    #: The functions and methods that the submission defines.
    defined: Collection[str]

    def translate(self, group: StatementGroup, loops: Mapping[str, ast.expr], place: Block) -> list[ast.stmt]:
        """Return a group's statements for a place of the submission's; raises UntranslatableError."""
        return [self.translate_node(node, group, loops, place) for node in group.nodes]

    def guard(
        self, branches: Sequence[Branch], group: StatementGroup, loops: Mapping[str, ast.expr], place: Block
    ) -> ast.expr:
        """Return the conditions that guard a group as one expression; raises UntranslatableError."""
        tests: list[ast.expr] = []
        for branch in branches:
            test = self.translate_node(branch.node.test, group, loops, place)
            tests.append(ast.UnaryOp(ast.Not(), test) if branch.otherwise else test)
        return tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)

    def translate_node(self, node: Node, group: StatementGroup, loops: Mapping[str, ast.expr], place: Block) -> Node:
        """Return a statement or an expression of a group's for a place of the submission's.

        Raises UntranslatableError.
        """
        rewriting = _Rewriting(self, group, loops, place)
        translated: Node = rewriting.visit(copy.deepcopy(node))
        if sum(1 for _ in ast.walk(translated)) > _LONGEST:
            raise UntranslatableError
        return translated

    def variable(
        self, name: str, group: StatementGroup, loops: Mapping[str, ast.expr], place: Block, depth: int
    ) -> ast.expr:
        """Return the submission's expression for a variable of the solution's; raises UntranslatableError."""
        if name in loops:
            return loops[name]
        if name in self.pair.names:
            return ast.parse(self.pair.names[name], mode="eval").body
        if name in loop_names(group.block):
            if name in loop_names(place):
                return ast.Name(name, ast.Load())
            raise UntranslatableError
        try:
            # What the submission has no variable for may stand within its own expressions.
            return self._inline(name, group, loops, place, depth)
        except UntranslatableError:
            if name in self.solution.rows.get(self.pair.solution.name, ()):
                return ast.parse(name, mode="eval").body
            raise

    def _inline(
        self, name: str, group: StatementGroup, loops: Mapping[str, ast.expr], place: Block, depth: int
    ) -> ast.expr:
        """Return what the solution computes a variable from, if one statement says it."""
        writing = [other for other in self.pair.solution.groups if name in other.target.names]
        if len(writing) != 1 or depth >= _DEEPEST:
            raise UntranslatableError
        source = writing[0]
        value = source.value
        if value is None or len(source.nodes) != 1 or source.target.keys or source.target.how != "=":
            raise UntranslatableError
        if len(source.target.names) > 1:
            at = source.target.names.index(name)
            value = value.elts[at] if isinstance(value, ast.Tuple) else _entry(value, at)
        rewriting = _Rewriting(self, group, loops, place, depth + 1)
        inlined: ast.expr = rewriting.visit(copy.deepcopy(value))
        return inlined


def _entry(value: ast.expr, at: int) -> ast.expr:
    return ast.Subscript(value, ast.Constant(at), ast.Load())


class _Rewriting(ast.NodeTransformer):
    def __init__(
        self, translator: Translator, group: StatementGroup, loops: Mapping[str, ast.expr], place: Block, depth: int = 0
    ) -> None:
        self._translator = translator
        self._group, self._loops, self._place, self._depth = group, loops, place, depth
        self._bound: set[str] = set()
        self._locals = translator.pair.solution.locals

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        return self._visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.AST:
        return self._visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        return self._visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.AST:
        return self._visit_comprehension(node)

    def _visit_comprehension(self, node: ast.AST) -> ast.AST:
        """Leave the comprehension's own variables as they are."""
        own = {
            name.id
            for generator in getattr(node, "generators", ())
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        before = self._bound
        self._bound = before | own
        visited = self.generic_visit(node)
        self._bound = before
        return visited

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        before = self._bound
        self._bound = before | {argument.arg for argument in node.args.args}
        visited = self.generic_visit(node)
        self._bound = before
        return visited

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        name = spell(node)
        pair = self._translator.pair
        if name and node.value.id in pair.solution.parameters[:1] and "." in pair.solution.name:  # type: ignore[attr-defined] # spelled, it is a name
            return self._own_attribute(node, name)
        return self.generic_visit(node)

    def _own_attribute(self, node: ast.Attribute, name: str) -> ast.AST:
        """Return an attribute of the object: by the submission's name for it if it has another."""
        pair = self._translator.pair
        own = pair.names.get(name)
        holder = pair.own.parameters[0] if pair.own.parameters else ""
        if not holder:
            raise UntranslatableError
        if own is None or "." not in own:
            return ast.Attribute(ast.Name(holder, ast.Load()), node.attr, node.ctx)
        return ast.Attribute(ast.Name(holder, ast.Load()), own.partition(".")[2], node.ctx)

    def _is_known(self, name: str) -> bool:
        """Return True if the submission has a variable or a loop's in the place of one that is written."""
        return name in self._loops or name in self._translator.pair.names

    def visit_Name(self, node: ast.Name) -> ast.AST:
        name, solution = node.id, self._translator.solution
        if name in self._bound:
            return node
        if name in self._locals and not isinstance(node.ctx, ast.Load) and not self._is_known(name):
            return node
        if name in self._locals:
            expression = self._translator.variable(name, self._group, self._loops, self._place, self._depth)
            return _with_context(expression, node.ctx)
        if name in solution.module and not (name in solution.graded and name in self._translator.defined):
            return ast.Name(private(name), node.ctx)
        return node


def _with_context(expression: ast.expr, context: ast.expr_context) -> ast.expr:
    copied = copy.deepcopy(expression)
    if isinstance(copied, (ast.Name, ast.Attribute, ast.Subscript)):
        copied.ctx = type(context)()
    elif not isinstance(context, ast.Load):
        raise UntranslatableError
    return copied
