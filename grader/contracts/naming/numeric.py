"""Claims about numbers: a result is zero everywhere, or its arrays are transposed."""

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.naming.claim import NumberClaim
from backmark.grader.contracts.naming.group import Group, Indices

#: Numbers on which a claim must differ from what is right.
ENTRIES = 10

_ZERO = NumberClaim(
    "zero", "as zero", "Follow {name} from its first line to its last. Which line gives it a value other than zero?"
)
TRANSPOSED = NumberClaim(
    "transposed", "transposed", "Work out one off-diagonal entry of {name} by hand. In which row does it belong?"
)


def find_numeric(cases: ContractCases, group: Group, got: Array) -> NumberClaim | None:
    """Return the claim that explains all numbers of a group; None if some are missing or not finite."""
    if not len(group.index) or not np.isfinite(got[group.index]).all() or _is_check(cases, group):
        return None
    zeros = np.zeros(len(group.index))
    if _count_explained(cases, group.index, zeros, cases.tolerances[group.index], got) >= ENTRIES:
        return _ZERO
    return TRANSPOSED if is_transposed(cases, group, got) else None


def _is_check(cases: ContractCases, group: Group) -> bool:
    """Return True if the same number is right in every case: it is the contract's own, and no line computes it."""
    expected = cases.expected[group.index]
    return bool((expected == expected[0]).all())


def is_transposed(cases: ContractCases, group: Group, got: Array, entries: int = ENTRIES) -> bool:
    """Return True if the numbers that there are are those of the transposed arrays; square ones alone can be."""
    there = np.isfinite(got[group.index])
    if (group.reversed[there] < 0).any():
        return False
    index, turned = group.index[there], group.reversed[there]
    allowed = cases.tolerances[index] + cases.tolerances[turned]
    return _count_explained(cases, index, cases.expected[turned], allowed, got) >= entries


def _count_explained(cases: ContractCases, index: Indices, predicted: Array, allowed: Array, got: Array) -> int:
    """Return on how many numbers a prediction differs from what is right; 0 unless it holds for every number."""
    holds = (np.abs(got[index] - predicted) <= allowed) | ~np.isfinite(predicted)
    apart = np.abs(predicted - cases.expected[index]) > allowed + cases.tolerances[index]
    return int(apart.sum()) if holds.all() else 0
