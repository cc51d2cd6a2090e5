"""Logs that a submission's code may have written itself: they are read or refused, and nothing else."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.contracts.values.recording import OverflownError, read_logs
from backmark.grader.errors import Crashed

ROOM = 1 << 14


def write_log(*numbers: float) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    log = np.zeros(ROOM)
    log[: len(numbers)] = numbers
    return log


def test_what_a_log_has_is_read() -> None:
    recording = read_logs([write_log(3 + 2 + 2 + 4, 0, 0, 1, 2, 2, 2, 5, 6, 7, 8)], 1)
    ((value,),) = recording.sites[0].values
    assert value.tolist() == [[5, 6], [7, 8]]


@pytest.mark.parametrize("sizes", [(8192,) * 5, (0, *(ROOM,) * 7), (ROOM, 2), (-1,), (np.nan,), (1e300,)])
def test_a_shape_that_cannot_be_is_refused(sizes: tuple[float, ...]) -> None:
    with pytest.raises(Crashed):
        read_logs([write_log(ROOM, 0, 0, 1, len(sizes), *sizes)], 1)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0, 2.0, 3.0, 8.0, 5000.0, ROOM, np.nan, np.inf, -np.inf]), max_size=40))
def test_any_numbers_are_read_or_refused(numbers: list[float]) -> None:
    with contextlib.suppress(Crashed, OverflownError):
        assert len(read_logs([write_log(*numbers)], 2).sites) == 2
