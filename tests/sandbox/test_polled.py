"""Pipes that are moved by whoever waits for them: when it waits for more to come along."""

import contextlib
import fcntl
import os
import time

import pytest

from backmark.worker.sandbox.polled import PolledPipes


@pytest.mark.parametrize("roomy", [True, False])
def test_more_is_waited_for_only_where_a_pipe_has_room_for_it(monkeypatch: pytest.MonkeyPatch, *, roomy: bool) -> None:
    """An ordinary user may have so much for all pipes together: in a small one, whoever answers would wait for us."""

    def refuse(*_: int) -> None:
        raise PermissionError

    if not roomy:
        monkeypatch.setattr(fcntl, "fcntl", refuse)
    sleeps: list[float] = []
    monkeypatch.setattr(time, "sleep", sleeps.append)
    pipes = PolledPipes()
    with contextlib.closing(pipes):
        os.write(pipes.theirs[1], b"answer")
        assert pipes.take(1.0, linger=0.25) == [(True, b"answer")]
        assert pipes.take(0.0) == []
        assert sleeps == [0.25] * roomy
        pipes.release()
