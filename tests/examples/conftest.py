"""A whole service for the examples that talk to one."""

from collections.abc import Iterator

import pytest

from tests.client.running import Running, run_service
from tests.services import redis_server
from backmark.worker.serve.embedded import EmbeddedRedis

__all__ = ["redis_server"]


@pytest.fixture(scope="package")
def service(redis_server: EmbeddedRedis, jail: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with its worker; skipped at home where there is no jail."""
    assert jail
    with run_service(redis_server.url, tmp_path_factory.mktemp("service")) as running_service:
        yield running_service
