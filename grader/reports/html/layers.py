"""A counterexample that is a network of layers as a picture: what is wrong is marked on its edges and units.

The units stand in columns, from the input to the output. Each edge has its weight, each unit its bias and its
activation. Lengths are in pixels of the picture's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, chain
from math import hypot
from typing import Any

from backmark.grader.model.counterexample import CaseCounterexample, CaseInput, LayersDrawing
from backmark.grader.reports.html.comparing import Array, list_rows
from backmark.grader.reports.html.text import number

#: A network is drawn up to so many units in a layer, and so many layers.
_MOST_UNITS, _MOST_LAYERS = 3, 5
_RADIUS = 31
#: Heights of a tag's line and of its rim; the width of one of its letters.
_LINE, _RIM, _LETTER = 19, 10, 8.6
_MARGIN, _HEADING = 30, 40
#: Between an edge's tag and the rims of its units; from the middle of an outer column to the picture's edge.
_AIR = 15

#: A parameter, and if its derivative is wrong the actual and the expected one.
Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tag:
    """A label: lines of text around a point."""

    x: float
    y: float
    lines: Lines

    @property
    def wrong(self) -> bool:
        """True if the derivative is wrong."""
        return len(self.lines) > 1

    @property
    def width(self) -> float:
        """The width of its frame."""
        return _width(self.lines)

    @property
    def height(self) -> float:
        """The height of its frame."""
        return _height(self.lines)

    def baseline(self, line: int) -> float:
        """Return the y coordinate of a line of its text."""
        return self.y - self.height / 2 + _RIM / 2 + (line + 0.7) * _LINE


@dataclass(frozen=True, slots=True)
class Node:
    """A unit."""

    x: float
    y: float
    #: Its activation, or the output, and below it its preactivation or what should come out; empty if not known.
    value: str
    below: str
    #: True if its activation function lets nothing through.
    asleep: bool
    #: Its bias; None for an input.
    tag: Tag | None

    @property
    def wrong(self) -> bool:
        """True if the derivative of its bias is wrong."""
        return self.tag is not None and self.tag.wrong


@dataclass(frozen=True, slots=True)
class Edge:
    """A weight, between the rims of two units."""

    x1: float
    y1: float
    x2: float
    y2: float
    tag: Tag

    @property
    def wrong(self) -> bool:
        """True if its derivative is wrong."""
        return self.tag.wrong


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a column's numbers in the student's code."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class NetworkDrawing:
    """The picture of a network."""

    width: float
    height: float
    #: False if it is not known what is in the hidden units.
    valued: bool
    radius: float
    headings: tuple[Heading, ...]
    edges: tuple[Edge, ...]
    nodes: tuple[Node, ...]
    #: Examples of the batch, of which the first is shown.
    examples: int
    #: The picture in words, for people who cannot see it.
    description: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """The units of a layer; the first one is the network's input, without biases and weights."""

    name: str
    #: In each unit, and below it; empty if it is not known.
    values: Sequence[str]
    below: Sequence[str]
    asleep: Sequence[bool]
    biases: Sequence[Lines] = ()
    #: By unit the weights of all units before.
    weights: Sequence[Sequence[Lines]] = ()


def draw(case: CaseCounterexample, arrays: Sequence[Array]) -> NetworkDrawing | None:
    """Draw a case with the result of `compare`; None if it is no network of layers, or a large one."""
    if case.drawing is None:
        return None
    network = _Network(case.drawing, {value.name: value for value in case.inputs})
    sizes = network.sizes
    if max(sizes) > _MOST_UNITS or len(sizes) > _MOST_LAYERS:
        return None
    # Of several results that are the same gradient, a wrong one.
    gradients = {array.gradient_of: array for array in sorted(arrays, key=lambda array: bool(array.wrong))}
    sketch = _Sketch([network.layer(place, gradients) for place in range(len(sizes))])
    return sketch.drawing(network.examples, _describe(sizes, arrays))


