"""Fresh cases: cases of a secret pool that a submission is asked about last, and of which nobody is shown anything."""

import hashlib
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from backmark.grader.contracts.cases.contract_cases import ContractCases, list_expressions
from backmark.grader.contracts.cases.values import ZEROS

#: Cases of the pool, the nearest in size, of which one is taken: enough that nobody can guess it.
_NEAREST = 8


@dataclass(frozen=True, eq=False)
class FreshCases:
    """The fresh cases of one group of students."""

    cases: ContractCases
    #: The places of these in the pool.
    places: tuple[int, ...]
    #: By convention that does not count the same cases, with what is expected of them by that one.
    conventions: Mapping[str, ContractCases] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """A hash over the inputs of the cases."""
        digest = hashlib.sha256()
        for i in range(len(self.cases)):
            digest.update(hashlib.sha256(self.cases.key(i)).digest())
        return digest.hexdigest()


def choose_alike(
    own: ContractCases, pool: ContractCases, order: Sequence[int], count: int, expressions: Collection[str]
) -> list[int]:
    """Return the places of so many cases of the pool, as large as a revision's own; fewer if it is too small.

    For each of `count` sizes, spread evenly over those of the own cases, it is the first of the order among the unused
    ones that are nearest in size: the time of an answer grows with that, and the revision's own are chosen to be small.
    None is a case that the revision has itself, or has other results than these expressions. None is drawn
    with exact zeros: at a kink two right programs may take different slopes.
    """
    known = {own.key(i) for i in range(len(own))}
    fit = (i for i in order if pool.drawn[i].corner != ZEROS and pool.key(i) not in known)
    left = [i for i in fit if list_expressions(pool.take([i])) <= {*expressions}]
    sizes = {i: _measure(pool, i) for i in left}
    # The largest first: fewer cases are near them.
    measured = sorted((_measure(own, i) for i in range(len(own))), reverse=True)
    wanted = [measured[(2 * place + 1) * len(own) // (2 * count)] for place in range(count)]
    chosen = []
    for size in wanted:
        near = sorted(left, key=lambda i: abs(sizes[i] - size))[:_NEAREST]
        if near:
            chosen.append(min(near, key=left.index))
            left.remove(chosen[-1])
    return sorted(chosen)


def _measure(cases: ContractCases, i: int) -> float:
    """Return the size of a case: the logarithm of the number of its inputs' and results' numbers."""
    return math.log(1 + cases.drawn[i].size + cases.starts[i + 1] - cases.starts[i])
