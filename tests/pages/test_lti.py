"""The service within the page of an LMS, another site, in a browser that keeps no cookies of third parties."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Frame, FrameLocator, Page, expect

from backmark.grader.lti.identity import course_name, platform_id
from backmark.grader.model.lti import Platform
from backmark.grader.model.regrades import Mode, Phase, Selection, Which
from backmark.grader.model.terms import Extension, Override, Policy
from backmark.grader.store.search import Filter
from backmark.worker.sandbox.policy import Launch
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.lti.platform.lms import Link, Tool
from tests.pages.browser import LOOKS, Window, chromium, list_faults
from tests.pages.house import ASSIGNMENT, PATIENCE, until
from tests.pages.lms_house import LMS, OTHER, TOOL, LmsHouse, build_lms_house
from tests.service.parts import EXAMPLES
from tests.store.making import replace_verdict, verdict

#: Werkzeug's server, which stands in for a proxy with TLS, leaves a file open where a browser hangs up.
pytestmark = pytest.mark.filterwarnings("ignore:.*FileIO:pytest.PytestUnraisableExceptionWarning")

FOLDER = EXAMPLES[0].parent
#: The setting of a browser that keeps no third party's cookies, without any exception.
NO_THIRD_PARTIES = {
    "enableThirdPartyCookieRestriction": True,
    "disableThirdPartyCookieMetadata": True,
    "disableThirdPartyCookieHeuristics": True,
}


@pytest.fixture(scope="module")
def lms_house(
    redis_server: EmbeddedRedis, jail: Launch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LmsHouse]:
    """The service and the LMS, on a database of their own."""
    assert jail.jailed
    with (
        pytest.MonkeyPatch.context() as patch,
        build_lms_house(
            f"{redis_server.url.removesuffix('/0')}/1", Path(tmp_path_factory.mktemp("lms")), patch
        ) as lms_house_open,
    ):
        yield lms_house_open


@pytest.fixture
def visit(browser: Browser, lms_house: LmsHouse) -> Iterator[Window]:
    """A window of a browser that takes the names for other sites; at the end nothing may have complained."""
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (TOOL, LMS, OTHER))
    strict = browser.browser_type.launch(
        executable_path=chromium(),
        args=["--no-sandbox", f"--host-resolver-rules={rules}"],
    )
    window = Window.open_new(strict, lms_house.lms.url, ignore_https_errors=True)
    settings = window.context.new_cdp_session(window.page)
    settings.send("Network.enable")
    settings.send("Network.setCookieControls", NO_THIRD_PARTIES)
    yield window
    complaints = window.complaints
    strict.close()
    assert complaints == []


def register(lms_house: LmsHouse) -> None:
    """Register the service in the LMS, as both do it without a browser."""
    lms, store, url = lms_house.lms, lms_house.service.store, lms_house.url
    lms.tool = Tool("by-hand", f"{url}/lti/login", f"{url}/lti/launch", f"{url}/lti/keys")
    addresses = (f"{lms.url}/auth", f"{lms.service_url}/token", f"{lms.service_url}/keys")
    store.platforms.add(Platform(platform_id(lms.url, "by-hand"), lms.url, "by-hand", *addresses))


def show_frame(window: Window, query: str) -> FrameLocator:
    """The tool within the LMS's page."""
    return window.go(f"/page?{query}").frame_locator("iframe")


def tool_frame(page: Page) -> Frame:
    """The frame itself."""
    return page.frames[-1]


def test_this_browser_keeps_no_cookie_of_a_third_party_unless_it_is_partitioned(
    visit: Window, lms_house: LmsHouse
) -> None:
    """Else the tests below would show nothing."""
    for kept_cookie in ("none", "partitioned"):
        page = visit.go(f"/frame?src={lms_house.other}/cookies")
        expect(page.frame_locator("iframe").get_by_text(f"kept: {kept_cookie}", exact=True)).to_be_visible()


def test_from_the_registration_to_the_verdict_within_the_lms(visit: Window, lms_house: LmsHouse) -> None:
    lms = lms_house.lms
    lms.links.clear()
    page = visit.go(f"/admin?invitation={lms_house.invitation()}")
    expect(page.frame_locator("iframe").get_by_role("heading", level=1)).to_have_text("Backmark is registered")
    expect(page).to_have_title("org.imsglobal.lti.close")
    assert lms.tool is not None
    course = course_name(platform_id(lms.url, lms.tool.client_id), "deployment-1", "course-1")

    frame = show_frame(visit, "person=2")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Choose an assignment")
    frame.get_by_role("button", name="Add to the course").click()
    expect(frame.get_by_text("added")).to_be_visible()
    (link,) = lms.links.values()
    assert (link.custom["assignment"], link.maximum) == (ASSIGNMENT, 10)
    mark = mark_of(lms_house, link, "7")

    frame = show_frame(visit, f"person=7&link={link.id}")
    expect(frame.get_by_text("Ada Lovelace")).to_be_visible()
    frame.get_by_label("Your file").set_input_files(FOLDER / "right.ipynb")
    frame.get_by_role("button", name="Hand in").click()
    verdict = frame.get_by_role("heading", level=1)
    expect(verdict).to_have_text("Your code is right.", timeout=1000 * PATIENCE)
    frame.get_by_role("link", name="Hand in again").click()
    expect(frame.get_by_role("link", name="Attempt 1")).to_be_visible()
    until(lambda: mark() == link.maximum, "the mark arrives")
    roster = lms_house.service.store.courses.roster
    until(lambda: "8" in roster(course), "the roster arrives, with who never came")
    assert [cookie["name"] for cookie in visit.context.cookies() if "lti" not in cookie["name"]] == []

    frame = show_frame(visit, f"person=2&link={link.id}")
    assert frame.get_by_text("no gradebook column").count() == 0
    with visit.context.expect_page() as page_info:
        frame.get_by_role("button", name="Open Backmark in a new tab").click()
    staff = page_info.value
    expect(staff).to_have_url(f"{lms_house.url}/courses/{course}/assignments/{ASSIGNMENT}")
    staff.goto(f"{lms_house.url}/courses/{course}")
    expect(staff.get_by_role("heading", level=1)).to_have_text("Neural networks")


