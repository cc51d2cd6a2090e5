"""Values beside the solution's: equal but for rounding, as many and in the same order, or the first of them."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.values.program import Given

#: Numbers that are equal but for rounding.
_RTOL, _ATOL = 1e-6, 1e-9


def find_differing(first: Sequence[Array], second: Sequence[Array]) -> Booleans:
    """Return for each pair of arrays, which have the same shapes, True if they differ by more than rounding."""
    own, wanted = _join(first), _join(second)
    sizes = np.array([array.size for array in second], int)
    with np.errstate(all="ignore"):
        scales = np.array([np.max(np.abs(array), initial=0) for array in second], float)
        allowed = _RTOL * np.abs(wanted) + np.repeat(_ATOL * (1 + scales), sizes)
        same = (np.abs(own - wanted) <= allowed) & np.isfinite(wanted)
    same |= (own == wanted) | (np.isnan(own) & np.isnan(wanted))
    return np.bincount(np.repeat(np.arange(len(sizes)), sizes), ~same, len(sizes)) > 0


def have_same_arrays(own: Given, wanted: Given) -> bool:
    """Return True if values are as many as others, of the same shapes, and equal but for rounding, one by one."""
    return _list_lengths(own) == _list_lengths(wanted) and not any(
        [array.shape for array in mine] != [array.shape for array in theirs] or find_differing(mine, theirs).any()
        for mine, theirs in zip(own, wanted, strict=True)
    )


def are_in_other_places(own: Given, wanted: Given) -> bool:
    """Return True if values have the shapes of others, and in neither order of these the same numbers at each place."""
    shapes, others = ([[array.shape for array in case] for case in given] for given in (own, wanted))
    return shapes == others and not any(have_same_arrays(own, given) for given in (wanted, [c[::-1] for c in wanted]))


def have_same_axes(own: Given, wanted: Given) -> bool:
    """Return True if values are as many as others, and of the same shapes but for axes of length one."""
    return _list_lengths(own) == _list_lengths(wanted) and all(
        array.squeeze().shape == other.squeeze().shape
        for mine, theirs in zip(own, wanted, strict=True)
        for array, other in zip(mine, theirs, strict=True)
    )


def _list_lengths(values: Given) -> list[int]:
    return [len(case) for case in values]


def _join(arrays: Sequence[Array]) -> Array:
    return np.concatenate([np.zeros(0), *(array.ravel() for array in arrays)])


def _have_same_numbers(first: Sequence[Array], second: Sequence[Array]) -> bool:
    """Return True if pairs of arrays have the same numbers, each pair in any order."""
    if any(one.size != other.size for one, other in zip(first, second, strict=True)):
        return False
    own, wanted = (_join([np.sort(array, axis=None) for array in arrays]) for arrays in (first, second))
    return _are_close(own, wanted)


def _are_close(own: Array, wanted: Array) -> bool:
    with np.errstate(all="ignore"):
        near = np.abs(own - wanted) <= _ATOL + _RTOL * np.abs(wanted)
    return bool((near | (own == wanted) | (np.isnan(own) & np.isnan(wanted))).all())


def are_in_order(own: Given, wanted: Given) -> bool:
    """Return False if values are as many as the solution's, but neither in its order nor in the reverse one.

    They have the same numbers, so that of one in each case there is nothing to ask.
    """
    for mine, theirs in zip(own, wanted, strict=True):
        if (
            len(mine) == len(theirs) > 1
            and mine[0].shape == theirs[0].shape
            and not any(_have_same_numbers(mine, turned) for turned in (theirs, theirs[::-1]))
        ):
            return False
    return True


def begins(own: Given, wanted: Given) -> bool:
    """Return True if values are the first ones of the solution's, in its order or in the reverse one."""
    return any(
        all(
            len(mine) <= len(theirs) and _have_same_numbers(mine, theirs[::turn][: len(mine)])
            for mine, theirs in zip(own, wanted, strict=True)
        )
        for turn in (1, -1)
    )
