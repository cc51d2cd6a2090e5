"""Which bug models, alone or two together, explain every answer of a submission."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from grader.diagnosis.bug import Bug
from grader.diagnosis.case import Case, near
from grader.diagnosis.lines import MISFITS, RIGHT, Lines, changed, merged
from grader.diagnosis.work import Work
from grader.oracle.network import Array
from grader.properties.candidate import Returned

#: Explanations that are tried on every network; more of them that are equally good help nobody.
MOST = 6

#: An explanation: one bug, or two in different lines.
Fit = tuple[Bug, ...]


@dataclass(frozen=True, slots=True)
class Idea:
    """An explanation in one of the ways in which it may be written."""

    bugs: Fit
    lines: Lines


def ideas(case: Case, bugs: Iterable[Bug]) -> list[Idea]:
    """Each bug alone; where something raised, also in a pass that computes dl/dh[0] as the notebook does."""
    found = [Idea((bug,), lines) for bug in bugs for lines in bug.variants]
    if len(case.returned) < len(case.answers):
        found += [Idea(idea.bugs, replace(idea.lines, eager=True)) for idea in found]
    return found


def alone(case: Case, bugs: Iterable[Bug]) -> list[Fit]:
    """Every single bug that explains all answers."""
    return explaining(case, ideas(case, bugs))


def together(case: Case, bugs: Iterable[Bug]) -> list[Fit]:
    """Every pair of bugs that does."""
    return explaining(case, _pairs(case, ideas(case, bugs)))


def explaining(case: Case, tried: Iterable[Idea]) -> list[Fit]:
    """Those ideas that explain all answers: first a few telling networks, then every one."""
    found: dict[tuple[str, ...], Fit] = {}
    left = MOST
    for idea in tried:
        names = tuple(bug.id for bug in idea.bugs)
        if names in found or not all(case.matches(idea.lines, i) for i in case.telling):
            continue
        if case.explains(idea.lines):
            found[names] = idea.bugs
        left -= 1
        if not left:
            break
    return list(found.values())


def _pairs(case: Case, singles: Sequence[Idea]) -> Iterator[Idea]:
    """Two bugs in different lines, as far as they agree with the output layer of one telling network."""
    back = [i for i in case.telling if isinstance(case.answers[i], Returned)]
    if not back:
        return
    top = Top(case, back[0])
    lines_changed = [changed(idea.lines) for idea in singles]
    for n, first in enumerate(singles):
        for m in range(n + 1, len(singles)):
            second = singles[m]
            if first.lines.eager == second.lines.eager and not lines_changed[n] & lines_changed[m]:
                if top.allows(first.lines, second.lines):
                    yield Idea((*first.bugs, *second.bugs), merged(first.lines, second.lines))


class Top:
    """The output layer of one network, which depends on three lines only: most pairs end there."""

    def __init__(self, case: Case, i: int) -> None:
        self._view = case.views[i]
        given = case.answers[i]
        assert isinstance(given, Returned)  # noqa: S101 - it was chosen so
        rows, columns = self._view.network.weights[-1].shape
        weights, biases = slice(-rows * (columns + 1), -rows), slice(-rows, None)
        floor = case.floor[case.suite.starts[i] : case.suite.starts[i + 1]]
        self._weights = given.gradient[weights], floor[weights]
        self._biases = given.gradient[biases], floor[biases]
        self._known: dict[tuple[object, object], bool] = {}

    def allows(self, first: Lines, second: Lines) -> bool:
        """Whether both together may be right about the output layer."""
        output = first.output if first.output is not RIGHT.output else second.output
        bias = first.bias if first.bias is not RIGHT.bias else second.bias
        weight = first.weight if first.weight is not RIGHT.weight else second.weight
        for line in (bias, weight):
            if (output, line) not in self._known:
                lines = Lines(output=output, bias=bias, weight=weight)
                self._known[output, line] = self._agrees(lines, of_biases=line is bias)
            if not self._known[output, line]:
                return False
        return True

    def _agrees(self, lines: Lines, *, of_biases: bool) -> bool:
        s = Work(self._view)
        k = s.top
        try:
            s.dl_df[k] = lines.output(s)
            s.dl_dweights[k] = lines.weight(s, k)
            made: Array = lines.bias(s, k) if of_biases else s.dl_dweights[k]
        except MISFITS:
            return False
        got, floor = self._biases if of_biases else self._weights
        wanted = (s.biases if of_biases else s.weights)[-1].shape
        return np.shape(made) == wanted and near(np.ravel(made), got, floor)
