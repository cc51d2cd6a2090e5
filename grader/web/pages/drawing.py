"""A counterexample as a picture: units in columns from the input to the output, what is wrong marked on its edges.

Small networks are written full: each edge has its weight, each unit its bias and its activation. Of larger ones the
shape is drawn, and which derivatives are wrong. Lengths are in pixels of the picture's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from grader.model.assignment import Activation, Formulas
from grader.model.verdict import Counterexample, Numbers
from grader.web.pages.comparing import Array
from grader.web.pages.numbers import number

#: A network is written full up to so many units in a layer, and so many layers.
_FULL_UNITS, _FULL_LAYERS = 3, 5
_RADIUS, _SMALL = 31, 8
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
    tag: Tag | None


@dataclass(frozen=True, slots=True)
class Heading:
    """The notebook's name of a column."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """The picture."""

    width: float
    height: float
    full: bool
    #: False for a verdict of an earlier version, without what is in the units.
    valued: bool
    radius: float
    headings: tuple[Heading, ...]
    edges: tuple[Edge, ...]
    nodes: tuple[Node, ...]
    #: Columns of the batch, of which the first is shown.
    columns: int
    #: The picture in words, for people who cannot see it.
    description: str


def draw(example: Counterexample, arrays: Sequence[Array], formulas: Formulas) -> Drawing:
    """Draw a network with the result of `compare`."""
    return _Sketch(example, arrays, formulas).drawing()


