"""Parameters of the student's functions beyond what the lines that call supply: found by the text, at extraction.

`backward_pass(all_weights, y)` supplies two; what `def backward_pass(all_weights, y, K)` needs besides is given by its
name: from what the case has, or else from the submission's own module.
"""

import ast
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, NamedTuple

from .rejection import Rejected, quote
from .slicing import Statement


class ExtraParameters(NamedTuple):
    """The required parameters of a function that a call supplies no value for."""

    names: tuple[str, ...]
    #: The parameters that bear the names of the call's arguments, if the extra ones are not behind them all.
    supplied: tuple[str, ...] = ()
    #: The number of values that the call passes.
    passed: int = 0
    #: True if the submission binds all of the names at its top level as well.
    is_global: bool = False

    def supply(self, function: Callable[..., Any], values: Mapping[str, Any]) -> Callable[..., Any]:
        """Return the function with those of these values that it needs, to be called as the lines do."""
        extra = {name: values[name] for name in self.names if name in values}
        if not self.supplied:
            return lambda *arguments, **keywords: function(*arguments, **extra, **keywords)
        return lambda *arguments, **keywords: function(
            **dict(zip(self.supplied, arguments, strict=True)), **extra, **keywords
        )


def find_extra(call: str, functions: Mapping[str, Statement]) -> dict[str, ExtraParameters]:
    """Return the extra parameters of the functions that have such.

    Only of plain functions that the lines call by their name, each time with a number of arguments that the text says.
    """
    nodes = {name: statement.node for name, statement in functions.items()}
    plain = {
        name: node for name, node in nodes.items() if isinstance(node, ast.FunctionDef) and not node.decorator_list
    }
    extra = {}
    for name, calls in _list_calls(call, plain).items() if plain else ():
        missed = {_find_missed(plain[name].args, made) for made in calls}
        if len(missed) == 1 and (parameters := missed.pop()).names:
            extra[name] = parameters._replace(passed=len(calls[0].args) + len(calls[0].keywords))
    return extra


def refuse(call: str, function: str, statement: Statement, parameters: Collection[str]) -> Rejected:
    """Return the refusal of a function with parameters that nothing has a value for."""
    made = ast.unparse(_list_calls(call, [function])[function][0])
    listed = " and ".join(f"`{quote(name)}`" for name in parameters)
    many = len(parameters) > 1
    return Rejected(
        "extra_parameter",
        f"`{function}` on {statement.place} needs {'values' if many else 'a value'} for its"
        f" {'parameters' if many else 'parameter'} {listed}, but is called as `{quote(made)}`. Nothing in the"
        f" assignment is named {listed}, and no `=` at the top level of the submission sets {'them' if many else 'it'}."
        f" Remove the {'parameters' if many else 'parameter'}, or give"
        f" {'them default values' if many else 'it a default value'}.",
        [statement.spot],
    )


def _list_calls(call: str, functions: Collection[str]) -> dict[str, list[ast.Call]]:
    """Return the calls of each function by its name, in the order of the lines."""
    calls: dict[str, list[ast.Call]] = {}
    for node in ast.walk(ast.parse(call)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
            calls.setdefault(node.func.id, []).append(node)
    return calls


def _find_missed(parameters: ast.arguments, made: ast.Call) -> ExtraParameters:
    """Return the required parameters that a call leaves out; none if the text does not say what it passes."""
    passed = {keyword.arg for keyword in made.keywords}
    if None in passed or any(isinstance(value, ast.Starred) for value in made.args):
        return ExtraParameters(())
    required = list(_list_required(parameters))
    supplied = tuple(value.id if isinstance(value, ast.Name) else "" for value in made.args)
    # Parameters of one's own may stand among those that bear the arguments' names, in the arguments' order.
    rest = iter(required)
    spread = supplied != tuple(required[: len(supplied)]) and all(name in rest for name in supplied)
    left = [name for name in required if name not in supplied] if spread else required[len(supplied) :]
    left += [
        parameter.arg
        for parameter, default in zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
        if default is None
    ]
    # Those without a name for callers stay as they are: the call raises.
    nameless = {parameter.arg for parameter in parameters.posonlyargs}
    missed = tuple(name for name in left if name not in passed | nameless)
    return ExtraParameters(missed, supplied if spread and missed and not nameless else ())


def _list_required(parameters: ast.arguments) -> Iterator[str]:
    """Yield the names of the positional parameters without a default."""
    positional = [*parameters.posonlyargs, *parameters.args]
    for parameter in positional[: len(positional) - len(parameters.defaults)]:
        yield parameter.arg
