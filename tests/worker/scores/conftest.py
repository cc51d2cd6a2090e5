"""A course on a made-up Moodle or Canvas, on a real Redis that is empty at the start of each test."""

import pytest
from pydantic import HttpUrl, SecretStr

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.lti.platform.course import LtiCourse
from tests.lti.platform.gradebook import CanvasRules, MoodleRules, Rules
from tests.lti.platform.wire import make_pair
from tests.store.conftest import redis_server, store

__all__ = ["redis_server", "store"]


@pytest.fixture(scope="session")
def pair() -> tuple[str, str]:
    """Our keys."""
    return make_pair()


@pytest.fixture
def settings(redis_server: EmbeddedRedis) -> ServiceSettings:
    return ServiceSettings(
        redis_url=SecretStr(redis_server.url), public_url=HttpUrl("https://backmark.example"), tries=3
    )


@pytest.fixture(params=[MoodleRules(), CanvasRules()], ids=["moodle", "canvas"])
def rules(request: pytest.FixtureRequest) -> Rules:
    lms_rules: Rules = request.param
    return lms_rules


@pytest.fixture
def course(store: Store, settings: ServiceSettings, rules: Rules, pair: tuple[str, str]) -> LtiCourse:
    """A course on either platform, with a student."""
    return enrol_student(LtiCourse(store, settings, rules, pair))


@pytest.fixture
def moodle(store: Store, settings: ServiceSettings, pair: tuple[str, str]) -> LtiCourse:
    return enrol_student(LtiCourse(store, settings, MoodleRules(), pair))


@pytest.fixture
def canvas(store: Store, settings: ServiceSettings, pair: tuple[str, str]) -> LtiCourse:
    return enrol_student(LtiCourse(store, settings, CanvasRules(), pair))


def enrol_student(course: LtiCourse) -> LtiCourse:
    """The course, with a student."""
    course.enrol("11")
    return course
