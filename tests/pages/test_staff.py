"""Staff in a browser: what the class gets wrong, a submission, a publication, a regrade applied and rolled back."""

import re
import time

from playwright.sync_api import Page, expect

from backmark.grader.contracts.kits.kit import load_kit
from backmark.grader.model.records import Scope
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links
from tests.pages.browser import Window
from tests.pages.classroom import CLASS, seat_class
from tests.pages.conftest import Opening
from tests.pages.house import ASSIGNMENT, PATIENCE, House
from tests.pages.scenes_staff import HOME, SCENES, THERE, TOML, regrade, sign_in
from tests.pages.scenes_student import CONTRACT
from tests.service.parts import EXAMPLES

MILLISECONDS = 1000 * PATIENCE
FOLDER = EXAMPLES[0].parent


def cell(page: Page, row: str, column: int) -> str:
    """What stands in a row of a table, by words in it."""
    return page.get_by_role("row").filter(has_text=row).first.get_by_role("cell").nth(column).inner_text()


def test_the_most_frequent_mistake_leads_to_who_made_it(house: House, window: Window) -> None:
    SCENES["staff-assignment"](house, window)
    page = window.page
    title = "Derivative of the ReLU: ignores the derivative of every ReLU"
    assert "15" in page.get_by_role("row").filter(has_text=title).first.inner_text().split()
    page.get_by_role("link", name=title).click()
    assert (page.get_by_label("Mistake").input_value() or "").startswith(f"{ASSIGNMENT}:relu_derivative:")
    expect(page.get_by_role("row")).to_have_count(1 + 15)
    page.get_by_role("link", name="student-01").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your code ignores the derivative of every ReLU.")


def test_charts_say_their_numbers_to_who_cannot_see_them(house: House, window: Window) -> None:
    SCENES["staff-assignment"](house, window)
    marks = window.page.get_by_role("region", name="Marks")
    expect(marks.get_by_role("img", name="Students by their marks")).to_be_visible()
    marks.get_by_text("The numbers").click()
    row = marks.get_by_role("row").filter(has=window.page.get_by_role("rowheader", name="100%", exact=True))
    assert int(row.get_by_role("cell").inner_text()) >= 25


def test_submissions_are_filtered_and_paged(house: House, window: Window) -> None:
    SCENES["staff-submissions"](house, window)
    page = window.page
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_role("link", name="Newest")).to_be_visible()
    page.get_by_label("Outcome").select_option("passed")
    # None of those whose verdicts the scenes of regrades tamper with.
    page.get_by_label("Student").fill("student-02")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("row")).to_have_count(1 + 1)


def test_the_lines_at_fault_are_marked_in_the_source(house: House, window: Window) -> None:
    SCENES["staff-submission-raising"](house, window)
    source = window.page.get_by_role("region", name="What was handed in")
    expect(source.get_by_role("link", name="Line 5 of code cell 1")).to_be_visible()
    expect(source.locator("mark")).to_have_text(["    return all_weights[99]"])
    assert source.locator(".code-line.marked").evaluate("each => getComputedStyle(each).backgroundColor") != (
        source.locator(".code-line:not(.marked)").first.evaluate("each => getComputedStyle(each).backgroundColor")
    )


def test_a_submission_is_watched_until_its_verdict(house: House, window: Window) -> None:
    sign_in(house, window)
    revision = house.store.assignments.current(CLASS, ASSIGNMENT)
    assert revision is not None
    source = (FOLDER / "right_loops.py").read_bytes()
    name = house.store.submissions.accept(NewSubmission(CLASS, ASSIGNMENT, revision.id, "watched", "a.py", source)).id
    page = window.go(f"{HOME}/submissions/{name}")
    house.dispatcher.nudge()
    expect(page.get_by_text("Your code is right.")).to_be_visible(timeout=MILLISECONDS)


