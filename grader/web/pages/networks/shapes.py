"""The shape of a network as a small drawing: a column of units for each layer, and what connects them."""

from collections.abc import Sequence
from itertools import pairwise

from markupsafe import Markup

#: Distances between layers and between units, the radius of a unit, and the edge around it all.
_ACROSS, _DOWN, _RADIUS, _EDGE = 36.0, 15.0, 4.4, 7.0
#: Units that are drawn one by one; of a wider layer only these, and the label has its number of units anyway.
_MOST = 16
#: Lines between two layers that can still be distinguished; beyond, they are a band.
_LINES = 36


def draw(sizes: Sequence[int]) -> Markup:
    """Draw a network: inputs on the left, hidden layers, outputs on the right."""
    counts = [min(size, _MOST) for size in sizes]
    height = 2 * _EDGE + (max(counts) - 1) * _DOWN
    width = 2 * _EDGE + (len(sizes) - 1) * _ACROSS
    # The same scale for all drawings of a page: a wider one is a deeper network.
    size = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    parts = [f'<svg class="shape" role="img" aria-label="{describe(sizes)}" {size}>']
    places = [_places(units, layer, height) for layer, units in enumerate(counts)]
    parts += [_between(left, right) for left, right in pairwise(places)]
    for layer, units in enumerate(places):
        kind = "end" if layer in {0, len(places) - 1} else "unit"
        parts += [f'<circle class="{kind}" cx="{x:g}" cy="{y:g}" r="{_RADIUS:g}"/>' for x, y in units]
    return Markup("".join([*parts, "</svg>"]))  # noqa: S704 - numbers, and words of ours


def describe(sizes: Sequence[int]) -> str:
    """Return the shape in words."""
    inputs, *hidden, outputs = sizes
    layers = f"hidden layers of {', '.join(map(str, hidden))}" if hidden else "no hidden layer"
    return f"inputs {inputs}, {layers}, outputs {outputs}"


def _places(size: int, layer: int, height: float) -> list[tuple[float, float]]:
    top = (height - (size - 1) * _DOWN) / 2
    return [(_EDGE + layer * _ACROSS, top + unit * _DOWN) for unit in range(size)]


def _between(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> str:
    if len(left) * len(right) > _LINES:
        return _band(left, right)
    return "".join(
        f'<line class="link" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>' for x1, y1 in left for x2, y2 in right
    )


def _band(left: list[tuple[float, float]], right: list[tuple[float, float]]) -> str:
    """Draw the links of every unit with every other as a band: one by one they would be a thousand lines a network."""
    reach = _RADIUS - 1
    (x0, top0), (_, bottom0) = left[0], left[-1]
    (x1, top1), (_, bottom1) = right[0], right[-1]
    corners = ((x0, top0 - reach), (x1, top1 - reach), (x1, bottom1 + reach), (x0, bottom0 + reach))
    points = " ".join(f"{x:g},{y:g}" for x, y in corners)
    return f'<polygon class="band" points="{points}"/>'
