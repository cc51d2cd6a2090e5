"""What layered networks are judged by: the assignment that shipped with earlier versions."""

import pytest

from tests.networks import NetworksJudge, load_layered


@pytest.fixture(scope="session")
def udl() -> NetworksJudge:
    """`udl-7.2` as layered networks."""
    return NetworksJudge(load_layered())
