"""What is random, or goes wrong now and then, is seen: every answer counts, also the second about a network."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backmark.grader.contracts.judging.judge import AGAIN, Judge
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from tests.corpus.short import RIGHT
from tests.local import local

#: Fewer than the calls of the module of the commonest depth: a fault of a longer period may not be seen there.
LONGEST = 40
#: A right backward pass whose output error is doubled where `{fault}` holds.
FAULTY = RIGHT.replace("    dw, db, df =", "    scale = 1 + ({fault})\n    dw, db, df =").replace(
    "d_loss_d_output(all_f[K], y)", "scale * d_loss_d_output(all_f[K], y)"
)


def judge_source(source: str, judge: Judge) -> Judgement:
    return judge.judge(local(source, judge), lambda: local(source, judge))


def faulty(fault: str, prelude: str = "") -> str:
    assert "scale * d_loss" in FAULTY
    return prelude + FAULTY.replace("{fault}", fault)


@settings(max_examples=12)
@given(st.data())
def test_a_fault_at_every_so_many_calls_is_seen_in_any_phase(udl: Judge, data: st.DataObject) -> None:
    period = data.draw(st.integers(2, LONGEST))
    phase = data.draw(st.integers(0, period - 1))
    counter = "from itertools import count\ncalls = count()\n"
    judgement = judge_source(faulty(f"next(calls) % {period} == {phase}", counter), udl)
    assert judgement.outcome is Outcome.FAILED


def test_a_wrong_answer_to_the_second_question_fails_and_says_so(udl: Judge) -> None:
    """With the network on which it was wrong, and what it answered then."""
    memory = "seen = set()\n"
    source = faulty("(key := all_weights[0].tobytes() + y.tobytes()) in seen or seen.add(key) is not None", memory)
    judgement = judge_source(source, udl)
    agrees = judgement.properties[0]
    assert (judgement.outcome, agrees.outcome) == (Outcome.FAILED, Mark.FAILED)
    assert f"Wrong on {AGAIN} of 200 cases." in agrees.message
    assert f"On {AGAIN} of these, the first answer was right and the second one was wrong." in (agrees.message)
    assert (
        "If the counterexample is the first call in a fresh process, your code does not fail like this"
        in agrees.message
    )
    assert isinstance(agrees.counterexample, CaseCounterexample)
    assert any(result.wrong for result in agrees.counterexample.results)
    assert judgement.properties[-1].outcome is Mark.FAILED


def test_every_depth_is_asked_about_again(udl: Judge) -> None:
    places = udl.asked_again
    assert len(places) == len(set(places)) == AGAIN
    depths = [case.dims["K"] for case in udl.revision.cases.drawn]
    assert {depths[i] for i in places} == {*depths}


@pytest.mark.parametrize(
    ("prelude", "draw"),
    [
        ("import random\n", "random.random()"),
        ("", "np.random.rand()"),
        ("np.random.seed(7)\n", "np.random.rand()"),
        ("rng = np.random.default_rng(7)\n", "rng.random()"),
        ("rng = np.random.RandomState(7)\n", "rng.rand()"),
        ("import random\nrng = random.Random(7)\n", "rng.random()"),
        ("", "np.random.default_rng().random()"),
    ],
)
def test_each_network_sees_draws_of_its_own_and_the_same_ones_each_time(udl: Judge, prelude: str, draw: str) -> None:
    source = RIGHT.replace(
        "    dw, db, df =",
        f"    db = [0 * b + {draw} for b in all_biases]\n    return all_weights, db\n    dw, db, df =",
    )
    first, second = (local(prelude + source, udl).answer(udl.revision.cases) for _ in range(2))
    # Behind the gradients of the biases are the lengths of both lists.
    last_numbers = [answer.numbers[-3] for answer in first if answer.numbers is not None]
    assert len(set(last_numbers)) == len(udl.revision.cases)
    assert last_numbers == [answer.numbers[-3] for answer in second if answer.numbers is not None]
