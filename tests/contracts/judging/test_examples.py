"""Counterexamples are small, confirmed in a fresh process, and shown as they were seen if they are not."""

from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.judging.examples import Examples
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.rows.agreement import disagreeing
from backmark.grader.contracts.rows.row import Row
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.verdict import Mark
from tests.contracts.judging.pairs import (
    PAIRS,
    Ours,
    fails_always,
    fails_never,
    judge_change,
    judge_of,
    off,
    row_of,
    wrong_from,
)
from tests.contracts.judging.toy import draw_revision, read_pair

STATE = "If the counterexample is the first call in a fresh process, your code does not fail like this"


def test_what_ends_after_its_last_pair_has_the_first_that_failed_as_its_counterexample() -> None:
    """No smaller one is asked about."""
    candidate = Ours(wrong_from(20), ends_at=PAIRS + 3)
    judgement = judge_of().judge(candidate, lambda: Ours(wrong_from(0)))
    assert isinstance(judgement.counterexample, CaseCounterexample)
    assert candidate.calls == PAIRS + 3
    assert judgement.counterexample.inputs[0].values == read_pair(draw_revision().cases, 20)[0].tolist()


def test_a_counterexample_is_small_and_confirmed_in_one_fresh_process_for_all_rows() -> None:
    candidates: list[Ours] = []

    def change(_call: int, _pair: ContractCases, right: Returned) -> Answer:
        return Returned(right.numbers + 1)

    def fresh() -> Ours:
        candidates.append(Ours(change))
        return candidates[-1]

    judgement = judge_of().judge(Ours(change), fresh)
    examples = [p.counterexample for p in judgement.properties if p.counterexample is not None]
    shown_cases = [
        ([part.values for part in example.inputs], example.instead, [result.wrong for result in example.results])
        for example in examples
        if isinstance(example, CaseCounterexample)
    ]
    # The smallest of the ladder, and not the pair of numbers that it came from.
    assert shown_cases == [([[1.0], [2.0]], None, [1, 1])] * 3
    assert judgement.counterexample is examples[0]
    assert [candidate.calls for candidate in candidates] == [1]
    assert not [p for p in judgement.properties if STATE in p.message]


def test_a_smaller_pair_that_fails_in_another_way_is_no_counterexample() -> None:
    """A wrong number is shown, and not the exception on what is smaller still."""

    def change(_call: int, pair: ContractCases, right: Returned) -> Answer:
        x, _ = read_pair(pair, 0)
        if len(x) > 1:
            return off(right)
        return Raised("ValueError", "no") if x == 1 else right

    example = row_of(judge_change(change), "total").counterexample
    assert isinstance(example, CaseCounterexample)
    assert (example.case, example.instead, example.results[0].wrong) == ({"n": 2}, None, 1)


def test_a_process_that_ends_at_one_counterexample_keeps_back_no_other() -> None:
    """Each has a fresh process of its own, and so has the pair that is shown in the place of a smaller one."""

    def change(_call: int, pair: ContractCases, right: Returned) -> Answer:
        return off(right, 0 if pair.drawn[0].dims["n"] == 1 else 1)

    fresh = iter([Ours(ends_at=0), Ours(), Ours()])
    judgement = judge_of().judge(Ours(change), lambda: next(fresh))
    assert [p.name for p in judgement.properties if STATE in p.message] == ["cube"]


def test_what_is_right_in_a_fresh_process_is_said_to_depend_on_more_than_its_arguments() -> None:
    """It is shown as it was seen."""
    judgement = judge_change(wrong_from(0), fresh=Ours())
    for name in ("finite_differences", "total"):
        assert STATE in row_of(judgement, name).message
    example = row_of(judgement, "total").counterexample
    assert isinstance(example, CaseCounterexample)
    assert (example.case, example.results[0].wrong) == ({"n": 1}, 1)
    assert row_of(judgement, "cube").message == ""


def test_a_shown_pair_that_fails_in_a_fresh_process_is_not_said_to_pass_there() -> None:
    """A smaller one failed by what was kept between calls alone: that costs `pure`, and is said in its row."""

    def change(call: int, pair: ContractCases, right: Returned) -> Answer:
        return off(right) if pair.drawn[0].dims["n"] > 1 or call >= 3 * PAIRS else right

    def last(call: int, pair: ContractCases, right: Returned) -> Answer:
        return change(call + 3 * PAIRS, pair, right)

    contract = draw_revision().contract
    answers = Ours(change).answer(contract.cases)
    examples = Examples(contract, answers, Witness(Ours(last)), lambda: Ours(change))
    failing_places = tuple(i for i, wrong in enumerate(disagreeing(contract.cases, answers)) if wrong)
    example = examples.smallest_by_row({"row": Row(Mark.FAILED, PAIRS, "", failing_places, disagreeing)})["row"]
    assert isinstance(example.shown, CaseCounterexample)
    assert (example.shown.case, example.repeats, example.depends) == ({"n": 2}, True, True)


def test_a_fresh_process_that_ends_claims_nothing() -> None:
    judgement = judge_change(wrong_from(0), fresh=Ours(ends_at=0))
    assert not [p for p in judgement.properties if STATE in p.message]
    assert isinstance(row_of(judgement, "total").counterexample, CaseCounterexample)


def test_a_row_without_a_test_of_its_own_has_no_counterexample() -> None:
    judgement = judge_change(lambda _, __, right: Returned(right.numbers, ("x",)))
    assert (row_of(judgement, "pure").outcome, row_of(judgement, "pure").counterexample) == (Mark.FAILED, None)


def test_of_the_pairs_of_a_row_the_smallest_that_is_wrong_in_its_numbers_is_shown() -> None:
    """A right one, such as of a row about form, only if there is no other."""
    contract = draw_revision().contract
    answers = Ours(lambda call, _, right: off(right) if call in {9, 11} else right).answer(contract.cases)
    examples = Examples(contract, answers, Witness(Ours(), left=0), Ours)
    wrong = Row(Mark.FAILED, PAIRS, "", (2, 11, 9), fails_always)
    right = Row(Mark.FAILED, PAIRS, "", (5, 3), fails_always)
    shown_examples = examples.smallest_by_row({"wrong": wrong, "right": right, "passed": Row(Mark.PASSED, PAIRS, "")})
    assert set(shown_examples) == {"wrong", "right"}
    for name, place in (("wrong", 9), ("right", 3)):
        example = shown_examples[name].shown
        assert isinstance(example, CaseCounterexample)
        assert example.inputs[0].values == read_pair(contract.cases, place)[0].tolist()


def test_the_same_wrong_answer_that_a_row_does_not_see_again_is_no_state() -> None:
    """The row's own test may need more than one pair: what depends on the calls before answers otherwise."""
    contract = draw_revision().contract
    candidate = Ours(wrong_from(0))
    answers = candidate.answer(contract.cases)
    examples = Examples(contract, answers, Witness(candidate), lambda: Ours(wrong_from(0)))
    shown_examples = examples.smallest_by_row({"row": Row(Mark.FAILED, PAIRS, "", (9,), fails_never)})
    assert shown_examples["row"].repeats


def test_a_wrong_answer_that_turns_out_right_alone_is_state_though_its_row_still_fails() -> None:
    contract = draw_revision().contract
    answers = Ours(wrong_from(0)).answer(contract.cases)
    examples = Examples(contract, answers, Witness(Ours(), left=0), Ours)
    shown_examples = examples.smallest_by_row({"row": Row(Mark.FAILED, PAIRS, "", (9,), fails_always)})
    assert not shown_examples["row"].repeats
