"""The real Redis as fixtures: skipped at home where there is no server, a failure in CI."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.serving.embedded import EmbeddedRedis, find_server, lasting_port


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis of this test process's own."""
    if find_server() is None and not os.environ.get("CI"):
        pytest.skip("no Redis server on this machine")
    # Tests may kill it and start it again: no outgoing connection should get its port meanwhile.
    server = EmbeddedRedis(Path(tmp_path_factory.mktemp("redis")), lasting_port())
    server.start()
    yield server
    server.stop()
