"""Arrays of the numbers of cases, and places that are spread over them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Booleans = NDArray[np.bool_]


def spread(places: Sequence[int], most: int) -> list[int]:
    """Return at most so many of the places, evenly from the first of them on."""
    count = min(most, len(places))
    return [places[len(places) * n // count] for n in range(count)]
