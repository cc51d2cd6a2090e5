"""A screen for pairs of bugs, thousands of which are possible: the layers nearest to the output of one network.

What they hold depends on few lines each, so that each is worked out once for many pairs.
"""

from collections.abc import Sequence

import numpy as np

from grader.oracle.answers import Returned
from grader.oracle.network import Array
from grader.oracle.suite import matrices
from grader.subjects.networks.diagnosis.case import Case, has_overflowed, near
from grader.subjects.networks.diagnosis.forms import well_formed
from grader.subjects.networks.diagnosis.lines import MISFITS, Lines, run
from grader.subjects.networks.diagnosis.work import NetworkView, Work

#: Layers that are looked at, from the output down.
LAYERS = 2

#: Networks whose shapes are compared.
SHAPES = 4


def shapes(case: Case, passes: Sequence[Lines]) -> tuple[frozenset[int], list[frozenset[int]]]:
    """The few networks on which no right shapes came back, and those on which each pass returns none.

    A line of the right shape never makes another one raise: a pair fails where one of its lines does.
    """
    # Where everything came back, one network of varied shapes and one without hidden layers show what might not have.
    few = (*case.telling[:SHAPES], *case.telling[-1:]) if len(case.returned) < len(case.answers) else case.shapes
    looked = [i for i in few if not has_overflowed(case.answers[i])]
    wanted = frozenset(i for i in looked if not isinstance(case.answers[i], Returned))
    return wanted, [
        frozenset(i for i in looked if not well_formed(run(lines, case.predictions.views[i]))) for lines in passes
    ]


class Screen:
    """One network that came back, and what its layers nearest to the output hold under each choice of lines."""

    def __init__(self, view: NetworkView, got: Sequence[Array], floor: Sequence[Array]) -> None:
        self._view = view
        self._got, self._floor = got, floor
        self._spines: dict[tuple[object, ...], Work | None] = {}
        self._known: dict[tuple[object, ...], bool] = {}

    @classmethod
    def of(cls, case: Case) -> "Screen | None":
        """The screen on the most telling network that came back; None if none did."""
        back = [i for i in case.telling if isinstance(case.answers[i], Returned)]
        if not back:
            return None
        i = next((number for number in back if number in case.wrong), back[0])
        answer, sizes = case.answers[i], case.suite.sizes[i]
        assert isinstance(answer, Returned)  # noqa: S101 - it was chosen so
        floor = case.floor[case.suite.starts[i] : case.suite.starts[i + 1]]
        return cls(case.predictions.views[i], matrices(sizes, answer.numbers), matrices(sizes, floor))

    def passes(self, lines: Lines) -> bool:
        """True if this pass may have returned what came back."""
        top = len(self._view.f) - 1
        above: tuple[object, ...] = ()
        for k in range(top, max(top - LAYERS, -1), -1):
            above = (*above, lines.output) if k == top else (*above, lines.activation, lines.derivative)
            for line in (lines.weight, lines.bias):
                # A bias gradient may be made from the weights', so it is known for both lines.
                key = (*above, lines.weight, line)
                if key not in self._known:
                    self._known[key] = self._agrees(lines, k, line is lines.bias, (*above, lines.weight))
                if not self._known[key]:
                    return False
        return True

    def _agrees(self, lines: Lines, k: int, of_biases: bool, key: tuple[object, ...]) -> bool:  # noqa: FBT001
        s = self._spine(lines, k, key)
        if s is None:
            return False
        try:
            made = lines.bias(s, k) if of_biases else s.dl_dweights[k]
        except MISFITS:
            return False
        at = 2 * k + of_biases
        got = self._got[at]
        return np.shape(made) == got.shape and near(made, got, self._floor[at])

    def _spine(self, lines: Lines, k: int, key: tuple[object, ...]) -> Work | None:
        """The pass down to dW[k]; None if it raises before."""
        if key in self._spines:
            return self._spines[key]
        s = Work(self._view)
        try:
            s.dl_df[s.top] = lines.output(s)
            for layer in range(s.top, k - 1, -1):
                s.dl_dweights[layer] = lines.weight(s, layer)
                if layer > k:
                    s.dl_dh[layer] = lines.activation(s, layer)
                    s.dl_df[layer - 1] = lines.derivative(s, layer)
            spine: Work | None = s
        except MISFITS:
            spine = None
        self._spines[key] = spine
        return spine
