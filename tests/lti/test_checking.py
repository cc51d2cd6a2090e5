"""`backmark service lti check`: each failure between an LMS and Backmark is named, with the sentence that helps."""

import json
import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from pydantic import HttpUrl
from werkzeug.wrappers import Request, Response

from backmark.grader.lti import checking
from backmark.grader.lti.checking import CheckedStep, PlatformCheck, StepOutcome
from backmark.grader.lti.identity import course_name, platform_id
from backmark.grader.lti.services import PlatformServices
from backmark.grader.lti.session import PlatformSession
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.model.lti import Platform
from backmark.grader.outbound.addresses import Destinations
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from tests.lti.browsing import LtiBrowser
from tests.lti.platform.gradebook import Gradebook, Member
from tests.lti.platform.lms import Lms
from tests.lti.platform.serving import serve_app
from tests.lti.test_services import mount_gradebook


@pytest.fixture
def book(browser: LtiBrowser) -> Gradebook:
    """The gradebook of a course that a student has opened."""
    book = mount_gradebook(browser.lms)
    book.columns["/lineitems/1"] = 100.0
    book.enrol(Member("7", "Ada Lovelace"))
    assert browser.launch("7", "link-1").status_code == 303
    return book


@pytest.fixture
def own_address(tool: Flask) -> Iterator[str]:
    """The address at which the tool is reached."""
    with serve_app(tool) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def check(
    lms: Lms, store: Store, settings: ServiceSettings, own_address: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs the command for the LMS of the test."""
    monkeypatch.setattr("backmark.worker.cli.commands.service.lti._require_public_url", lambda _store: None)
    own = settings.model_copy(update={"public_url": HttpUrl(own_address)})
    monkeypatch.setattr("backmark.worker.cli.commands.service.lti.open_store", lambda: Store.connect(own))
    assert store.settings.secret == own.secret
    platform = platform_id(lms.url, "client-1")
    return lambda *words: CliRunner().invoke(main, ["service", "lti", "check", platform, *words])


def test_all_that_works_is_listed_by_names(book: Gradebook, check: Callable[..., Result]) -> None:
    assert book.columns
    result = check()
    assert result.exit_code == 0, result.output
    assert "no  " not in result.output
    for words in ("The roster of Neural networks", "The column Homework of Neural networks", "The results in Homework"):
        assert f"ok  {words}" in result.output
    assert "lti-" not in result.output


def test_before_the_first_launch_services_are_not_tried(lms: Lms, check: Callable[..., Result]) -> None:
    mount_gradebook(lms)
    result = check()
    assert (result.exit_code, "--  A course: no course" in result.output) == (0, True)
    assert check("--course", "nn").exit_code == 2


def test_a_refused_client_names_the_id_and_what_moodle_blocks(
    book: Gradebook, check: Callable[..., Result], own_address: str
) -> None:
    book.intercept = lambda request: Response('{"error": "invalid_client"}', 400) if request.path == "/token" else None
    result = check()
    assert result.exit_code == 1
    assert 'compare the client ID with "client-1"' in result.output
    assert '"cURL blocked hosts list" (Site administration, General, Security, HTTP security)' in result.output
    assert f'add {own_address.rpartition(":")[2]} to "cURL allowed ports list"' in result.output
    # Nothing more can be tried.
    assert "The roster" not in result.output


def test_a_scope_that_is_switched_off_is_named_by_moodle_s_setting(
    book: Gradebook, store: Store, lms: Lms, check: Callable[..., Result]
) -> None:
    raw = json.loads(store.redis.hget("bm:lti-platforms", platform_id(lms.url, "client-1")) or "{}")
    store.redis.hset("bm:lti-platforms", platform_id(lms.url, "client-1"), json.dumps({**raw, "family": "moodle"}))

    def refuse_roster(request: Request) -> Response | None:
        wanted = request.form.get("scope", "") if request.path == "/token" else ""
        return Response('{"error": "invalid_scope"}', 400) if "contextmembership" in wanted else None

    book.intercept = refuse_roster
    result = check()
    assert result.exit_code == 1
    assert 'set "IMS LTI Names and Role Provisioning"' in result.output
    assert "ok  The results in Homework" in result.output


def test_a_deleted_column_is_named(book: Gradebook, check: Callable[..., Result]) -> None:
    book.columns.clear()
    result = check()
    assert result.exit_code == 1
    assert "no  The column Homework of Neural networks: the LMS answered 404" in result.output
    assert "Delete the link there and add it again." in result.output


def test_a_clock_that_is_wrong_is_named(
    book: Gradebook, check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "time", SimpleNamespace(time=lambda: time.time() + 340))
    book.intercept = lambda request: Response("no", 400) if request.path == "/token" else None
    result = check()
    assert result.exit_code == 1
    assert "seconds behind this machine's" in result.output
    assert "Correct the clock that is wrong." in result.output


def run_alone(
    store: Store, settings: ServiceSettings, platform: Platform, keys_url: str, key_ids: frozenset[str]
) -> list[CheckedStep]:
    """The steps of a check, without a course."""
    session = PlatformSession(Destinations.of(settings))
    services = PlatformServices(session, ToolKeys(store, settings).registration)
    return list(PlatformCheck(platform, services, session, session, keys_url, key_ids).run(None))


def test_keys_of_another_service_are_not_ours(
    lms: Lms, store: Store, settings: ServiceSettings, own_address: str
) -> None:
    mount_gradebook(lms)
    (platform,) = store.platforms.all()
    first, *_ = run_alone(store, settings, platform, f"{own_address}/lti/keys", frozenset({"another"}))
    assert (first.outcome, "Another server answers" in first.remedy) == (StepOutcome.FAILED, True)


def test_an_lms_in_a_private_network_names_the_setting(store: Store, settings: ServiceSettings, lms: Lms) -> None:
    (platform,) = store.platforms.all()
    strict = settings.model_copy(update={"callback_networks": (IPv4Network("10.0.0.0/8"),)})
    steps = run_alone(store, strict, platform, f"{lms.url}/keys", frozenset())
    failed = [step for step in steps if step.outcome is StepOutcome.FAILED]
    assert [step.name for step in failed] == ["Backmark's keys", "The LMS's keys", "A token for marks"]
    assert all("BACKMARK_CALLBACK_NETWORKS" in step.remedy for step in failed[1:])


def test_a_column_that_has_gone_is_not_tried_again(
    book: Gradebook, store: Store, lms: Lms, check: Callable[..., Result]
) -> None:
    assert book.columns
    course = course_name(platform_id(lms.url, "client-1"), "deployment-1", "course-1")
    (item,) = store.line_items.of_course(course)
    raw = json.loads(store.redis.get(f"bm:line-item:{item.id}") or "{}")
    store.redis.set(f"bm:line-item:{item.id}", json.dumps({**raw, "gone": 1.0}))
    assert "--  A column: no link of Neural networks that has one" in check().output
