"""`python -m bench.lists`: what a page of each list costs in a class of 1,000, 10,000 and 100,000 submissions.

A tenth are of one student, one in a thousand ended as service_failed. Milliseconds of processor (web server and Redis
together) and of waiting at the 95th percentile, of the first page of 50.
"""

import argparse
import logging
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from flask.testing import FlaskClient
from pydantic import SecretStr

from backmark.grader.model.records import Scope
from backmark.grader.model.verdict import Verdict
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import create_app
from bench.percentiles import percentile_95
from bench.recording import record_and_claim, record_verdict
from bench.stack import run_redis
from bench.verdicts import grade_examples

COURSE, ASSIGNMENT, REVISION = "course", "udl-7.2", "0" * 64
#: The query of each list, in the API's own names of fields.
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
    passed, failed = grade_examples()
    with tempfile.TemporaryDirectory() as folder, run_redis(Path(folder)) as server:
        settings = ServiceSettings(redis_url=SecretStr(server.url), read_rate="1000000/second")
        store = Store.connect(settings)
        # The filling is not measured.
        store.redis.config_set("appendfsync", "no")
        _, token = store.tokens.create("bench", COURSE, {Scope.STAFF})
        client = create_app(settings, store).test_client()
        for smaller, size in zip((0, *sizes), sizes, strict=False):
            for number in range(smaller, size):
                _record(store, number, failed if number % 2 else passed)
            print(f"\n{size:,} submissions, page of 50     processor ms   p95 ms   shown", flush=True)
            for name, query in LISTS.items():
                print(f"{name:36}{_measure(store, client, token, query)}", flush=True)


def _record(store: Store, number: int, verdict: Verdict) -> None:
    """Record and conclude one submission."""
    student = "s0" if number % 10 == 0 else f"s{number}"
    new = NewSubmission(COURSE, ASSIGNMENT, REVISION, student, "a.py", f"# {number}".encode())
    if number % 1000 == 500:
        store.jobs.record_failure(record_and_claim(store, new), "for the bench", 1)
    else:
        record_verdict(store, new, verdict)


def _measure(store: Store, client: FlaskClient, token: str, query: str) -> str:
    """Return the figures of one list, as a row."""
    processor, times, counts = zip(*_request_pages(store, client, token, query), strict=True)
    return f"{mean(processor):12.1f}{percentile_95(times):9.1f}{counts[-1]:8}"


def _request_pages(store: Store, client: FlaskClient, token: str, query: str) -> Iterator[tuple[float, float, int]]:
    """Request the page again and again; yield milliseconds of processor and of waiting, and the number of items."""
    for _ in range(REPEATS):
        redis_before, processor_start, start = _redis_seconds(store), time.process_time(), time.monotonic()
        answer = client.get(f"/api/v1/submissions?limit=50&{query}", headers={"Authorization": f"Bearer {token}"})
        wall, processor = time.monotonic() - start, time.process_time() - processor_start
        items = answer.get_json()["items"]
        yield 1000 * (processor + _redis_seconds(store) - redis_before), 1000 * wall, len(items)


def _redis_seconds(store: Store) -> float:
    cpu = store.redis.info("cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


if __name__ == "__main__":
    main()
