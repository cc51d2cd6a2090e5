"""The real services that tests need: skipped at home where one is missing, a failure in CI."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from backmark.worker.serve.embedded import EmbeddedRedis, find_server, lasting_port

T = TypeVar("T")

#: A folder in memory, where no write of a Redis has to wait for a disk; None if there is none.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - each process makes a folder there


def require(program: T | None, name: str) -> T:
    """Return what a test needs. When there is none, skip the test at home and fail it in CI."""
    if program is not None:
        return program
    reason = f"no {name} on this machine"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI does without nothing", pytrace=False)
    pytest.skip(reason)


def require_program(name: str) -> str:
    """Return the path of a program; see `require`."""
    return require(shutil.which(name), name)


@pytest.fixture(scope="session")
def redis_program() -> str:
    """The program of a Redis server."""
    return require(find_server(), "Redis server")


@pytest.fixture(scope="session")
def redis_server(redis_program: str) -> Iterator[EmbeddedRedis]:
    """A Redis of this test process's own, in memory; tests of what a disk keeps start one of their own on a disk."""
    assert redis_program
    with tempfile.TemporaryDirectory(prefix="redis-", dir=MEMORY) as folder:
        # Tests may kill it and start it again: no outgoing connection should get its port meanwhile.
        server = EmbeddedRedis(Path(folder), lasting_port())
        server.start()
        yield server
        server.stop()
