"""The words for an object that came in the place of an array."""

from backmark.grader.contracts.cases.answers import ReceivedForm


def describe_shape(shape: tuple[int, ...] | None) -> str:
    """Return a shape in words, such as `an array of shape (2, 3)`; None is that of a list."""
    if shape is None:
        return "a list"
    return "a single number" if shape == () else f"an array of shape {shape}"


def describe_form(form: ReceivedForm) -> str:
    """Return in words the form of what came, such as `None` or `a dict`."""
    if form.shape is not None:
        return describe_shape(form.shape)
    if form.type == "NoneType":
        return "None"
    return f"{'an' if form.type[:1].lower() in tuple('aeiou') else 'a'} {form.type}"


def differs_by_ones(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Return True if two shapes differ, but for axes of length 1 alone."""
    long_axes = [[size for size in shape if size != 1] for shape in (first, second)]
    return first != second and long_axes[0] == long_axes[1]


def is_of_other_numbers(form: ReceivedForm, wanted: tuple[int, ...] | None) -> bool:
    """Return True if an array came that has the shape, and whose entries are no real numbers."""
    return form.shape is not None and form.shape == wanted


def describe_difference(form: ReceivedForm, wanted: tuple[int, ...] | None) -> str:
    """Return in words what came where what is expected, by what tells them apart."""
    if is_of_other_numbers(form, wanted):
        return f"an array of {form.dtype} where real numbers are expected"
    return f"{describe_form(form)} where {describe_shape(wanted)} is expected"
