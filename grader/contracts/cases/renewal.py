"""Fresh cases of a contract: which cases of a pool stand in the places of a revision's own."""

import math
from collections.abc import Collection, Sequence
from itertools import chain

from backmark.grader.contracts.cases.contract_cases import ContractCases

#: Cases of the pool, the nearest in size, of which one takes a place: enough that nobody can guess it.
_NEAREST = 8


def choose_alike(own: ContractCases, pool: ContractCases, order: Sequence[int], replaced: Collection[int]) -> list[int]:
    """Return for each replaced place, from the first to the last, that of a case of the pool; fewer if it is short.

    It is the first of the order among the unused ones that are nearest in size: the time of an answer grows with that,
    and the revision's own were chosen to be small. None is a case that the revision has itself.
    """
    known = {own.key(i) for i in range(len(own))}
    left = [i for i in order if pool.key(i) not in known]
    sizes = {i: _measure(pool, i) for i in left}
    wanted = {i: _measure(own, i) for i in replaced}
    chosen: dict[int, int] = {}
    # The largest first: fewer cases are near them.
    for place in sorted(replaced, key=lambda i: (-wanted[i], i)):
        near = sorted(left, key=lambda i: abs(sizes[i] - wanted[place]))[:_NEAREST]
        if near:
            chosen[place] = min(near, key=left.index)
            left.remove(chosen[place])
    return [chosen[place] for place in sorted(chosen)]


def arrange(count: int, places: Sequence[int], replaced: Collection[int]) -> list[int]:
    """Return the places, among so many cases and those of a pool behind them, of the cases of a revision with both.

    Cases of the pool stand in the replaced places, in the order of `places`, and what is left of them comes last.
    """
    taken = (count + place for place in places)
    kept = [next(taken, None) if i in replaced else i for i in range(count)]
    return [place for place in chain(kept, taken) if place is not None]


def _measure(cases: ContractCases, i: int) -> float:
    """Return the size of a case: the logarithm of the number of its inputs' and results' numbers."""
    return math.log(1 + cases.drawn[i].size + cases.starts[i + 1] - cases.starts[i])
