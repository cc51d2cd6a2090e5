"""Code that does not show its lists when it is asked for them never earns more than when it does."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from grader.errors import Crashed
from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark
from grader.oracle.answers import Answer, Candidate
from grader.subjects.networks import wording
from tests.corpus.four_lines import source
from tests.local import local
from tests.networks import NetworksJudge

#: Pairs of lines of which what came back shows less than the lists do.
PAIRS = (
    {"bias": "2 * all_dl_df[layer]", "weight": "2 * np.matmul(all_dl_df[layer], all_h[layer].T)"},
    {
        "activation": "2 * np.matmul(all_weights[layer].T, all_dl_df[layer])",
        "derivative": "np.abs(indicator_function(all_f[layer-1]) * all_dl_dh[layer])",
    },
)
LOOKS = """
import sys

def is_asked_for_lists():
    caller = sys._getframe()
    while "question" not in caller.f_locals:
        caller = caller.f_back
    return caller.f_locals["question"].evidence
"""
HEAD = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n"


@pytest.fixture(autouse=True)
def _without_counterexamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows do not depend on them, and they take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})


@dataclass
class Ending:
    """A candidate whose process ends when it is asked for its lists, or when it is asked anything for the n-th time."""

    candidate: Candidate[Any]
    shown: int = 3
    most: int = 10_000

    def answer(self, cases: Any) -> list[Answer]:
        """The answers, as far as it lives."""
        answers = self.candidate.answer(cases)
        if len(answers) > self.most:
            error = Crashed("It has ended.")
            error.answers = answers[: self.most]
            raise error
        return answers

    def evidence(self, cases: Any) -> list[Any]:
        """The lists of the first networks."""
        return self.candidate.evidence(cases)[: self.shown]


def judge_source(text: str, judge: NetworksJudge, wrap: Callable[[Any], Any] | None = None) -> Judgement:
    def start() -> Any:
        candidate = local(text, judge.assignment)
        return candidate if wrap is None else wrap(candidate)

    return judge.judge(start(), start)


def score(judgement: Judgement) -> int:
    return sum(row.score for row in judgement.properties)


@pytest.mark.parametrize("lines", PAIRS, ids=["the last two", "the first two"])
@pytest.mark.parametrize("condition", ["", " and K == 5", " and K < 3"])
@pytest.mark.parametrize("way", ["raise ValueError", "raise SystemExit", "return None"])
def test_code_that_does_not_answer_when_it_is_asked_for_its_lists_earns_no_more(
    udl: NetworksJudge, lines: dict[str, str], condition: str, way: str
) -> None:
    """On all networks, or on some of them."""
    refusing = f"{HEAD}    if is_asked_for_lists(){condition}: {way}\n"
    text = LOOKS + source(lines).replace(HEAD, refusing)
    assert score(judge_source(text, udl)) <= score(judge_source(source(lines), udl))


@pytest.mark.parametrize("lines", PAIRS, ids=["the last two", "the first two"])
@pytest.mark.parametrize("shown", [0, 3, 11])
def test_a_process_that_ends_when_it_is_asked_for_its_lists_shows_nothing(
    udl: NetworksJudge, lines: dict[str, str], shown: int
) -> None:
    """Whether it exits, sleeps or takes all memory; so does one that says what is no answer."""
    judgement = judge_source(source(lines), udl, lambda candidate: Ending(candidate, shown))
    assert score(judgement) == 0
    assert wording.REFUSED in {row.message for row in judgement.properties if row.outcome is Mark.NOT_RUN}


def test_a_process_that_ends_after_its_last_answer_shows_nothing(udl: NetworksJudge) -> None:
    judgement = judge_source(
        source(PAIRS[0]), udl, lambda candidate: Ending(candidate, 0, most=len(udl.revision.suite) + 3)
    )
    assert score(judgement) == 0


def test_code_that_raises_where_it_raised_before_refuses_nothing(udl: NetworksJudge) -> None:
    """The two lines above the one that raises keep their marks."""
    text = source({"activation": "np.matmul(all_weights[layer], all_dl_df[layer])"})
    judgement = judge_source(text, udl)
    assert {"bias_gradient", "weight_gradient"} <= {row.name for row in judgement.properties if row.score}


def test_iterators_that_raise_when_they_are_read_refuse_nothing(udl: NetworksJudge) -> None:
    """What came back was never read before; the lists of the lines that ran are there."""
    text = source({"returned": "map(np.dot, all_weights, all_dl_df), all_dl_dbiases"})
    judgement = judge_source(text, udl)
    assert wording.REFUSED not in {row.message for row in judgement.properties}
