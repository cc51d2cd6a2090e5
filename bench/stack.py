"""The parts of a service, started for a measurement on a Redis of their own, and stopped after it."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from backmark.grader.client import Client
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis, free_port
from bench.waiting import PATIENCE, wait_until
from tests.service.parts import Part

COURSE, ASSIGNMENT = "bench", "udl-7.2"
#: Limits that no measurement reaches.
UNLIMITED = {"BACKMARK_SUBMIT_RATE": "1000000/minute", "BACKMARK_READ_RATE": "1000000/minute"}
#: Answers that refuse a request for now: the store is away, or its storage is full.
REFUSALS = (503, 507)


@dataclass(frozen=True, slots=True)
class Stack:
    """A store, the variables and folder of parts that are started on it, and a client of its web server."""

    store: Store
    variables: dict[str, str]
    folder: Path
    client: Client
    url: str

    @contextmanager
    def workers(self, processes: int) -> Iterator[Part]:
        """Run a worker of so many processes; it takes work when the block begins."""
        words = ["service", "worker", "--concurrency", str(processes)]
        with run_part(words, self.variables, self.folder / "worker.log") as worker:
            wait_until(
                lambda: any(record.role == "worker" and record.jail for record in self.store.workers.list()),
                "the worker takes work",
            )
            yield worker
        wait_until(
            lambda: not any(record.role == "worker" for record in self.store.workers.list()),
            "the worker has signed off",
        )


@contextmanager
def run_stack(settings: Mapping[str, str] | None = None, maxmemory: int = 0) -> Iterator[Stack]:
    """Run Redis as it should be (every write is on disk before it is answered), a sweeper and a web server.

    Without `settings` no limit of requests is in the way of a measurement.
    """
    with ExitStack() as resources:
        folder = Path(resources.enter_context(tempfile.TemporaryDirectory()))
        redis = resources.enter_context(run_redis(folder / "redis", maxmemory=maxmemory))
        variables = {"BACKMARK_REDIS_URL": redis.url, **(UNLIMITED if settings is None else settings)}
        store = Store.connect(ServiceSettings.model_validate({"redis_url": redis.url}))
        resources.callback(store.close)
        _, secret = store.tokens.create("bench", COURSE, {Scope.STAFF})
        address = f"127.0.0.1:{free_port()}"
        resources.enter_context(run_part(["service", "sweeper"], variables, folder / "sweeper.log"))
        resources.enter_context(run_part(["service", "web", "--bind", address], variables, folder / "web.log"))
        wait_until(lambda: _is_healthy(address), "the web server answers")
        url = f"http://{address}"
        client = resources.enter_context(Client(url, secret))
        yield Stack(store, variables, folder, client, url)


@contextmanager
def run_redis(folder: Path, port: int | None = None, *, maxmemory: int = 0) -> Iterator[EmbeddedRedis]:
    """Run a Redis on a folder."""
    server = EmbeddedRedis(folder, port, maxmemory=maxmemory)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def run_part(
    words: Sequence[str], variables: Mapping[str, str], log: Path, within: Sequence[str] = ()
) -> Iterator[Part]:
    """Run `backmark` with these words; no setting of the machine's own applies to it.

    `within` is a command that runs it elsewhere, as `nsenter` does.
    """
    part = Part(list(words), dict(variables), log, within=within)
    try:
        yield part
    finally:
        part.process.terminate()
        part.process.wait(PATIENCE)


def _is_healthy(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/healthz").is_success
    except httpx.TransportError:
        return False
