"""`backmark serve` through outages of seconds under load; `python -m bench.outages` has more of them, and longer."""

import pytest

from bench.outage_kinds import Unavailable
from bench.outages import measure
from tests.services import require

pytestmark = pytest.mark.usefixtures("jail", "redis_program")


@pytest.mark.parametrize("outage", [pytest.param("disk", marks=pytest.mark.nightly), "paused"])
def test_everything_goes_on_by_itself_and_nothing_is_lost_or_doubled(outage: str) -> None:
    try:
        report = measure(outage, seconds=6, rate=2)
    except Unavailable as error:
        report = require(None, str(error))
    assert report.violations == []
    assert report.accepted > 5
