"""Notes and questions in a browser: a student asks, staff answer, the student reads."""

from playwright.sync_api import expect

from backmark.grader.model.terms import Override
from tests.pages.conftest import Opening
from tests.pages.house import ASSIGNMENT, House
from tests.pages.scenes_messages import COURSE, graded
from tests.pages.scenes_staff import sign_in


def test_a_student_asks_staff_answer_and_the_student_reads(house: House, opening: Opening) -> None:
    record = graded(house, "grace")
    student, staff = opening().go(house.verdict_link(record)), opening()
    student.get_by_label("Your question").fill("Why 8?\nI had 10 at home.")
    student.get_by_role("button", name="Send the question").click()
    expect(student.get_by_text("Waiting for an answer")).to_be_visible()
    expect(student.get_by_label("Your question")).to_have_count(0)

    sign_in(house, staff, COURSE)
    staff.page.get_by_role("navigation", name="Course").get_by_role("link", name="Questions").click()
    card = staff.page.get_by_role("article").filter(has_text="grace")
    assert card.locator("p.prose").inner_text() == "Why 8?\nI had 10 at home."
    house.store.courses.set_override(COURSE, ASSIGNMENT, Override("grace", 1.0, "staff", "judged wrongly"))
    card.get_by_label("Answer").fill("Line 25 was judged wrongly.")
    card.get_by_label("The mark was changed").check()
    card.get_by_role("button", name="Send the answer").click()
    expect(card).to_have_count(0)

    student.reload()
    messages = student.get_by_role("region", name="Notes and questions")
    expect(messages).to_contain_text("Line 25 was judged wrongly.")
    expect(messages.get_by_text("Your mark was changed")).to_be_visible()
    expect(messages.get_by_text("browser")).to_be_visible()
    expect(student.get_by_label("Your question")).to_be_editable()
