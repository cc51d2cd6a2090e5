"""A line at work in one layer: what it made, what its inputs give, and what it may have made instead."""

from dataclasses import dataclass

import numpy as np

from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.alternatives.alternatives import Alternatives, Arrays
from grader.subjects.networks.diagnosis.student_pass import LayerPlace

#: What a number may be off by, relative to the largest of its array and to itself.
LEAST, NEAR = 1e-9, 1e-6


def are_near(a: Array, b: Array, size: Array | float) -> Booleans:
    """For each entry whether two arrays have the same number, beside numbers of some size; NaN is near nothing."""
    return np.asarray(np.abs(a - b) <= LEAST * size + NEAR * np.minimum(np.abs(a), np.abs(b)))


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A line at work in one layer, or in the step to the layer below."""

    at: LayerPlace
    made: Array
    right: Array
    base: Array
    ordered: Arrays
    alternatives: Alternatives

    @property
    def size(self) -> float:
        """The size of the largest number around it."""
        return max(float(np.max(np.abs(part), initial=0.0)) for part in (self.right, self.base))

    def near(self, array: Array) -> Booleans:
        """For each entry whether the line made this array's number."""
        return are_near(self.made, array, self.size)
