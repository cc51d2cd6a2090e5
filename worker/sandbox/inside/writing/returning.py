"""What a function may return, by what its callers unpack: where it returns nothing, or too few values."""

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from backmark.worker.sandbox.inside.accessors import spell
from backmark.worker.sandbox.inside.mending.groups import walk_own

#: The last variables of a function that it may return, for so many values more than it must.
_MORE = 2


def list_returned(
    node: ast.stmt, function: ast.FunctionDef | ast.AsyncFunctionDef, wanted: Sequence[tuple[str, ...]]
) -> Iterator[ast.expr]:
    """Yield what a function may return at a statement, the likeliest first: its variables by its callers' names."""
    written = [part.id for part in walk_own(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    written = list(dict.fromkeys(reversed(written)))[::-1]
    known = {*written, *list_parameters(function)}
    own: list[str] = []
    if isinstance(node, ast.Return) and node.value is not None:
        parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
        own = [ast.unparse(part) for part in parts]
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        own = [ast.unparse(part) for part in node.value.args]
    for names in wanted:
        count = len(names)
        if isinstance(node, ast.Return) and len(own) >= count:
            continue
        if len(own) == count:
            yield _make_tuple(own)
        if known.issuperset(names):
            yield _make_tuple(names)
        if len(own) == count - 1 and own:
            rest = [name for name in reversed(written) if name not in own]
            for name in rest:
                yield from (_make_tuple([*own[:at], name, *own[at:]]) for at in (count - 1, *range(count - 1)))
        elif not own:
            yield from map(_make_tuple, reversed([*combinations(written[-count - _MORE :], count)]))
            yield from map(_make_tuple, permutations(written[-count:], count))


def _make_tuple(texts: Sequence[str]) -> ast.expr:
    return ast.parse(", ".join(texts), mode="eval").body


def list_wanted(trees: Sequence[ast.Module]) -> dict[str, list[tuple[str, ...]]]:
    """Return by the name of a function the names that its calls' values are assigned to."""
    wanted: dict[str, list[tuple[str, ...]]] = {}
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                called, target = node.value.func, node.targets[0]
                name = called.attr if isinstance(called, ast.Attribute) else spell(called)
                parts = target.elts if isinstance(target, ast.Tuple) else [target]
                texts = tuple(ast.unparse(part) for part in parts)
                if name and texts and texts not in wanted.setdefault(name, []):
                    wanted[name].append(texts)
    return wanted


def list_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names of a function's parameters."""
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
