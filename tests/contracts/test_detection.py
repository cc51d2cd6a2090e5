"""The cases of the shipped assignment find rare faults that nobody listed for them."""

import pytest

from bench.detection import DEEP, FREQUENT, TWO, draw_faults, read_networks
from tests.contracts.making import build_shared
from tests.contracts.test_gallery import read_entry


@pytest.mark.nightly
def test_structured_faults_are_found_though_they_are_rare() -> None:
    """On one condition of any kind: all from 1 %, nine in ten from 0.5 %, two in three from 0.1 %."""
    cases = read_networks(build_shared(read_entry("udl-7.2")))
    single_faults = [fault for fault in draw_faults(cases, 6, 2000, seed=2) if fault.family not in {DEEP, TWO}]
    assert len(single_faults) >= 120
    assert [fault.name for fault in single_faults if fault.rate >= FREQUENT and not fault.is_found] == []
    for low, high, part in ((0.005, FREQUENT, 0.9), (0.001, 0.005, 2 / 3)):
        rare = [fault for fault in single_faults if low <= fault.rate < high]
        assert sum(fault.is_found for fault in rare) >= part * len(rare)
