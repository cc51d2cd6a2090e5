"""The number that shows that a line is wrong."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backmark.grader.contracts.repair import mending


def test_a_number_that_a_reader_can_compare_is_told_rather_than_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mending, "join_numbers", lambda answers, _: answers[0])
    monkeypatch.setattr(mending, "all_wrong", lambda _, answers: np.ones(len(answers), bool))
    repair: Any = SimpleNamespace(places=[0, 1], without={("replace", 1): [None, None]})
    cases: Any = SimpleNamespace(take=lambda places: SimpleNamespace(starts=places))
    huge, ordinary = (np.array([number]) for number in (3.9e158, 0.5))
    answers: Any = [huge, ordinary]
    assert mending.find_first_wrong(repair, ("replace", 1), cases, answers) == (1, 0)
