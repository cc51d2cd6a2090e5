"""Courses of LMSs that were stored at commit 9b1692f, each made of a platform and a context, go on in this version.

`at_9b1692f/` is never made anew, as `at_b8e7fd0/` is not.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from pydantic import HttpUrl, SecretStr
from werkzeug.test import TestResponse

from backmark.grader.lti.courses import find_course
from backmark.grader.lti.identity import platform_id
from backmark.grader.model.terms import Policy
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import create_app, links
from backmark.worker.serve.embedded import EmbeddedRedis
from backmark.worker.service.score_sources import present_mark
from tests.lti.browsing import PUBLIC, TAB, LtiBrowser
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms, Tool
from tests.services import redis_server
from tests.stored.loading import load_known, restore

__all__ = ["redis_server"]

FOLDER = Path(__file__).parent / "at_9b1692f"
KNOWN = load_known(FOLDER)
ONE, TWO = KNOWN["courses"]
ASSIGNMENT = "udl-7.2"


@pytest.fixture
def store(redis_server: EmbeddedRedis) -> Iterator[Store]:
    """The store, as it was then."""
    settings = ServiceSettings(
        redis_url=SecretStr(redis_server.url), secret=SecretStr(KNOWN["secret"]), public_url=HttpUrl(PUBLIC)
    )
    data_store = Store.connect(settings)
    restore(data_store.redis, FOLDER)
    yield data_store
    data_store.close()


@pytest.fixture
def app(store: Store) -> Flask:
    return create_app(store.settings, store)


def launch(app: Flask, store: Store, issuer: str, deployment: str, person: str = "7") -> TestResponse:
    """Open the course's link from a deployment, in a tab."""
    lms = Lms(issuer, deployment=deployment)
    lms.tool = Tool("client-1", f"{PUBLIC}/lti/login", f"{PUBLIC}/lti/launch", f"{PUBLIC}/lti/keys")
    lms.enrol("7", "Ada Lovelace")
    lms.enrol("2", "Tina Teacher", INSTRUCTOR)
    column = f"{issuer}/lineitems/{1 if deployment in KNOWN['deployments'][issuer] else deployment}"
    lms.add_link(Link("link-1", "course-1", custom={"assignment": ASSIGNMENT}, line_item=column))
    key_set = json.dumps({"keys": [lms.key.public()]})
    store.platforms.keep_key_set(platform_id(issuer, "client-1"), key_set, 86_400)
    return LtiBrowser.open_new(app, lms).launch(person, "link-1", TAB)


def opened_course(app: Flask, store: Store, issuer: str, deployment: str) -> str:
    """The course in which the student hands in."""
    answer = launch(app, store, issuer, deployment)
    assert answer.status_code == 303, answer.text
    with app.test_request_context():
        return links.check_hand_in(links.open_hand_in(answer.location.rpartition("/")[2])).course


@pytest.mark.parametrize("issuer", [ONE, TWO])
def test_a_course_stays_that_of_the_deployments_that_had_opened_it(app: Flask, store: Store, issuer: str) -> None:
    course = KNOWN["courses"][issuer]
    for deployment in (*KNOWN["deployments"][issuer], "later", *KNOWN["deployments"][issuer]):
        assert (opened_course(app, store, issuer, deployment) == course) is (deployment != "later")
    (submission,) = store.submissions.list(Filter(course), 10).items
    assert submission.id == KNOWN["submissions"][issuer]
    assert store.courses.policy(course, ASSIGNMENT) == Policy(late=10.0, attempts=3)
    assert set(store.courses.roster(course)) == {"7", "8"}
    assert [present_mark(store, course, ASSIGNMENT, student).share for student in ("7", "8")] == [0.4, 0.5]
    assert len(store.line_items.of(course, ASSIGNMENT)) == 1
    location = launch(app, store, issuer, KNOWN["deployments"][issuer][0], "2").location
    assert location == f"/courses/{course}/assignments/{ASSIGNMENT}"


def test_a_deployment_that_came_later_shares_nothing_with_an_early_course(app: Flask, store: Store) -> None:
    course = opened_course(app, store, TWO, "later")
    assert store.submissions.list(Filter(course), 10).items == ()
    assert store.courses.policy(course, ASSIGNMENT) is None
    assert set(store.courses.roster(course)) == {"7"}
    assert opened_course(app, store, TWO, "later still") != course


def test_an_early_course_outlives_its_platform_s_registration(app: Flask, store: Store) -> None:
    """Then nothing is known of the deployments of that time."""
    platform = store.platforms.get(platform_id(TWO, "client-1"))
    assert platform is not None
    store.platforms.remove(platform.id)
    assert store.platforms.add(replace(platform, registered=store.time()))
    for deployment in ("d-2", "d-1", "later"):
        assert opened_course(app, store, TWO, deployment) == KNOWN["courses"][TWO]


def test_a_new_course_of_an_early_deployment_is_its_own(store: Store) -> None:
    platform = platform_id(TWO, "client-1")
    assert find_course(store, platform, "d-1", "course-2") != find_course(store, platform, "d-2", "course-2")
