"""The picture of a network of layers, as SVG."""

from collections.abc import Iterator

from backmark.grader.reports.html.layers import Edge, NetworkDrawing, Node, Tag
from backmark.grader.reports.html.markup import Html, classes, element, join

#: Wider pictures have their caption below, and narrower ones need no scrolling on a phone.
_WIDE, _SLIM = 800, 480
#: Pixels from a unit's middle to the baseline of its value; characters of a value that is written smaller.
_TO_BASELINE, _LONG = 5.5, 5


def draw_network(drawing: NetworkDrawing, *, has_wrong: bool) -> Html:
    """Return the picture with its caption; `has_wrong` explains the marks on wrong derivatives."""
    svg = element(
        "svg",
        *(element("text", part.text, class_="net-heading", x=part.x, y=22) for part in drawing.headings),
        *map(_draw_edge, drawing.edges),
        *(join(_draw_node(node, drawing.radius)) for node in drawing.nodes),
        *(_draw_tag(edge.tag) for edge in drawing.edges),
        *(_draw_tag(node.tag) for node in drawing.nodes if node.tag),
        class_=classes("net", drawing.width < _SLIM and "net-slim"),
        viewBox=f"0 0 {drawing.width:.1f} {drawing.height:.1f}",
        width=round(drawing.width),
        height=round(drawing.height),
        role="img",
        aria_label=drawing.description,
    )
    scrolling = element("div", svg, class_="scroll", tabindex="0", role="group", aria_label="Picture of the network")
    caption = element("figcaption", element("p", _describe(drawing)), _draw_key() if has_wrong else None)
    return element("figure", scrolling, caption, class_=classes("card network", drawing.width >= _WIDE and "below"))


def _draw_edge(edge: Edge) -> Html:
    ends = {"x1": edge.x1, "y1": edge.y1, "x2": edge.x2, "y2": edge.y2}
    return element("line", class_=classes("net-edge", edge.wrong and "wrong"), **_round(ends))


def _draw_node(node: Node, radius: float) -> Iterator[Html]:
    marks = classes("net-node", node.wrong and "wrong", node.asleep and "asleep")
    yield element("circle", class_=marks, cx=node.x, cy=node.y, r=radius)
    size = classes("net-value", len(node.value) > _LONG and "long")
    yield element("text", node.value, class_=size, x=node.x, y=node.y + _TO_BASELINE)
    if node.below:
        yield element("text", node.below, class_="net-below", x=node.x, y=node.y + radius + 19)


def _draw_tag(tag: Tag) -> Html:
    frame = {"x": tag.x - tag.width / 2, "y": tag.y - tag.height / 2, "width": tag.width, "height": tag.height}
    lines = (
        element("text", text, class_=f"net-line-{number}", **_round({"x": tag.x, "y": tag.baseline(number)}))
        for number, text in enumerate(tag.lines)
    )
    return element(
        "g", element("rect", rx=7, **_round(frame)), *lines, class_=classes("net-tag", tag.wrong and "wrong")
    )


def _round(values: dict[str, float]) -> dict[str, str]:
    return {name: f"{value:.1f}" for name, value in values.items()}


def _describe(drawing: NetworkDrawing) -> str:
    circles = "Each circle shows its activation, each" if drawing.valued else "Each"
    sentences = [f"{circles} line shows its weight Ω, and each unit has its bias β above it."]
    if any(node.asleep for node in drawing.nodes):
        sentences.append(
            "A dashed circle is a unit whose preactivation f is below zero: it outputs 0, and no gradient flows back"
            " through it."
        )
    if drawing.examples > 1:
        sentences.append(f"The picture shows the first of the batch's {drawing.examples} examples.")
    return " ".join(sentences)


def _draw_key() -> Html:
    signs = (
        ("key-line", "", " this derivative is wrong"),
        ("key-sign bad", "✗", " what your code returned"),
        ("key-sign good", "✓", " what finite differences say"),
    )
    return element(
        "ul",
        *(element("li", element("span", sign, class_=name, aria_hidden="true"), text) for name, sign, text in signs),
        class_="key",
    )