def test_a_link_that_staff_make_is_one_to_hand_in_by(house: House, window: Window) -> None:
    seat_class(house)
    sign_in(house, window)
    page = window.go(THERE)
    page.get_by_role("textbox", name="Student").fill("linked")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("The link").input_value()
    page.goto(link)
    page.get_by_label("Your file").set_input_files(FOLDER / "right.ipynb")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code is right.", timeout=MILLISECONDS)
    records = house.store.submissions.list(Filter(CLASS, student="linked")).items
    assert [record.assignment for record in records] == [ASSIGNMENT]


def test_a_submission_is_deleted_by_two_clicks(house: House, window: Window) -> None:
    sign_in(house, window)
    revision = house.store.assignments.current(CLASS, ASSIGNMENT)
    assert revision is not None
    name = house.store.submissions.accept(NewSubmission(CLASS, ASSIGNMENT, revision.id, "gone", "a.py", b"x")).id
    page = window.go(f"{HOME}/submissions/{name}")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("cancelled")).to_be_visible()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(f"**{HOME}/submissions")
    assert house.store.submissions.get(name) is None


def test_a_revision_is_published_and_its_cases_are_counted(house: House, window: Window) -> None:
    """From a file."""
    sign_in(house, window)
    page = window.go(f"{HOME}/publish?own=")
    toml = TOML.replace("strict", "filed").encode()
    page.get_by_label("Or a file").set_input_files({"name": "a.toml", "mimeType": "text/plain", "buffer": toml})
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("link", name="See its cases").click(timeout=MILLISECONDS)
    expect(page.get_by_role("img", name="Cases by input size")).to_be_visible()
    expect(page.get_by_role("region", name="A medium-sized case")).to_contain_text("(3,)")


def test_a_contracts_cases_are_counted_with_one_of_them(house: House, window: Window) -> None:
    SCENES["staff-contract-revision"](house, window)
    page = window.page
    expect(page.get_by_role("img", name="Cases by input size")).to_be_visible()
    self_check = page.get_by_role("group", name="Self-check")
    expect(self_check).to_be_visible()
    row = page.get_by_role("region", name="Dims").get_by_role("row", name=re.compile("^N "))
    expect(row).to_contain_text(re.compile(r"\d \(\d+\), "))
    expect(page.get_by_role("region", name="A medium-sized case")).to_contain_text("N = ")


def test_a_kit_that_staff_offer_is_downloaded_by_them_and_by_a_student(house: House, window: Window) -> None:
    SCENES["staff-contract-revision"](house, window)
    page, kits = window.page, []
    page.get_by_role("button", name="Offer the kit to students").click()
    expect(page.get_by_role("button", name="End the offer")).to_be_visible()
    for is_chosen in (False, True):
        page.get_by_label("With the solution").set_checked(is_chosen)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download the kit").click()
        kits.append(load_kit(download.value.path().read_bytes(), download.value.suggested_filename))
    assert [kit.has_solution for kit in kits] == [False, True]
    assert window.faults() == []
    with house.app.test_request_context():
        page.goto(links.hand_in(CLASS, CONTRACT, "checking"))
    with page.expect_download() as download:
        page.get_by_role("link", name="check in your notebook").click()
    assert not load_kit(download.value.path().read_bytes(), "the student's").has_solution
    assert window.faults() == []
    house.store.assignments.offer_kit(CLASS, CONTRACT, offered=False)


def test_a_publication_that_lets_a_mistake_pass_is_refused_in_words(house: House, window: Window) -> None:
    SCENES["staff-publication-refused"](house, window)
    expect(window.page.get_by_text("Submissions with these known mistakes would pass:")).to_be_visible()


