"""The shapes of JSON that a jail may answer with: declared as data, and matched strictly."""

from collections.abc import Callable, Collection, Mapping

#: Returns True for a value of this shape.
Shape = Callable[[object], bool]


def anything(_: object) -> bool:
    """Return True."""
    return True


def flag(value: object) -> bool:
    """Return True for true or false."""
    return type(value) is bool


def whole(least: int, most: int) -> Shape:
    """Return the shape of a whole number from `least` to `most`."""
    return lambda value: type(value) is int and least <= value <= most


def raw(most: int) -> Shape:
    """Return the shape of any text."""
    return lambda value: isinstance(value, str) and len(value) <= most


def text(most: int) -> Shape:
    """Return the shape of a text as the runner makes it: without control characters, fit for any report."""
    return lambda value: isinstance(value, str) and len(value) <= most and value.replace("\n", "").isprintable()


def line(most: int) -> Shape:
    """Return the shape of such a text of one line."""
    return lambda value: isinstance(value, str) and len(value) <= most and value.isprintable()


def one_of(values: Collection[str]) -> Shape:
    """Return the shape of one of some texts."""
    return lambda value: isinstance(value, str) and value in values


def optional(shape: Shape) -> Shape:
    """Return the shape of null, or of a value of another shape."""
    return lambda value: value is None or shape(value)


def many(shape: Shape, most: int, least: int = 0) -> Shape:
    """Return the shape of a list of `least` to `most` items."""
    return lambda value: isinstance(value, list) and least <= len(value) <= most and all(map(shape, value))


def row(*shapes: Shape) -> Shape:
    """Return the shape of a list that has one item of each shape, in this order."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(shapes)
        and all(shape(item) for shape, item in zip(shapes, value, strict=True))
    )


def record(members: Mapping[str, Shape], others: Mapping[str, Shape] | None = None) -> Shape:
    """Return the shape of an object with all of these members, and perhaps some of the others."""
    every = {**members, **(others or {})}
    return lambda value: (
        isinstance(value, dict)
        and members.keys() <= value.keys() <= every.keys()
        and all(every[name](member) for name, member in value.items())
    )


def both(*shapes: Shape) -> Shape:
    """Return the shape of what has all of these shapes, which are tried in this order."""
    return lambda value: all(shape(value) for shape in shapes)
