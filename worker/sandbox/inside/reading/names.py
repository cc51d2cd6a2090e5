"""Which global names a top-level statement binds and which it uses, by Python's rules of scope."""

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Nodes that hold no name: the half of all.
_NAMELESS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Constant)


@dataclass(frozen=True, slots=True)
class Names:
    """The global names of one top-level statement."""

    #: Bound at the module's level.
    bound: frozenset[str]
    #: Global names looked up anywhere in it, also in functions that run later, and those under `global`.
    used: frozenset[str]
    #: True if executing it evaluates anything of the student's: a plain `def` and an import do not.
    runs: bool


@dataclass(slots=True)
class _NameScope:
    """One namespace; `kind` is module, class, function or comprehension."""

    kind: str
    parent: "_NameScope | None" = None
    bound: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)
    #: Names under `global` and `nonlocal`.
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)


class _Walk:
    """One pass over a statement, with a stack of its own: legal trees nest deeper than Python recurses."""

    def __init__(self, statement: ast.stmt) -> None:
        self.root = _NameScope("module")
        self.scopes = [self.root]
        self.todo: list[tuple[ast.AST, _NameScope]] = [(statement, self.root)]
        while self.todo:
            node, scope = self.todo.pop()
            _HANDLERS.get(type(node), _Walk.visit_other)(self, node, scope)

    def push(self, nodes: Iterable[ast.AST | None], scope: _NameScope) -> None:
        self.todo.extend((node, scope) for node in nodes if node is not None)

    def child(self, kind: str, parent: _NameScope) -> _NameScope:
        scope = _NameScope(kind, parent)
        self.scopes.append(scope)
        return scope

    def visit_other(self, node: ast.AST, scope: _NameScope) -> None:
        self.todo += [(child, scope) for child in ast.iter_child_nodes(node) if not isinstance(child, _NAMELESS)]

    def visit_name(self, node: ast.Name, scope: _NameScope) -> None:
        (scope.used if isinstance(node.ctx, ast.Load) else scope.bound).add(node.id)

    def visit_augmented_assignment(self, node: ast.AugAssign, scope: _NameScope) -> None:
        if isinstance(node.target, ast.Name):
            scope.used.add(node.target.id)
        self.visit_other(node, scope)

    def visit_function(self, node: Any, scope: _NameScope) -> None:
        inner = self.child("function", scope)
        if isinstance(node, _FUNCTIONS):
            scope.bound.add(node.name)
            self.push([*node.decorator_list, node.returns], scope)
            # Python 3.12's `def f[T]`.
            self.push(getattr(node, "type_params", []), inner)
            self.push(node.body, inner)
        else:
            self.push([node.body], inner)
        self.push([*node.args.defaults, *node.args.kw_defaults], scope)
        for arg in ast.iter_child_nodes(node.args):
            if isinstance(arg, ast.arg):
                inner.bound.add(arg.arg)
                self.push([arg.annotation], scope)

    def visit_class(self, node: ast.ClassDef, scope: _NameScope) -> None:
        scope.bound.add(node.name)
        self.push([*node.decorator_list, *node.bases, *node.keywords], scope)
        inner = self.child("class", scope)
        self.push(getattr(node, "type_params", []), inner)
        self.push(node.body, inner)

    def visit_comprehension(self, node: Any, scope: _NameScope) -> None:
        inner = self.child("comprehension", scope)
        self.push([node.generators[0].iter], scope)
        for number, generator in enumerate(node.generators):
            self.push([generator.target, *generator.ifs], inner)
            self.push([generator.iter] if number else [], inner)
        self.push([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)

    def visit_walrus(self, node: ast.NamedExpr, scope: _NameScope) -> None:
        holder = scope
        while holder.kind == "comprehension" and holder.parent is not None:
            holder = holder.parent
        holder.bound.add(node.target.id)
        # The comprehension may read it too, and must not take it for a global.
        if holder.kind != "module":
            scope.bound.add(node.target.id)
        self.push([node.value], scope)

    def visit_import(self, node: Any, scope: _NameScope) -> None:
        for alias in node.names:
            if alias.name != "*":
                scope.bound.add(alias.asname or alias.name.partition(".")[0])

    def visit_declaration(self, node: Any, scope: _NameScope) -> None:
        (scope.globals if isinstance(node, ast.Global) else scope.nonlocals).update(node.names)

    def visit_capture(self, node: Any, scope: _NameScope) -> None:
        """Bind the plain string of `except E as name` and of patterns."""
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            scope.bound.add(name)
        self.visit_other(node, scope)


_HANDLERS: dict[type[ast.AST], Callable[[_Walk, Any, _NameScope], None]] = {
    ast.Name: _Walk.visit_name,
    ast.AugAssign: _Walk.visit_augmented_assignment,
    ast.FunctionDef: _Walk.visit_function,
    ast.AsyncFunctionDef: _Walk.visit_function,
    ast.Lambda: _Walk.visit_function,
    ast.ClassDef: _Walk.visit_class,
    ast.ListComp: _Walk.visit_comprehension,
    ast.SetComp: _Walk.visit_comprehension,
    ast.DictComp: _Walk.visit_comprehension,
    ast.GeneratorExp: _Walk.visit_comprehension,
    ast.NamedExpr: _Walk.visit_walrus,
    ast.Import: _Walk.visit_import,
    ast.ImportFrom: _Walk.visit_import,
    ast.Global: _Walk.visit_declaration,
    ast.Nonlocal: _Walk.visit_declaration,
    ast.ExceptHandler: _Walk.visit_capture,
    ast.MatchAs: _Walk.visit_capture,
    ast.MatchStar: _Walk.visit_capture,
    ast.MatchMapping: _Walk.visit_capture,
}
# Python 3.12's type parameters.
_HANDLERS.update(
    {getattr(ast, kind): _Walk.visit_capture for kind in ("TypeVar", "ParamSpec", "TypeVarTuple") if hasattr(ast, kind)}
)


def names(statement: ast.stmt) -> Names:
    """Find the global names that a top-level statement binds and uses."""
    walk = _Walk(statement)
    used: set[str] = set()
    bound = set(walk.root.bound)
    for scope in walk.scopes:
        used.update(scope.globals)
        bound.update(scope.globals if scope.kind == "class" else ())
        used.update(name for name in scope.used if _is_global(name, scope))
    return Names(frozenset(bound), frozenset(used), _runs(statement, walk.root))


def _is_global(name: str, scope: _NameScope) -> bool:
    current = scope
    while current.parent is not None:
        if name in current.globals:
            return True
        if name in current.bound and name not in current.nonlocals:
            if current is scope and current.kind == "class":
                # A class body may read the global before it binds its own.
                return True
            if current.kind != "class":
                return False
        current = current.parent
    return True


def _runs(statement: ast.stmt, root: _NameScope) -> bool:
    if isinstance(statement, (ast.Import, ast.ImportFrom)):
        return False
    if not isinstance(statement, _FUNCTIONS):
        return True
    args = statement.args
    return bool(statement.decorator_list or args.defaults or any(args.kw_defaults) or root.used)


def find_changed(node: ast.AST) -> frozenset[str]:
    """Return the names whose entries or attributes a statement sets or deletes, anywhere in it: `t` of `t["x"] = 1`."""
    roots = set()
    for part in ast.walk(node):
        if isinstance(part, (ast.Attribute, ast.Subscript)) and not isinstance(part.ctx, ast.Load):
            root: ast.expr = part
            while isinstance(root, (ast.Attribute, ast.Subscript)):
                root = root.value
            if isinstance(root, ast.Name):
                roots.add(root.id)
    return frozenset(roots)
