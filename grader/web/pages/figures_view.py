"""Figures of the service for people, drawn from what is collected for Prometheus: a new one appears by itself."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

from backmark.grader.web.pages.words import duration, size, thousands

#: Sections by the beginnings of the names of their figures. What no section names is in the last.
_SECTIONS = (
    ("Queues", ("backmark_queue", "backmark_jobs", "backmark_waiting")),
    ("Workers", ("backmark_workers", "backmark_processes")),
    (
        "Failures",
        (
            *("backmark_service_failures", "backmark_failed_tries", "backmark_lost_leases", "backmark_jail_failures"),
            *("backmark_handed_back", "backmark_sent_again", "backmark_retried"),
        ),
    ),
    ("Memory and disk", ("backmark_storage", "backmark_disk")),
    (
        "Submissions and verdicts",
        (
            *("backmark_accepted", "backmark_replayed", "backmark_outcomes", "backmark_ends", "backmark_grading"),
            *("backmark_reused", "backmark_regraded", "backmark_rolled_back"),
        ),
    ),
    ("Notifications, gradebooks and rosters", ("backmark_callback", "backmark_score", "backmark_roster")),
    ("Requests", ("backmark_http",)),
)
_OTHER = "Other figures"
#: For alarms: who reads the page knows.
_LEFT_OUT = frozenset({"backmark_redis_up"})
#: The share of a histogram's events that are not slower than what is shown.
_MOST = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by its title."""

    title: str
    value: str


@dataclass(frozen=True, slots=True)
class FigureTable:
    """Figures that have the same labels: a row for each combination of these, a column for each figure."""

    labels: tuple[str, ...]
    titles: tuple[str, ...]
    #: The values of the labels, then those of the figures; empty where a figure has none.
    rows: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class FigureSection:
    """A section of the page."""

    title: str
    figures: tuple[Figure, ...]
    tables: tuple[FigureTable, ...]


def summarize(metrics: Iterable[Metric]) -> tuple[Figure, ...]:
    """Return what an operator looks at first."""
    by_name = {metric.name: metric.samples for metric in metrics}

    def values(name: str, **labels: str) -> list[float]:
        return [sample.value for sample in by_name.get(name, ()) if labels.items() <= sample.labels.items()]

    used, limit = sum(values("backmark_storage_used_bytes")), sum(values("backmark_storage_limit_bytes"))
    memory = f"{used / limit:.0%} of {size(round(limit))}" if limit else size(round(used))
    return (
        Figure("Jobs waiting", thousands(round(sum(values("backmark_queue_waiting"))))),
        Figure("Oldest wait", _write_seconds(max(values("backmark_queue_oldest_seconds"), default=0.0))),
        Figure("Jobs running", thousands(round(sum(values("backmark_jobs_running"))))),
        Figure("Workers", thousands(round(sum(values("backmark_workers", role="worker"))))),
        Figure("Submissions without a verdict", thousands(round(sum(values("backmark_service_failures"))))),
        Figure("Memory for submissions", memory),
        *(Figure("Free disk", size(round(free))) for free in values("backmark_disk_free_bytes")),
    )


def draw_figures(metrics: Iterable[Metric]) -> tuple[FigureSection, ...]:
    """Return all figures by section, those without a section last."""
    sections: dict[str, list[Metric]] = {title: [] for title in (*(title for title, _ in _SECTIONS), _OTHER)}
    for metric in metrics:
        if metric.name not in _LEFT_OUT and metric.samples:
            sections[_find_section(metric.name)].append(metric)
    return tuple(_draw_section(title, members) for title, members in sections.items() if members)


def _find_section(name: str) -> str:
    return next((title for title, beginnings in _SECTIONS if name.startswith(beginnings)), _OTHER)


def _draw_section(title: str, metrics: Sequence[Metric]) -> FigureSection:
    figures: list[Figure] = []
    tables: dict[tuple[str, ...], list[Metric]] = {}
    for metric in metrics:
        labels = () if metric.type == "histogram" else tuple(metric.samples[0].labels)
        if labels:
            tables.setdefault(labels, []).append(metric)
        else:
            figures.append(Figure(_title(metric), _write(metric)))
    return FigureSection(title, tuple(figures), tuple(_draw_table(*each) for each in tables.items()))


def _draw_table(labels: tuple[str, ...], metrics: Sequence[Metric]) -> FigureTable:
    columns = [{tuple(sample.labels.values()): sample.value for sample in metric.samples} for metric in metrics]
    rows = dict.fromkeys(row for column in columns for row in column)
    return FigureTable(
        tuple(label.capitalize() for label in labels),
        tuple(map(_title, metrics)),
        tuple(
            (
                row,
                tuple(
                    _write_value(metric.name, column[row]) if row in column else ""
                    for metric, column in zip(metrics, columns, strict=True)
                ),
            )
            for row in rows
        ),
    )


def _title(metric: Metric) -> str:
    return metric.documentation.removesuffix(".")


def _write(metric: Metric) -> str:
    if metric.type == "histogram":
        return _write_histogram(metric.samples)
    return _write_value(metric.name, metric.samples[0].value)


def _write_histogram(samples: Iterable[Sample]) -> str:
    """Return mean and number of a histogram, and within which bound nearly all are."""
    values = {(sample.name.rpartition("_")[2], sample.labels.get("le", "")): sample.value for sample in samples}
    number = values["count", ""]
    if not number:
        return "none yet"
    bounds = [float(bound) for (part, bound), count in values.items() if part == "bucket" and count >= _MOST * number]
    most = min(bounds)
    within = "beyond the last bound" if math.isinf(most) else f"within {_write_seconds(most)}"
    mean = _write_seconds(values["sum", ""] / number)
    return f"{mean} on average, {_MOST:.0%} {within} ({thousands(round(number))} in all)"


def _write_value(name: str, value: float) -> str:
    if name.endswith("_bytes"):
        return "no limit" if math.isinf(value) else size(round(value))
    if name.endswith("_seconds"):
        return _write_seconds(value)
    return thousands(round(value)) if value == round(value) else f"{value:g}"


def _write_seconds(seconds: float) -> str:
    """Return a time as exact as a person wants it: 12 ms, 0.35 s, 3 min."""
    if 0 < seconds < 0.1:
        return f"{max(1, round(1000 * seconds))} ms"
    return f"{seconds:.2g} s" if seconds < 10 else duration(seconds)
