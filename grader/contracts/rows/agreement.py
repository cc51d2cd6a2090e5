"""Which answers agree with what is expected, number by number, and with themselves when asked again."""

from collections.abc import Mapping, Sequence

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Malformed, Returned
from backmark.grader.contracts.cases.arrays import Array, Booleans
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.rows import wording
from backmark.grader.contracts.rows.row import Row
from backmark.grader.model.verdict import Mark

#: The judge of *passed*, and the row of what repeats.
AGREEMENT, PURE, PARAMETERS = "finite_differences", "pure", "parameters"


def same(first: Answer, second: Answer) -> bool:
    """True if two answers are the same: bit for bit if they are numbers, and wrong in the same way if not."""
    if isinstance(first, Returned) and isinstance(second, Returned):
        return first.numbers.tobytes() == second.numbers.tobytes()
    if isinstance(first, Malformed) and isinstance(second, Malformed):
        return first == second
    return type(first) is type(second)


def find_wrong(got: Array, truth: Array, tolerance: Array) -> Booleans:
    """Return for each number True if it differs from the truth by more than its tolerance, or is not finite."""
    with np.errstate(invalid="ignore"):
        near = np.abs(got - truth) <= tolerance
    # Inconclusive numbers are left out, but even there the answer is a finite number.
    return np.asarray(~np.isfinite(got) | (~near & ~np.isnan(truth)))


def all_wrong_entries(cases: ContractCases, answers: Sequence[Answer]) -> Booleans:
    """For each number of the cases whether the answer is beyond its tolerance, or there is none to compare."""
    # A case that did not return anything is NaN in all of its entries, which is wrong wherever it stands.
    got = np.full(cases.starts[-1], np.nan)
    for start, stop, answer in zip(cases.starts, cases.starts[1:], answers, strict=False):
        if isinstance(answer, Returned):
            got[start:stop] = answer.numbers
    return find_wrong(got, cases.expected, cases.tolerances)


def disagreeing(cases: ContractCases, answers: Sequence[Answer]) -> list[bool]:
    """For each case whether any number is wrong, or there are none to compare."""
    wrong = all_wrong_entries(cases, answers)
    return np.logical_or.reduceat(wrong, cases.starts[:-1])[: len(answers)].tolist() if len(cases) else []


def agreement(cases: ContractCases, answers: Sequence[Answer], later: int = 0) -> Row:
    """The judge of *passed*. `later` of the answers came when a case was asked about again."""
    failing = tuple(np.flatnonzero(disagreeing(cases, answers)).tolist())
    if not failing:
        return Row(Mark.PASSED, len(cases), "")
    message = wording.tally(len(failing), len(cases)) + (wording.later(later) if later else "")
    return Row(Mark.FAILED, len(cases), message, failing, disagreeing)


def purity(answers: Sequence[Answer], again: Sequence[Answer], asked_again: Sequence[int], *, ended: bool) -> Row:
    """Arguments as they were, and the same answer when asked again after all the others."""
    changed = sorted({name for answer in answers for name in answer.changed})
    changing = tuple(i for i, answer in enumerate(answers) if answer.changed)
    if changing:
        returned = sum(isinstance(answer, Returned) for answer in answers)
        message = wording.changes_arguments(changed, len(changing), len(answers), returned)
        return Row(Mark.FAILED, len(answers), message, changing)
    differing = tuple(i for i, second in zip(asked_again, again, strict=False) if not same(answers[i], second))
    if differing or ended:
        message = wording.SILENT_AGAIN if ended else wording.differs_again(len(differing), len(asked_again))
        return Row(Mark.FAILED, len(answers), message, differing)
    return Row(Mark.PASSED, len(answers), "")


def wrong_later(cases: ContractCases, answers: Sequence[Answer], again: Mapping[int, Answer]) -> dict[int, Answer]:
    """The second answers, by case, that disagree with what is expected although the first ones agreed."""
    differing = [i for i, second in again.items() if not same(answers[i], second)]
    if not differing:
        return {}
    asked = cases.take(differing)
    first = disagreeing(asked, [answers[i] for i in differing])
    second = disagreeing(asked, [again[i] for i in differing])
    return {i: again[i] for i, before, after in zip(differing, first, second, strict=True) if after and not before}
