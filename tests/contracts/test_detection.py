"""The cases of the shipped assignment find rare faults that nobody listed for them."""

import pytest

from bench.detection import DEEP, TWO, draw_faults, read_networks
from tests.contracts.making import build_shared
from tests.contracts.test_gallery import read_entry


@pytest.mark.nightly
def test_structured_faults_are_found_though_they_are_rare() -> None:
    """On a size, a shape, a number of dead units, a magnitude or signs: all from 0.5 %, four in five from 0.1 %."""
    cases = read_networks(build_shared(read_entry("udl-7.2")))
    single_faults = [fault for fault in draw_faults(cases, 6, 2000, seed=5) if fault.family not in {DEEP, TWO}]
    frequent_faults = [fault for fault in single_faults if fault.rate >= 0.005]
    rarely = [fault for fault in single_faults if fault.rate < 0.005]
    assert len(single_faults) >= 40
    assert [fault.name for fault in frequent_faults if not fault.is_found] == []
    assert sum(fault.is_found for fault in rarely) >= 0.8 * len(rarely)
