"""A service of real parts, and a worker's context in the tests' own process."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json
from backmark.grader.model.records import Queue
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.revisions import DrawingProcess
from backmark.worker.sandbox.policy import Launch
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.service import pools, tasks
from backmark.worker.service.context import Context
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.stop import Stop
from tests.service.parts import Service
from tests.service.parts import service as started
from tests.services import redis_server

__all__ = ["Making", "context", "draw_once", "making", "perform_all", "redis_server", "service"]

Making = Callable[..., Context]


@pytest.fixture
def service(redis_server: EmbeddedRedis, tmp_path: Path, jail: Launch) -> Iterator[Service]:
    """A service without any part yet."""
    assert jail.jailed
    with started(redis_server.url, tmp_path) as new_service:
        yield new_service


class Sent:
    """A dispatcher that counts what it was told to send."""

    def __init__(self) -> None:
        self.nudges = 0

    def nudge(self, times: int = 1) -> None:
        self.nudges += times


def perform_all(context: Context) -> None:
    """Let the worker do all that waits, as it would by its own nudges."""
    while any(context.store.jobs.waiting(queue) for queue in Queue):
        tasks.perform(context)


@pytest.fixture
def making(redis_server: EmbeddedRedis, jail: Launch) -> Iterator[Making]:
    """Contexts with these settings, on one store that is empty at the start."""
    contexts: list[Context] = []

    def make(**fields: object) -> Context:
        settings = ServiceSettings.model_validate({"redis_url": SecretStr(redis_server.url), **fields})
        store = Store.connect(settings)
        if not contexts:
            store.redis.flushall()
        secret = settings.secret.get_secret_value().encode() if settings.secret else None
        jails = Jails(jail)
        graders = Graders(store.assignments, jails, secret)
        contexts.append(Context(settings, store, Sent(), graders, jails, Stop(), Isolation(None)))
        return contexts[-1]

    yield make
    for context_made in contexts:
        context_made.jails.close()
        context_made.store.close()


@pytest.fixture
def context(making: Making) -> Context:
    """A worker's context with the usual settings."""
    return making()


@pytest.fixture(scope="module")
def draw_once() -> Iterator[None]:
    """Draw the same cases once for all tests of a file; whatever is not drawn yet, is drawn as ever."""
    drawn_by_request: dict[tuple[str, bool], bytes] = {}

    class Kept(DrawingProcess):
        """A drawing that is remembered."""

        def __init__(self, assignment: ContractAssignment, *, pool: bool = False) -> None:
            self._asked = (assignment_to_json(assignment), pool)
            if self._asked not in drawn_by_request:
                super().__init__(assignment, pool=pool)

        def result(self, seconds: float | None = None) -> bytes:
            """A revision's bytes, drawn now or before."""
            if self._asked not in drawn_by_request:
                drawn_by_request[self._asked] = super().result(seconds)
            return drawn_by_request[self._asked]

        def stop(self) -> None:
            """End it, if it runs."""
            if self._asked not in drawn_by_request:
                super().stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pools, "DrawingProcess", Kept)
        yield
