"""What most tests share: the shipped assignment made ready, and a way into a jail that CI may not be without."""

import contextlib
from collections.abc import Iterator

import pytest

from grader.errors import JailUnavailable
from grader.properties.engine import Judge
from grader.revision import packaged
from tests.services import redis_program, require
from worker.jails import Jails
from worker.sandbox.policy import Launch, jailed

__all__ = ["redis_program"]


@pytest.fixture(scope="session")
def udl() -> Judge:
    """The assignment that ships, with its networks."""
    return Judge(packaged("udl-7.2"))


@pytest.fixture(scope="session")
def jail() -> Launch:
    """A jail: skipped at home where none can be had, a failure in CI."""
    try:
        return jailed()
    except JailUnavailable as error:
        return require(None, f"jail ({error})")


@pytest.fixture(scope="session")
def jails(jail: Launch) -> Iterator[Jails]:
    """Jails for one submission after another, forked by one template."""
    with contextlib.closing(Jails(jail)) as made:
        yield made
