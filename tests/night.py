"""Tests of many cases alike: a few run in CI, and the others nightly."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest


def by_day(values: Iterable[Any], one_in: int, name: Callable[[Any], str] | None = None) -> list[Any]:
    """Return the values as parameters of a test (a tuple for several), all but one in so many marked `nightly`."""
    return [
        pytest.param(
            *(value if type(value) is tuple else (value,)),
            id=None if name is None else name(value),
            marks=() if place % one_in == 0 else pytest.mark.nightly,
        )
        for place, value in enumerate(values)
    ]
