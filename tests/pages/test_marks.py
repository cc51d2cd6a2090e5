"""Marks, deadlines and attempts in a browser."""

import time
from dataclasses import replace

from playwright.sync_api import expect

from backmark.grader.model.terms import Policy
from tests.pages.browser import Window
from tests.pages.conftest import Opening
from tests.pages.house import ASSIGNMENT, House
from tests.pages.scenes_marks import TIMED, make_timed_course, marks
from tests.pages.scenes_staff import sign_in

#: 5 March 2027, 18:00 UTC, and the first of two moments at which clocks in Zurich show 02:30 on 31 October 2027.
WINTER, TWICE = 1_804_269_600.0, 1_824_942_600.0


def test_times_are_shown_in_the_zone_of_the_browser_and_saved_as_they_were(house: House, opening: Opening) -> None:
    course = "zoned"
    window = opening(timezone_id="Europe/Zurich")
    sign_in(house, window, course)
    ends = (
        (WINTER, "2027-03-05T19:00", "Europe/Zurich"),
        (WINTER - 1, "2027-03-05T18:59:59", "Europe/Zurich"),
        (TWICE, "2027-10-31T00:30", "UTC"),
    )
    for due, shown_time, zone in ends:
        policy = Policy(due=due, closes=due + 3600, late=10)
        house.store.courses.set_policy(course, ASSIGNMENT, policy, "staff")
        page = window.go(f"/courses/{course}/assignments/{ASSIGNMENT}/policy")
        form = page.locator("form").filter(has=page.get_by_role("heading", name="Change the policy"))
        expect(form.get_by_label("Due")).to_have_value(shown_time)
        expect(form.get_by_label("Time zone")).to_have_value(zone)
        form.get_by_label("Attempts").fill("3")
        form.get_by_role("button", name="Save the policy").click()
        expect(form.get_by_label("Attempts")).to_have_value("3")
        assert house.store.courses.policy(course, ASSIGNMENT) == replace(policy, attempts=3)


def test_an_override_and_an_extension_change_what_the_class_and_the_student_see(house: House, window: Window) -> None:
    marks(house, window)
    page = window.page
    page.get_by_role("link", name="finn").click()
    override = page.locator("#override")
    override.get_by_label("Mark in per cent").fill("70")
    override.get_by_label("Reason").fill("explained it at the board")
    override.get_by_role("button", name="Give the override").click()
    expect(page.get_by_text("explained it at the board").first).to_be_visible()
    extension = page.locator("#extension")
    extension.get_by_label("Due").fill(time.strftime("%Y-%m-%dT12:00", time.gmtime(time.time() + 3 * 86_400)))
    extension.get_by_label("Attempts in all").fill("9")
    extension.get_by_label("Reason").fill("ill")
    extension.get_by_role("button", name="Give the extension").click()
    page.get_by_role("link", name="See as this student").click()
    expect(page.get_by_text("9 of 9")).to_be_visible()
    expect(page.get_by_text("days late")).to_have_count(0)
    expect(page.get_by_role("button", name="Hand in")).to_be_disabled()
    page.get_by_role("link", name="Back to the marks").click()
    row = page.get_by_role("row").filter(has_text="finn")
    expect(row).to_contain_text("70")
    expect(row).to_contain_text("extension")
    row.get_by_role("link", name="finn").click()
    for form in ("override", "extension"):
        page.locator(f"#{form}").get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("This student has handed in nothing that counts.")).to_be_visible()


def test_the_class_is_ordered_by_its_marks_and_downloaded(house: House, window: Window) -> None:
    marks(house, window)
    page = window.page
    page.get_by_role("link", name="Mark", exact=True).click()
    page.get_by_role("link", name="Mark", exact=True).click()
    expect(page.get_by_role("columnheader", name="Mark", exact=True)).to_have_attribute("aria-sort", "descending")
    expect(page.get_by_role("row").nth(1)).to_contain_text("ada")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert lines[1].startswith("ada,Ada Lovelace,7000,,100,")
    assert download.value.suggested_filename == f"marks-{TIMED}-{ASSIGNMENT}.csv"


def test_a_keyboard_alone_sets_a_policy(house: House, window: Window) -> None:
    make_timed_course(house)
    sign_in(house, window, "by-keys")
    page = window.go(f"/courses/by-keys/assignments/{ASSIGNMENT}/policy")
    page.get_by_label("Per cent off").focus()
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Change the policy")).to_be_visible()
    assert house.store.courses.policy("by-keys", ASSIGNMENT) == Policy(late=20)
