"""A student in a browser: from the link to hand in, over the wait, to the verdict and its script."""

import re
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from backmark.grader.model.assignment import CONTRACT, Level
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.terms import Policy
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from backmark.worker.serve.embedded import free_port
from backmark.worker.serve.readiness import unready_parts
from tests.pages.browser import LOOKS, Window
from tests.pages.conftest import Opening
from tests.pages.house import ASSIGNMENT, COURSE, PATIENCE, House, until
from tests.pages.scenes_student import HOSTILE, HOSTILE_NAME, SCENES, accept_submission, grade_example, lose_submission
from tests.reports.disclosing import find_betrayals, texts
from tests.service.parts import EXAMPLES

FOLDER = EXAMPLES[0].parent
MILLISECONDS = 1000 * PATIENCE


def hand_in(page: Page, name: str) -> None:
    """Choose an example's file and send the form."""
    page.get_by_label("Your file").set_input_files(FOLDER / name)
    page.get_by_role("button", name="Hand in").click()


def test_a_right_notebook_is_handed_in_and_found_right(house: House, window: Window) -> None:
    page = window.go(house.hand_in_link())
    page.get_by_label("Your student id").fill("ada")
    hand_in(page, "right.ipynb")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code is right.", timeout=MILLISECONDS)
    expect(page.get_by_label("Marks")).to_have_attribute("value", "10")
    assert "/verdicts/" in page.url


def test_a_wrong_notebook_is_watched_and_its_mistake_named(house: House, window: Window) -> None:
    page = window.go(house.hand_in_link("grace"))
    expect(page.get_by_text("grace")).to_be_visible()
    hand_in(page, "no_relu_derivative.ipynb")
    sentence = "Four of the five rows are right. Your code ignores the derivative of every ReLU."
    expect(page.get_by_role("heading", level=1)).to_have_text(sentence, timeout=MILLISECONDS)
    changes = page.get_by_role("region", name="What to change in code cell 8")
    expect(changes.get_by_role("listitem")).to_have_count(1)
    expect(changes).to_contain_text("through a unit that was switched off?")
    expect(changes).to_contain_text("Line 25 has a mistake: factor missing or unneeded")
    page.get_by_role("link", name="Hand in again").click()
    expect(page.get_by_role("link", name="Attempt 1")).to_be_visible()


def test_a_refused_file_is_told_on_the_page_that_is_open_though_marks_are_held_back(
    house: House, window: Window
) -> None:
    record, submissions, course = grade_example(house, "unfilled.ipynb"), house.store.submissions, "refusing"
    verdict = submissions.verdict(record.id)
    assert verdict is not None
    house.store.courses.set_policy(course, ASSIGNMENT, Policy(held_back=True), "staff")
    name = submissions.accept(NewSubmission(course, ASSIGNMENT, record.revision, "ada", "work.ipynb", b"{}")).id
    claim = house.store.jobs.claim(Job(Kind.SUBMISSION, name))
    assert claim is not None
    heading = window.go(house.verdict_link(house.submission(name))).get_by_role("heading", level=1)
    expect(heading).to_have_text("Handed in")
    submissions.finish(claim, verdict)
    expect(heading).to_have_text("Your file could not be graded.", timeout=MILLISECONDS)
    expect(window.page.get_by_text("This file was refused, so it uses up no attempt.")).to_be_visible()


def test_the_time_left_runs_and_the_form_closes_at_its_end(house: House, window: Window) -> None:
    course, courses = "closing", house.store.courses
    courses.set_policy(course, ASSIGNMENT, Policy(closes=house.store.time() + 3 * 3600), "staff")
    window.page.clock.install()
    page = window.go(house.hand_in_link("ada", course))
    expect(page.get_by_text("(in 3 h)")).to_be_visible()
    page.clock.fast_forward("01:10:00")
    expect(page.get_by_text("(in 110 min)")).to_be_visible()
    expect(page.get_by_role("button", name="Hand in")).to_be_enabled()
    courses.set_policy(course, ASSIGNMENT, Policy(closes=house.store.time()), "staff")
    page.clock.fast_forward("01:51:00")
    expect(page.get_by_text("This assignment has closed.")).to_be_visible()
    expect(page.get_by_role("button", name="Hand in")).to_have_count(0)


def test_the_wait_is_shown_as_it_goes_on(house: House, window: Window) -> None:
    """Without loading the page again: who reads along is not thrown back to its top until the verdict is there."""
    verdict = house.store.submissions.verdict(grade_example(house, "right.ipynb").id)
    assert verdict is not None
    name = accept_submission(house, "slow")
    page = window.go(house.verdict_link(house.submission(name)))
    page.evaluate("() => { window.untouched = true; }")
    claim = house.store.jobs.claim(Job(Kind.SUBMISSION, name))
    assert claim is not None
    expect(page.get_by_role("heading", level=1)).to_have_text("Being graded", timeout=MILLISECONDS)
    assert page.evaluate("() => window.untouched")
    house.store.submissions.finish(claim, verdict)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code is right.", timeout=MILLISECONDS)


