"""`backmark serve` through outages of seconds under load; `python -m bench.outages` has more of them, and longer."""

import os

import pytest

from bench.outages import Missing, measure
from worker.serving.embedded import find_server

pytestmark = [
    pytest.mark.usefixtures("jail"),
    pytest.mark.skipif(find_server() is None and not os.environ.get("CI"), reason="no Redis server on this machine"),
]


@pytest.mark.parametrize("outage", ["disk", "paused"])
def test_everything_goes_on_by_itself_and_nothing_is_lost_or_doubled(outage: str) -> None:
    try:
        report = measure(outage, seconds=6, rate=2)
    except Missing as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    assert report.violations == []
    assert report.accepted > 5
