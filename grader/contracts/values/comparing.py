"""Values beside the solution's: equal but for rounding, as many and in the same order, or the first of them."""

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.program import Given

#: Numbers that are equal but for rounding.
_RTOL, _ATOL = 1e-6, 1e-9


def are_same(first: Array, second: Array) -> bool:
    """Return True if two arrays are equal but for rounding."""
    scale = np.max(np.abs(second), initial=0)
    return first.shape == second.shape and bool(np.allclose(first, second, _RTOL, _ATOL * (1 + scale), equal_nan=True))


def _have_same_numbers(first: Array, second: Array) -> bool:
    return first.size == second.size and bool(
        np.allclose(np.sort(first.ravel()), np.sort(second.ravel()), _RTOL, _ATOL, equal_nan=True)
    )


def are_in_order(own: Given, wanted: Given) -> bool:
    """Return False if values are as many as the solution's, but neither in its order nor in the reverse one."""
    for mine, theirs in zip(own, wanted, strict=True):
        if len(mine) == len(theirs) and mine and (len(mine) == 1 or mine[0].shape == theirs[0].shape):
            turns = (theirs, theirs[::-1])
            if not any(all(map(_have_same_numbers, mine, turned)) for turned in turns):
                return False
    return True


def begins(own: Given, wanted: Given) -> bool:
    """Return True if values are the first ones of the solution's, in its order or in the reverse one."""
    return any(
        all(
            len(mine) <= len(theirs) and all(map(_have_same_numbers, mine, theirs[::turn]))
            for mine, theirs in zip(own, wanted, strict=True)
        )
        for turn in (1, -1)
    )
