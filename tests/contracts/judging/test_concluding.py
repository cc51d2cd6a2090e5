"""What a judgement has beside rows: lines to mend, the notebook's own check, and what depends on earlier calls."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from backmark.grader.contracts.cases.answers import Answer, Candidate, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.exchange import ContractExchange
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.judge import AGAIN, Judge
from backmark.grader.contracts.judging.marks import ContractMarks, Given, MendedMarks
from backmark.grader.contracts.rows.row import Row, RowSpec
from backmark.grader.contracts.rows.wording import DIFFERS_ALONE
from backmark.grader.contracts.values.program import Programs
from backmark.grader.model.mended_statement import MendedStatement, MendingKind
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Diagnosis, Judgement, Mark, NotebookCheck, PythonMistake
from tests.contracts.judging.pairs import PAIRS, Change, Ours, judge_change, judge_of, leave, off, row_of, wrong_from

STATEMENT = MendedStatement(MendingKind.REPLACE, ("line",), ("The line",), (), "total = 0", "", "")
BY_NUMBERS, KEPT = Diagnosis("numbers", "It is off.", "", "", ""), Diagnosis("kept", "It is kept.", "", "", "")
CHECK = NotebookCheck("the check", "one pair", "h = forward(x)", ("forward",), None)
SPECS = (RowSpec("finite_differences", "Agrees", 0), RowSpec("line", "The line", 4))


@dataclass(frozen=True)
class Mended(Contract):
    """A contract whose wrong submissions have a line to mend."""

    statements: tuple[MendedStatement, ...] | None = (STATEMENT,)

    def marks(self, given: Given) -> ContractMarks:
        """Mark as any contract does, and mend."""
        return replace(super().marks(given), mend=self._find, diagnosis=(BY_NUMBERS,))

    def _find(self, programs: Programs) -> MendedMarks | None:
        programs.close()
        if self.statements is None:
            return None
        return MendedMarks({"line": Row(Mark.PASSED, PAIRS, "")}, SPECS, self.statements, (KEPT,))


@dataclass(frozen=True)
class Unmendable(Mended):
    """One that finds none."""

    statements: tuple[MendedStatement, ...] | None = None


@dataclass(frozen=True)
class Unexplained(Mended):
    """One that judges the rows of statements, and names none."""

    statements: tuple[MendedStatement, ...] | None = ()


def judge_mended(made: type[Contract], change: Change, fresh: Change | None = None) -> tuple[Judgement, int]:
    """The judgement, and how often its lines were looked for."""
    closed: list[None] = []
    programs: Any = SimpleNamespace(close=lambda: closed.append(None))
    judgement = judge_of(made).judge(Ours(change), lambda: Ours(fresh or change), programs=programs)
    return judgement, len(closed)


def test_lines_to_mend_come_with_their_rows_and_in_the_place_of_claims_about_numbers() -> None:
    judgement, started = judge_mended(Mended, wrong_from(0))
    assert started == 1
    assert judgement.repair == (STATEMENT,)
    assert [(row.name, row.score, row.max_score) for row in judgement.properties] == [
        ("finite_differences", 0, 0),
        ("line", 4, 4),
    ]
    assert (judgement.diagnosis, judgement.wrong_results) == ((KEPT,), ())


def test_where_no_line_is_to_mend_rows_and_claims_stay() -> None:
    judgement, started = judge_mended(Unmendable, wrong_from(0))
    assert (started, judgement.repair, judgement.diagnosis) == (1, (), (BY_NUMBERS,))
    assert judgement.wrong_results
    assert [row.name for row in judgement.properties] == ["finite_differences", "total", "cube", "pure"]


def test_rows_of_statements_without_a_line_leave_the_claims() -> None:
    judgement, _ = judge_mended(Unexplained, wrong_from(0))
    assert [row.name for row in judgement.properties] == ["finite_differences", "line"]
    assert (judgement.repair, judgement.diagnosis) == ((), (BY_NUMBERS,))
    assert judgement.wrong_results


def test_nothing_is_mended_of_what_is_right_or_where_nobody_may() -> None:
    assert judge_mended(Mended, leave)[1] == 0
    judgement = judge_change(wrong_from(0), made=Mended)
    assert (judgement.repair, judgement.diagnosis) == ((), (BY_NUMBERS,))


def test_what_is_right_in_a_fresh_process_is_not_mended_and_is_not_pure() -> None:
    judgement, started = judge_mended(Mended, wrong_from(0), fresh=leave)
    assert (started, judgement.repair, judgement.wrong_results) == (0, (), ())
    pure = row_of(judgement, "pure")
    assert (pure.outcome, pure.message) == (Mark.FAILED, DIFFERS_ALONE)


def test_of_what_differs_when_it_is_asked_again_that_is_said_and_not_what_a_fresh_process_says() -> None:
    judgement, _ = judge_mended(Mended, lambda call, _, right: off(right) if call != PAIRS else right, fresh=leave)
    assert row_of(judgement, "pure").message.endswith(" of 24 cases differently.")


@dataclass(frozen=True)
class Checked(Contract):
    """A contract with a check of the notebook's, which keeps what it is asked."""

    asked: list[Any] = field(default_factory=list)

    @cached_property
    def probes(self) -> ContractCases:
        """Two pairs."""
        return self.cases.take([0, 1])

    def explain_check(self, start: Callable[[ContractExchange], Candidate | None]) -> NotebookCheck | None:
        """Keep it."""
        self.asked.append(start)
        return CHECK


def start_check(_exchange: ContractExchange) -> None:
    """The submission lacks what the check calls."""


def judge_checked(change: Change, **ending: Any) -> tuple[Judgement, list[Any]]:
    judge: Judge = judge_of(Checked)
    judgement = judge.judge(Ours(change, **ending), lambda: Ours(change), start_check)
    assert isinstance(judge.contract, Checked)
    return judgement, judge.contract.asked


def test_the_notebook_s_check_is_asked_of_right_and_of_wrong_submissions() -> None:
    wrong = judge_of().cases.key(1)
    judgement, asked = judge_checked(lambda _, pair, right: off(right) if pair.key(0) == wrong else right)
    assert (asked, judgement.notebook_check) == ([start_check], CHECK)
    assert judge_checked(leave)[1] == [start_check]


def test_the_check_says_nothing_where_answers_differ_from_time_to_time() -> None:
    judgement, asked = judge_checked(wrong_from(PAIRS))
    assert (asked, judgement.notebook_check) == ([], None)
    assert judge_checked(leave, ends_at=PAIRS + AGAIN - 1)[1] == []


def test_the_check_says_what_it_does_where_only_arguments_are_changed() -> None:
    assert len(judge_checked(lambda _call, _pair, right: Returned(right.numbers, ("x",)))[1]) == 1


def test_the_check_is_not_asked_of_what_nobody_may_start_or_what_has_ended() -> None:
    judge = judge_of(Checked)
    judge.judge(Ours(), Ours)
    assert isinstance(judge.contract, Checked)
    assert judge.contract.asked == []
    judgement, asked = judge_checked(leave, ends_at=PAIRS + AGAIN + 1)
    assert (row_of(judgement, "pure").outcome, asked) == (Mark.PASSED, [])


def test_the_mistake_of_the_line_that_raised_is_part_of_the_error() -> None:
    mistake = PythonMistake("name", SourceLine(None, 3), "uses `v`, which is not defined.")

    def change(_call: int, _pair: ContractCases, _right: Returned) -> Answer:
        return Raised("NameError", "name 'v' is not defined", mistake=mistake)

    error = judge_change(change).error
    assert error is not None
    assert error.mistake == mistake