@dataclass(frozen=True, slots=True)
class _Network:
    """The inputs of a case that are a network."""

    parts: LayersDrawing
    inputs: Mapping[str, CaseInput]

    @property
    def sizes(self) -> list[int]:
        """The units of each layer."""
        shapes = [part.shape or [] for part in self.inputs[self.parts.weights].values]
        before, after = (0, 1) if self.parts.rows else (1, 0)
        return [shapes[0][before], *(shape[after] for shape in shapes)]

    @property
    def examples(self) -> int:
        """The number of examples in the batch."""
        shape = self.inputs[self.parts.net_input].shape or []
        return 1 if len(shape) < 2 else shape[0 if self.parts.rows else 1]

    def layer(self, place: int, gradients: Mapping[str | None, Array]) -> _Layer:
        """Return a layer, 0 for the input, with the gradients that came back."""
        parts, k, size, last = self.parts, place - 1, self.sizes[place], len(self.sizes) - 1
        f = self._first(parts.preactivations, k) if place else []
        if place == 0:
            name, values, below = parts.net_input, self._first(parts.net_input), [""] * size
        elif place < last:
            values = self._first(parts.activations, place)
            name = f"{parts.activations}[{place}]" if values else f"layer {place}"
            below = [f"f = {number(value)}" for value in f]
        else:
            name, values = f"{parts.preactivations}[{k}]" if f else "output", f
            below = [f"{parts.target} = {number(value)}" for value in self._first(parts.target)]
        asleep = [_is_asleep(*pair) for pair in zip(f, values, strict=True)] if f and values else [False] * size
        layer = _Layer(name, [number(value) for value in values] or [""] * size, below or [""] * size, asleep)
        if place == 0:
            return layer
        weights = _label("\u03a9", self._array(parts.weights, k), gradients.get(f"{parts.weights}[{k}]"))
        biases = _label("\u03b2", self._array(parts.biases, k), gradients.get(f"{parts.biases}[{k}]"))
        return replace(
            layer,
            weights=list(zip(*weights, strict=True)) if parts.rows else weights,
            biases=[lines for row in biases for lines in row],
        )

    def _array(self, name: str, k: int) -> CaseInput:
        """Return an array of an input that is a list."""
        array: CaseInput = self.inputs[name].values[k]
        return array

    def _first(self, name: str | None, k: int | None = None) -> list[Any]:
        """Return the numbers of an input, or of an array of a list, for the first example; none if there is none."""
        if name is None or name not in self.inputs:
            return []
        value = self.inputs[name] if k is None else self._array(name, k)
        if value.values is None:
            # A large batch.
            return []
        rows = list_rows(value.values, len(value.shape or []))
        return rows[0] if self.parts.rows or len(value.shape or []) < 2 else [row[0] for row in rows]


