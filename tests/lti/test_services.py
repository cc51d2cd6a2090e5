"""Marks and rosters between the tool and platforms that listen on a port: over HTTP, with our real keys and checks."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import jwt
import pytest
from werkzeug.wrappers import Request

from backmark.grader.lti.identity import course_name, line_item_id, platform_id
from backmark.grader.lti.services import PlatformServices
from backmark.grader.lti.session import PlatformSession
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.model.lti import LineItem, LtiContext, LtiUser, Platform
from backmark.grader.model.scores import ScoreState
from backmark.grader.model.terms import Override
from backmark.grader.outbound.addresses import Destinations
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.gradebooks import gradebook_loops
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import LEASE, GradebookScores
from tests.lti.browsing import LtiBrowser
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.gradebook import Gradebook, Member, MoodleRules
from tests.lti.platform.lms import Lms
from tests.lti.platform.others import OtherPlatform
from tests.lti.platform.serving import serve_app
from tests.service.parts import PATIENCE, until
from tests.store.making import accept, claim_job, new, replace_verdict, verdict


@pytest.fixture
def run_sweeper(store: Store, settings: ServiceSettings) -> Iterator[None]:
    """The loops of a sweeper that talk to platforms."""
    with run_loops(gradebook_loops(store, settings).values()):
        yield


@contextmanager
def run_loops(loops: Iterable[Callable[[threading.Event], None]]) -> Iterator[None]:
    """Loops in threads that end with the block, however it ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,)) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def until_sent(store: Store) -> None:
    """Wait until no mark waits."""
    until(lambda: not store.scores.waiting(), "every mark arrives")


def until_read(store: Store, course: str) -> None:
    """Wait until the roster was read."""
    until(lambda: (reading := store.rosters.reading(course)) and reading.read, "the roster is read")


def grade(store: Store, course: str, student: str, score: int) -> str:
    """Hand in for a student what gets so many of ten marks."""
    name = accept(store, new(student, course=course, assignment=ASSIGNMENT))
    store.submissions.finish(claim_job(store, name), verdict("failed", score=score, max_score=10))
    return name


def mount_gradebook(lms: Lms) -> Gradebook:
    """The gradebook of the LMS, at the LMS's own address."""

    def verify(message: str) -> dict[str, Any]:
        assert lms.tool is not None
        key_id = jwt.get_unverified_header(message)["kid"]
        key = next(key for key in lms.fetch(lms.tool.keys_url)["keys"] if key["kid"] == key_id)
        claims: dict[str, Any] = jwt.decode(
            message, jwt.PyJWK(key), algorithms=["RS256"], audience=f"{lms.service_url}/token"
        )
        return claims

    book, pages = Gradebook(MoodleRules(), verify), lms.app.wsgi_app

    def answer(environ: Any, start: Any) -> Any:
        services = environ["PATH_INFO"].startswith(("/token", "/lineitems", "/memberships"))
        return (book if services else pages)(environ, start)

    lms.app.wsgi_app = answer  # type: ignore[assignment, method-assign] # as Flask's documentation wraps it
    return book


def test_after_a_launch_marks_and_the_roster_follow_by_themselves(
    browser: LtiBrowser, store: Store, run_sweeper: None
) -> None:
    assert run_sweeper is None
    lms = browser.lms
    book = mount_gradebook(lms)
    book.columns["/lineitems/1"], book.page_size = 100.0, 2
    book.enrol(Member("7", "Ada Lovelace"), Member("8", "Bob Bernoulli"), Member("9", "Cem, who never came"))
    course = course_name(platform_id(lms.url, "client-1"), "deployment-1", "course-1")
    assert browser.launch("7", "link-1").status_code == 303
    until_read(store, course)
    assert {name for name, entry in store.courses.roster(course).items() if entry.left is None} == {"7", "8", "9"}
    grade(store, course, "7", 4)
    store.courses.set_override(course, ASSIGNMENT, Override("9", 0.5, "prof", "a talk"))
    until_sent(store)
    assert (book.mark("/lineitems/1", "7"), book.mark("/lineitems/1", "9")) == (40.0, 50.0)
    grade(store, course, "7", 9)
    until_sent(store)
    assert book.mark("/lineitems/1", "7") == 90.0
    assert book.erased == []


