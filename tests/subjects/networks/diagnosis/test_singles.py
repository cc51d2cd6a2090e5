"""Every bug, written by someone else, is recognised."""

import pytest

from grader.judge.examples import Examples
from grader.subjects.networks.diagnosis.bugs import library
from tests.corpus.four_lines import source as four_lines
from tests.local import local
from tests.networks import NetworksJudge
from tests.subjects.networks.diagnosis.behaviours import BEFORE_THE_WEIGHTS, BEHAVIOURS
from tests.subjects.networks.diagnosis.diagnosing import list_ids
from tests.subjects.networks.diagnosis.slips import slips
from tests.subjects.networks.diagnosis.styles import Slip, source, written

#: Bugs whose answers are those of another one on every network: both are named, and nobody can say which it is.
EQUAL = {
    "zero_derivative": ["no_propagation", "zero_derivative"],
    "derivative_sign": ["activation_sign", "derivative_sign"],
}

SLIPS = [*slips("growing"), *slips("recursive")]


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: f"{slip.style}-{slip.bug}")
def test_a_bug_in_another_style_is_named_first(udl: NetworksJudge, slip: Slip) -> None:
    """Alone, or with those that nothing tells from it."""
    ids = list_ids(written(slip), udl)
    assert ids[: len(EQUAL.get(slip.bug, [slip.bug]))] == EQUAL.get(slip.bug, [slip.bug])


def test_a_derivative_before_the_weights_is_named_first(udl: NetworksJudge) -> None:
    """Two lines, and one bug."""
    assert list_ids(BEFORE_THE_WEIGHTS, udl) == ["derivative_before_weights"]


@pytest.mark.parametrize("style", ["growing", "recursive"])
def test_both_gradients_from_dh_are_told_from_a_late_derivative_by_lists_alone(udl: NetworksJudge, style: str) -> None:
    """One variable for another in two lines, or the derivative one line too late: the numbers are the same."""
    texts = {slip.bug: slip for slip in slips(style)}
    text = written(texts["bias_from_activation"], texts["weights_from_activation_gradient"])
    assert list_ids(text, udl) == ["derivative_before_weights", "gradients_from_activation_gradient"]
    above = "(all_dl_dh[layer+1] if layer < K else all_dl_df[K])"
    lists = four_lines({"bias": f"1 * {above}", "weight": f"{above} @ all_h[layer].T"})
    assert list_ids(lists, udl) == ["gradients_from_activation_gradient"]


@pytest.mark.parametrize(("bug", "text"), BEHAVIOURS, ids=[bug for bug, _ in BEHAVIOURS])
def test_what_is_no_line_is_named_first_too(
    udl: NetworksJudge, monkeypatch: pytest.MonkeyPatch, bug: str, text: str
) -> None:
    """Rounding, sizes that are written out, and what is kept between calls."""
    # Explanations do not depend on the counterexamples, and shrinking those takes time.
    monkeypatch.setattr(Examples, "smallest_by_row", lambda *_: {})
    judgement = udl.judge(local(text, udl.assignment), lambda: local(text, udl.assignment))
    assert [diagnosis.id for diagnosis in judgement.diagnosis] == [bug]


@pytest.mark.parametrize("style", ["growing", "recursive"])
def test_a_right_one_in_these_styles_is_named_nothing(udl: NetworksJudge, style: str) -> None:
    """The holes are filled rightly by default."""
    assert list_ids(source(style), udl) == []


def test_every_model_of_the_shipped_assignment_is_put_to_the_test(udl: NetworksJudge) -> None:
    """None is left out here."""
    models = {bug.id for bug in (*library.of(udl.assignment), *library.RETURNED)}
    bugs = {slip.bug for slip in SLIPS} | {bug for bug, _ in BEHAVIOURS}
    assert models - bugs == {"derivative_before_weights", "gradients_from_activation_gradient"}
