"""Metrics for Prometheus, read from the store on each request: every web process shows the same.

Only requests that another process has counted and not written yet are missing. Whoever hands in at a quiet time reads
the verdict from them: from what is counted, but also from how long a job runs, and how much memory its verdict takes.
"""

from collections.abc import Iterable

from flask import Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from backmark.grader.errors import StoreUnavailable
from backmark.grader.model.records import Scope
from backmark.grader.web.http.resource import Resource, ResponseDoc
from backmark.grader.web.service import service
from backmark.grader.web.usecases.metrics import _metrics_of_redis, collect_metrics

resource = Resource("metrics", __name__, description="Metrics for Prometheus.", prefix="")

#: prometheus_client's text format.
CONTENT_TYPE = "text/plain"


@resource.operation(
    "GET",
    "/metrics",
    scope=Scope.OPERATE,
    responses={
        200: ResponseDoc(
            description="The metrics. While Redis does not answer, and no token can be checked, only "
            "`backmark_redis_up`, which is 0.",
            media_types=(CONTENT_TYPE,),
        )
    },
)
def read_metrics() -> Response:
    """Read queues, grading times, outcomes, failures, requests, notifications, marks sent, storage, and processes."""
    return _respond(collect_metrics())


@resource.errorhandler(StoreUnavailable)
def read_metrics_without_store(_: StoreUnavailable) -> Response:
    """Say that Redis is away, whoever asks: where nothing is graded there is nothing to hide."""
    return _respond(_metrics_of_redis(service().settings.redis_folder, is_up=False))


class _Collected(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _respond(metrics: Iterable[Metric]) -> Response:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(metrics))
    answer = Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")
    answer.headers["Cache-Control"] = "no-store"
    return answer
