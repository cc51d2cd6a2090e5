"""The tolerance of each number of a contract, from what rounding does to a right solution.

The noise of a number is the largest difference between the solution in double precision and five runs in single
precision, four of them with inputs moved by about one unit of rounding: one run alone, number by number, is often right
by luck. The root mean square of the array's noise joins it for the same reason. A share of the array's largest number
is for right code in a style that the assignment's author did not think of, and the rest is the oracle's own uncertainty
(docs/verdict.md has the figures).
"""

import math

import numpy as np

from grader.oracle.cases import Array
from grader.subjects.contracts.cases import ContractCases

#: Runs of a solution in single precision, and how far the inputs of all but the first are moved, relatively.
RUNS, MOVED = 5, 6e-8
#: Multiples of the noise, of the array's rms noise, and of the array's largest number.
_NOISE, _RMS, _FLOOR = 8.0, 1.0, 2e-6
#: A number whose oracle is less certain than this, of its array's largest, is inconclusive.
_UNCERTAIN = 1e-5


def tolerances(cases: ContractCases, noise: Array, uncertainty: Array) -> tuple[Array, Array]:
    """Return what is expected, NaN where it is inconclusive, and the tolerance of each number."""
    expected, allowed = cases.expected.copy(), np.zeros(cases.starts[-1])
    for _, place, part in cases.slices():
        if not place.size:
            continue
        own, unsure = expected[part], uncertainty[part]
        largest = float(np.max(np.abs(own), initial=0.0, where=np.isfinite(own)))
        rms = math.sqrt(float(np.mean(noise[part] ** 2)))
        allowed[part] = _NOISE * (noise[part] + _RMS * rms) + _FLOOR * largest + np.nan_to_num(unsure)
        kinked = ~np.isfinite(unsure) | (unsure > _UNCERTAIN * max(largest, 1e-3))
        expected[part] = np.where(kinked, np.nan, own)
        allowed[part] = np.where(kinked, np.inf, allowed[part])
    return expected, allowed