def test_a_regrade_is_previewed_applied_and_rolled_back(house: House, window: Window) -> None:
    regrade(house, window)
    page, store = window.page, house.store
    changed = page.get_by_role("group", name="Students whose mark changes")
    expect(changed.get_by_role("row").filter(has_text="student-32")).to_contain_text("0 → to 80")
    row = page.get_by_role("group", name="Their attempts").get_by_role("row").filter(has_text="student-32")
    expect(row).to_contain_text("0 / 10")
    student = Filter(CLASS, assignment=ASSIGNMENT, student="student-32")

    def marks() -> int | None:
        return store.submissions.list(student, 1).items[0].score

    assert marks() == 0
    page.get_by_role("link", name="Apply, but lower nobody's marks").click()
    expect(page.get_by_role("heading", name="Apply this regrade?")).to_be_visible()
    assert marks() == 0
    page.get_by_role("button", name="Apply the regrade").click()
    expect(page.get_by_role("status")).to_contain_text("applied", timeout=MILLISECONDS)
    assert marks() == 8
    expect(page.get_by_text("Left unchanged: would lose marks")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Report as CSV").click()
    assert "student-32" in download.value.path().read_text(encoding="utf-8")
    page.get_by_role("button", name="Roll back").click()
    expect(page.get_by_role("status")).to_contain_text("rolled back", timeout=MILLISECONDS)
    assert marks() == 0


def test_a_regrade_is_watched_and_rests(house: House, window: Window) -> None:
    """Its units wait for nobody here: it is cancelled before they are sent."""
    SCENES["staff-regrade-form"](house, window)
    page = window.page
    page.get_by_label("the best attempt").check()
    page.get_by_label("Only these students").fill("student-01 student-02")
    page.get_by_label("Grade every file again").check()
    page.get_by_role("button", name="Preview the regrade").click()
    expect(page.get_by_role("link", name="Apply all changes")).to_be_visible(timeout=MILLISECONDS)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("status")).to_contain_text("cancelled")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("link", name="Apply all changes")).to_be_visible(timeout=MILLISECONDS)


def test_an_administrator_makes_a_course_and_whom_they_invite_runs_it(house: House, opening: Opening) -> None:
    """Without a terminal: from the first sign-in to an instructor who sets a policy, and who is removed."""
    name = f"made-{time.time_ns()}"
    administrator, instructor = opening(), opening()
    page = administrator.go("/sign-in")
    page.get_by_label("Token").fill(house.token("house", Scope.ADMIN))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("ID", exact=True).fill(name)
    page.get_by_label("Title", exact=True).fill("Made by hand")
    page.get_by_role("button", name="Make the course").click()
    page.get_by_label("instructor").check()
    page.get_by_role("button", name="Make an invitation").click()
    link = page.get_by_label("The link").input_value()

    page = instructor.go(link.removeprefix(house.url))
    page.get_by_label("Your name").fill("Ada Lovelace")
    page.get_by_role("button", name="Accept").click()
    token = page.get_by_role("textbox", name="Your token").input_value()
    page.get_by_role("link", name="Go to the course").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Made by hand")
    page.get_by_role("button", name="Sign out").click()

    page.goto(f"{house.url}/sign-in")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Made by hand").first.click()
    page.goto(f"{house.url}/courses/{name}/assignments/{ASSIGNMENT}/policy")
    page.get_by_label("Per cent off for each late day").fill("10")
    page.get_by_role("button", name="Save the policy").click()
    expect(page.get_by_role("button", name="Remove the policy")).to_be_visible()
    policy = house.store.courses.policy(name, ASSIGNMENT)
    assert policy is not None
    assert policy.late == 10

    administrator.page.reload()
    administrator.page.get_by_role("button", name="Remove Ada Lovelace from the staff").click()
    expect(administrator.page.get_by_text("Nobody yet.")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_staff_come_through_without_scripts(house: House, opening: Opening) -> None:
    window = opening(java_script_enabled=False)
    seat_class(house)
    sign_in(house, window)
    page = window.go(f"{HOME}/publish?own=")
    page.get_by_label("TOML").fill(TOML.replace("strict", f"plain{time.time_ns()}"))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published.")).to_be_visible(timeout=MILLISECONDS)
