"""The operators' page: who sees it, and that it draws whatever is collected for Prometheus."""

import re
from html import unescape

import pytest
from flask import Flask
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from backmark.grader.web.pages.figures_view import Figure, draw_figures, summarize
from tests.web.asking import Asker
from tests.web.concluding import conclude, fail_submission
from tests.web.test_pages import HTML, SECRET
from tests.web.verdicts import failing_verdict
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret=SECRET)

SERVICE = "/service"


@pytest.fixture
def administrator(app: Flask, store: Store) -> Visitor:
    """A browser of an operator."""
    return Visitor(app, store, "house", Scope.ADMIN)


def test_operators_see_the_service_and_nobody_else(app: Flask, store: Store, administrator: Visitor) -> None:
    assert "Jobs waiting" in administrator.get(SERVICE)
    instructor = Visitor(app, store)
    assert "Only operators of the service may see this" in instructor.get(SERVICE, 403)
    answer = app.test_client().get(SERVICE, headers=HTML)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=%2Fservice")
    assert ('href="/service"' in administrator.get("/courses"), 'href="/service"' in instructor.get(HOME)) == (
        True,
        False,
    )


def test_staff_of_a_course_who_may_operate_see_both(app: Flask, store: Store) -> None:
    visitor = Visitor(app, store, "course", Scope.STAFF, Scope.OPERATE)
    assert "Jobs waiting" in visitor.get(SERVICE)
    assert visitor.get(HOME)


def test_each_figure_for_prometheus_is_on_the_page(
    administrator: Visitor, operator: Asker, portal: Asker, store: Store
) -> None:
    for role in ("worker", "sweeper"):
        store.workers.report(Worker(role, "here", 1, jail=True, reason=None, version="0.1", role=role))
    conclude(store, portal.submit("ada").get_json()["id"], failing_verdict())
    fail_submission(store, portal.submit("bo").get_json()["id"])
    portal.submit("grace")
    administrator.get(SERVICE)
    text = operator.get("//metrics").text
    page = unescape(administrator.get(SERVICE))
    documented = dict(re.findall(r"^# HELP (\w+) (.+)$", text, re.MULTILINE))
    drawn = {re.match(r"\w+", line)[0] for line in text.splitlines() if not line.startswith("#")}  # type: ignore[index]
    # The page itself says that Redis answers; without a sample there is nothing to draw.
    names = {
        name: title
        for name, title in documented.items()
        if name != "backmark_redis_up" and {name, f"{name}_count"} & drawn
    }
    assert len(names) >= 30
    assert [name for name, title in names.items() if title.removesuffix(".") not in page] == []


def test_the_page_says_what_is_not_ready(administrator: Visitor, store: Store) -> None:
    page = administrator.get(SERVICE)
    assert "no worker reported within 15 seconds" in page
    for role in ("worker", "sweeper"):
        store.workers.report(Worker(role, "here", 1, jail=True, reason=None, version="0.1", role=role))
    assert "no worker reported" not in administrator.get(SERVICE)


def test_a_label_that_is_new_is_another_column_and_its_values_are_rows() -> None:
    """So a queue with lanes draws itself."""
    waiting = GaugeMetricFamily("backmark_queue_waiting", "Jobs waiting.", labels=["queue", "lane"])
    oldest = GaugeMetricFamily("backmark_queue_oldest_seconds", "Seconds waited.", labels=["queue", "lane"])
    for lane, number, seconds in (("quick", 3, 0.5), ("slow", 1200, 200)):
        waiting.add_metric(["interactive", lane], number)
        oldest.add_metric(["interactive", lane], seconds)
    (section,) = draw_figures([waiting, oldest])
    (table,) = section.tables
    assert (section.title, table.labels, table.titles) == (
        "Queues",
        ("Queue", "Lane"),
        ("Jobs waiting", "Seconds waited"),
    )
    assert table.rows == (
        (("interactive", "quick"), ("3", "0.5 s")),
        (("interactive", "slow"), ("1,200", "3 min")),
    )
    assert summarize([waiting, oldest])[:2] == (Figure("Jobs waiting", "1,203"), Figure("Oldest wait", "3 min"))


def test_a_figure_that_no_section_names_is_drawn_last() -> None:
    sections = draw_figures(
        [
            CounterMetricFamily("backmark_new", "A new one.", 7.0),
            GaugeMetricFamily("backmark_jobs_running", "Running.", 1.0),
        ]
    )
    assert [section.title for section in sections] == ["Queues", "Other figures"]
    assert sections[-1].figures == (Figure("A new one", "7"),)


@pytest.mark.parametrize(
    ("buckets", "seconds", "text"),
    [
        ([("0.1", 0), ("+Inf", 0)], 0.0, "none yet"),
        ([("0.1", 90), ("0.5", 96), ("+Inf", 100)], 20.0, "0.2 s on average, 95% within 0.5 s (100 in all)"),
        ([("0.1", 1), ("+Inf", 4)], 400.0, "100 s on average, 95% beyond the last bound (4 in all)"),
    ],
)
def test_a_histogram_is_its_mean_and_what_nearly_all_stay_below(
    buckets: list[tuple[str, float]], seconds: float, text: str
) -> None:
    family = HistogramMetricFamily("backmark_grading_seconds", "Seconds.")
    family.add_metric([], buckets, seconds)
    (section,) = draw_figures([family])
    assert section.figures == (Figure("Seconds", text),)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("backmark_queue_oldest_seconds", 0.0, "0 s"),
        ("backmark_queue_oldest_seconds", 0.012, "12 ms"),
        ("backmark_storage_largest_file_bytes", float("inf"), "no limit"),
        ("backmark_disk_free_bytes", 3.5 * (1 << 30), "3.5 GiB"),
        ("backmark_jobs_running", 12000.0, "12,000"),
    ],
)
def test_a_value_has_its_unit(name: str, value: float, text: str) -> None:
    (section,) = draw_figures([GaugeMetricFamily(name, "It.", value)])
    assert section.figures[0].value == text
