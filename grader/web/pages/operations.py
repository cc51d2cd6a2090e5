"""The service as its operators see it: what is wrong, then the figures that Prometheus reads."""

from flask import Response

from backmark.grader.web.pages.figures_view import draw_figures, summarize
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import operator
from backmark.grader.web.service import service
from backmark.grader.web.usecases.metrics import collect_metrics
from backmark.grader.web.usecases.readiness import read_parts

pages = Pages("operations", __name__)


@pages.get("/service")
def read_service() -> Response:
    """Show queues, workers, failures, memory and all other figures, with what `/readyz` complains about."""
    operator()
    metrics, parts = collect_metrics(), dict(read_parts())
    return page(
        "staff/service.html",
        section="service",
        now=service().store.time(),
        complaints=[part for part in parts.values() if part.reason],
        summary=summarize(metrics),
        figures=draw_figures(metrics),
    )
