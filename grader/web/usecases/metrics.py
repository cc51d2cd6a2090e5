"""The figures of the service, read from the store: every web process has the same."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from backmark.grader.model.records import Queue
from backmark.grader.store.counters import Histogram, Totals
from backmark.grader.store.room import Room
from backmark.grader.store.store import Store
from backmark.grader.support.diskspace import free_bytes
from backmark.grader.web.http.request_counts import request_counts
from backmark.grader.web.service import service


def collect_metrics() -> tuple[Metric, ...]:
    """Return all figures of the service. Raises StoreUnavailable."""
    store = service().store
    request_counts().write()
    return (
        *_metrics_of_redis(service().settings.redis_folder, is_up=True),
        *_queues(store),
        *_workers(store),
        *_storage(store.storage.room()),
        *_notifications(store),
        *_scores(store),
        *_totals(store.counters.read()),
    )


def _metrics_of_redis(folder: Path | None, *, is_up: bool) -> Iterator[Metric]:
    yield GaugeMetricFamily("backmark_redis_up", "1 if Redis answers, otherwise 0.", float(is_up))
    if folder is not None and (free := free_bytes(folder)) is not None:
        yield GaugeMetricFamily("backmark_disk_free_bytes", "Free bytes of the disk of Redis's files.", free)


def _queues(store: Store) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("backmark_queue_waiting", "Jobs waiting.", labels=["queue"])
    oldest = GaugeMetricFamily(
        "backmark_queue_oldest_seconds", "Seconds that the oldest job has waited.", labels=["queue"]
    )
    for queue in Queue:
        waiting.add_metric([queue.value], store.jobs.waiting(queue))
        oldest.add_metric([queue.value], store.jobs.oldest(queue) or 0.0)
    yield waiting
    yield oldest
    yield GaugeMetricFamily("backmark_jobs_running", "Jobs claimed by workers.", store.jobs.running())


def _workers(store: Store) -> Iterator[Metric]:
    alive = store.workers.list()
    roles = GaugeMetricFamily("backmark_workers", "Running processes, by role.", labels=["role"])
    for role in ("worker", "sweeper"):
        roles.add_metric([role], sum(process.role == role for process in alive))
    yield roles
    processes = GaugeMetricFamily(
        "backmark_processes",
        "Running processes, by role, version, and how they isolate submissions.",
        labels=["role", "version", "jail"],
    )
    for (role, version, jail), number in sorted(
        Counter((process.role, process.version, process.way) for process in alive).items()
    ):
        processes.add_metric([role, version, jail], number)
    yield processes
    unfit = sum(process.role == "worker" and not process.jail for process in alive)
    yield GaugeMetricFamily(
        "backmark_workers_without_jail", "Workers that cannot isolate submissions, and grade none.", unfit
    )


def _notifications(store: Store) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "backmark_callback_events_waiting", "Events that no sweeper has processed yet.", store.notifications.unsent()
    )
    yield GaugeMetricFamily(
        "backmark_callback_overdue_seconds",
        "Seconds for which a notification has been due.",
        store.notifications.overdue(),
    )


def _scores(store: Store) -> Iterator[Metric]:
    yield GaugeMetricFamily("backmark_scores_waiting", "Marks waiting to be sent to an LMS.", store.scores.waiting())
    yield GaugeMetricFamily(
        "backmark_score_overdue_seconds", "Seconds for which a mark has been due to be sent.", store.scores.overdue()
    )


def _storage(room: Room) -> Iterator[Metric]:
    largest = float("inf") if room.largest is None else room.largest
    for name, description, value in (
        ("used", "Memory that Redis uses.", room.used),
        ("limit", "Memory that submissions may use; 0: no limit.", room.limit),
        ("maxmemory", "Memory that Redis may use; 0: no limit.", room.most),
        ("largest_file", "The largest compressed file that is accepted now.", largest),
    ):
        yield GaugeMetricFamily(f"backmark_storage_{name}_bytes", description, value)


def _totals(figures: Totals) -> Iterator[Metric]:
    totals = {
        "accepted": "Submissions accepted.",
        "replayed": "Requests that repeated an Idempotency-Key.",
        "service_failures": "Submissions without a verdict because the service failed: each is an alarm.",
        "lost_leases": "Jobs whose lease expired without a sign of life from the worker.",
        "handed_back": "Jobs that a stopping worker handed back.",
        "sent_again": "Times that the sweeper told a free process of work that waited.",
        "retried": "Submissions that staff retried after the service failed.",
        "jail_failures": "Jails that could not be built, or broke.",
        "reused": "Verdicts reused for an identical source.",
        "regraded": "Verdicts replaced by a regrade.",
        "rolled_back": "Verdicts restored by a rollback.",
    }
    for name, description in totals.items():
        yield CounterMetricFamily(f"backmark_{name}", description, float(getattr(figures, name)))
    outcomes = CounterMetricFamily("backmark_outcomes", "First verdicts by outcome.", labels=["outcome"])
    for outcome, number in sorted(figures.outcomes.items()):
        outcomes.add_metric([outcome], number)
    yield outcomes
    ends = CounterMetricFamily("backmark_ends", "Jobs that ended, by kind and state.", labels=["kind", "state"])
    for (kind, state), number in sorted(figures.states.items()):
        ends.add_metric([kind, state], number)
    yield ends
    tries = CounterMetricFamily("backmark_failed_tries", "Attempts at a job that the service failed.", labels=["kind"])
    for kind, number in sorted(figures.failures.items()):
        tries.add_metric([kind], number)
    yield tries
    attempts = CounterMetricFamily("backmark_callback_attempts", "Attempts at notifications.", labels=["result"])
    for result, number in sorted(figures.notifications.items()):
        attempts.add_metric([result], number)
    yield attempts
    sent = CounterMetricFamily("backmark_score_attempts", "Attempts to send marks to an LMS.", labels=["result"])
    for result, number in sorted(figures.scores.items()):
        sent.add_metric([result], number)
    yield sent
    rosters = CounterMetricFamily("backmark_roster_readings", "Readings of rosters from an LMS.", labels=["result"])
    for result, number in sorted(figures.rosters.items()):
        rosters.add_metric([result], number)
    yield rosters
    requests = CounterMetricFamily("backmark_http_requests", "Requests answered.", labels=["endpoint", "status"])
    for (endpoint, status), number in sorted(figures.requests.items()):
        requests.add_metric([endpoint, status], number)
    yield requests
    times = CounterMetricFamily(
        "backmark_http_request_seconds",
        "Seconds from a request to the end of its answer, including the time for which a client asked to wait.",
        labels=["endpoint"],
    )
    for endpoint, milliseconds in sorted(figures.request_milliseconds.items()):
        times.add_metric([endpoint], milliseconds / 1000)
    yield times
    yield _histogram("backmark_grading_seconds", "Seconds from the claim to the verdict.", figures.grading)
    yield _histogram("backmark_waiting_seconds", "Seconds from acceptance to the first claim.", figures.waiting)


def _histogram(name: str, description: str, figures: Histogram) -> Metric:
    metric = HistogramMetricFamily(name, description)
    buckets = [("+Inf" if bound == float("inf") else str(bound), count) for bound, count in figures.buckets]
    metric.add_metric([], buckets, figures.seconds)
    return metric
