"""Marks and messages where the student's lists have other names than the notebook's."""

from dataclasses import replace

import pytest

from grader.errors import SubmissionError
from grader.judge.examples import Examples
from grader.model.verdict import Judgement, Mark, Outcome
from grader.subjects.networks import wording
from grader.subjects.networks.draw import CHOICE
from grader.subjects.networks.revision import load
from tests.corpus.four_lines import SHAPELESS, WRONG, combined
from tests.corpus.four_lines import source as four_lines
from tests.corpus.mutants import mutations
from tests.corpus.own_names import OWN_NAMES, OwnNames
from tests.local import local
from tests.networks import NetworksJudge, leave_out_explanations, load_packaged
from worker.grading.revisions import DrawingProcess

JUDGE = NetworksJudge(load_packaged("udl-7.2"))


@pytest.fixture(autouse=True)
def _marks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marks depend on neither counterexamples nor explanations, which take most of the time."""
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    leave_out_explanations(monkeypatch)


def judge_source(source: str) -> Judgement:
    """The judgement on a source."""
    return JUDGE.judge(local(source, JUDGE.assignment), lambda: local(source, JUDGE.assignment))


def lost_rows(judgement: Judgement) -> set[str]:
    """The properties with marks that earned none."""
    return {row.name for row in judgement.properties if row.max_score and not row.score}


@pytest.mark.parametrize("slip", OWN_NAMES, ids=lambda slip: slip.name)
def test_a_slip_costs_its_own_step_whatever_the_lists_are_called(slip: OwnNames) -> None:
    """Where only the product of two steps can be seen, one of them is lost, and never both."""
    missing_rows = lost_rows(judge_source(slip.source))
    assert missing_rows - slip.either == slip.costs
    assert len(missing_rows & slip.either) == bool(slip.either)


@pytest.mark.parametrize("slip", [slip for slip in OWN_NAMES if slip.either], ids=lambda slip: slip.name)
def test_no_row_says_which_factor_is_wrong_if_only_the_product_came_back(slip: OwnNames) -> None:
    """A row names dl/dh only if the line raised, or the arrays have shapes that no other line gives."""
    judgement = judge_source(slip.source)
    messages = [row.message for row in judgement.properties if row.name == "activation_gradient" and row.message]
    if judgement.outcome is not Outcome.ERROR:
        assert all("does not show" in message or "together" in message for message in messages)


def list_sources() -> dict[str, str]:
    """Sources by name: all slips of the four lines, combinations, own names, every ninth mutant."""
    slips = [(line, text) for table in (WRONG, SHAPELESS) for line, texts in table.items() for text in texts]
    sources = {f"{line}: {text}": four_lines({line: text}) for line, text in slips}
    sources |= {str(lines): four_lines(lines) for lines in [{}, *combined(40, seed=23)]}
    sources |= {slip.name: slip.source for slip in OWN_NAMES}
    return sources | {mutation.name: mutation.text for mutation in mutations()[::9]}


#: Every eighth source each. The slips and own names of all parts are judged one by one above and in judge/test_marks.
PARTS = [pytest.param(part, marks=[pytest.mark.nightly] * (part >= 2)) for part in range(8)]


@pytest.mark.parametrize("part", PARTS)
def test_full_marks_and_passed_are_the_same(part: int) -> None:
    """Who is wrong on any network loses a mark, and who is right on all of them loses none."""
    wrong = []
    for name, source in list(list_sources().items())[part::8]:
        try:
            judgement = judge_source(source)
        except SubmissionError:
            continue
        if (judgement.outcome is Outcome.PASSED) is bool(lost_rows(judgement)):
            wrong.append(name)
    assert wrong == []


#: Nightly with networks chosen from eight times as many, as those of the shipped assignment are.
@pytest.mark.parametrize("choice", [1, pytest.param(CHOICE, marks=pytest.mark.nightly)])
@pytest.mark.parametrize("seed", [1, 4, 11])
def test_marks_do_not_hang_on_the_drawing_where_the_numbers_follow_the_sign_of_the_error(
    seed: int, choice: int
) -> None:
    """The mask of dl/dh in place of the derivative: wrong, and yet it depends on the error."""
    judge = NetworksJudge(load(DrawingProcess(replace(JUDGE.assignment, seed=seed), pool=choice == 1).result()))
    source = four_lines({"derivative": "indicator_function(all_dl_dh[layer])"})
    judgement = judge.judge(local(source, judge.assignment), lambda: local(source, judge.assignment))
    assert lost_rows(judgement) == {"relu_derivative"}


def test_a_mask_before_the_weights_is_not_given_full_marks() -> None:
    """Nor is TODO 4 right if it copies what TODO 3 masked."""
    product = "np.matmul(all_weights[layer].T, indicator_function(all_f[layer]) * all_dl_df[layer])"
    assert lost_rows(judge_source(four_lines({"activation": product, "derivative": "all_dl_dh[layer]"})))


def test_a_derivative_that_is_written_past_the_input_costs_its_own_step() -> None:
    """Without its `if` the fourth line writes at -1, which is the output's, or raises."""
    source = four_lines({}).replace("if layer > 0:", "if True:")
    judgement = judge_source(source)
    assert lost_rows(judgement) == {"relu_derivative", "any_shape"}
    row = next(row for row in judgement.properties if row.name == "relu_derivative")
    assert row.message == wording.RAISES


@pytest.mark.parametrize(
    "derivative",
    ["np.matmul(indicator_function(all_f[layer-1]), all_dl_dh[layer].T)"],
)
def test_a_line_that_gives_an_array_of_another_shape_costs_its_step(derivative: str) -> None:
    """The next line raises: that is no fault of its own."""
    assert lost_rows(judge_source(four_lines({"derivative": derivative}))) == {"relu_derivative", "any_shape"}


def test_lists_of_biases_for_both_are_not_said_to_be_zero() -> None:
    """One list under two names: nothing came back in which the derivative could show."""
    source = OWN_NAMES[0].source.replace("slopes, offsets = [None] * (last + 1), ", "slopes = offsets = ")
    source = source.replace("all_h[at] @ back.T", "back @ all_h[at].T")
    rows = {row.name: row for row in judge_source(source).properties}
    assert rows["bias_gradient"].outcome is not Mark.PASSED
    assert "zero" not in rows["relu_derivative"].message