def test_who_cannot_be_held_looks_now_and_then(house: House, opening: Opening) -> None:
    """By a server that holds one connection only, and that is another's."""
    url = f"http://127.0.0.1:{free_port()}"
    web = house.start("web", "--bind", url.removeprefix("http://"), "--processes", "1", BACKMARK_WEB_THREADS="2")
    until(lambda: unready_parts(url) == {}, "the second web server is ready")
    claims = [lose_submission(house, "held"), lose_submission(house, "not-held")]
    first, second = (house.submission(claim.job.id) for claim in claims)
    held_window, looking_window = opening(), opening()
    with held_window.page.expect_response("**/events") as stream_response:
        held_window.go(f"{url}{house.verdict_link(first)}")
    with looking_window.page.expect_response("**/state") as state_response:
        looking_window.go(f"{url}{house.verdict_link(second)}")
    assert (stream_response.value.status, state_response.value.status) == (200, 200)
    verdict = house.store.submissions.verdict(grade_example(house, "unfilled.ipynb").id)
    assert verdict is not None
    for claim in claims:
        house.store.submissions.finish(claim, verdict)
    for window in (held_window, looking_window):
        title = window.page.get_by_role("heading", level=1)
        expect(title).to_have_text("Your file could not be graded.", timeout=MILLISECONDS)
    web.stop()


def test_the_wait_ends_without_scripts_too(house: House, opening: Opening) -> None:
    page = opening(java_script_enabled=False).go(house.hand_in_link("plain"))
    hand_in(page, "right.ipynb")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code is right.", timeout=MILLISECONDS)


def test_the_script_is_copied_and_shows_the_difference(house: House, opening: Opening, tmp_path: Path) -> None:
    """Pasted below the student's function and run in a fresh interpreter."""
    window = opening(permissions=["clipboard-read", "clipboard-write"])
    page = window.go(house.verdict_link(grade_example(house, "through_weight_gradients.py")))
    page.get_by_role("button", name="Copy the script").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    script = page.evaluate("() => navigator.clipboard.readText()")
    notebook = tmp_path / "notebook.py"
    notebook.write_text(f"{(FOLDER / 'through_weight_gradients.py').read_text()}\n{script}")
    printed_lines: list[str] = []
    exec(  # noqa: S102 - an example of our own
        compile(notebook.read_text(), str(notebook), "exec"),
        {"np": np, "print": lambda *words: printed_lines.append(" ".join(map(str, words)))},
    )
    at = printed_lines.index("all_dl_dbiases[0], minus the expected value:")
    assert any(map(float, re.findall(r"-?\d+\.\d*", printed_lines[at + 1])))


def test_the_network_is_drawn_with_what_is_wrong_on_its_edges(house: House, window: Window) -> None:
    page = window.go(house.verdict_link(grade_example(house, "no_relu_derivative.ipynb")))
    drawing = page.get_by_role("img", name=re.compile("^A network with 1 input, 1 hidden unit, and 1 output"))
    expect(drawing.locator("line.wrong")).to_have_count(1)
    expect(drawing.locator("circle.asleep")).to_have_count(1)
    expect(drawing.locator("g.wrong").first.locator("text")).to_have_text(["Ω = 1", "✗ \u22124", "✓ 0"])
    wrong = page.get_by_role("group", name="all_dl_dweights[0] difference").get_by_role("cell")
    expect(wrong).to_have_text(["\u22124 wrong"])


def test_a_contracts_network_is_drawn_with_what_is_wrong_on_its_edges(house: House, window: Window) -> None:
    """Wide and narrow, where it may be scrolled in its frame alone."""
    SCENES["verdict-lines"](house, window)
    drawing = window.page.get_by_role("img", name=re.compile("^A network with .* Wrong derivatives: .* in all_dl_dw"))
    expect(drawing.locator("line.wrong")).to_have_count(1)
    expect(drawing.locator("g.wrong").first.locator("text")).to_have_text([re.compile(sign) for sign in "Ω✗✓"])
    expect(drawing.locator("text.net-heading").first).to_have_text("x")
    for scheme, size in LOOKS:
        window.restyle(scheme, size)
        expect(drawing).to_be_visible()
        assert not window.overflows()