class _Sketch:
    """The measures that the parts of one picture share."""

    def __init__(self, layers: Sequence[_Layer]) -> None:
        self.layers = layers
        self.sizes = [len(layer.values) for layer in layers]
        places = range(1, len(layers))
        above = max(_height(lines) for layer in layers for lines in layer.biases)
        self.row = max(2 * _RADIUS + above + 38, *map(self._spread, places))
        self.top = _HEADING + above + _RADIUS + 8
        # Where the columns stand.
        self.across = list(accumulate(map(self._stretch, places), initial=float(_MARGIN + _RADIUS + 10)))

    def drawing(self, examples: int, description: str) -> NetworkDrawing:
        """Return the picture."""
        return NetworkDrawing(
            width=self.across[0] + self.across[-1],
            height=self.top + self.row * (max(self.sizes) - 1) + _RADIUS + 40,
            valued=all(value for layer in self.layers for value in layer.values),
            radius=_RADIUS,
            headings=tuple(Heading(x, layer.name) for x, layer in zip(self.across, self.layers, strict=True)),
            # What is wrong lies above.
            edges=tuple(sorted(self._edges(), key=lambda edge: edge.wrong)),
            nodes=tuple(self._nodes()),
            examples=examples,
            description=description,
        )

    def _tag_position(self, place: int) -> float:
        """Return the part of the way from one unit to the next at which the tags before a layer stand.

        Between several units and several others, at that part they stand at equal distances, one above the other.
        """
        before, after = self.sizes[place - 1], self.sizes[place]
        if before > 1 and after > 1:
            return 1 / (after + 1)
        return 0.5 if before == after else 0.6 if before == 1 else 0.4

    def _spread(self, place: int) -> float:
        """Return the distance between units that gives the tags of their edges room."""
        before, after = self.sizes[place - 1], self.sizes[place]
        if before == after == 1:
            return 0
        tallest = max(map(_height, chain(*self.layers[place].weights))) + 6
        return tallest * (after + 1) if before > 1 and after > 1 else tallest / 0.6

    def _stretch(self, place: int) -> float:
        """Return the distance between two columns: a tag must not cover a unit."""
        widest = max(map(_width, chain(*self.layers[place].weights)))
        position = self._tag_position(place)
        return max(150.0, (_RADIUS + _AIR + widest / 2) / min(position, 1 - position))

    def _y(self, place: int, unit: int) -> float:
        return self.top + self.row * (unit + (max(self.sizes) - self.sizes[place]) / 2)

    def _nodes(self) -> Iterator[Node]:
        for place, layer in enumerate(self.layers):
            for unit, (value, below, asleep) in enumerate(zip(layer.values, layer.below, layer.asleep, strict=True)):
                x, y = self.across[place], self._y(place, unit)
                lines = layer.biases[unit] if layer.biases else None
                tag = None if lines is None else Tag(x, y - _RADIUS - 7 - _height(lines) / 2, lines)
                yield Node(x, y, value, below, asleep, tag)

    def _edges(self) -> Iterator[Edge]:
        for place, layer in enumerate(self.layers):
            for unit, row in enumerate(layer.weights):
                for before, lines in enumerate(row):
                    x1, y1 = self.across[place - 1], self._y(place - 1, before)
                    x2, y2 = self.across[place], self._y(place, unit)
                    position = self._tag_position(place)
                    tag = Tag(x1 + position * (x2 - x1), y1 + position * (y2 - y1), lines)
                    # Between the rims of the units.
                    rim = _RADIUS / hypot(x2 - x1, y2 - y1)
                    dx, dy = rim * (x2 - x1), rim * (y2 - y1)
                    yield Edge(x1 + dx, y1 + dy, x2 - dx, y2 - dy, tag)


def _label(letter: str, parameters: CaseInput, gradient: Array | None) -> list[list[Lines]]:
    """Return each parameter in rows and, if its derivative is wrong, the actual and the expected derivative."""
    rows = list_rows(parameters.values, len(parameters.shape or []))
    names = [[f"{letter} = {number(value)}" for value in row] for row in rows]
    if gradient is None:
        return [[(name,) for name in row] for row in names]
    return [
        [
            (name, f"\u2717 {number(actual.value)}", f"\u2713 {number(expected.value)}") if actual.wrong else (name,)
            for name, actual, expected in zip(*row, strict=True)
        ]
        for row in zip(names, gradient.actual, gradient.expected, strict=True)
    ]


def _is_asleep(preactivation: float | None, activation: float | None) -> bool:
    """Return True if an activation function makes zero of what is below zero: it is flat there."""
    return preactivation is not None and preactivation < 0 and activation == 0


def _width(lines: Lines) -> float:
    return max(map(len, lines)) * _LETTER + 14


def _height(lines: Lines) -> float:
    return len(lines) * _LINE + _RIM - 3


def _describe(sizes: Sequence[int], arrays: Sequence[Array]) -> str:
    inputs, *hidden, outputs = sizes
    units = " and then ".join(_format_count(size, "hidden unit") for size in hidden) or "no hidden units"
    shape = f"A network with {_format_count(inputs, 'input')}, {units}, and {_format_count(outputs, 'output')}."
    faults = [f"{array.wrong} of {array.size} in {array.name}" for array in arrays if array.wrong]
    return f"{shape} Wrong derivatives: {'; '.join(faults)}." if faults else shape


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
