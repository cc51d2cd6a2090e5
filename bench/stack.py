"""The parts of a service, started for a measurement on a Redis of their own and stopped after it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from grader.client import Client
from grader.model.records import Scope
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from worker.serve.die_with_parent import tie_to_parent
from worker.serve.embedded import EmbeddedRedis, free_port

COURSE, ASSIGNMENT = "bench", "udl-7.2"

#: Seconds within which a part is up, or a measurement has failed.
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Stack:
    """A store, a way to start parts on it, and a client of its web server."""

    store: Store
    variables: dict[str, str]
    folder: Path
    client: Client
    url: str

    @contextmanager
    def workers(self, processes: int) -> Iterator[None]:
        """A worker of so many processes that takes work."""
        with _part(["worker", "--concurrency", str(processes)], self.variables, self.folder):
            until(lambda: any(each.role == "worker" and each.jail for each in self.store.workers.list()))
            yield
        until(lambda: not any(each.role == "worker" for each in self.store.workers.list()))


@contextmanager
def stack(settings: Mapping[str, str] | None = None, maxmemory: int = 0) -> Iterator[Stack]:
    """Redis as it should be (every write is on disk before it is answered), a sweeper and a web server.

    Without `settings` no limit of requests is in the way of a measurement.
    """
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        redis = EmbeddedRedis(folder / "redis", maxmemory=maxmemory)
        redis.start()
        opened.callback(redis.stop)
        unlimited = {"BACKMARK_SUBMIT_RATE": "1000000/minute", "BACKMARK_READ_RATE": "1000000/minute"}
        variables = {"BACKMARK_REDIS_URL": redis.url, **(unlimited if settings is None else settings)}
        store = Store.connect(ServiceSettings.model_validate({"redis_url": redis.url}))
        opened.callback(store.close)
        _, secret = store.tokens.create("bench", COURSE, {Scope.STAFF})
        address = f"127.0.0.1:{free_port()}"
        opened.enter_context(_part(["sweeper"], variables, folder))
        opened.enter_context(_part(["web", "--bind", address], variables, folder))
        until(lambda: _healthy(address))
        url = f"http://{address}"
        client = opened.enter_context(Client(url, secret))
        yield Stack(store, variables, folder, client, url)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until it is true."""
    end = time.monotonic() + patience
    while not true():
        if time.monotonic() > end:
            raise TimeoutError("a part of the service did not come up, or did not end")
        # Between two looks: a part tells nobody that it is up.
        time.sleep(0.02)


@contextmanager
def _part(words: Sequence[str], variables: dict[str, str], folder: Path) -> Iterator[None]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BACKMARK_")}
    with (folder / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            tie_to_parent([sys.executable, "-m", "worker.cli.main", *words]),
            env={**kept, **variables},
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _healthy(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/healthz").is_success
    except httpx.TransportError:
        return False
