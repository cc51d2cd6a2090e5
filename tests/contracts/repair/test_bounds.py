"""The bounds of mending: jails, seconds, memory, and what happens at each of them."""

import dataclasses
import math
import time
import tracemalloc
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from backmark.grader.contracts.cases.answers import Answer
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.repair.bench import WrongSubmission
from backmark.grader.contracts.repair.mender import Mender, Script, SpelledEdit
from backmark.grader.contracts.repair.mending import Repairer
from backmark.grader.contracts.repair.rows import TOO_SLOW
from backmark.grader.contracts.repair.search import RepairSearch
from backmark.grader.contracts.repair.study import OwnStatement, Study
from backmark.grader.errors import Crashed, SliceEnded, TooMuchOutput
from backmark.grader.model.verdict import Mark
from backmark.worker.grading.candidate import Jailed
from backmark.worker.grading.grader import Grader, Grading, Stopped
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.inside.mending.ticks import TICK
from backmark.worker.sandbox.inside.mending.workbench import TURNS, EndlessError, MendedStudent
from tests.contracts.repair.making import change, find_revision, judge_source
from tests.local import LocalSession, local_by

TWO_WRONG = change(
    {
        "weight": "{indent}{target} = np.matmul(all_h[layer], all_dl_df[layer].T)",
        "derivative": "{indent}{target} = all_dl_dh[layer]",
    }
)

#: A factor of the loss that is in its own line for the biases, and nowhere for the weights.
MOVED = change({"loss": "{indent}{target} = all_f[K] - y", "bias": "{indent}{target} = 2 * all_dl_df[layer]"})


@pytest.fixture(scope="module")
def grader(jails: Jails) -> Grader:
    """A grader of the notebook, in real jails."""
    return Grader(Judge(find_revision()), jails)


