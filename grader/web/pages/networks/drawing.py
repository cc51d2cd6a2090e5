"""A counterexample as a picture: units in columns from the input to the output, what is wrong marked on its edges.

Each edge has its weight, each unit its bias and its activation. Small networks are drawn whole; of a larger one the
unit with the most wrong derivatives and some of its neighbours, or the shape alone if nothing is known to be wrong.
Lengths are in pixels of the picture's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

from markupsafe import Markup

from grader.errors import MadeByNewerVersion
from grader.model.cases import list_places
from grader.model.formulas import Activation, Formulas
from grader.model.stored import read
from grader.model.verdict import Counterexample, Numbers
from grader.web.pages.comparing import Array
from grader.web.pages.networks import shapes
from grader.web.pages.numbers import number

#: A network is drawn whole up to so many units in a layer, and so many layers.
_WHOLE_UNITS, _WHOLE_LAYERS = 3, 5
#: Neighbours of a unit that are drawn, of the layer before and of the one after.
_BESIDE = 3
_RADIUS = 31
#: Heights of a tag's line and of its rim; the width of one of its letters.
_LINE, _RIM, _LETTER = 19, 10, 8.6
_MARGIN, _HEADING = 30, 40
#: Between an edge's tag and the rims of its units; from the middle of an outer column to the picture's edge.
_AIR = 15


def _width(lines: tuple[str, ...]) -> float:
    return max(map(len, lines)) * _LETTER + 14


def _height(lines: tuple[str, ...]) -> float:
    return len(lines) * _LINE + _RIM - 3


@dataclass(frozen=True, slots=True)
class Tag:
    """A label: lines of text around a point. A wrong one has the actual, then the expected value."""

    x: float
    y: float
    lines: tuple[str, ...]
    wrong: bool

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
    #: Its activation, or the output, and below it its preactivation or what should come out.
    value: str
    below: str
    #: True if its activation function lets nothing through.
    asleep: bool
    wrong: bool
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Edge:
    """A weight, between the rims of two units."""

    x1: float
    y1: float
    x2: float
    y2: float
    wrong: bool
    tag: Tag


@dataclass(frozen=True, slots=True)
class Heading:
    """The notebook's name of a column."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture of a network, or of a unit and its neighbours."""

    TEMPLATE: ClassVar[str] = "networks/drawing.html"

    width: float
    height: float
    #: False for a verdict of an earlier version, without what is in the units.
    valued: bool
    radius: float
    headings: tuple[Heading, ...]
    edges: tuple[Edge, ...]
    nodes: tuple[Node, ...]
    #: Columns of the batch, of which the first is shown.
    columns: int
    #: The sentences about the part that is drawn; empty if that is all of it.
    part: str
    #: The picture in words, for people who cannot see it.
    description: str


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of a network that is too large for its numbers."""

    TEMPLATE: ClassVar[str] = "networks/shape.html"

    drawing: Markup
    description: str


@dataclass(frozen=True, slots=True)
class _Layer:
    """The units of a layer that are drawn; layer 0 is the input."""

    layer: int
    units: tuple[int, ...]


def draw(example: Counterexample, arrays: Sequence[Array], settings: Mapping[str, Any]) -> Drawing | Shape | None:
    """Draw a network with the result of `compare`; None if only a newer version knows its formulas."""
    try:
        formulas = read(Formulas, settings.get("formulas", {}), strict=True)
    except MadeByNewerVersion:
        return None
    sizes = [len(example.net_input), *map(len, example.biases)]
    by_place = dict(zip(list_places(example.depth), arrays, strict=False))
    if max(sizes) <= _WHOLE_UNITS and len(sizes) <= _WHOLE_LAYERS:
        layers = [_Layer(layer, tuple(range(size))) for layer, size in enumerate(sizes)]
        return _Sketch(example, by_place, formulas, layers).drawing("")
    worst = _find_worst(by_place)
    if worst is None:
        return Shape(shapes.draw(sizes), _describe(sizes, by_place))
    layer, unit = worst
    before = _choose(_count_wrong(by_place, layer - 1, unit, range(sizes[layer - 1]), incoming=True))
    layers = [_Layer(layer - 1, before), _Layer(layer, (unit,))]
    if layer <= example.depth:
        after = _choose(_count_wrong(by_place, layer, unit, range(sizes[layer + 1]), incoming=False))
        layers.append(_Layer(layer + 1, after))
    return _Sketch(example, by_place, formulas, layers).drawing(_describe_part(sizes, layers))


def _find_worst(by_place: Mapping[tuple[str, int], Array]) -> tuple[int, int] | None:
    """Return layer and number of the unit with the most wrong derivatives, the nearest to the output of several."""
    counts: dict[tuple[int, int], int] = {}
    for (_, k), array in by_place.items():
        for i, row in enumerate(array.actual):
            counts[k + 1, i] = counts.get((k + 1, i), 0) + sum(cell.wrong for cell in row)
    worst = max(counts, key=counts.__getitem__, default=None)
    return worst if worst is not None and counts[worst] else None


def _count_wrong(
    by_place: Mapping[tuple[str, int], Array], k: int, unit: int, others: Sequence[int], *, incoming: bool
) -> list[bool]:
    """Return True for each neighbour whose weight to or from the unit, in layer `k`, has a wrong derivative."""
    array = by_place["weights", k].actual
    return [array[unit][i].wrong if incoming else array[i][unit].wrong for i in others]


def _choose(wrong: Sequence[bool]) -> tuple[int, ...]:
    """Return a few neighbours in their order, those with a wrong derivative first."""
    return tuple(sorted(sorted(range(len(wrong)), key=lambda other: not wrong[other])[:_BESIDE]))


def _describe_part(sizes: Sequence[int], layers: Sequence[_Layer]) -> str:
    before, (layer, unit) = layers[0], (layers[1].layer, layers[1].units[0])
    where = f"unit {unit} of layer {layer}" if layer < len(sizes) - 1 else f"output {unit}"
    what = "input{}" if layer == 1 else f"unit{{}} of layer {layer - 1}"
    beside = [_format_part(len(before.units), sizes[layer - 1], what)]
    if len(layers) > 2:
        after = "output{}" if layer + 1 == len(sizes) - 1 else f"unit{{}} of layer {layer + 1}"
        beside.append(_format_part(len(layers[2].units), sizes[layer + 1], after))
    return (
        f"The network's layers have {_join(sizes)} units. Drawn is {where}, counted from 0, which has the most wrong"
        f" derivatives, with {' and '.join(beside)}. All derivatives are below."
    )


def _format_sizes(sizes: Sequence[int]) -> str:
    hidden = " and then ".join(_format_count(units, "hidden unit") for units in sizes[1:-1]) or "no hidden units"
    return f"{_format_count(sizes[0], 'input')}, {hidden}, and {_format_count(sizes[-1], 'output')}"


def _describe(sizes: Sequence[int], by_place: Mapping[tuple[str, int], Array]) -> str:
    faults = [f"{array.wrong} of {array.size} in {array.name}" for array in by_place.values() if array.wrong]
    shape = f"A network with {_format_sizes(sizes)}."
    return f"{shape} Wrong derivatives: {'; '.join(faults)}." if faults else shape


class _Sketch:
    """The measures that the parts of one picture share; columns of it are layers, its rows the units drawn."""

    def __init__(
        self,
        example: Counterexample,
        by_place: Mapping[tuple[str, int], Array],
        formulas: Formulas,
        layers: Sequence[_Layer],
    ) -> None:
        self.example, self.layers, self.by_place = example, layers, by_place
        self.f, self.h = example.preactivations, example.activations
        self.kinked = formulas.activation is Activation.RELU
        self.sizes = [len(layer.units) for layer in layers]
        self.tallest = max(self.sizes)
        self.tags = {
            (column, row, start_row): self._lines("\u03a9", "weights", layer.layer, i, j)
            for column, (layer, after) in enumerate(pairwise(layers))
            for row, i in enumerate(after.units)
            for start_row, j in enumerate(layer.units)
        }
        above = max(
            _height(self._lines("\u03b2", "biases", layer.layer - 1, unit, 0))
            for layer in layers
            if layer.layer
            for unit in layer.units
        )
        columns = range(len(self.sizes) - 1)
        self.row = max(2 * _RADIUS + above + 38, *map(self._spread, columns))
        self.top = _HEADING + above + _RADIUS + 8
        # Where the columns stand.
        self.places = [float(_MARGIN + _RADIUS + 10)]
        for column in columns:
            self.places.append(self.places[-1] + self._stretch(column))

    def drawing(self, part: str) -> Drawing:
        """Return the picture, with the sentences about the part that it shows."""
        sizes = [len(self.example.net_input), *map(len, self.example.biases)]
        return Drawing(
            width=self.places[0] + self.places[-1],
            height=self.top + self.row * (self.tallest - 1) + _RADIUS + 40,
            valued=self.h is not None,
            radius=_RADIUS,
            headings=tuple(Heading(self._x(column), self._name(layer)) for column, layer in enumerate(self.layers)),
            edges=tuple(self._edges()),
            nodes=tuple(node for column in range(len(self.sizes)) for node in self._nodes(column, named=bool(part))),
            columns=len(self.example.net_input[0]),
            part=part,
            description=_describe(sizes, self.by_place),
        )

    def _name(self, layer: _Layer) -> str:
        if not layer.layer:
            return "net_input"
        depth = self.example.depth
        return f"all_h[{layer.layer}]" if layer.layer <= depth else f"all_f[{depth}]"

    def _part(self, column: int) -> float:
        """Return the part of the way from one unit to the next at which the tags of a column stand.

        Between several units and several others, at that part they stand at equal distances, one above the other.
        """
        before, after = self.sizes[column], self.sizes[column + 1]
        if before > 1 and after > 1:
            return 1 / (after + 1)
        return 0.5 if before == after else 0.6 if before == 1 else 0.4

    def _spread(self, column: int) -> float:
        """Return the distance between units that gives the tags of their edges room."""
        before, after = self.sizes[column], self.sizes[column + 1]
        if before == after == 1:
            return 0
        tallest = max(_height(lines) for (at, _, _), lines in self.tags.items() if at == column) + 6
        return tallest * (after + 1) if before > 1 and after > 1 else tallest / 0.6

    def _stretch(self, column: int) -> float:
        """Return the distance between two columns: a tag must not cover a unit."""
        widest = max(_width(lines) for (at, _, _), lines in self.tags.items() if at == column)
        part = self._part(column)
        return max(150.0, (_RADIUS + _AIR + widest / 2) / min(part, 1 - part))

    def _x(self, column: int) -> float:
        return self.places[column]

    def _y(self, column: int, row: int) -> float:
        return self.top + self.row * (row + (self.tallest - self.sizes[column]) / 2)

    def _nodes(self, column: int, *, named: bool) -> list[Node]:
        """Return the units of a column, with their numbers if `named`."""
        layer, nodes = self.layers[column].layer, []
        for row, unit in enumerate(self.layers[column].units):
            x, y = self._x(column), self._y(column, row)
            f = self.f[layer - 1][unit][0] if self.f and layer else None
            asleep = self.kinked and 0 < layer <= self.example.depth and f is not None and f <= 0
            wrong = layer > 0 and self._wrong("biases", layer - 1, unit, 0)
            value, below = self._values(layer, unit)
            if named:
                below = f"[{unit}]  {below}".rstrip()
            nodes.append(Node(x, y, value, below, asleep, wrong, self._bias(layer, unit, x, y)))
        return nodes

    def _values(self, layer: int, unit: int) -> tuple[str, str]:
        """Return what stands in a unit and below it; empty if it is not known."""
        if layer > self.example.depth:
            output = number(self.f[-1][unit][0]) if self.f else ""
            return output, f"y = {number(self.example.y[unit][0])}"
        activations = self.h[layer] if self.h else None if layer else self.example.net_input
        activation = number(activations[unit][0]) if activations else ""
        return activation, f"f = {number(self.f[layer - 1][unit][0])}" if self.f and layer else ""

    def _bias(self, layer: int, unit: int, x: float, y: float) -> Tag | None:
        if not layer:
            return None
        lines = self._lines("\u03b2", "biases", layer - 1, unit, 0)
        tag = Tag(x, 0, lines, len(lines) > 1)
        return Tag(x, y - _RADIUS - 7 - tag.height / 2, lines, tag.wrong)

    def _edges(self) -> list[Edge]:
        edges = []
        for column, row, start_row in self.tags:
            start = (self._x(column), self._y(column, start_row))
            end = (self._x(column + 1), self._y(column + 1, row))
            tag = self._weight(column, row, start_row, (start, end))
            edges.append(Edge(*_rims(start, end), tag.wrong, tag))
        # What is wrong lies above.
        return sorted(edges, key=lambda edge: edge.wrong)

    def _weight(self, column: int, row: int, other: int, ends: tuple[tuple[float, float], tuple[float, float]]) -> Tag:
        (x1, y1), (x2, y2) = ends
        part, lines = self._part(column), self.tags[column, row, other]
        return Tag(x1 + part * (x2 - x1), y1 + part * (y2 - y1), lines, len(lines) > 1)

    def _lines(self, letter: str, part: str, k: int, i: int, j: int) -> tuple[str, ...]:
        """Return the parameter and, if its derivative is wrong, the actual and the expected derivative."""
        values: Numbers = getattr(self.example, part)[k]
        name = f"{letter} = {number(values[i][j])}"
        if not self._wrong(part, k, i, j):
            return (name,)
        array = self.by_place[part, k]
        return name, f"\u2717 {number(array.actual[i][j].value)}", f"\u2713 {number(array.expected[i][j].value)}"

    def _wrong(self, part: str, k: int, i: int, j: int) -> bool:
        array = self.by_place.get((part, k))
        return array is not None and array.actual[i][j].wrong


def _rims(start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float, float, float]:
    across, down = end[0] - start[0], end[1] - start[1]
    length = (across**2 + down**2) ** 0.5
    dx, dy = _RADIUS * across / length, _RADIUS * down / length
    return start[0] + dx, start[1] + dy, end[0] - dx, end[1] - dy


def _format_part(some: int, of: int, what: str) -> str:
    """Return such as "3 of the 9 inputs"; `what` has a place for its plural's s."""
    if of == 1:
        return f"the {what.format('')}"
    return f"{'the' if some == of else f'{some} of the'} {of} {what.format('s')}"


def _join(sizes: Sequence[int]) -> str:
    return f"{', '.join(map(str, sizes[:-1]))} and {sizes[-1]}"


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
