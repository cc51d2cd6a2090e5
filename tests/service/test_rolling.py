"""An update without an interruption, web servers first: workers and records may be one version older."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from backmark.grader.client import Client, Submission
from backmark.grader.model.records import Scope
from backmark.worker.grading import engine_version
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts
from tests.service.parts import EXAMPLES, ROOT, Service, until
from tests.service.previous import unpack_previous_version

COURSE = "course"
SECRET = "only for tests, and of no value to anybody"  # noqa: S105 - it guards nothing
NAMES = ("right_loops.py", "no_relu_derivative.ipynb")
FILES = [next(file for file in EXAMPLES if file.name == name) for name in NAMES]


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of the version before this one."""
    return unpack_previous_version(tmp_path_factory.mktemp("previous"))


@contextmanager
def serve_web(service: Service) -> Iterator[tuple[str, Client]]:
    """A web server's address, and a client of it with a staff token."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    service.start("web", "--bind", f"127.0.0.1:{port}", "--processes", "1", BACKMARK_SECRET=SECRET)
    until(lambda: unready_parts(url) is not None, f"the web server at {url} answers")
    with Client(url, service.store.tokens.create("test", COURSE, {Scope.STAFF})[1]) as client:
        yield url, client


def submit(client: Client, prefix: str) -> list[str]:
    return [client.submit(file, assignment="udl-7.2", student=f"{prefix}-{file.stem}").id for file in FILES]


def outcomes(submissions: list[Submission]) -> list[tuple[str | None, int | None]]:
    return [(submission.outcome, submission.score) for submission in submissions]


def test_a_worker_of_the_previous_version_serves_a_web_server_of_this_one(service: Service, previous: Path) -> None:
    """Its verdicts, previews and applied regrades are read and shown as those of this version."""
    with serve_web(service) as (url, client):
        service.root = previous
        service.worker(BACKMARK_SECRET=SECRET)
        service.start("sweeper", BACKMARK_SECRET=SECRET)
        records = [client.wait(name, timeout=60) for name in submit(client, "ada")]
        assert outcomes(records) == [("passed", 10), ("failed", 8)]
        for submission in records:
            page = httpx.get(f"{url}{submission.link}", headers={"Accept": "text/html"})
            assert (page.status_code, f"{submission.score}" in page.text) == (200, True)
        regrade = client.regrades.wait(client.regrades.start("udl-7.2", fresh=True).id)
        assert (regrade.phase, regrade.counts.same) == ("previewed", 2)
        application = client.regrades.wait(client.regrades.apply(regrade.id).id)
        assert (application.phase, application.counts.applied) == ("applied", 2)
        assert outcomes([client.submission(submission.id) for submission in records]) == outcomes(records)


@pytest.mark.nightly
def test_what_the_previous_version_graded_and_previewed_goes_on(service: Service, previous: Path) -> None:
    """This version shows its verdicts and its preview, which its worker applies."""
    service.root = previous
    with serve_web(service) as (_, client):
        service.worker(BACKMARK_SECRET=SECRET)
        service.start("sweeper", BACKMARK_SECRET=SECRET)
        records = [client.wait(name, timeout=60) for name in submit(client, "ada")]
        assert outcomes(records) == [("passed", 10), ("failed", 8)]
        name = client.regrades.wait(client.regrades.start("udl-7.2", fresh=True).id).id
    service.root = ROOT
    with serve_web(service) as (url, client):
        for submission in records:
            page = httpx.get(f"{url}{submission.link}", headers={"Accept": "text/html"})
            assert (page.status_code, f"{submission.score}" in page.text) == (200, True)
        regrade = client.regrades.get(name)
        assert (regrade.phase, regrade.counts.same) == ("previewed", 2)
        application = client.regrades.wait(client.regrades.apply(name).id)
        assert (application.phase, application.counts.applied) == ("applied", 2)
        assert outcomes([client.submission(submission.id) for submission in records]) == outcomes(records)


def test_a_worker_of_this_version_grades_what_the_previous_one_recorded(service: Service, previous: Path) -> None:
    service.root = previous
    with serve_web(service) as (_, client):
        old_worker = service.worker(BACKMARK_SECRET=SECRET)
        before = [client.wait(name, timeout=60) for name in submit(client, "ada")]
        old_worker.stop()
        names = submit(client, "grace")
    service.root = ROOT
    with serve_web(service) as (_, client):
        service.worker(BACKMARK_SECRET=SECRET)
        records = [client.wait(name, timeout=60) for name in names]
        assert outcomes(records) == outcomes(before)
        assert {submission.engine for submission in records} == {engine_version.version()}
        for submission in before:
            verdict = client.submission(submission.id).verdict
            assert verdict is not None
            assert (verdict["outcome"], verdict["score"]) == (submission.outcome, submission.score)