def test_a_mended_verdict_takes_few_jails_and_may_be_cached(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    grading = Grading(grader, TWO_WRONG.encode(), "mine.py")
    started: list[object] = []
    start = Grading._start_mending

    def note(it: Grading) -> Mender:
        started.append(it)
        return start(it)

    monkeypatch.setattr(Grading, "_start_mending", note)
    verdict = grading.verdict()
    assert grading.repeatable
    # One tries scripts and edits, and one confirms.
    assert len(started) == 2
    assert verdict.repair
    assert [statement.wrong for statement in verdict.repair] == [
        statement.wrong for statement in judge_source(TWO_WRONG).repair
    ]
    assert None not in [statement.wrong for statement in verdict.repair]


@pytest.mark.parametrize("used", ["by its calls", "by the search"])
def test_a_verdict_whose_mending_ended_by_time_says_so_and_is_not_cached(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, used: str
) -> None:
    grading = Grading(grader, TWO_WRONG.encode(), "mine.py")
    start = Grading._start_mending

    def use_up(it: Grading) -> Mender:
        if used == "by its calls":
            it._budget.computed += it.grader.limits.seconds
            return start(it)
        mender = start(it)
        monkeypatch.setattr(time, "thread_time", lambda: math.inf)
        return mender

    monkeypatch.setattr(Grading, "_start_mending", use_up)
    rows = {row.name: row for row in grading.verdict().properties}
    assert rows["weight_gradient"].message == TOO_SLOW
    assert rows["weight_gradient"].outcome is Mark.NOT_RUN
    assert not grading.repeatable


def test_a_slice_that_ends_while_a_submission_is_mended_leaves_no_verdict(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the search alone; with all its seconds it is mended, so a verdict does not depend on the lane."""
    grading = grader.grading(TWO_WRONG.encode(), "mine.py", slice_seconds=10.0)
    start = Grading._start_mending

    def use_up(it: Grading) -> Mender:
        mender = start(it)
        monkeypatch.setattr(time, "thread_time", lambda: (it._budget._search_began or 0.0) + 11.0)
        return mender

    monkeypatch.setattr(Grading, "_start_mending", use_up)
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


@dataclasses.dataclass
class _Flooding:
    """A submission in the tests' process that has printed too much by its last answer to scripts."""

    jailed: Jailed

    def study(self, cases: Any, study: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what may be mended."""
        return self.jailed.study(cases, study)

    def list_edits(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
        """Return the kinds of edits."""
        return self.jailed.list_edits(pairs)

    def spell(self, edits: Sequence[tuple[int, int]]) -> list[SpelledEdit]:
        """Return edits in full."""
        return self.jailed.spell(edits)

    def mend(self, cases: Any, scripts: Sequence[Script]) -> list[list[Answer]]:
        """Raise the error of a jail that has answered everything."""
        error = TooMuchOutput("It printed too much.")
        error.answers = [answer for answers in self.jailed.mend(cases, scripts) for answer in answers]
        raise error


def test_a_jail_that_ends_after_its_last_answer_costs_only_the_repair() -> None:
    ready = find_revision().contract

    def start() -> Mender:
        return _Flooding(local_by(TWO_WRONG, ready.exchange))

    repairer = Repairer(ready.assignment, ready.cases, ready.order)
    answers = local_by(TWO_WRONG, ready.exchange).answer(ready.cases)
    assert repairer.repair(WrongSubmission([0, 1], answers, start)) is None


def test_a_search_has_no_more_sets_in_memory_than_it_may_try() -> None:
    rows = dict.fromkeys(range(400), ("row",))
    own = [
        OwnStatement(
            number,
            ((0, number + 1),),
            (number,),
            frozenset(),
            frozenset(),
            unfilled=False,
            conditions=("", ""),
            placeholder=False,
            role="",
            overwritten=(),
        )
        for number in range(130)
    ]
    study = Study(tuple(own), rows, frozenset(rows))
    asked: list[int] = []

    def run(scripts: Sequence[Any]) -> list[bool]:
        asked.append(len(scripts))
        return [len(script) >= 399 for script in scripts]

    tracemalloc.start()
    try:
        assert RepairSearch(study, run).find() is None
        assert tracemalloc.get_traced_memory()[1] < 1 << 25
    finally:
        tracemalloc.stop()
    assert sum(asked) <= 400


def test_what_is_endless_on_one_case_has_no_turns_left_for_the_others() -> None:
    session = local_by(TWO_WRONG, find_revision().contract.exchange).session
    assert isinstance(session, LocalSession)
    student = MendedStudent(session._student.lines, {}, None)
    for turns in (TURNS, 0):
        names = student.names(("one",), {})
        for _ in range(turns):
            names[TICK]()
        with pytest.raises(EndlessError):
            names[TICK]()


@pytest.mark.parametrize("repeats", [True, False])
def test_random_answers_that_are_right_in_one_process_alone_are_no_repair(
    repeats: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    ready, menders = find_revision().contract, list[Jailed]()

    def start() -> Mender:
        # The first tries scripts, the second confirms one.
        menders.append(local_by(MOVED if len(menders) < 2 else TWO_WRONG, ready.exchange))
        return menders[-1]

    repairer = Repairer(ready.assignment, ready.cases, ready.order)
    answers = local_by(MOVED, ready.exchange).answer(ready.cases)
    repair = repairer.repair(WrongSubmission([0, 1], answers, start, repeats=repeats))
    assert (repair is not None) is repeats


@dataclasses.dataclass
class _Changing:
    """A submission in the tests' process whose jail ends under edits; the next one finds that nothing has a match."""

    jailed: Jailed
    ended: list[bool]

    def study(self, cases: Any, study: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what may be mended."""
        reply = self.jailed.study(cases, study)
        if not self.ended:
            return reply
        return {**reply, "matches": [{**match, "alternatives": []} for match in reply["matches"]]}

    def list_edits(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[str, ...]]:
        """Return the kinds of edits."""
        return self.jailed.list_edits(pairs)

    def spell(self, edits: Sequence[tuple[int, int]]) -> list[SpelledEdit]:
        """Return edits in full."""
        return self.jailed.spell(edits)

    def mend(self, cases: Any, scripts: Sequence[Script]) -> list[list[Answer]]:
        """Return the answers; raise the error of a jail that ended under the last of some edits."""
        answers = self.jailed.mend(cases, scripts)
        if all(operation[0] == "edit" for script in scripts for operation in script) and not self.ended:
            self.ended.append(True)
            error = Crashed("Its process ended.")
            error.answers = [answer for part in answers[:-1] for answer in part]
            raise error
        return answers


def test_a_study_that_changes_frees_no_operation_of_its_rows() -> None:
    ready, ended = find_revision().contract, list[bool]()

    def start() -> Mender:
        return _Changing(local_by(MOVED, ready.exchange), ended)

    repairer = Repairer(ready.assignment, ready.cases, ready.order)
    answers = local_by(MOVED, ready.exchange).answer(ready.cases)
    repair = repairer.repair(WrongSubmission([0, 1], answers, start))
    assert ended
    # Where nothing corresponds to anything, results alone count.
    assert repair is None or not repair.study.matched or all(map(repair.study.rows_of, repair.operations))
