"""The bounds of the search for wrong lines: jails, seconds, memory, and what happens at each of them."""

import math
import time
from typing import Any

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.rows.wording import TOO_SLOW
from backmark.grader.errors import SliceEnded
from backmark.grader.model.verdict import Mark
from backmark.worker.grading.grader import Grader, Grading, Stopped
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.session import Session
from tests.contracts.values.making import change, find_revision, judge_source

TWO_WRONG = change(
    {
        "weight": "{indent}{target} = np.matmul(all_h[layer], all_dl_df[layer].T)",
        "derivative": "{indent}{target} = all_dl_dh[layer]",
    }
)


@pytest.fixture(scope="module")
def grader(jails: Jails) -> Grader:
    """A grader of the notebook, in real jails."""
    return Grader(Judge(find_revision()), jails)


def test_a_mended_verdict_takes_few_jails_and_may_be_cached(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    grading = Grading(grader, TWO_WRONG.encode(), "mine.py")
    started: list[object] = []
    start = Grading._open_beside

    def note(it: Grading) -> Session:
        started.append(it)
        return start(it)

    monkeypatch.setattr(Grading, "_open_beside", note)
    verdict = grading.verdict()
    assert grading.repeatable
    # One finds values, one tries edits, and one confirms.
    assert len(started) == 3
    assert verdict.repair
    assert [statement.wrong for statement in verdict.repair] == [
        statement.wrong for statement in judge_source(TWO_WRONG).repair
    ]


@pytest.mark.parametrize("used", ["by its calls", "by the search"])
def test_a_verdict_whose_mending_ended_by_time_says_so_and_is_not_cached(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, used: str
) -> None:
    grading = Grading(grader, TWO_WRONG.encode(), "mine.py")
    start = Grading._open_beside

    def use_up(it: Grading) -> Session:
        if used == "by its calls":
            it._budget.computed += it.grader.limits.seconds
            return start(it)
        session = start(it)
        monkeypatch.setattr(time, "thread_time", lambda: math.inf)
        return session

    monkeypatch.setattr(Grading, "_open_beside", use_up)
    rows = {row.name: row for row in grading.verdict().properties}
    assert rows["weight_gradient"].message == TOO_SLOW
    assert rows["weight_gradient"].outcome is Mark.NOT_RUN
    assert not grading.repeatable


def test_a_slice_that_ends_while_a_submission_is_mended_leaves_no_verdict(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the search alone; with all its seconds it is mended, so a verdict does not depend on the lane."""
    grading = grader.grading(TWO_WRONG.encode(), "mine.py", slice_seconds=10.0)
    start = Grading._open_beside

    def use_up(it: Grading) -> Session:
        session = start(it)
        monkeypatch.setattr(time, "thread_time", lambda: (it._budget._search_began or 0.0) + 11.0)
        return session

    monkeypatch.setattr(Grading, "_open_beside", use_up)
    with pytest.raises(SliceEnded):
        grading.verdict()


class _Stopping(Grader):
    """A grader whose gradings are stopped by their third jail, which mends."""

    def start(self) -> Any:
        """Return a jail, having stopped the grading if it is the third."""
        session = super().start()
        started: list[Any] = self.__dict__.setdefault("started", [])
        started.append(session)
        if len(started) == 3:
            self.__dict__["grading"].stop()
        return session


def test_a_grading_that_is_stopped_while_it_mends_has_no_verdict(jails: Jails) -> None:
    grader = _Stopping(Judge(find_revision()), jails)
    grader.__dict__["grading"] = grading = Grading(grader, TWO_WRONG.encode(), "mine.py")
    with pytest.raises(Stopped):
        grading.verdict()
    assert len(grader.__dict__["started"]) == 3
