"""What a function may return, by what its callers unpack: where it returns nothing, or too few values."""

import ast
from collections.abc import Iterator, Sequence
from itertools import combinations, permutations

from backmark.worker.sandbox.inside.accessors import spell

from .groups import FUNCTIONS, walk_own

#: The last variables of a function that it may return, for so many values more than it must.
_MORE = 2
#: Values of which one may be any: of more there are too many choices.
_MOST_VALUES = 12
#: Functions that pass on what others return.
_DEEPEST = 2


def list_returned(
    own: Sequence[ast.expr], function: ast.FunctionDef | ast.AsyncFunctionDef, wanted: Sequence[tuple[str, ...]]
) -> Iterator[ast.expr]:
    """Yield what a function may return, the likeliest first: its variables by its callers' names.

    `own` are the values that it returns already, or prints.
    """
    written = [part.id for part in walk_own(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]
    written = list(dict.fromkeys(reversed(written)))[::-1]
    known, texts = {*written, *list_parameters(function)}, [*map(ast.unparse, own)]
    for names in wanted:
        count = len(names)
        if known.issuperset(names):
            yield _make_tuple(names)
        if texts and len(texts) == count - 1:
            for name in reversed([name for name in written if name not in texts]):
                yield from (_make_tuple([*texts[:at], name, *texts[at:]]) for at in (count - 1, *range(count - 1)))
        elif not texts and count <= _MOST_VALUES:
            yield from map(_make_tuple, reversed([*combinations(written[-count - _MORE :], count)]))
            yield from map(_make_tuple, permutations(written[-count:], count))


def _make_tuple(texts: Sequence[str]) -> ast.expr:
    return ast.parse(", ".join(texts), mode="eval").body


def list_wanted(trees: Sequence[ast.Module]) -> dict[str, list[tuple[str, ...]]]:
    """Return by the name of a function the names that its calls' values are assigned to.

    What another function returns as it is has the names of that one's.
    """
    wanted: dict[str, list[tuple[str, ...]]] = {}
    passed: list[tuple[str, str]] = []
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            target = node.targets[0]
            parts = target.elts if isinstance(target, ast.Tuple) else [target]
            _add(wanted, _name_called(node.value), [tuple(map(ast.unparse, parts))])
        elif isinstance(node, FUNCTIONS):
            returns = (part.value for part in walk_own(node) if isinstance(part, ast.Return))
            passed += [(node.name, _name_called(value)) for value in returns if isinstance(value, ast.Call)]
    for outer, inner in passed * _DEEPEST:
        _add(wanted, inner, wanted.get(outer, ()))
    return wanted


def _add(wanted: dict[str, list[tuple[str, ...]]], name: str, names: Sequence[tuple[str, ...]]) -> None:
    known = wanted.setdefault(name, [])
    known += [texts for texts in names if texts and texts not in known]


def _name_called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else spell(node.func)


def list_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Return the names of a function's parameters."""
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)]
