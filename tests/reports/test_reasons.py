"""Why rows are lost or kept, in words."""

from dataclasses import replace

import pytest

from backmark.grader.model.reason import Explainer, Reason
from backmark.grader.model.source_line import SourceLine
from backmark.grader.reports.reasons import list_reasons
from tests.reports.graded import WRONG_LINE, repair_verdict

LINES = (SourceLine(10, 25), SourceLine(10, 27))
KEPT, LOST = "bias_gradient", "weight_gradient"


def describe(*reasons: Reason) -> tuple[str, ...]:
    return list_reasons(replace(repair_verdict(WRONG_LINE), explained_by=reasons))


@pytest.mark.parametrize("explainer", Explainer)
def test_every_explainer_has_words(explainer: Explainer) -> None:
    (text,) = describe(Reason(explainer, (LOST,)))
    assert "Gradient of the weights" in text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            Reason(Explainer.TEMPLATE),
            "A missing line: a line of the template, not filled in.",
        ),
        (Reason(Explainer.TEMPLATE, (), LINES), "Lines 25 and 27: a line of the template, not filled in."),
        (
            Reason(Explainer.USED, (KEPT,), LINES[:1]),
            "Gradient of the biases: kept, what its lines compute is right and used (line 25).",
        ),
        (
            Reason(Explainer.MISTAKE, (LOST,), mistake="no_mask"),
            "Gradient of the weights: lost, explained by a known mistake (`no_mask`).",
        ),
        (Reason(Explainer.RESULTS, (KEPT,)), "Gradient of the biases: kept, its numbers are right in every case."),
        (Reason(Explainer.RESULTS, (LOST,)), "Gradient of the weights: lost, its numbers are wrong."),
    ],
)
def test_a_reason_names_lines_rows_and_mistakes(reason: Reason, text: str) -> None:
    assert describe(reason) == (text,)


def test_a_verdict_of_before_there_were_reasons_has_none() -> None:
    assert list_reasons(repair_verdict(WRONG_LINE)) == ()
