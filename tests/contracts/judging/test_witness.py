"""A candidate that is asked more: each question once, within a budget; and how an answer is wrong."""

import numpy as np
import pytest

from backmark.grader.contracts.cases.answers import Answer, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.contracts.cases.question import read_raised, text
from backmark.grader.contracts.judging.witness import Witness
from backmark.grader.contracts.rows.row import Failure
from backmark.grader.errors import Crashed
from backmark.grader.model.source_line import SourceLine
from tests.contracts.judging.pairs import Ours, fails_always, fails_never
from tests.contracts.judging.toy import draw_revision


def test_a_failure_is_shown_only_by_an_answer_that_is_wrong_in_its_way() -> None:
    pair = draw_revision().cases.take([0])
    number = Failure(fails_always, ("number", ""))
    return_answer, error_answer = Returned(np.zeros(2)), Raised("ValueError", "no")
    assert (number.could_be(return_answer), number.could_be(error_answer)) == (True, False)
    assert (number.is_shown_by(pair, [return_answer]), number.is_shown_by(pair, [error_answer])) == (True, False)
    assert not Failure(fails_never, ("number", "")).is_shown_by(pair, [return_answer])
    assert Failure(fails_always).could_be(error_answer)


def keys_of(pairs: ContractCases) -> list[bytes]:
    return [pairs.key(i) for i in range(len(pairs))]


def test_a_witness_is_asked_each_question_once() -> None:
    pairs, candidate = draw_revision().cases, Ours()
    witness = Witness(candidate, left=10)
    keys = keys_of(pairs)
    witness.ask([keys[3], keys[3], keys[4]], lambda places: pairs.take([(3, 3, 4)[place] for place in places]))
    assert (candidate.calls, witness.left) == (2, 8)
    witness.ask([keys[4], keys[5]], lambda places: pairs.take([(4, 5)[place] for place in places]))
    assert (candidate.calls, witness.left) == (3, 7)
    witness.ask([keys[5]], lambda _: pytest.fail("everything is known"))
    for place in (3, 4, 5):
        answer = witness.known[keys[place]]
        assert isinstance(answer, Returned)
        assert answer.numbers.tolist() == Ours().answer(pairs.take([place]))[0].numbers.tolist()  # type: ignore[union-attr]


def test_a_witness_answers_no_more_than_its_budget() -> None:
    pairs, candidate = draw_revision().cases, Ours()
    witness = Witness(candidate, left=2)
    witness.ask(keys_of(pairs), pairs.take)
    assert (candidate.calls, witness.left, [*witness.known]) == (2, 0, keys_of(pairs)[:2])
    witness.ask(keys_of(pairs), lambda _: pytest.fail("nothing is left"))


def test_a_witness_that_ends_keeps_what_it_said_and_is_asked_no_more() -> None:
    pairs, candidate = draw_revision().cases, Ours(ends_at=2)
    witness = Witness(candidate)
    witness.ask(keys_of(pairs)[:5], pairs.take)
    assert (witness.left, [*witness.known]) == (0, keys_of(pairs)[:2])


def test_an_error_that_a_jail_describes_is_read_with_caps_and_places() -> None:
    header = {
        "type": "T" * 201,
        "message": "m" * 2001,
        "traceback": "t" * 8001,
        "frames": [[1, 2], [0, 3]],
        "lines": [[4, 5]],
    }
    error_answer = read_raised(header)
    assert (error_answer.type, error_answer.message, error_answer.traceback) == ("T" * 200, "m" * 2000, "t" * 8000)
    assert error_answer.frames == (SourceLine.of(1, 2), SourceLine.of(0, 3))
    assert error_answer.lines == (SourceLine.of(4, 5),)
    assert read_raised({"frames": [], "lines": []}) == Raised("", "")
    assert (text(7, 3), text("abcd", 3)) == ("", "abc")


class Ending(Ours):
    """A candidate that ends at each question."""

    def answer(self, cases: ContractCases) -> list[Answer]:  # noqa: ARG002 - a candidate's
        """Return nothing: it ends."""
        raise Crashed("It ended.")


def test_a_witness_that_ends_is_asked_nothing_more() -> None:
    witness = Witness(Ending())
    with pytest.raises(Crashed):
        witness.answer(draw_revision().cases)
    assert witness.left == 0
