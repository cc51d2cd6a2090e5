"""A broker of its own, a second Redis or RabbitMQ: killed, held up and emptied, it costs no submission."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backmark.grader.dispatch import QUEUE, CeleryDispatcher, application
from backmark.grader.model.records import State
from backmark.worker.sandbox.policy import Launch
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.service.brokers import Broker, make_broker
from tests.service.parts import EXAMPLES, PATIENCE, SLEEPER, Service, until
from tests.service.parts import service as start_service

RIGHT = next(path for path in EXAMPLES if path.name == "right_loops.py").read_bytes()


@pytest.fixture(params=["redis", "rabbitmq"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    """A broker that runs."""
    new_broker = make_broker(request.param, tmp_path / "broker")
    new_broker.start()
    yield new_broker
    new_broker.kill()


@pytest.fixture
def service(redis_server: EmbeddedRedis, broker: Broker, tmp_path: Path, jail: Launch) -> Iterator[Service]:
    """A service whose workers are nudged by the broker."""
    assert jail.jailed
    with start_service(redis_server.url, tmp_path, BACKMARK_BROKER_URL=broker.url) as new_service:
        yield new_service


def submit(service: Service, *numbers: int) -> list[str]:
    """Hand in right files, of which no two are the same."""
    return [service.submit(RIGHT + b"# %d" % number, "a.py", f"student {number}") for number in numbers]


def assert_each_ended_once(service: Service, names: list[str]) -> None:
    records = service.wait_for_ends(*names)
    assert {(record.state, record.outcome, record.verdict) for record in records} == {(State.DONE, "passed", 1)}
    assert all(service.store.submissions.verdict(name, 2) is None for name in names)


def test_a_worker_hears_of_submissions_by_it_alone(service: Service) -> None:
    """And at once: no sweeper runs that could send a lost message again."""
    service.worker(2)
    assert_each_ended_once(service, submit(service, *range(5)))
    assert service.store.redis.keys("celery:*") == []


def test_nothing_is_lost_or_doubled_where_broker_and_workers_are_killed(service: Service, broker: Broker) -> None:
    sweeper, worker = service.start("sweeper"), service.worker(2)
    names = submit(service, *range(20))
    until(lambda: service.store.jobs.running() > 0, "some are graded")
    os.kill(worker.children()[0], signal.SIGKILL)
    broker.kill()
    names += submit(service, *range(20, 30))
    broker.start()
    names += submit(service, *range(30, 40))
    until(lambda: service.store.jobs.running() > 0, "some are graded")
    worker.kill()
    service.worker(2)
    assert_each_ended_once(service, names)
    assert sweeper.process.poll() is None


def test_a_worker_that_is_stopped_leaves_its_work_to_the_next(service: Service) -> None:
    worker = service.worker(1, BACKMARK_GRACE_SECONDS="0")
    name = service.submit(SLEEPER, "long.py", "ann")
    until(lambda: service.submission(name).state is State.RUNNING, "it runs")
    assert worker.stop() == 0
    assert service.submission(name).tries == 0
    service.worker(1)
    until(lambda: service.submission(name).tries == 1, "it runs again")


def test_messages_that_are_lost_are_sent_again(service: Service) -> None:
    names = submit(service, *range(3))
    app = application(service.settings)
    with app.connection() as connection, connection.SimpleQueue(QUEUE) as queue:
        assert queue.clear() == 3
    app.close()
    service.start("sweeper")
    service.worker(1)
    assert_each_ended_once(service, names)
    assert service.store.counters.read().sent_again > 0


def test_a_worker_says_that_its_broker_is_away_until_it_is_back(service: Service, broker: Broker) -> None:
    service.worker(1)

    def reasons() -> list[str | None]:
        return [worker.reason for worker in service.store.workers.list()]

    broker.kill()
    until(lambda: reasons() == ["the broker does not answer"], "the worker says so")
    broker.start()
    until(lambda: reasons() == [None], "it says so no longer")


def test_a_broker_that_hangs_keeps_nobody_waiting_for_long(service: Service, broker: Broker) -> None:
    dispatcher = CeleryDispatcher(application(service.settings))
    dispatcher.nudge()
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGSTOP)
    try:
        start = time.monotonic()
        dispatcher.nudge()
        dispatcher.nudge(100)
        assert time.monotonic() - start < PATIENCE / 2
    finally:
        os.kill(broker.pid, signal.SIGCONT)
