"""The answers of a submission, beside those of wrong backward passes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from grader.oracle.answers import Answer, Malformed, Raised, Returned
from grader.oracle.cases import Booleans
from grader.oracle.network import Array
from grader.oracle.suite import Suite
from grader.subjects.networks.diagnosis.forms import Clue, alike, clue, of_shapes
from grader.subjects.networks.diagnosis.lines import Lines
from grader.subjects.networks.diagnosis.predictions import PredictedForm, Predictions

#: Beyond the assignment's tolerance, how far a number may be from the one that explains it, relative to it.
ROUNDING = 1e-6

#: On so many networks, at least, an explanation must account for something that is wrong.
EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class ShapeEvidence:
    """On how many networks an explanation names the shapes that did not fit, and on how many in the same order.

    The order counts between explanations, not for one: who transposes both factors turns it round.
    """

    shapes: int
    ordered: int


#: What a submission may raise where its shapes or indices do not fit.
SHAPES = {"ValueError", "IndexError"}


@dataclass(frozen=True, eq=False)
class Case:
    """The answers to a suite, and on which networks they are not right."""

    suite: Suite
    predictions: Predictions
    answers: Sequence[Answer]
    wrong: frozenset[int]
    #: Which entries of the suite's flat arrays are biases.
    biases: Booleans
    #: Asks fresh processes about wrong networks; returns True if one is wrong there, too.
    fails_alone: Callable[[], bool]

    @cached_property
    def returned(self) -> list[int]:
        """Networks on which arrays of the right shapes came back."""
        return [i for i, answer in enumerate(self.answers) if isinstance(answer, Returned)]

    @cached_property
    def numbers(self) -> int:
        """The number of networks with wrong numbers; if every size is one, too many bugs look the same."""
        return sum(i in self.wrong and max(self.suite.sizes[i]) > 1 for i in self.returned)

    @cached_property
    def floor(self) -> Array:
        """The assignment's tolerance of each entry, zero if it could not be settled."""
        return np.where(np.isfinite(self.suite.tolerances), self.suite.tolerances, 0.0)

    @cached_property
    def got(self) -> Array:
        """All numbers that came back, in one row."""
        rows = [answer.numbers for answer in self.answers if isinstance(answer, Returned)]
        return np.concatenate(rows) if rows else np.zeros(0)

    @cached_property
    def nearly_right(self) -> bool:
        """True if all that came back are the right numbers, but for more rounding than is allowed."""
        right = np.where(np.isfinite(self.suite.tolerances), self.suite.derivatives, np.nan)[self.entries]
        settled = np.isfinite(right)
        return len(self.returned) == len(self.answers) and near(
            right[settled], self.got[settled], self.floor[self.entries][settled]
        )

    @cached_property
    def entries(self) -> Booleans:
        """Which entries of the suite's flat arrays came back: those of `got`."""
        back = [isinstance(answer, Returned) for answer in self.answers]
        return np.repeat(back, np.diff(self.suite.starts))

    @cached_property
    def telling(self) -> list[int]:
        """A few networks on which most explanations fail: varied shapes, not too deep, some of each kind of answer."""
        varied = sorted(range(len(self.answers)), key=self._variety)
        back = set(self.returned)
        seen = [i for i in varied if i in back and i in self.wrong]
        fine = [i for i in varied if i in back and i not in self.wrong]
        odd = [i for i in varied if i not in back]
        shallow = sorted(odd, key=lambda i: len(self.suite.sizes[i]))
        return list(dict.fromkeys([*varied[:2], *seen[:4], *fine[:2], *odd[:3], *shallow[:3]]))

    @cached_property
    def shapes(self) -> list[int]:
        """The most varied network, and the one with the fewest layers that has several inputs and outputs."""
        every = range(len(self.answers))
        sizes = self.suite.sizes
        return [min(every, key=self._variety), min(every, key=lambda i: (min(sizes[i]) < 2, len(sizes[i]), i))]

    def _variety(self, i: int) -> tuple[bool, int, int]:
        sizes = self.suite.sizes[i]
        return min(sizes) < 2 or len(sizes) < 4, len(sizes), -len(set(sizes))

    def matches(self, lines: Lines, i: int) -> bool:
        """True if this pass answers network `i` as the submission did."""
        given = self.answers[i]
        if not isinstance(given, Returned):
            return misfit_degree(given, lines, self.predictions.form(lines, i)) is not None
        predicted = self.predictions.numbers(lines, i)
        floor = self.floor[self.suite.starts[i] : self.suite.starts[i + 1]]
        return predicted is not None and near(predicted, given.numbers, floor)

    def explains(self, lines: Lines) -> ShapeEvidence | None:
        """The fit of this pass to what is wrong; None if it does not answer every network alike."""
        parts: list[Array] = []
        shapes = ordered = 0
        for i, given in enumerate(self.answers):
            if isinstance(given, Returned):
                predicted = self.predictions.numbers(lines, i)
                if predicted is None:
                    return None
                parts.append(predicted)
            else:
                same = misfit_degree(given, lines, self.predictions.form(lines, i))
                if same is None:
                    return None
                shapes += same > 0
                ordered += same > 1
        if parts and not near(np.concatenate(parts), self.got, self.floor[self.entries]):
            return None
        return ShapeEvidence(shapes, ordered)


def near(predicted: Array, got: Array, floor: Array) -> bool:
    """True if these numbers are those, written so that what is not finite is near nothing."""
    return bool(np.all(np.abs(got - predicted) <= floor + ROUNDING * np.minimum(np.abs(got), np.abs(predicted))))


def has_overflowed(answer: Answer) -> bool:
    """True if arrays of the right shapes came back, with numbers that are not finite."""
    return isinstance(answer, Malformed) and answer.overflowed


def misfit_degree(given: Malformed | Raised, lines: Lines, form: PredictedForm) -> int | None:
    """The degree to which both went wrong in the same way; None if they did not.

    Else 2 if the shapes at fault are the same, 1 if they are in the other order, 0 if they are not named.
    """
    match given, form.answer:
        case Malformed(), Malformed() as made if has_overflowed(given):
            return 0 if has_overflowed(made) else None
        case Malformed(), Malformed() as made:
            return 2 if alike(given) == made else None
        case Raised(), Malformed() | Raised() if given.type in SHAPES and lines.returned is None:
            return _same_shapes(given.message, form.clues)
    return None


def _same_shapes(message: str, possible: frozenset[Clue]) -> int | None:
    misfit = clue(message)
    if misfit is None:
        return 0 if of_shapes(message) else None
    if misfit in possible:
        return 2
    return 1 if isinstance(misfit, tuple) and misfit[::-1] in possible else None
