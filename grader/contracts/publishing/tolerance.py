"""The tolerance of each number of a contract, from what rounding does to a right solution.

The noise of a number is the largest difference between the solution in double precision and five runs in single
precision, four of them with inputs moved by about one unit of rounding: one run alone, number by number, is often right
by luck. The root mean square of the array's noise joins it for the same reason. A share of the array's largest number
is for right code in a style that the assignment's author did not think of, and the rest is the oracle's own uncertainty
(docs/how-we-know/verdict.md has the figures).
"""

import math

import numpy as np

from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases

#: Runs of a solution in single precision, and how far the inputs of all but the first are moved, relatively.
RUNS, MOVED = 5, 6e-8
#: Multiples of the noise, of the array's rms noise, and of the array's largest number. The last is larger for small
#: whole numbers: one run may be right by luck, and a reader must see the difference.
_NOISE, _RMS, FLOOR, VISIBLE = 8.0, 1.0, 2e-6, 1e-5
#: A number whose oracle is less certain than this, of its array's largest, is inconclusive.
_UNCERTAIN = 1e-5
#: The tolerance of an array, of its largest number, above which right code in another style may be rounded otherwise.
_ROUGH = 1e-3


def tolerances(cases: ContractCases, noise: Array, uncertainty: Array, floor: float) -> tuple[Array, Array]:
    """Return what is expected, NaN where it is inconclusive, and the tolerance of each number."""
    expected, allowed = cases.expected, np.zeros(cases.starts[-1])
    for _, place, part in cases.slices():
        if not place.size:
            continue
        rms = math.sqrt(float(np.mean(noise[part] ** 2)))
        least = floor * _find_largest(expected[part])
        allowed[part] = _NOISE * (noise[part] + _RMS * rms) + least + np.nan_to_num(uncertainty[part])
    settled = find_settled(cases, uncertainty)
    return np.where(settled, expected, np.nan), np.where(settled, allowed, np.inf)


def find_settled(cases: ContractCases, uncertainty: Array) -> Booleans:
    """Return for each number True if the oracle is certain enough of it."""
    settled = np.isfinite(uncertainty)
    for _, place, part in cases.slices():
        if place.size:
            settled[part] &= uncertainty[part] <= _UNCERTAIN * max(_find_largest(cases.expected[part]), 1e-3)
    return settled


def is_rough(case: ContractCases) -> bool:
    """Return True if single precision keeps few digits of some array, such as a softmax minus one close to 1."""
    for _, place, part in case.slices():
        largest = _find_largest(case.expected[part])
        allowed = case.tolerances[part]
        known = allowed[np.isfinite(allowed)]
        if place.size and largest and len(known) and math.sqrt(float(np.mean(known**2))) > _ROUGH * largest:
            return True
    return False


def _find_largest(numbers: Array) -> float:
    return float(np.max(np.abs(numbers), initial=0.0, where=np.isfinite(numbers)))
