"""One slip has one mark, whichever way the code around it is written, and is named in its line."""

from collections.abc import Sequence

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Judgement, Mark
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.corpus import styles
from tests.corpus.styles import StyledSlip
from tests.night import by_day

#: By slip its five sources.
SLIPS = [styles.SLIPS[start : start + len(styles.STYLES)] for start in range(0, len(styles.SLIPS), len(styles.STYLES))]


def judge_source(entry: str, source: str) -> Judgement:
    """Return the judgement on a source, by text and by values."""
    return judge(find_revision(entry), source)


def list_lost(judgement: Judgement) -> set[str]:
    """Return the rows that cost marks."""
    return {row.name for row in judgement.properties if row.score < row.max_score}


@pytest.mark.parametrize("entry", styles.RIGHT)
def test_every_style_is_right_without_a_slip(entry: str) -> None:
    assert [judge_source(entry, source).outcome for source in styles.RIGHT[entry].values()] == [Outcome.PASSED] * 5


@pytest.mark.parametrize("slip", by_day(styles.SLIPS, 7, lambda slip: f"{slip.entry}, {slip.name}, {slip.style}"))
def test_a_slip_is_named_in_its_line_and_costs_one_row(slip: StyledSlip) -> None:
    judgement = judge_source(slip.entry, slip.source)
    (statement,) = judgement.repair
    assert {line.line for line in statement.lines} <= slip.lines
    assert set(statement.rows) == list_lost(judgement)
    assert len(statement.rows) == 1
    assert not [row for row in judgement.properties if row.outcome is Mark.NOT_RUN]


@pytest.mark.parametrize("slips", by_day([(slips,) for slips in SLIPS], 5))
def test_one_slip_costs_the_same_row_in_five_styles(slips: Sequence[StyledSlip]) -> None:
    lost = [list_lost(judge_source(slip.entry, slip.source)) for slip in slips]
    assert lost == [lost[0]] * len(styles.STYLES)
