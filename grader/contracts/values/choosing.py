"""The cases on which a wrong submission is looked into."""

from collections.abc import Sequence

from backmark.grader.contracts.cases.contract_cases import ContractCases

#: The number of these cases.
_TRIED = 12


def choose_cases(cases: ContractCases, order: Sequence[int], failing: Sequence[int]) -> list[int]:
    """Return the places of the cases to try what is wrong on: failing ones, those of uneven sizes, and others."""
    wrong = set(failing)
    uneven = [i for i in order if min(cases.drawn[i].dim_sizes, default=2) > 1]
    chosen: list[int] = []
    for places in ([i for i in uneven if i in wrong], uneven, [i for i in order if i in wrong], order):
        left = _TRIED // 3 if places is not order else _TRIED - len(chosen)
        step = max(1, len(places) // max(1, left))
        chosen += [i for i in places[::step] if i not in chosen][:left]
    return chosen[:_TRIED]
