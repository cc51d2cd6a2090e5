"""The answers of wrong passes on the networks of a suite: the same for every submission, and so kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from grader.oracle.answers import Answer, Malformed, Returned
from grader.oracle.network import Array
from grader.subjects.networks.diagnosis.forms import Clue, answer, clues, flat, well_formed
from grader.subjects.networks.diagnosis.lines import Lines, run
from grader.subjects.networks.diagnosis.work import NetworkView

#: Bytes of numbers that are kept for one suite: what forty bugs answer on every network of the usual ones.
ROOM = 8 * 1024 * 1024
#: Bytes that the least of them takes with all that is around it.
LEAST = 400


@dataclass(frozen=True, slots=True)
class PredictedForm:
    """The grader's view of a pass, and the misfits that it could be stopped by."""

    answer: Answer
    clues: frozenset[Clue]


class Predictions:
    """The passes of one suite's networks, each run when it is first asked for; the latest asked for are kept."""

    def __init__(self, views: Sequence[NetworkView]) -> None:
        self.views = views
        parameters = sum(w.size + w.shape[0] for view in views for w in view.network.weights)
        most = ROOM // (LEAST + 8 * parameters // max(1, len(views)))
        self.numbers = lru_cache(most)(self._numbers)
        self.form = lru_cache(most)(self._form)

    def _numbers(self, lines: Lines, i: int) -> Array | None:
        """The numbers that a pass returns for network `i`, in one row; None if they have not the right shapes."""
        s = run(lines, self.views[i])
        if lines.returned is None:
            return np.concatenate(flat(s)) if well_formed(s) else None
        made = answer(lines, s)
        return made.numbers if isinstance(made, Returned) else None

    def _form(self, lines: Lines, i: int) -> PredictedForm:
        """The grader's view of a pass for network `i`."""
        s = run(lines, self.views[i])
        made = answer(lines, s)
        return PredictedForm(made, frozenset(clues(s, made if isinstance(made, Malformed) else None)))
