"""The rows that the judge adds to every subject's own: agreement with what is expected, and the same answer twice."""

from collections.abc import Mapping, Sequence

import numpy as np

from grader.judge import wording
from grader.judge.agreement import disagreeing, same
from grader.judge.row import Row
from grader.model.verdict import Mark
from grader.oracle.answers import Answer, Returned
from grader.oracle.cases import Cases

#: The judge of *passed*, and the row of what repeats.
AGREEMENT, PURE = "finite_differences", "pure"


def agreement(cases: Cases, answers: Sequence[Answer], later: int = 0, noun: str = "network") -> Row:
    """The judge of *passed*. `later` of the answers came when a case was asked about again."""
    failing = tuple(np.flatnonzero(disagreeing(cases, answers)).tolist())
    if not failing:
        return Row(Mark.PASSED, len(cases), "")
    message = wording.tally(len(failing), len(cases), noun) + (wording.later(later) if later else "")
    return Row(Mark.FAILED, len(cases), message, failing, disagreeing)


def purity(
    answers: Sequence[Answer], again: Sequence[Answer], asked_again: Sequence[int], *, ended: bool, noun: str
) -> Row:
    """Arguments as they were, and the same answer when asked again after all the others."""
    changed = sorted({name for answer in answers if isinstance(answer, Returned) for name in answer.changed})
    changing = tuple(i for i, answer in enumerate(answers) if isinstance(answer, Returned) and answer.changed)
    if changing:
        message = f"It changes {' and '.join(changed)} in place, on {len(changing)} of {len(answers)} {noun}s."
        return Row(Mark.FAILED, len(answers), message, changing)
    other = tuple(i for i, second in zip(asked_again, again, strict=False) if not same(answers[i], second))
    if other or ended:
        message = f"Asked again about {len(asked_again)} {noun}s, it answered {len(other)} of them differently."
        if ended:
            message = f"Asked again about {noun}s that it had answered, it did not answer."
        return Row(Mark.FAILED, len(answers), message, other)
    return Row(Mark.PASSED, len(answers), "")


def wrong_later(cases: Cases, answers: Sequence[Answer], again: Mapping[int, Answer]) -> dict[int, Answer]:
    """By case the second answers that disagree with what is expected where the first ones agreed."""
    other = [i for i, second in again.items() if not same(answers[i], second)]
    if not other:
        return {}
    asked = cases.take(other)
    first = disagreeing(asked, [answers[i] for i in other])
    second = disagreeing(asked, [again[i] for i in other])
    return {i: again[i] for i, before, after in zip(other, first, second, strict=True) if after and not before}
