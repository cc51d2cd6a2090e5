"""Changes by two at once: one is made while another has read what it needs, and has not written yet."""

from collections.abc import Callable
from typing import Any

import pytest

from backmark.grader.store.connection import _Pipeline


def interleave(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], object]) -> None:
    """Make the next transaction, and as many tries behind it as there are acts, come just after one of them."""
    waiting, execute = list(acts), _Pipeline.execute

    def execute_after(pipeline: _Pipeline, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 - redis-py's
        if pipeline.explicit_transaction and waiting:
            waiting.pop(0)()
        return execute(pipeline, raise_on_error)

    monkeypatch.setattr(_Pipeline, "execute", execute_after)
