"""Health and figures."""

import re
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Literal

import pytest

from backmark.grader.store.notifications import Result
from backmark.grader.store.store import Store
from backmark.grader.store.workers import Worker
from backmark.grader.web import create_app
from tests.store.making import make_notification
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict

OWN = metadata.version("backmark")
DOCS = Path(__file__).parents[2] / "docs" / "operator"


def report(store: Store, role: Literal["worker", "sweeper"], reason: str | None = None) -> None:
    """Say that one lives; a reason is why it cannot isolate."""
    store.workers.report(Worker(f"{role}@here{reason}", "here", 2, reason is None, reason, "0", role))


def test_all_is_well_with_a_worker_and_a_sweeper(portal: Asker, store: Store) -> None:
    report(store, "worker")
    report(store, "sweeper")
    answer = portal.get("//readyz")
    assert (answer.status_code, answer.get_json()["ok"]) == (200, True)


@pytest.mark.parametrize(("live_part", "missing_part"), [("worker", "sweeper"), ("sweeper", "workers")])
def test_what_is_missing_is_named(
    portal: Asker, store: Store, live_part: Literal["worker", "sweeper"], missing_part: str
) -> None:
    report(store, live_part)
    answer = portal.get("//readyz")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    assert [name for name, part in answer.get_json()["parts"].items() if not part["ok"]] == [missing_part]


def test_workers_that_cannot_isolate_are_no_workers(portal: Asker, store: Store) -> None:
    report(store, "sweeper")
    report(store, "worker", "no user namespaces")
    health = portal.get("//readyz").get_json()["parts"]["workers"]
    assert (health["ok"], "no user namespaces" in health["reason"]) == (False, True)


def test_one_worker_that_isolates_is_enough_and_the_others_are_told(portal: Asker, store: Store) -> None:
    for role in ("worker", "sweeper"):
        report(store, role)
    report(store, "worker", "no user namespaces")
    answer = portal.get("//readyz")
    assert (answer.status_code, "no user namespaces" in answer.get_json()["parts"]["workers"]["reason"]) == (200, True)


@pytest.mark.parametrize("versions", [("0.1+aaaaaaaa",), (f"{OWN}+aaaaaaaa", f"{OWN}+bbbbbbbb")])
def test_versions_that_differ_are_named_and_do_no_harm(portal: Asker, store: Store, versions: tuple[str, ...]) -> None:
    report(store, "sweeper")
    for version in versions:
        store.workers.report(Worker(version, "here", 1, jail=True, reason=None, version=version, role="worker"))
    health = portal.get("//readyz").get_json()["parts"]["workers"]
    assert health["ok"]
    assert all(version in health["reason"] for version in (OWN, *versions))


def test_workers_of_this_version_are_not_worth_a_word(portal: Asker, store: Store) -> None:
    report(store, "sweeper")
    for name in ("first", "second"):
        store.workers.report(Worker(name, "here", 1, jail=True, reason=None, version=f"{OWN}+aaaaaaaa", role="worker"))
    assert portal.get("//readyz").get_json()["parts"]["workers"]["reason"] is None


def test_a_redis_that_is_unfit_makes_the_service_unready(portal: Asker, store: Store) -> None:
    report(store, "worker")
    report(store, "sweeper")
    store.redis.config_set("appendfsync", "everysec")
    try:
        answer = portal.get("//readyz")
    finally:
        store.redis.config_set("appendfsync", "always")
    assert (answer.status_code, "everysec" in answer.get_json()["parts"]["redis"]["reason"]) == (503, True)


def test_a_storage_that_is_full_says_so_before_redis_refuses(portal: Asker, operator: Asker, store: Store) -> None:
    """Accepted submissions are still graded, and new files are refused for now."""
    for role in ("worker", "sweeper"):
        report(store, role)
    name = portal.submit("ada").get_json()["id"]
    store.redis.setrange("filler", 108 << 20, "x")
    store.redis.config_set("maxmemory", 128 << 20)
    with closing(Store.connect(store.settings)) as fresh_store:
        fresh_app = create_app(store.settings, fresh_store)
        asker = Asker(fresh_app, portal.secret)
        try:
            refusal, ready = asker.submit("grace"), asker.get("//readyz")
            figures = Asker(fresh_app, operator.secret).get("//metrics").text
            conclude(store, name, failing_verdict())
        finally:
            store.redis.config_set("maxmemory", 0)
    assert (refusal.status_code, refusal.get_json()["type"]) == (507, "/problems/storage-full")
    assert int(refusal.headers["Retry-After"]) >= 60
    parts = ready.get_json()["parts"]
    assert (ready.status_code, [name for name, part in parts.items() if not part["ok"]]) == (503, ["storage"])
    assert "the storage is full" in parts["storage"]["reason"]
    assert "backmark_storage_largest_file_bytes 0.0" in figures.splitlines()
    assert portal.get(f"/submissions/{name}").get_json()["state"] == "done"


def test_a_storage_that_runs_short_is_ready_and_says_which_files_it_refuses(portal: Asker, store: Store) -> None:
    for role in ("worker", "sweeper"):
        report(store, role)
    store.redis.config_set("maxmemory", 100 << 20)
    try:
        ready = portal.get("//readyz")
    finally:
        store.redis.config_set("maxmemory", 0)
    assert (ready.status_code, ready.get_json()["ok"]) == (200, True)
    reason = ready.get_json()["parts"]["storage"]["reason"]
    assert "space is running out: submissions may use 80 MiB of Redis" in reason
    # To the byte they would tell the size of the latest verdict.
    assert not re.search(r"\d{5}", reason)


