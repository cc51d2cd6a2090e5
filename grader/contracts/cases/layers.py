"""The inputs of a contract that make each of its cases a network of layers, which is drawn: found by their shapes."""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.language.assignment import DISCRETE, ContractAssignment
from backmark.grader.model.counterexample import LayersDrawing

_ADVICE = (
    'write a list of weights, such as { each = "K + 1", shape = "D[k+1] D[k]" }, one of biases, such as'
    ' { each = "K + 1", shape = "D[k+1] 1" }, a result for the gradient of each of their arrays, and the network\'s'
    ' input, such as { shape = "D[0] N" }'
)

#: The shapes of a list of arrays.
_Shapes = Sequence[Sequence[int]]


class LayersError(ValueError):
    """The inputs of a contract are no network, or it is not certain which: a sentence without its full stop."""


def find_layers(assignment: ContractAssignment, cases: ContractCases) -> LayersDrawing:
    """Return the inputs that are a network in every case, by their parts in it; raises LayersError.

    Each array of the weights and biases has a gradient among the results. Preactivations and activations are among the
    outputs that the call is given; they and the target are None if no input fits, or more than one.
    """
    fitting = list(_find_networks(assignment, cases))
    if not fitting:
        raise LayersError(f'drawing is "layers", but no inputs are a network in every case: {_ADVICE}')
    if len(fitting) > 1:
        ways = " or ".join(
            f"{weights}, {biases} and {net_input} (with examples as {'rows' if rows else 'columns'})"
            for weights, biases, net_input, rows in fitting[:2]
        )
        raise LayersError(
            'drawing is "layers", but by their shapes weights, biases and the network\'s input may be'
            f" {ways}: let their shapes differ in some case"
        )
    weights, biases, net_input, rows = fitting[0]
    sizes = [_list_sizes(shapes, rows=rows) for shapes in _list_shapes(cases, weights)]
    return LayersDrawing(
        weights,
        biases,
        net_input,
        _single(
            entry.name
            for entry in assignment.inputs
            if entry.name != net_input and _are_units(cases, entry.name, [layers[-1] for layers in sizes], rows=rows)
        ),
        _single(
            name for name in assignment.given if _are_layers(cases, name, [layers[1:] for layers in sizes], rows=rows)
        ),
        # They may leave out the output, which no activation function follows.
        _single(
            name
            for name in assignment.given
            if _are_layers(cases, name, [layers[:-1] for layers in sizes], rows=rows)
            or _are_layers(cases, name, sizes, rows=rows)
        ),
        rows,
    )


def _find_networks(assignment: ContractAssignment, cases: ContractCases) -> Iterator[tuple[str, str, str, bool]]:
    """Yield weights, biases and the network's input, and whether examples are rows, if they fit in every case."""
    lists = [entry.name for entry in assignment.inputs if _have_gradients(cases, entry.name)]
    arrays = [entry.name for entry in assignment.inputs if entry.values.partition("(")[0].strip() not in DISCRETE]
    for weights in lists:
        for rows in (False, True):
            sizes = [_list_sizes(shapes, rows=rows) for shapes in _list_shapes(cases, weights)]
            if not all(sizes):
                continue
            for biases in lists:
                if biases == weights or not all(map(_are_biases, _list_shapes(cases, biases), sizes)):
                    continue
                for name in arrays:
                    if _are_units(cases, name, [layers[0] for layers in sizes], rows=rows):
                        yield weights, biases, name, rows


def _have_gradients(cases: ContractCases, name: str) -> bool:
    """Return True if an input is a list of arrays in every case, and a result is the gradient of each."""
    return all(
        shapes and {f"{name}[{k}]" for k in range(len(shapes))} <= {place.target for place in layout}
        for shapes, layout in zip(_list_shapes(cases, name), cases.layouts, strict=True)
    )


def _list_shapes(cases: ContractCases, name: str) -> list[_Shapes]:
    """Return by case the shapes of a list of arrays; none if an input is no such list."""
    described = [case.inputs.get(name, {}) for case in cases.drawn]
    lists = [part.get("list", part.get("tuple", ())) for part in described]
    return [[part["array"] for part in parts if "array" in part] for parts in lists]


def _list_sizes(weights: _Shapes, *, rows: bool) -> list[int]:
    """Return the units of each layer, the input's first; none if these are no weights."""
    if not weights or any(len(shape) != 2 or 0 in shape for shape in weights):
        return []
    ends = [(shape[0], shape[1]) if rows else (shape[1], shape[0]) for shape in weights]
    chained = all(before[1] == after[0] for before, after in pairwise(ends))
    return [ends[0][0], *(after for _, after in ends)] if chained else []


def _are_biases(shapes: _Shapes, sizes: Sequence[int]) -> bool:
    """Return True if these are the biases of a network: of one axis, or of two, one of which has the length 1."""
    return len(shapes) == len(sizes) - 1 and all(
        len(shape) in {1, 2} and math.prod(shape) == max(shape) == units
        for shape, units in zip(shapes, sizes[1:], strict=True)
    )


def _are_units(cases: ContractCases, name: str, units: Iterable[int], *, rows: bool) -> bool:
    """Return True if an input is an array with a number for each of so many units, of one example or of several."""
    shapes = [case.inputs.get(name, {}).get("array", ()) for case in cases.drawn]
    return all(_is_layer(shape, count, rows=rows) for shape, count in zip(shapes, units, strict=True))


def _are_layers(cases: ContractCases, name: str, sizes: Sequence[Sequence[int]], *, rows: bool) -> bool:
    """Return True if an input is a list of arrays for layers of these sizes."""
    return all(
        len(shapes) == len(units) and all(_is_layer(*layer, rows=rows) for layer in zip(shapes, units, strict=True))
        for shapes, units in zip(_list_shapes(cases, name), sizes, strict=True)
    )


def _is_layer(shape: Sequence[int], units: int, *, rows: bool) -> bool:
    return len(shape) in {1, 2} and 0 not in shape and shape[-1 if rows else 0] == units


def _single(names: Iterable[str]) -> str | None:
    """Return the only name; None if there is none, or more than one."""
    found = list(names)
    return found[0] if len(found) == 1 else None