def test_what_a_student_wrote_is_text_and_nothing_else(house: House, window: Window) -> None:
    page = window.go(house.verdict_link(grade_example(house, HOSTILE_NAME, HOSTILE)))
    expect(page.get_by_text("<b onmouseover=alert(1)>&quot; {{7*7}} אב.py")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    assert page.locator("main img, main script, main b").count() == 0
    text = page.locator("main").inner_text()
    assert "\\u202e" in text
    assert not set(text) & set("\x00\x1b\u202e\u2067")


def test_a_form_that_is_sent_twice_is_one_submission(house: House, window: Window) -> None:
    page = window.go(house.hand_in_link("twice"))
    fields = {
        field.get_attribute("name"): field.get_attribute("value") for field in page.locator("input[type=hidden]").all()
    }
    file = {"name": "right.py", "mimeType": "text/x-python", "buffer": b"x = 1"}
    first, second = (
        page.request.post(page.url, multipart={**fields, "file": file}, max_redirects=0)  # type: ignore[dict-item]
        for _ in range(2)
    )
    assert first.status == second.status == 303
    assert first.headers["location"] == second.headers["location"]


def test_a_form_without_a_file_says_so_and_keeps_the_name(house: House, opening: Opening) -> None:
    window = opening()
    page = window.go(house.hand_in_link())
    page.get_by_label("Your student id").fill("ada lovelace")
    page.get_by_label("Your file").set_input_files(FOLDER / "right.ipynb")
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("alert")).to_contain_text("Use letters, digits")
    expect(page.get_by_label("Your student id")).to_have_value("ada lovelace")
    # The browser says that the status was 422.
    window.complaints.clear()


def test_another_course_gets_its_own_feedback_level(house: House, window: Window) -> None:
    """At `score` the page has the marks and nothing to learn from."""
    course = house.make_level_course(Level.SCORE)
    page, source = window.go(house.hand_in_link("eve", course)), (FOLDER / "no_relu_derivative.ipynb").read_bytes()
    file = {"name": "mine.ipynb", "mimeType": "application/json", "buffer": source}
    page.get_by_label("Your file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Hand in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your code is not right yet.", timeout=MILLISECONDS)
    expect(page.get_by_label("Marks")).to_have_attribute("value", "8")
    for word in ("Rubric", "Hint", "smallest case", "script", "Derivative of"):
        expect(page.get_by_text(word)).to_have_count(0)
    (record,) = house.store.submissions.list(Filter(course, student="eve"), 2).items
    verdict = house.store.submissions.verdict(record.id)
    assert verdict is not None
    hidden = [
        verdict.as_dict()[part]
        for part in ("properties", "counterexample", "diagnosis", "first_difference", "statistics")
    ]
    # Shorter ones, such as 0.0 and `failed`, are everywhere, and so is the kind of a counterexample.
    facts = {fact for fact in texts(hidden) if len(fact) > len("failed")} - {CONTRACT}
    assert len(facts) > 20
    page_text = page.content() + page.request.get(f"{page.url}/state").text()
    assert find_betrayals(page_text, facts) == []


def test_each_attempt_is_told_more(house: House, window: Window) -> None:
    """A question at first, then the line, then its change."""
    course = house.make_level_course(Level.HINT, Level.LINE, Level.FULL)
    source = (FOLDER / "no_relu_derivative.ipynb").read_bytes()
    first, second, third = (house.grade(source, "a.ipynb", "patient", course) for _ in range(3))
    page = window.go(house.verdict_link(first))
    expect(page.get_by_text("What comes back through a unit that was switched off?")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your code is not right yet.")
    for word in ("ignores the derivative", "leaves out", "smallest case"):
        expect(page.get_by_text(word)).to_have_count(0)
    page = window.go(house.verdict_link(second))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Your code ignores the derivative of every ReLU.")
    changes = page.get_by_role("region", name="What to change in code cell 8")
    expect(changes).to_contain_text("Line 25 has a mistake: factor missing or unneeded")
    page = window.go(house.verdict_link(third))
    expect(changes).to_contain_text("Line 25 leaves out the factor indicator_function(all_f[layer - 1])")


def test_staff_sign_in_and_out(house: House, window: Window) -> None:
    page = window.go(f"/sign-in?next=/courses/{COURSE}/submissions")
    page.get_by_label("Token").fill(house.token())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/courses/{COURSE}/submissions")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    page.goto(f"/courses/{COURSE}")
    expect(page.get_by_label("Token")).to_be_visible()


def test_a_keyboard_alone_hands_in(house: House, window: Window) -> None:
    page = window.go(house.hand_in_link("keys"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.get_by_label("Your file").set_input_files(FOLDER / "right.ipynb")
    page.get_by_label("Your file").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your code is right.", timeout=MILLISECONDS)


def test_a_submission_that_is_over_is_told_at_once(house: House, window: Window) -> None:
    """Whoever cannot be held looks at its state."""
    record = grade_example(house, "right.ipynb")
    answer = window.page.request.get(f"{house.url}{house.verdict_link(record)}/state")
    ended = {"state": State.DONE, "over": True, "held_back": False, "position": None, "estimated_seconds": None}
    assert answer.json() == ended
    assert time.time() > record.created
