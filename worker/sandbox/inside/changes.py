"""Which names a statement changes besides binding them at the top level: read from its text, and approximate.

`t` is changed by `t["x"] = f`, `t.append(f)`, `t += [f]`, `setattr(t, "x", f)` and by a call of a function that does
one of these to it; a loop changes what it assigns.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

#: The root of `globals()["x"] = f`, which may bind any name.
ANY = "globals()"

_NAMESPACES = {"globals", "locals", "vars"}
#: Functions, also of modules, that change their first argument.
_INTO_FIRST = {
    "setattr", "delattr", "setitem", "shuffle", "insort", "insort_left", "insort_right", "heappush", "heapify",
    "fill_diagonal", "copyto", "put", "place", "putmask",
}  # fmt: skip
#: Methods that change their object though their value is wanted as well.
_GIVING = {"pop", "popitem", "popleft", "setdefault"}
#: The fields in which a statement, or a branch of one, holds others.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


@dataclass(frozen=True, slots=True)
class Call:
    """A call made for its effect: of which function or class, and which names are among its arguments."""

    name: str
    given: frozenset[str]


@dataclass(slots=True)
class Changes:
    """The changes that a statement makes to names."""

    #: Written into: `t` of `t["x"] = 1`, `t.x = 1` and `t += 1`.
    written: set[str] = field(default_factory=set)
    #: Objects of which a method is called for its effect; modules among them.
    methods: set[str] = field(default_factory=set)
    #: Assigned, or defined.
    assigned: set[str] = field(default_factory=set)
    #: Targets of loops and of `with`.
    targets: set[str] = field(default_factory=set)
    #: Declared `global`.
    globals: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)

    def read(self, statements: Iterable[ast.AST], *, deep: bool) -> "Changes":
        """Take in statements with the blocks in them; `deep`: with the bodies of definitions too."""
        todo: list[Any] = list(statements)
        while todo:
            node = todo.pop()
            self._statement(node)
            if isinstance(node, _DEFINITIONS):
                self.assigned.add(node.name)
                if not deep:
                    continue
            for name in _BLOCKS:
                todo += getattr(node, name, ())
        return self

    def _statement(self, node: Any) -> None:
        if isinstance(node, ast.Expr):
            self._effects(node.value)
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            self._assignment(node)
        elif isinstance(node, ast.Return):
            self._value(node.value)
        elif isinstance(node, ast.Global):
            self.globals.update(node.names)
        elif isinstance(node, _DEFINITIONS):
            for part in (*node.decorator_list, *getattr(node, "bases", ())):
                self._call(part, (node.name,))
            for keyword in getattr(node, "keywords", ()):
                self._call(keyword.value, (node.name,))
        else:
            self._targets(node)

    def _targets(self, node: Any) -> None:
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self._target(node.target, self.targets)
        for item in getattr(node, "items", ()):
            self._target(item.optional_vars, self.targets)
        if isinstance(node, ast.Delete):
            for target in node.targets:
                self._target(target, self.assigned)

    def _assignment(self, node: Any) -> None:
        for target in getattr(node, "targets", None) or [node.target]:
            self._target(target, self.written if isinstance(node, ast.AugAssign) else self.assigned)
        self._value(node.value)

    def _value(self, value: ast.expr | None) -> None:
        """Take in a call whose value is wanted: mostly that is all there is to it."""
        if isinstance(value, ast.Call) and (isinstance(value.func, ast.Name) or _attribute(value) in _GIVING):
            self._effects(value)

    def _target(self, target: ast.expr | None, names: set[str]) -> None:
        todo = [target]
        while todo:
            node = todo.pop()
            if isinstance(node, (ast.Tuple, ast.List)):
                todo += node.elts
            elif isinstance(node, ast.Starred):
                todo.append(node.value)
            elif isinstance(node, ast.Name):
                names.add(node.id)
            elif node is not None:
                self.written.update(_root(node))

    def _effects(self, value: ast.expr) -> None:
        for node in _find_evaluated(value):
            if isinstance(node, ast.Call):
                self._call(node, ())

    def _call(self, node: ast.expr, given: Iterable[str]) -> None:
        """Take in a call, or a decorator or base, which is as good as one that is given the definition."""
        args: list[ast.expr] = []
        while isinstance(node, ast.Call):
            args += [*node.args, *(keyword.value for keyword in node.keywords)]
            first, node = node.args[:1], node.func
            if _attribute(node) in _INTO_FIRST or (isinstance(node, ast.Name) and node.id in _INTO_FIRST):
                self.written.update(root for arg in first for root in _root(arg))
            if args and isinstance(node, ast.Name) and node.id == "map":
                self._call(args[0], ())
        if isinstance(node, ast.Name):
            self.calls.append(Call(node.id, frozenset([*given, *(root for arg in args for root in _root(arg))])))
        elif isinstance(node, ast.Attribute):
            self.methods.update(_root(node.value))


def changes(statement: ast.stmt) -> Changes:
    """Read a top-level statement."""
    return Changes().read([statement], deep=False)


@dataclass(frozen=True, slots=True)
class Effects:
    """The changes that calling a function makes to names outside of it."""

    #: Global names that it changes, or assigns under `global`; and those of which it calls a method for its effect.
    changed: frozenset[str]
    methods: frozenset[str]
    #: True if it changes one of its arguments.
    arguments: bool
    calls: tuple[Call, ...]


def effects(definition: ast.AST) -> Effects:
    """Read a function, a class (its methods together), or what a lambda is assigned by."""
    node: Any = getattr(definition, "value", None) or definition
    if isinstance(node, ast.Lambda):
        body = Changes().read([ast.Expr(node.body)], deep=True)
    elif isinstance(node, _DEFINITIONS):
        body = Changes().read(node.body, deep=True)
    else:
        # `add = register`, and what is no function.
        calls = (Call(node.id, frozenset()),) if isinstance(node, ast.Name) else ()
        return Effects(frozenset(), frozenset(), arguments=False, calls=calls)
    given = _parameters(node)
    local = (body.assigned | body.targets | given) - body.globals
    changed = (body.written - local) | (body.globals & (body.assigned | body.targets | body.written))
    arguments = not given.isdisjoint(body.written | body.methods)
    return Effects(frozenset(changed), frozenset(body.methods - local), arguments, tuple(body.calls))


def _parameters(node: ast.AST) -> set[str]:
    """All parameters of a function and of those inside of it."""
    todo: list[Any] = [node]
    names: set[str] = set()
    while todo:
        part = todo.pop()
        if isinstance(part, _FUNCTIONS):
            names.update(arg.arg for arg in ast.iter_child_nodes(part.args) if isinstance(arg, ast.arg))
        for block in _BLOCKS:
            inner = getattr(part, block, ())
            todo += inner if isinstance(inner, list) else ()
    return names


def _find_evaluated(value: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that are evaluated for their effect: also of `a() if x else b()` and `[a() for ...]`."""
    todo = [value]
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            todo.append(node.elt)
        elif isinstance(node, ast.BoolOp):
            todo += node.values
        elif isinstance(node, ast.IfExp):
            todo += [node.body, node.orelse]
        elif isinstance(node, ast.Tuple):
            todo += node.elts
        elif isinstance(node, ast.Call) and any(isinstance(arg, ast.Call) for arg in node.args):
            # `list(map(register, helpers))`
            todo += [arg for arg in node.args if isinstance(arg, ast.Call)]
            yield node
        else:
            yield node


def _attribute(node: ast.expr) -> str:
    node = node.func if isinstance(node, ast.Call) else node
    return node.attr if isinstance(node, ast.Attribute) else ""


def _root(node: ast.expr) -> tuple[str, ...]:
    """Find the name that `t["x"].y` hangs from, if any."""
    while isinstance(node, (ast.Subscript, ast.Attribute, ast.Starred)):
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACES:
        return (ANY,)
    return (node.id,) if isinstance(node, ast.Name) else ()
