"""The judge by itself: what is right, wrong, changed, ended or answered differently when asked again."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pytest

from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.contract import Contract
from backmark.grader.contracts.judging.judge import AGAIN, CHANGES, Judge
from backmark.grader.contracts.judging.marks import ContractMarks, Given
from backmark.grader.contracts.judging.witness import BUDGET, Witness
from backmark.grader.errors import CandidateError, Crashed, OutOfMemory, TimedOut, TooMuchOutput
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import CaseReached, Flag, Mark
from tests.contracts.judging.pairs import PAIRS, Ours, judge_change, judge_of, off, row_of, wrong_from
from tests.contracts.judging.toy import draw_revision, read_pair


@dataclass(frozen=True)
class ProbedToy(Contract):
    """A contract that asks two probes, and notices how many were answered and what may still be asked."""

    @cached_property
    def probes(self) -> ContractCases:
        """Two pairs."""
        return self.cases.take([0, 1])

    def flags(self, probed: Sequence[Answer], witness: Witness) -> list[Flag]:
        """One flag that says both numbers."""
        return [Flag("seen", f"{len(probed)} probes, {witness.left} calls")]


@dataclass(frozen=True)
class WordyToy(Contract):
    """A contract whose pairs have a property that is too long for a sentence."""

    def describe_case(self, i: int) -> dict[str, Any]:
        """The property."""
        return {"n": 100 * [i]}


@dataclass(frozen=True)
class KeenToy(Contract):
    """A contract that keeps what it is given to mark."""

    evidence: list[Given] = field(default_factory=list)

    def marks(self, given: Given) -> ContractMarks:
        """Mark as any contract does."""
        self.evidence.append(given)
        return super().marks(given)


def test_what_is_right_has_all_marks_and_nothing_to_say() -> None:
    judgement = judge_change()
    assert judgement.outcome is Outcome.PASSED
    assert [(p.name, p.outcome, p.score, p.max_score, p.networks, p.message) for p in judgement.properties] == [
        ("finite_differences", Mark.PASSED, 0, 0, PAIRS, ""),
        ("total", Mark.PASSED, 3, 3, PAIRS, ""),
        ("cube", Mark.PASSED, 5, 5, PAIRS, ""),
        ("pure", Mark.PASSED, 1, 1, PAIRS, ""),
    ]
    assert (judgement.counterexample, judgement.error, judgement.flags, judgement.diagnosis) == (None, None, (), ())
    assert {p.names for p in judgement.properties} == {()}
    numbers = judge_of().cases.starts[-1]
    statistics = judgement.statistics
    assert (statistics.networks, statistics.derivatives, statistics.inconclusive, statistics.seed) == (
        *(PAIRS, numbers - 1, 1, 7),
    )


def test_a_row_keeps_its_title_and_loses_all_of_its_marks() -> None:
    row = row_of(judge_change(wrong_from(0)), "total")
    assert (row.title, row.outcome, row.score, row.max_score) == ("The total", Mark.FAILED, 0, 3)
    assert row.message == "Wrong on all 30 cases."
    assert isinstance(row.counterexample, CaseCounterexample)
    assert row_of(judge_change(wrong_from(0)), "finite_differences").message == "Wrong on all 30 cases."


def test_the_wrong_results_that_the_contract_sees_are_part_of_the_judgement() -> None:
    assert judge_change(wrong_from(0, place=1)).wrong_results == ("cube",)
    assert judge_change().wrong_results == ()


@pytest.mark.parametrize(
    ("error_type", "outcome", "name"),
    [
        (TimedOut, Outcome.TIMEOUT, "TimeLimit"),
        (OutOfMemory, Outcome.MEMORY, "MemoryLimit"),
        (Crashed, Outcome.CRASHED, "Crash"),
    ],
)
def test_what_ends_at_a_pair_is_judged_in_nothing_and_says_where(
    error_type: type[CandidateError], outcome: Outcome, name: str
) -> None:
    judgement = judge_change(ends_at=5, ending=error_type("It ended."))
    assert judgement.outcome is outcome
    assert judgement.error is not None
    length = draw_revision().cases.drawn[5].dims["n"]
    assert judgement.error.reached == CaseReached(6, 30, {"n": length})
    assert judgement.error.type == name
    assert judgement.error.message == f"It ended. It had reached case 6 of 30 (n = {length})."
    assert judgement.error.ending == "It ended."
    assert {(p.outcome, p.score, p.networks, p.message) for p in judgement.properties} == {
        (Mark.NOT_RUN, 0, 0, "Not judged: your code did not finish every case.")
    }
    assert isinstance(judgement.counterexample, CaseCounterexample)
    assert judgement.counterexample.instead == "ended without an answer"
    assert judgement.counterexample.inputs[0].values == read_pair(draw_revision().cases, 5)[0].tolist()
    assert (judgement.statistics.networks, judgement.statistics.derivatives) == (5, judge_of().cases.starts[5])


def test_properties_that_a_sentence_has_no_room_for_are_left_out_of_it() -> None:
    judgement = judge_change(made=WordyToy, ends_at=29)
    assert judgement.error is not None
    assert judgement.error.message.endswith(" It had reached case 30 of 30.")
    assert judgement.error.reached == CaseReached(30, 30, {"n": 100 * [29]})


def test_what_prints_too_much_is_not_said_to_be_at_a_pair() -> None:
    """Output and answers come over two pipes."""
    judgement = judge_change(ends_at=5, ending=TooMuchOutput("It printed too much."))
    assert (judgement.outcome, judgement.counterexample) == (Outcome.OUTPUT_LIMIT, None)
    assert judgement.error is not None
    assert (judgement.error.type, judgement.error.message) == ("OutputLimit", "It printed too much.")
    assert judgement.error.ending == "It printed too much."
    assert (judgement.statistics.networks, judgement.statistics.seed) == (0, 7)
    assert {p.outcome for p in judgement.properties} == {Mark.NOT_RUN}


def test_what_ends_when_it_is_asked_again_is_judged_and_is_not_pure() -> None:
    judgement = judge_change(ends_at=PAIRS + AGAIN - 1)
    assert judgement.outcome is Outcome.PASSED
    pure_row = row_of(judgement, "pure")
    assert (pure_row.outcome, pure_row.score) == (Mark.FAILED, 0)
    assert (
        pure_row.message == "Your code gave no answer when it was called again with cases that it had answered before."
    )


def test_what_ends_at_a_probe_is_pure_and_is_asked_no_more() -> None:
    judgement = judge_change(made=ProbedToy, ends_at=PAIRS + AGAIN + 1)
    assert (judgement.outcome, row_of(judgement, "pure").outcome) == (Outcome.PASSED, Mark.PASSED)
    assert [flag.title for flag in judgement.flags] == ["1 probes, 0 calls"]
    whole_judgement = judge_change(made=ProbedToy)
    assert [flag.title for flag in whole_judgement.flags] == [f"2 probes, {BUDGET} calls"]


def test_a_wrong_second_answer_counts() -> None:
    judge = judge_of(KeenToy)
    judgement = judge.judge(Ours(wrong_from(PAIRS + 1)), lambda: Ours(wrong_from(0)))
    agrees = row_of(judgement, "finite_differences")
    assert judgement.outcome is Outcome.FAILED
    assert agrees.message.startswith(
        "Wrong on 23 of 30 cases. On 23 of these, the first answer was right and the second one was wrong."
    )
    assert row_of(judgement, "pure").message == "Called again, your code answered 23 of 24 cases differently."
    assert isinstance(judge.contract, KeenToy)
    (evidence,) = judge.contract.evidence
    assert len(evidence.agrees.failing) == 23
    assert not evidence.repeats


def test_of_a_single_pair_the_message_has_no_plural() -> None:
    judge = Judge(draw_revision(count=1))
    judgement = judge.judge(Ours(wrong_from(0)), lambda: Ours(wrong_from(0)))
    assert row_of(judgement, "finite_differences").message == "Wrong on 1 of 1 case."


def test_a_wrong_first_answer_counts_though_the_second_is_right() -> None:
    judgement = judge_change(lambda call, _, right: off(right) if call == PAIRS - 1 else right)
    assert judgement.outcome is Outcome.FAILED
    assert row_of(judgement, "finite_differences").message.startswith("Wrong on 1 of 30 cases.")
    assert "first asked" not in row_of(judgement, "finite_differences").message


def test_answers_that_differ_within_the_tolerance_pass_and_are_not_pure() -> None:
    """Bit for bit."""
    judgement = judge_change(lambda call, _, right: Returned(right.numbers * (1 + 1e-15 * call)))
    assert judgement.outcome is Outcome.PASSED
    assert row_of(judgement, "pure").outcome is Mark.FAILED


def test_what_changes_its_arguments_is_flagged_and_still_repeats() -> None:
    judge = judge_of(KeenToy)

    def change(call: int, _pair: ContractCases, right: Returned) -> Answer:
        wrong = off(right)
        return Returned(wrong.numbers, ("w", "x", "y")) if call in {2, 4} else wrong

    judgement = judge.judge(Ours(change), lambda: Ours(change))
    assert row_of(judgement, "pure").message == "Your code changes `w`, `x` and `y` in place on 2 of 30 cases."
    assert judgement.flags == (CHANGES,)
    assert isinstance(judge.contract, KeenToy)
    assert judge.contract.evidence[0].repeats


def test_of_what_raised_the_pairs_that_returned_say_what_they_changed() -> None:
    error_answer = Raised("ValueError", "no", "Traceback", (SourceLine(1, 2),), (SourceLine(3, 4),))

    def change(call: int, _pair: ContractCases, right: Returned) -> Answer:
        return error_answer if call % 3 == 0 else Returned(right.numbers, ("x",))

    judgement = judge_change(change)
    assert (
        row_of(judgement, "pure").message
        == "Your code changes `x` in place on 20 of the 20 cases that could be checked."
    )
    assert judgement.outcome is Outcome.FAILED
    error = judgement.error
    assert error is not None
    assert (error.type, error.message, error.traceback) == ("ValueError", "no", "Traceback")
    assert (error.frames, error.lines) == ((SourceLine(1, 2),), (SourceLine(3, 4),))


def test_what_raises_everywhere_is_an_error() -> None:
    judgement = judge_change(lambda *_: Raised("KeyError", "7"))
    assert (judgement.outcome, judgement.error and judgement.error.type) == (Outcome.ERROR, "KeyError")


def test_an_exception_that_comes_only_when_asked_again_is_shown() -> None:
    """It is the answer that counts."""
    judgement = judge_change(lambda call, _, right: right if call < PAIRS else Raised("ValueError", "no"))
    assert (judgement.outcome, judgement.error and judgement.error.type) == (Outcome.FAILED, "ValueError")


@dataclass(frozen=True, eq=False)
class ByLength(ContractCases):
    """Pairs for which the module is executed anew for each length."""

    @cached_property
    def modules(self) -> list[Hashable]:
        """The lengths."""
        return [case.dims["n"] for case in self.drawn]


def test_the_last_pair_of_each_module_is_asked_again_and_then_the_last_of_the_commonest() -> None:
    """From the last to the first."""
    base = draw_revision()
    parts = (getattr(base.cases, field.name) for field in fields(base.cases))
    judge = Judge(replace(base, cases=ByLength(*parts)))
    # Six of length 1, twelve of 2, six of 3, and six of 4.
    last_places, common_places, other_places = [5, 17, 23, 29], [*range(6, 17)], [*range(19, 23), *range(24, 29)]
    assert judge.asked_again == sorted([*last_places, *common_places, *other_places], reverse=True)


def test_few_pairs_are_all_asked_again_and_none_are_no_trouble() -> None:
    few = Judge(draw_revision(count=3))
    assert few.asked_again == [2, 1, 0]
    base = draw_revision()
    assert Judge(replace(base, cases=base.cases.take([]))).asked_again == []