def test_a_platform_by_other_authors_takes_marks_and_gives_its_roster(
    store: Store, settings: ServiceSettings, run_sweeper: None
) -> None:
    assert run_sweeper is None
    keys = ToolKeys(store, settings)
    platforms: list[OtherPlatform] = []
    with serve_app(lambda *arguments: platforms[0](*arguments)) as port:  # noqa: PLW0108 - it is made when the port is known
        url = f"http://127.0.0.1:{port}"
        platforms.append(OtherPlatform(url, keys.public_set))
        store.platforms.add(Platform("p", url, "client-1", f"{url}/auth", f"{url}/token", f"{url}/keys"))
        store.launches.record_user(LtiUser("lti-x", "7", "7"))
        store.launches.record_context(LtiContext("lti-x", "p", "1", "course-1", roster_url=f"{url}/members"))
        address = f"{url}/lineitems/1"
        store.line_items.record(LineItem(line_item_id("p", address), "p", address, "lti-x", ASSIGNMENT, 20.0))
        grade(store, "lti-x", "7", 4)
        until_sent(store)
        until_read(store, "lti-x")
    (score,) = platforms[0].scores
    assert (score["userId"], score["scoreGiven"], score["gradingProgress"]) == ("7", 8.0, "FullyGraded")
    assert [record.state for record in store.scores.of(line_item_id("p", address))] == [ScoreState.SENT]
    assert set(store.courses.roster("lti-x")) == {"7", "8"}


#: A sweeper of its own: the settings and the Redis's address are its arguments.
SWEEPER = """
import sys, threading
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.gradebooks import gradebook_loops

given = ServiceSettings.model_validate_json(sys.argv[1])
secret = ServiceSettings(redis_url=sys.argv[2], secret=sys.argv[3])
settings = given.model_copy(update={"redis_url": secret.redis_url, "secret": secret.secret})
gradebook_loops(Store.connect(settings), settings)["scores"](threading.Event())
"""


def test_a_sweeper_that_is_killed_in_the_middle_of_a_post_loses_no_mark(
    browser: LtiBrowser, store: Store, settings: ServiceSettings
) -> None:
    lms, arrival, let_go = browser.lms, threading.Event(), threading.Event()
    book = mount_gradebook(lms)
    book.columns["/lineitems/1"] = 10.0
    book.enrol(Member("7"))
    browser.launch("7", "link-1")
    course = course_name(platform_id(lms.url, "client-1"), "deployment-1", "course-1")
    name = grade(store, course, "7", 4)

    def hold(request: Request) -> None:
        if request.path.endswith("/scores") and not arrival.is_set():
            # Whole: who is killed while sending has sent no mark.
            request.get_data()
            arrival.set()
            let_go.wait(PATIENCE)

    book.intercept = hold
    assert settings.secret is not None
    secrets = (settings.redis_url.get_secret_value(), settings.secret.get_secret_value())
    settings_json = settings.model_dump_json(exclude={"redis_url", "secret"})
    with subprocess.Popen([sys.executable, "-c", SWEEPER, settings_json, *secrets]) as sweeper:
        is_posting = arrival.wait(PATIENCE)
        sweeper.kill()
    assert is_posting
    assert replace_verdict(store, name, 1, verdict("failed", score=6, max_score=10), "regrade")
    let_go.set()
    until(lambda: book.mark("/lineitems/1", "7") == 4.0, "what was on its way arrives")
    store.scores.ahead = LEASE
    services = PlatformServices(PlatformSession(Destinations.of(settings)), ToolKeys(store, settings).registration)
    sender = GradebookScores(store.scores, services, recorded_sources(store, settings))
    with run_loops([sender.loop]):
        until_sent(store)
    assert book.mark("/lineitems/1", "7") == 6.0
