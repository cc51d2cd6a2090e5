"""The ways in which a solution's value can take the place of a site's: axes, loops and their order may differ."""

from collections.abc import Iterator, Sequence
from itertools import permutations

import numpy as np

from backmark.grader.contracts.cases.arrays import Array

#: Axes of arrays whose permutations are tried.
_AXES = 4


def list_layouts(
    wanted: Sequence[Array], own: Sequence[Array], *, is_open: bool = False, is_strange: bool = False
) -> dict[str, list[Array]]:
    """Return the values that can take the place of a site's own in one case, by the name of the way.

    If it is open, the site raised: how often it should have run, and in what shape, is not known. A strange value is of
    another size than the site's own.
    """
    found: dict[str, list[Array]] = {}
    seen: set[tuple[object, ...]] = set()
    ways = _list_free(wanted) if is_open or not own else _list_fitting(wanted, own)
    if is_strange and own:
        ways = _list_strange(wanted, own)
    for name, arrays in ways:
        key = tuple((array.shape, array.tobytes()) for array in arrays)
        if key not in seen:
            seen.add(key)
            found[name] = arrays
    return found


def may_fit(wanted: Sequence[Array], own: Sequence[Array]) -> bool:
    """Return False if no value that is not strange can take the place of a site's own in one case."""
    if not own or not wanted:
        return not own
    total = sum(map(np.size, own))
    return total == sum(map(np.size, wanted)) or total == len(own) * wanted[-1].size


def _list_free(wanted: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    if not wanted:
        return
    yield "as it is", list(wanted)
    yield "reversed", list(wanted[::-1])
    yield "transposed", [array.T for array in wanted]
    if len(wanted) == 1 and wanted[0].ndim > 1:
        yield "cut", list(wanted[0])


def _list_strange(wanted: Sequence[Array], own: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    count = len(own)
    if len(wanted) == count:
        yield "of its own size", list(wanted)
    elif wanted:
        yield "of its own size each time", [wanted[-1]] * count
    if 0 < len(wanted) < count:
        # A loop may run once more than it must.
        for name, values in _list_paired(wanted, own[: len(wanted)]):
            yield f"{name}, the first ones", [*values, *own[len(wanted) :]]


def _list_fitting(wanted: Sequence[Array], own: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    count = len(own)
    if not wanted:
        return
    if len(wanted) == count:
        yield from _list_paired(wanted, own)
    elif _is_regular(wanted) and _is_regular(own) and sum(map(np.size, wanted)) == sum(map(np.size, own)):
        yield from _list_recut(wanted, own)
    if count > 1:
        last = wanted[-1]
        if all(array.size == last.size for array in own):
            yield "the last each time", [last.reshape(array.shape) for array in own]
        if len(wanted) == 1 and all(array.shape == last.T.shape for array in own):
            yield "transposed each time", [last.T] * count


def _list_paired(wanted: Sequence[Array], own: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    for turn, name in ((1, "in order"), (-1, "in reverse order"))[: 1 if len(own) == 1 else 2]:
        pairs = list(zip(own, wanted[::turn], strict=True))
        if all(array.shape == value.shape for array, value in pairs):
            yield name, [value for _, value in pairs]
        elif all(array.size == value.size for array, value in pairs):
            axes = {value.ndim for _, value in pairs}
            several = permutations(range(wanted[0].ndim)) if len(axes) == 1 and wanted[0].ndim <= _AXES else iter([()])
            for order in several:
                turned = (value.transpose(order) if order else value for _, value in pairs)
                fitting = zip(pairs, turned, strict=True)
                yield f"{name}, axes {order}", [value.reshape(array.shape) for (array, _), value in fitting]
            yield f"{name}, in its own shape", [value for _, value in pairs]
        if all(value.ndim == 2 and value.T.shape == array.shape for array, value in pairs):
            yield f"{name}, transposed", [value.T for _, value in pairs]


def _list_recut(wanted: Sequence[Array], own: Sequence[Array]) -> Iterator[tuple[str, list[Array]]]:
    """Yield values that come in other pieces than a site's own: whole instead of by turns of a loop, or the reverse."""
    whole, shape, count = (np.stack(wanted) if len(wanted) > 1 else wanted[0]), own[0].shape, len(own)
    if whole.ndim > _AXES or (count, *shape) == (0,):
        return
    for order in permutations(range(whole.ndim)):
        moved = whole.transpose(order)
        yield f"cut {order}", list(moved.reshape((count, *shape)))
        turned = moved[::-1] if count > 1 else whole[::-1].transpose(order)
        yield f"cut {order} in reverse order", list(turned.reshape((count, *shape)))


def _is_regular(arrays: Sequence[Array]) -> bool:
    return len({array.shape for array in arrays}) == 1