def test_pages_within_the_lms_are_for_everybody_on_any_screen(visit: Window, lms_house: LmsHouse) -> None:
    register(lms_house)
    link = lms_house.lms.add_link(Link("link-7", "course-1", custom={"assignment": ASSIGNMENT})).id
    for query in ("person=2", f"person=2&link={link}", f"person=7&link={link}"):
        expect(show_frame(visit, query).get_by_role("heading", level=1)).to_be_visible()
        for scheme, size in LOOKS:
            visit.restyle(scheme, size)
            assert list_faults(tool_frame(visit.page)) == []
            assert not tool_frame(visit.page).evaluate("document.documentElement.scrollWidth > window.innerWidth")


def mark_of(lms_house: LmsHouse, link: Link, person: str) -> Callable[[], float | None]:
    """Reads a mark in the LMS's gradebook."""
    column = urlsplit(str(link.line_item)).path
    lms_house.book.columns[column] = link.maximum
    return lambda: lms_house.book.mark(column, person)


def test_a_mark_in_the_gradebook_follows_all_that_changes_it(visit: Window, lms_house: LmsHouse) -> None:
    register(lms_house)
    lms, store, url = lms_house.lms, lms_house.service.store, f"{lms_house.lms.service_url}/lineitems/link-8"
    courses = store.courses
    link = lms.add_link(Link("link-8", "course-1", custom={"assignment": ASSIGNMENT}, line_item=url))
    course = course_name(platform_id(lms.url, "by-hand"), "deployment-1", "course-1")
    frame = show_frame(visit, f"person=7&link={link.id}")
    mark = mark_of(lms_house, link, "7")
    frame.get_by_label("Your file").set_input_files(FOLDER / "right.ipynb")
    frame.get_by_role("button", name="Hand in").click()
    until(lambda: mark() == link.maximum, "the mark arrives")
    courses.set_override(course, ASSIGNMENT, Override("7", 0.5, "Tina", "helped", 0.0))
    until(lambda: mark() == link.maximum / 2, "the override arrives")
    courses.remove_override(course, ASSIGNMENT, "7", "Tina")
    until(lambda: mark() == link.maximum, "the mark without it arrives")
    courses.set_policy(course, ASSIGNMENT, Policy(due=time.time() - 3600, late=10.0), "Tina")
    until(lambda: mark() == 0.9 * link.maximum, "the penalty arrives")
    courses.set_extension(course, ASSIGNMENT, Extension("7", time.time() + 3600, None, None, "Tina", "ill", 0.0))
    until(lambda: mark() == link.maximum, "the extension arrives")
    (submission,) = store.submissions.list(Filter(course, ASSIGNMENT, "7")).items
    # As if an earlier engine had been wrong about it.
    assert replace_verdict(store, submission.id, 1, verdict("failed", score=5, max_score=10), "earlier")
    until(lambda: mark() == link.maximum / 2, "the mark of the other verdict arrives")
    regrade = start_regrade(lms_house, Selection(course, ASSIGNMENT, submission.revision, which=Which.ALL))
    store.regrades.apply(regrade, Mode.WHOLE)
    lms_house.service.dispatcher.nudge()
    until(lambda: mark() == link.maximum, "the regrade's mark arrives")
    assert lms_house.book.erased == []


def start_regrade(lms_house: LmsHouse, selection: Selection) -> str:
    """A regrade that is previewed."""
    regrades = lms_house.service.store.regrades
    name = regrades.request(selection).regrade.id
    lms_house.service.dispatcher.nudge()
    until(lambda: (latest := regrades.get(name)) is not None and latest.phase is Phase.PREVIEWED, "it is previewed")
    return name


def test_a_refusal_can_be_read_within_the_lms(visit: Window, lms_house: LmsHouse) -> None:
    page = visit.go(f"/frame?src={lms_house.url}/lti/launch")
    expect(page.frame_locator("iframe").get_by_text("Open the assignment from your course")).to_be_visible()
    # The browser says in its console that the answer was 403.
    visit.complaints.clear()


def test_a_browser_without_any_cookie_in_frames_gets_a_tab(visit: Window, lms_house: LmsHouse) -> None:
    lms = lms_house.lms
    register(lms_house)
    link = lms.add_link(Link("link-9", "course-1", custom={"assignment": ASSIGNMENT})).id
    lms.pauses = True
    frame = show_frame(visit, f"person=7&link={link}")
    # As Safari does, which keeps no partitioned cookie either.
    visit.context.clear_cookies()
    lms.pauses = False
    tool_frame(visit.page).evaluate("document.forms[0].submit()")
    expect(frame.get_by_role("heading", level=1)).to_have_text("Open the assignment in a new tab")
    with visit.context.expect_page() as page_info:
        frame.get_by_role("link", name="Open the assignment").click()
    expect(page_info.value.get_by_text("Ada Lovelace")).to_be_visible()
