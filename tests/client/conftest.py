"""A whole service for the tests that need one."""

from collections.abc import Iterator

import pytest

from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from tests.client.running import Running, run_service
from tests.services import redis_program, redis_server

__all__ = ["redis_program", "redis_server"]


@pytest.fixture(scope="package")
def service(redis_server: EmbeddedRedis, jail: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service with its worker; skipped at home where there is no jail."""
    assert jail
    with run_service(redis_server.url, tmp_path_factory.mktemp("service")) as running_service:
        yield running_service


@pytest.fixture(scope="module")
def service_like_commands(
    redis_program: str, jail: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service that grades on the networks of the command line, on a Redis of its own."""
    assert redis_program
    assert jail
    redis = EmbeddedRedis(tmp_path_factory.mktemp("alike-redis"), lasting_port())
    redis.start()
    try:
        with run_service(redis.url, tmp_path_factory.mktemp("alike"), secret="") as service_alike:
            yield service_alike
    finally:
        redis.stop()
