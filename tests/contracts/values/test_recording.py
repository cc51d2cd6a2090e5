"""Logs come from a process that a student's code can steer: what is none ends the search, and no exception is ours."""

import numpy as np
import pytest

from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.values.moments import fingerprint, look_up
from backmark.grader.contracts.values.recording import read_logs
from backmark.grader.errors import Crashed


def make_log(*numbers: float) -> Array:
    """Return a log with these numbers behind its head."""
    return np.array([3 + len(numbers), 0, 0, *numbers, 0, 0], float)


def test_a_log_has_the_values_of_its_sites_in_order() -> None:
    recording = read_logs([make_log(1, 1, 2, 5, 6, 2, 0, 7, 1, 1, 1, 8)], 2)
    assert [value.tolist() for value in recording.sites[0].values[0]] == [[5, 6], [8]]
    assert [value.tolist() for value in recording.sites[1].values[0]] == [7]
    assert recording.sites[0].times == [[1, 3]]
    assert recording.raised == [-1]


@pytest.mark.parametrize(
    "numbers",
    [
        (3, 0, 1),
        (0, 0, 1),
        (np.nan, 0, 1),
        (1, np.inf, 1),
        (1, 9, 1),
        (1, -1, 1),
        (1, 1, -2),
        (1, 1, 1e300),
        (1, 2, np.nan, 1),
        (1, 1, 50, 1),
        (1,),
    ],
)
def test_what_is_no_log_is_the_submissions_crash(numbers: tuple[float, ...]) -> None:
    with pytest.raises(Crashed):
        read_logs([make_log(*numbers)], 2)


@pytest.mark.parametrize("head", [(1e9, 0, 0), (np.nan, 0, 0), (3, 7, 0), (3, -2, 0), (3, np.inf, 0)])
def test_a_head_that_lies_is_the_submissions_crash(head: tuple[float, ...]) -> None:
    log = np.array([*head, 1, 1, 1, 1], float)
    with pytest.raises(Crashed):
        read_logs([log], 2)


def test_values_are_the_same_in_any_order_and_shape_and_no_others() -> None:
    values = np.arange(6.0)
    table = np.array([fingerprint([[values]])[0]])  # type: ignore[index] # there are values
    assert look_up(table, fingerprint([[values[::-1].reshape(2, 3)]])) == 0
    assert look_up(table, fingerprint([[values[:3], values[3:]]])) == 0
    assert look_up(table, fingerprint([[values + 1e-3]])) == -1
    assert look_up(table, fingerprint([[values, values[:0]]])) == 0
    assert look_up(table, fingerprint([[]])) == -1


@pytest.mark.parametrize("sizes", [(8192,) * 5, (0, *(1 << 14,) * 7), (1 << 14, 2)])
def test_a_shape_that_cannot_be_is_the_submissions_crash(sizes: tuple[int, ...]) -> None:
    log = np.zeros(1 << 14)
    log[: 5 + len(sizes)] = (len(log), 0, 0, 1, len(sizes), *sizes)
    with pytest.raises(Crashed):
        read_logs([log], 1)