class _Sketch:
    """The measures that the parts of one picture share."""

    def __init__(self, example: Counterexample, arrays: Sequence[Array], formulas: Formulas) -> None:
        self.example = example
        self.f, self.h = example.preactivations, example.activations
        self.kinked = formulas.activation is Activation.RELU
        self.by_place = {array.place: array for array in arrays}
        self.sizes = [len(example.net_input), *[len(rows) for rows in example.biases]]
        self.full = max(self.sizes) <= _FULL_UNITS and len(self.sizes) <= _FULL_LAYERS
        self.radius = _RADIUS if self.full else _SMALL
        self.tallest = max(self.sizes)
        self.tags = {
            (k, i, j): self._lines("\u03a9", "weights", k, i, j)
            for k, weights in enumerate(example.weights)
            for i, row in enumerate(weights)
            for j in range(len(row))
        }
        above = max(_height(self._lines("\u03b2", "biases", k, i, 0)) for k, i in self._units())
        layers = range(len(self.sizes) - 1)
        self.row = max(2 * _RADIUS + above + 38, *map(self._spread, layers)) if self.full else 26
        self.top = _HEADING + (above + _RADIUS + 8 if self.full else 14)
        # Where the columns stand.
        self.places = [float(_MARGIN + (_RADIUS + 10 if self.full else 34))]
        for k in layers:
            self.places.append(self.places[-1] + (self._stretch(k) if self.full else 105))

    def drawing(self) -> Drawing:
        depth = self.example.depth
        names = ["net_input" if not k else f"all_h[{k}]" for k in range(depth + 1)] + [f"all_f[{depth}]"]
        below = 40 if self.full else 14
        return Drawing(
            width=self.places[0] + self.places[-1],
            height=self.top + self.row * (self.tallest - 1) + self.radius + below,
            full=self.full,
            valued=self.h is not None,
            radius=self.radius,
            headings=tuple(Heading(self._x(column), name) for column, name in enumerate(names)),
            edges=tuple(self._edges()),
            nodes=tuple(node for column in range(len(self.sizes)) for node in self._nodes(column)),
            columns=len(self.example.net_input[0]),
            description=self._description(),
        )

    def _units(self) -> list[tuple[int, int]]:
        """Return every unit that has a bias: its layer and its number in it."""
        return [(k, i) for k, size in enumerate(self.sizes[1:]) for i in range(size)]

    def _part(self, k: int) -> float:
        """Return the part of the way from one unit to the next at which the tags of a layer stand.

        Between several units and several others, at that part they stand at equal distances, one above the other.
        """
        before, after = self.sizes[k], self.sizes[k + 1]
        if before > 1 and after > 1:
            return 1 / (after + 1)
        return 0.5 if before == after else 0.6 if before == 1 else 0.4

    def _spread(self, k: int) -> float:
        """Return the distance between units that gives the tags of their edges room."""
        before, after = self.sizes[k], self.sizes[k + 1]
        if before == after == 1:
            return 0
        tallest = max(_height(lines) for (layer, _, _), lines in self.tags.items() if layer == k) + 6
        return tallest * (after + 1) if before > 1 and after > 1 else tallest / 0.6

    def _stretch(self, k: int) -> float:
        """Return the distance between two columns: a tag must not cover a unit."""
        widest = max(_width(lines) for (layer, _, _), lines in self.tags.items() if layer == k)
        part = self._part(k)
        return max(150.0, (_RADIUS + _AIR + widest / 2) / min(part, 1 - part))

    def _x(self, column: int) -> float:
        return self.places[column]

    def _y(self, column: int, row: int) -> float:
        return self.top + self.row * (row + (self.tallest - self.sizes[column]) / 2)

    def _nodes(self, column: int) -> list[Node]:
        depth, nodes = self.example.depth, []
        for row in range(self.sizes[column]):
            x, y = self._x(column), self._y(column, row)
            f = self.f[column - 1][row][0] if self.f and column else None
            asleep = self.kinked and 0 < column <= depth and f is not None and f <= 0
            wrong = column > 0 and self._wrong("biases", column - 1, row, 0)
            value, below = self._values(column, row)
            nodes.append(Node(x, y, value, below, asleep, wrong, self._bias(column, row, x, y)))
        return nodes

    def _values(self, column: int, row: int) -> tuple[str, str]:
        """Return what stands in a unit and below it; empty if it is not known."""
        if column > self.example.depth:
            output = number(self.f[-1][row][0]) if self.f else ""
            return output, f"y = {number(self.example.y[row][0])}"
        activations = self.h[column] if self.h else None if column else self.example.net_input
        activation = number(activations[row][0]) if activations else ""
        return activation, f"f = {number(self.f[column - 1][row][0])}" if self.f and column else ""

    def _bias(self, column: int, row: int, x: float, y: float) -> Tag | None:
        if not column or not self.full:
            return None
        lines = self._lines("\u03b2", "biases", column - 1, row, 0)
        tag = Tag(x, 0, lines, len(lines) > 1)
        return Tag(x, y - self.radius - 7 - tag.height / 2, lines, tag.wrong)

    def _edges(self) -> list[Edge]:
        edges = []
        for k, weights in enumerate(self.example.weights):
            for i, row in enumerate(weights):
                for j in range(len(row)):
                    start = (self._x(k), self._y(k, j))
                    end = (self._x(k + 1), self._y(k + 1, i))
                    wrong = self._wrong("weights", k, i, j)
                    tag = self._weight(k, i, j, (start, end)) if self.full else None
                    edges.append(Edge(*self._rims(start, end), wrong, tag))
        # What is wrong lies above.
        return sorted(edges, key=lambda edge: edge.wrong)

    def _weight(self, k: int, i: int, j: int, ends: tuple[tuple[float, float], tuple[float, float]]) -> Tag:
        (x1, y1), (x2, y2) = ends
        part, lines = self._part(k), self.tags[k, i, j]
        return Tag(x1 + part * (x2 - x1), y1 + part * (y2 - y1), lines, len(lines) > 1)

    def _rims(self, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float, float, float]:
        across, down = end[0] - start[0], end[1] - start[1]
        length = (across**2 + down**2) ** 0.5
        dx, dy = self.radius * across / length, self.radius * down / length
        return start[0] + dx, start[1] + dy, end[0] - dx, end[1] - dy

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

    def _description(self) -> str:
        hidden = (
            " and then ".join(_format_count(units, "hidden unit") for units in self.sizes[1:-1]) or "no hidden units"
        )
        faults = [f"{array.wrong} of {array.size} in {array.name}" for array in self.by_place.values() if array.wrong]
        inputs, outputs = _format_count(self.sizes[0], "input"), _format_count(self.sizes[-1], "output")
        shape = f"A network with {inputs}, {hidden}, and {outputs}."
        return f"{shape} Wrong derivatives: {'; '.join(faults)}." if faults else shape


def _format_count(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
