"""What staff and students write to each other, as both see it."""

from collections.abc import Callable

from backmark.grader.model.messages import Answer, Note
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.store.search import Filter
from tests.pages.browser import Window
from tests.pages.house import ASSIGNMENT, House
from tests.pages.scenes_staff import sign_in
from tests.service.parts import EXAMPLES

Scene = Callable[[House, Window], None]

#: A course in which people talk.
COURSE = "talking"
PROF = "Prof. Lagrange"
QUESTION = (
    "My weights look right to me.\n\nWhy does the row for the ReLU's derivative say 0 of 2? "
    "I checked the equation in the book twice, and my line 25 has the same factors."
)
HOSTILE = "<script>alert(1)</script> \u202egnp.exe \u05d0\u05d1\n" + "x" * 400


def graded(house: House, student: str, example: str = "no_relu_derivative.ipynb") -> SubmissionRecord:
    """A submission of a student's with its verdict, handed in once for all who look."""
    before = house.store.submissions.list(Filter(COURSE, ASSIGNMENT, student), 1).items
    source = next(path for path in EXAMPLES if path.name == example).read_bytes()
    return before[0] if before else house.grade(source, example, student, COURSE)


def ask(house: House, record: SubmissionRecord, text: str) -> str:
    """Ask a question; its id."""
    asked = house.store.messages.ask(record, text)
    assert asked is not None
    return asked[0].id


def talk(house: House) -> SubmissionRecord:
    """Ada's submission with a note, two questions that were answered and one that is open; made once."""
    record = graded(house, "ada")
    messages = house.store.messages
    if messages.conversation(record).notes:
        return record
    house.store.courses.put_roster(COURSE, [RosterEntry("ada", "Ada Lovelace")], "csv", PROF)
    messages.add_note(
        record.id, Note("Good names, and the loop is easy to follow.\nLook at equation 7.24 again.", PROF)
    )
    messages.answer(record.id, ask(house, record, QUESTION), Answer("Line 25 leaves out the mask.", PROF))
    answer = Answer("You are right: the picture was upside down. I gave you the two marks.", PROF, marks_changed=True)
    messages.answer(record.id, ask(house, record, "And the figure?"), answer)
    ask(house, record, "Thank you! May I hand in once more?")
    ask(house, graded(house, "mallory", "right.ipynb"), HOSTILE)
    return record


def show_verdict(house: House, window: Window) -> None:
    """The verdict's page of a student who talks with staff."""
    window.go(house.verdict_link(talk(house)))


def show_first(house: House, window: Window) -> None:
    """A verdict's page on which nothing was written yet."""
    window.go(house.verdict_link(graded(house, "first")))


def show_list(house: House, window: Window) -> None:
    """The open questions of the course."""
    talk(house)
    sign_in(house, window, COURSE)
    window.go(f"/courses/{COURSE}/questions")


def show_answered(house: House, window: Window) -> None:
    """The questions that were answered."""
    show_list(house, window)
    window.page.get_by_role("link", name="Answered").click()
    window.page.get_by_text("Change the answer").first.click()


def show_submission(house: House, window: Window) -> None:
    """A submission as staff see it."""
    record = talk(house)
    sign_in(house, window, COURSE)
    window.go(f"/courses/{COURSE}/submissions/{record.id}")


SCENES: dict[str, Scene] = {
    "messages-verdict": show_verdict,
    "messages-first": show_first,
    "messages-questions": show_list,
    "messages-answered": show_answered,
    "messages-submission": show_submission,
}
