"""The choice by coverage takes different cases, and those that are kept count as covered."""

from collections.abc import Sequence

import numpy as np

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.coverage import Coverage


def draw_quantities() -> tuple[Array, list[int]]:
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 30, (200, 20)).astype(float)
    rows[:, 5:9] = rng.normal(size=(200, 4))
    return rows, rng.integers(1, 900, 200).tolist()


def choose(coverage: Coverage, rows: Array, costs: list[int], wanted: int, kept: Sequence[int] = ()) -> list[int]:
    return coverage.choose(coverage.list_cells(rows), costs, wanted, kept)


def test_what_many_ordinary_cases_have_is_chosen_before_what_few_have() -> None:
    rows = np.repeat([0.0, 1.0, 2.0], [50, 6, 1])[:, None]
    assert [rows[place, 0] for place in choose(Coverage(rows), rows, [1] * 57, 3)] == [0.0, 1.0, 2.0]
    backwards = rows[::-1]
    assert [backwards[place, 0] for place in choose(Coverage(rows), backwards, [1] * 57, 3)] == [0.0, 1.0, 2.0]


def test_kept_cases_are_chosen_no_second_time_and_count_as_covered() -> None:
    rows, costs = draw_quantities()
    alone = choose(Coverage(rows), rows, costs, 6)
    beside = choose(Coverage(rows), rows, costs, 6, alone)
    assert not {*alone, *beside} - set(range(200))
    assert set(alone).isdisjoint(beside)
    assert [*alone, *beside] == choose(Coverage(rows), rows, costs, 12)


def test_fewer_quantities_than_are_combined_in_triples_do() -> None:
    rows, costs = draw_quantities()
    assert len(choose(Coverage(rows[:, :3]), rows[:, :3], costs, 300)) == 200
