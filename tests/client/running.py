"""A whole service on one Redis, as processes of their own, for who talks to it by HTTP."""

import contextlib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from backmark.grader.client import Client
from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts
from tests.service.parts import service, until

COURSE = "course"


@dataclass(frozen=True, slots=True)
class Running:
    """The URL of a running service, and its store, which creates tokens."""

    url: str
    store: Store
    folder: Path

    def token(self, *scopes: Scope) -> str:
        """A token of the course."""
        return self.store.tokens.create("test", COURSE, set(scopes))[1]

    def client(self, *scopes: Scope) -> Client:
        """A client with such a token."""
        return Client(self.url, self.token(*scopes))


SECRET = "only for tests, and of no value to anybody"  # noqa: S105 - it guards nothing


@contextmanager
def run_service(redis: str, folder: Path, *, secret: str = SECRET) -> Iterator[Running]:
    """Web server, worker and sweeper, ready; callbacks may go to this machine.

    With a secret students get networks of their group's; without one those of the command line.
    """
    variables = {"BACKMARK_CALLBACK_NETWORKS": '["127.0.0.0/8"]', "BACKMARK_CALLBACK_HTTP": "true"}
    if secret:
        variables["BACKMARK_SECRET"] = secret
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with service(redis, folder) as parts:
        parts.start("web", "--bind", f"127.0.0.1:{port}", "--processes", "1", **variables)
        parts.start("worker", "--concurrency", "2", **variables)
        parts.start("sweeper", **variables)
        until(lambda: unready_parts(url) == {}, f"the service at {url} is ready")
        yield Running(url, parts.store, folder)


def command(
    variables: Mapping[str, str], *words: str | Path, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """A command that talks to the server which the variables name, in this process, unlike those of worker/test_cli."""
    texts = [str(word) for word in words]
    with contextlib.chdir(cwd or Path.cwd()):
        result = CliRunner().invoke(main, texts, env=variables)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return subprocess.CompletedProcess(texts, result.exit_code, result.stdout, result.stderr)
