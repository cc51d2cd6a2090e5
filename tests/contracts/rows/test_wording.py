"""The sentences that every verdict may have."""

import pytest

from backmark.grader.contracts.rows.wording import describe_reached, differs_again
from backmark.grader.model.verdict import CaseReached


@pytest.mark.parametrize(
    ("case", "shown"),
    [
        ({}, ""),
        ({"K": 2, "D": [4, 2]}, " (K = 2, D = [4, 2])"),
        # The longest that is shown has 200 characters.
        ({"name": "n" * 191}, f" (name = '{'n' * 191}')"),
        ({"name": "n" * 192}, ""),
    ],
)
def test_the_case_at_which_a_process_ended_is_described_if_that_is_short(case: dict[str, object], shown: str) -> None:
    assert describe_reached(CaseReached(3, 20, case)) == f"It had reached case 3 of 20{shown}."


@pytest.mark.parametrize(
    ("differing", "of", "shown"), [(1, 1, "1 of 1 case"), (2, 2, "all 2 cases"), (1, 2, "1 of 2 cases")]
)
def test_the_cases_that_are_answered_differently_are_counted(differing: int, of: int, shown: str) -> None:
    assert differs_again(differing, of) == f"Called again, your code answered {shown} differently."
