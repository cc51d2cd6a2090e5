"""The moments of values: by case those of all their numbers, whatever the order and the shape of these."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.arrays import Array, Booleans

#: The number of the moments of one case.
MOMENTS = 5
#: Numbers that are compared at once.
_AT_ONCE = 1 << 17


def fingerprint(values: Sequence[Sequence[Array]]) -> Array | None:
    """Return the moments of the numbers in each case, and behind them their scales; None if there are no values."""
    return fingerprint_all([values])[0] if any(values) else None


def fingerprint_all(several: Sequence[Sequence[Sequence[Array]]]) -> Array:
    """Return the moments and scales of each of several values, zeros for one that there is not."""
    cases = max(map(len, several), default=0)
    found = np.zeros((len(several), 2, cases, MOMENTS))
    for case in range(cases):
        owners = [owner for owner, values in enumerate(several) for _ in values[case]]
        arrays = [array.ravel() for values in several for array in values[case]]
        if not arrays:
            continue
        numbers = np.concatenate(arrays)
        owned = np.repeat(owners, [array.size for array in arrays])
        with np.errstate(all="ignore"):
            squares = numbers * numbers
            # A power is ten times as slow as a product.
            cubes = squares * numbers
            count, total, square, cube, size, cubic = (
                np.bincount(owned, weights, len(several))
                for weights in (None, numbers, squares, cubes, np.abs(numbers), np.abs(cubes))
            )
        found[:, 0, case] = np.stack([count, total, square, cube, size], axis=1)
        found[:, 1, case] = np.stack([np.zeros_like(size), size, square, cubic, size], axis=1)
    return found.reshape(len(several), 2, cases * MOMENTS)


def look_up(table: Array, wanted: Array | None, rounding: float = 1e-7) -> int:
    """Return the first row of a table that has these moments, but for rounding; -1 if none has."""
    return -1 if wanted is None else look_up_all(table, wanted[None], rounding)[0]


def look_up_all(table: Array, several: Array, rounding: float = 1e-7) -> list[int]:
    """Return for each of several moments the first row of a table that has them, but for rounding; -1 if none has."""
    found = [-1] * len(several)
    step = max(1, _AT_ONCE // max(1, MOMENTS * len(table)))
    for start in range(0, len(several) if len(table) else 0, step):
        part = several[start : start + step]
        # Hardly any has the moments of the first case.
        first = table[None, :, :MOMENTS], part[:, :1, :MOMENTS], part[:, 1:, :MOMENTS]
        owners, rows = np.nonzero(_are_near(*first, rounding))
        rest = table[rows, MOMENTS:], part[owners, 0, MOMENTS:], part[owners, 1, MOMENTS:]
        same = np.flatnonzero(_are_near(*rest, rounding))[::-1]
        for owner, row in zip(owners[same].tolist(), rows[same].tolist(), strict=True):
            found[start + owner] = row
    return found


def _are_near(table: Array, moments: Array, scales: Array, rounding: float) -> Booleans:
    with np.errstate(all="ignore"):
        near = np.abs(table - moments) <= 1e-9 + rounding * scales
    near |= np.isnan(table) & np.isnan(moments)
    near |= table == moments
    return np.asarray(near.all(axis=-1))