def test_figures_tell_depth_outcomes_and_workers(portal: Asker, operator: Asker, store: Store) -> None:
    report(store, "worker")
    conclude(store, portal.submit("ada").get_json()["id"], failing_verdict())
    portal.submit("grace")
    answer = operator.get("//metrics")
    assert answer.content_type.startswith("text/plain")
    lines = answer.text.splitlines()
    for line in (
        "backmark_redis_up 1.0",
        'backmark_queue_waiting{queue="interactive"} 1.0',
        'backmark_outcomes_total{outcome="failed"} 1.0',
        "backmark_accepted_total 2.0",
        'backmark_workers{role="worker"} 1.0',
        "backmark_grading_seconds_count 1.0",
    ):
        assert line in lines
    assert any(line.startswith('backmark_queue_oldest_seconds{queue="interactive"}') for line in lines)


def test_the_figures_that_the_documentation_watches_are_there(operator: Asker) -> None:
    metrics_text = operator.get("//metrics").text
    names = re.findall(r"`(backmark_[a-z_]+)", (DOCS / "sizing.md").read_text(encoding="utf-8"))
    assert names
    assert [name for name in names if f"\n{name}" not in metrics_text] == []


def test_every_figure_is_in_the_runbook(operator: Asker) -> None:
    """A series of figures may be named by its end alone, as in `_limit_bytes`."""
    text = (DOCS / "runbook.md").read_text(encoding="utf-8")
    documented_names = set(re.findall(r"`(backmark_[a-z_]+)`", text))
    documented_names |= {f"backmark_storage{end}" for end in re.findall(r"`(_[a-z_]+)`", text)}
    names = set(re.findall(r"^# TYPE (\w+) ", operator.get("//metrics").text, re.MULTILINE))
    assert names - documented_names == set()
    assert documented_names - names == {"backmark_disk_free_bytes"}


@pytest.mark.service(redis_folder=DOCS)
def test_figures_tell_the_free_space_of_the_disk(operator: Asker) -> None:
    (line,) = (line for line in operator.get("//metrics").text.splitlines() if line.startswith("backmark_disk_free_"))
    assert float(line.split()[1]) > 0


def test_figures_tell_requests_by_endpoint_and_status(portal: Asker, operator: Asker, store: Store) -> None:
    portal.submit("ada").close()
    portal.get("/submissions/none").close()
    lines = operator.get("//metrics").text.splitlines()
    assert 'backmark_http_requests_total{endpoint="submissions.submit",status="202"} 1.0' in lines
    assert 'backmark_http_requests_total{endpoint="submissions.read_submission",status="404"} 1.0' in lines
    with closing(Store.connect(store.settings)) as other_store:
        # Another web process shows the same, and adds to it.
        other_app = create_app(store.settings, other_store)
        Asker(other_app, portal.secret).get("/submissions/none").close()
        lines = Asker(other_app, operator.secret).get("//metrics").text.splitlines()
    assert 'backmark_http_requests_total{endpoint="submissions.read_submission",status="404"} 2.0' in lines


def test_figures_tell_versions_and_jails(operator: Asker, store: Store) -> None:
    for number, version in enumerate(("0.1", "0.2", "0.2")):
        store.workers.report(
            Worker(f"w{number}", "here", 1, jail=True, reason=None, version=version, role="worker", way="template")
        )
    lines = operator.get("//metrics").text.splitlines()
    assert 'backmark_processes{jail="template",role="worker",version="0.1"} 1.0' in lines
    assert 'backmark_processes{jail="template",role="worker",version="0.2"} 2.0' in lines


def test_figures_tell_notifications(portal: Asker, operator: Asker, store: Store) -> None:
    make_notification(store, "https://portal.example/hook", course="course")
    conclude(store, portal.submit().get_json()["id"], failing_verdict())
    assert "backmark_callback_events_waiting 1.0" in operator.get("//metrics").text.splitlines()
    store.notifications.move()
    (attempt,) = store.notifications.claim(1, 1, 60.0)
    store.notifications.conclude(attempt, Result.RETRY, pause=0.0)
    lines = operator.get("//metrics").text.splitlines()
    assert 'backmark_callback_attempts_total{result="retry"} 1.0' in lines
    (overdue_line,) = (line for line in lines if line.startswith("backmark_callback_overdue_seconds "))
    assert 0 < float(overdue_line.split()[1]) < 60


def test_health_needs_no_token(portal: Asker) -> None:
    assert portal.app.test_client().get("/healthz").status_code == 200


def test_figures_need_a_token_of_an_operator(
    portal: Asker, staff: Asker, operator: Asker, admin: Asker, stranger: Asker
) -> None:
    """At a quiet time each of them tells a verdict: what is counted, how long jobs run, how much memory is used."""
    anonymous = portal.app.test_client().get("/metrics")
    assert (anonymous.status_code, "backmark_" in anonymous.text) == (401, False)
    statuses = [asker.get("//metrics").status_code for asker in (portal, staff, stranger, operator, admin)]
    assert statuses == [403, 403, 403, 200, 200]


def test_a_token_for_figures_sees_no_course(operator: Asker, portal: Asker) -> None:
    name = portal.submit().get_json()["id"]
    paths = ("/submissions", f"/submissions/{name}", "/courses")
    assert [operator.get(path).status_code for path in paths] == [403] * 3
