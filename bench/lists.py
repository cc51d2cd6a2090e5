"""`python -m bench.lists`: what a page of each list costs in a class of 1,000, 10,000 and 100,000 submissions.

A tenth are of one student, one in a thousand ended as service_failed. Milliseconds of processor (web server and Redis
together) and of waiting at the 95th percentile, of the first page of 50.
"""

import argparse
import json
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, quantiles

from flask.testing import FlaskClient
from pydantic import SecretStr

from bench.grading import grade
from bench.submissions import EXAMPLES
from grader.model.records import Scope
from grader.model.result import read_verdict
from grader.model.verdict import Verdict
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.store.submissions import NewSubmission
from grader.web import create_app
from worker.serve.embedded import EmbeddedRedis

COURSE, ASSIGNMENT, REVISION = "course", "udl-7.2", "0" * 64
#: What is asked, by name; the API's own names of fields.
LISTS = {
    "all": "",
    "of an assignment": f"assignment={ASSIGNMENT}",
    "of a student": "student=s0",
    "of an outcome": "outcome=failed",
    "done": "state=done",
    "service_failed": "state=service_failed",
    "service_failed of a student": "state=service_failed&student=s0",
    "cancelled (none)": "state=cancelled",
    "an outcome for an assignment (none)": f"assignment={ASSIGNMENT}&outcome=timeout",
}
REPEATS = 40


def main() -> None:
    """Fill a Redis step by step, and print a table after each."""
    parser = argparse.ArgumentParser(prog="bench.lists", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 10,000 submissions only")
    logging.disable()
    sizes = (1_000, 10_000) if parser.parse_args().quick else (1_000, 10_000, 100_000)
    right, wrong = verdicts()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder))
        server.start()
        try:
            settings = ServiceSettings(redis_url=SecretStr(server.url), read_rate="1000000/second")
            store = Store.connect(settings)
            # Filling it is not what is measured.
            store.redis.config_set("appendfsync", "no")
            _, token = store.tokens.create("bench", COURSE, {Scope.STAFF})
            client = create_app(settings, store).test_client()
            filled = 0
            for size in sizes:
                for number in range(filled, size):
                    _fill(store, number, wrong if number % 2 else right)
                filled = size
                print(f"\n{size:,} submissions, page of 50     processor ms   p95 ms   shown", flush=True)
                for name, query in LISTS.items():
                    print(f"{name:36}{_measure(store, client, token, query)}", flush=True)
        finally:
            server.stop()


def verdicts() -> tuple[Verdict, Verdict]:
    """Return the verdicts of a right submission and of a wrong one."""
    run = grade([str(EXAMPLES / name) for name in ("right.ipynb", "no_relu_derivative.ipynb")], [True, False])
    right, wrong = (read_verdict(json.loads(line)) for line in run.text)
    return right, wrong


def _fill(store: Store, number: int, verdict: Verdict) -> None:
    """Record and conclude one submission."""
    student = "s0" if number % 10 == 0 else f"s{number}"
    source = f"# {number}".encode()
    accepted = store.submissions.accept(NewSubmission(COURSE, ASSIGNMENT, REVISION, student, "a.py", source))
    claim = store.jobs.claim_next()
    if claim is None:
        raise RuntimeError("what was accepted does not wait")
    if number % 1000 == 500:
        store.jobs.record_failure(claim, "for the bench", 1)
    else:
        store.submissions.finish(claim, verdict.with_identity(accepted.id, "a.py"))


def _measure(store: Store, client: FlaskClient, token: str, query: str) -> str:
    """Return the figures of one list, as a row."""
    figures = list(_requests(store, client, token, query))
    processor, times, shown = zip(*figures, strict=True)
    return f"{mean(processor):12.1f}{quantiles(times, n=20)[-1]:9.1f}{shown[-1]:8}"


def _requests(store: Store, client: FlaskClient, token: str, query: str) -> Iterator[tuple[float, float, int]]:
    """Ask again and again; yield the milliseconds of processor and of waiting, and the number of items."""
    for _ in range(REPEATS):
        before, start, clock = _redis_seconds(store), time.process_time(), time.monotonic()
        answer = client.get(f"/api/v1/submissions?limit=50&{query}", headers={"Authorization": f"Bearer {token}"})
        took, own = time.monotonic() - clock, time.process_time() - start
        items = answer.get_json()["items"]
        yield 1000 * (own + _redis_seconds(store) - before), 1000 * took, len(items)


def _redis_seconds(store: Store) -> float:
    cpu = store.redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


if __name__ == "__main__":
    main()
