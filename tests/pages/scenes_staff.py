"""What staff see."""

import json
from collections.abc import Callable
from dataclasses import replace

from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.language.folder import bundle
from backmark.grader.model.course import Course, Invitation, Role
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Scope, SubmissionRecord
from backmark.grader.model.regrades import Phase
from backmark.grader.model.verdict import Mark
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from tests.pages.browser import Window
from tests.pages.classroom import CLASS, seat_class
from tests.pages.house import ASSIGNMENT, House
from tests.pages.scenes_student import CONTRACT
from tests.store.making import replace_verdict
from tests.web.tomls import FILES, write_toml

Scene = Callable[[House, Window], None]

HOME = f"/courses/{CLASS}"
THERE = f"{HOME}/assignments/{ASSIGNMENT}"
#: Courses for an administrator to find.
COURSES = (
    Course("nn-2027", "Neural Networks", "Spring 2027", "Europe/Zurich", "ask@nn.example.edu", default_late=10.0),
    Course("cv-2027", "Computer Vision", "Spring 2027"),
    Course("dl-2026", "Deep Learning, Part II: Optimisation & Generalisation", "Fall 2026"),
    Course("intro-2025", "Introduction", "Fall 2025", archived=1_770_000_000.0),
)
#: A course in which Backmark fails.
UNLUCKY = "unlucky"

#: An assignment of the course's own, and one with a mistake that is none.
TOML = write_toml("strict")
LENIENT = write_toml("lenient", {"mistakes/none.py": f'"""does all of it\n\nIs it wrong?\n"""\n{FILES["solution.py"]}'})

#: Prints, and raises on every case.
RAISES = """import numpy as np

def backward_pass(all_weights, all_biases, all_f, all_h, y):
    print("<i>hello</i>")
    return all_weights[99]
"""


def sign_in(house: House, window: Window, course: str = CLASS) -> None:
    """As staff of the course."""
    page = window.go("/sign-in")
    page.get_by_label("Token").fill(house.token(course, Scope.STAFF, Scope.AUTHOR))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/courses")
    window.go(f"/courses/{course}")


def course(house: House, window: Window) -> None:
    """A course's home."""
    seat_class(house)
    sign_in(house, window)


def courses(house: House, window: Window) -> None:
    """The courses that an administrator sees, with a form to make one."""
    for made in COURSES:
        house.store.course_records.create(made, "root")
    page = window.go("/sign-in")
    page.get_by_label("Token").fill(house.token("house", Scope.ADMIN))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/courses")


def service(house: House, window: Window) -> None:
    """The operators' page, of a service that has graded a class."""
    seat_class(house)
    courses(house, window)
    window.go("/service")


def settings(house: House, window: Window) -> None:
    """A course's settings, its staff, and an invitation that was just made."""
    courses(house, window)
    store, name = house.store, COURSES[0].id
    if not store.staff.members(name):
        for role, person in ((Role.INSTRUCTOR, "Prof. Ada Lovelace"), (Role.ASSISTANT, "Grace Hopper")):
            store.staff.accept(name, store.staff.invite(name, Invitation(role, author="root")), person)
    page = window.go(f"/courses/{name}/settings")
    if not store.staff.invitations(name):
        page.get_by_role("button", name="Make an invitation").click()
    page.get_by_label("The link").wait_for()


def invitation(house: House, window: Window) -> None:
    """An invitation, as whoever has its link sees it."""
    settings(house, window)
    link = window.page.get_by_label("The link").input_value()
    window.page.get_by_role("button", name="Sign out").click()
    window.go(link.removeprefix(house.url))


def accept_invitation(house: House, window: Window) -> None:
    """Somebody who has just become staff, with the token that is shown once."""
    invitation(house, window)
    window.page.get_by_label("Your name").fill("Hedy Lamarr")
    window.page.get_by_role("button", name="Accept").click()
    window.page.get_by_role("textbox", name="Your token").wait_for()


def see_as_assistant(house: House, window: Window) -> None:
    """A course's settings as an assistant sees them."""
    accept_invitation(house, window)
    window.page.get_by_role("link", name="Go to the course").click()
    window.page.get_by_role("link", name="Settings").click()


def empty_course(house: House, window: Window) -> None:
    """A course in which nothing has happened."""
    sign_in(house, window, "nobody-yet")


def arrangement(house: House, window: Window) -> None:
    """The order of a course's assignments, of which one is hidden."""
    course, store = "arranged", house.store
    shipped = store.assignments.current(course, ASSIGNMENT)
    if shipped is None:
        raise LookupError(ASSIGNMENT)
    for name, title in (("week-1", "Gradient descent"), ("week-2", "A network with one hidden layer"), ("old", "1999")):
        made = replace(shipped, id=f"r-{name}", course=course, assignment_id=name, title=title)
        store.assignments.publish(made, b"npz")
    sign_in(house, window, course)
    store.course_records.change(course, lambda before: replace(before, hidden_assignments=("old",)), "prof")
    window.go(f"/courses/{course}?arrange=")


def assignment(house: House, window: Window) -> None:
    """How the class stands."""
    course(house, window)
    window.go(THERE)


def empty_assignment(house: House, window: Window) -> None:
    """An assignment for which nothing was handed in, with a link to hand in."""
    empty_course(house, window)
    page = window.go(f"/courses/nobody-yet/assignments/{ASSIGNMENT}")
    page.get_by_role("button", name="Make a link").click()
    page.get_by_label("The link").wait_for()


def equal_code(house: House, window: Window) -> None:
    """Groups of students with equal code, and code that nearly everybody has."""
    assignment(house, window)
    window.page.get_by_role("link", name="Equal code").click()
    window.page.get_by_role("heading", name="Equal code").wait_for()


def submissions(house: House, window: Window) -> None:
    """All of them."""
    course(house, window)
    window.go(f"{HOME}/submissions?assignment={ASSIGNMENT}")


def submission(house: House, window: Window) -> None:
    """One that is wrong."""
    course(house, window)
    student_filter = Filter(CLASS, assignment=ASSIGNMENT, student="student-25")
    window.go(f"{HOME}/submissions/{house.store.submissions.list(student_filter, 1).items[0].id}")


def show_raise(house: House, window: Window) -> None:
    """A notebook that raises."""
    course(house, window)
    cells = [("markdown", "# <b>Mine</b>"), ("code", RAISES)]
    source = json.dumps({"cells": [{"cell_type": kind, "source": text} for kind, text in cells]}).encode()
    student_filter = Filter(CLASS, assignment=ASSIGNMENT, student="zoe")
    records = house.store.submissions.list(student_filter, 1).items or [
        _grade_source(house, source, "zoe.ipynb", "zoe")
    ]
    window.go(f"{HOME}/submissions/{records[0].id}")


def deletion(house: House, window: Window) -> None:
    """Before one is deleted."""
    submission(house, window)
    window.page.get_by_role("link", name="Delete").click()
    window.page.get_by_role("button", name="Delete it").wait_for()


def publish(house: House, window: Window) -> None:
    """The gallery."""
    course(house, window)
    window.go(f"{HOME}/publish")


def write_publication(house: House, window: Window, toml: str) -> None:
    """Publish an assignment of one's own."""
    course(house, window)
    window.go(f"{HOME}/publish?own=")
    window.page.get_by_label("TOML").fill(toml)
    window.page.get_by_role("button", name="Publish").click()


def look_again(name: str, scene: Scene) -> Scene:
    """A scene that takes a worker's work: reached once, and then looked at."""

    def reach(house: House, window: Window) -> None:
        if name not in house.reached:
            scene(house, window)
            house.reached[name] = window.page.url
            return
        course(house, window)
        window.go(house.reached[name])

    return reach


def show_refusal(house: House, window: Window) -> None:
    """An assignment whose cases let a mistake pass."""
    write_publication(house, window, LENIENT)
    window.page.get_by_text("Refused.").wait_for(timeout=60_000)


def revision(house: House, window: Window) -> None:
    """A revision of one's own, published just now."""
    write_publication(house, window, TOML)
    window.page.get_by_role("link", name="See its cases").click(timeout=60_000)
    window.page.get_by_role("heading", name="Cases", exact=True).wait_for()


def contract_revision(house: House, window: Window) -> None:
    """A revision of a contract."""
    folder = find_folder(CONTRACT)
    assert folder is not None
    if house.store.assignments.current(CLASS, CONTRACT) is None:
        assert house.publish(bundle(folder), CLASS, CONTRACT).refusal is None
    current = house.store.assignments.current(CLASS, CONTRACT)
    assert current is not None
    sign_in(house, window)
    window.go(f"{HOME}/assignments/{CONTRACT}/revisions/{current.id}")


def regrades(house: House, window: Window) -> None:
    """All of them."""
    SCENES["staff-regrade"](house, window)
    window.go(f"{HOME}/regrades")


def notifications(house: House, window: Window) -> None:
    """A form for each kind."""
    course(house, window)
    window.page.get_by_role("link", name="Notifications").click()
    window.page.get_by_role("button", name="Add the chat webhook").wait_for()


def regrade_form(house: House, window: Window) -> None:
    """What is to be graded again."""
    course(house, window)
    window.go(f"{THERE}/regrade")


def regrade(house: House, window: Window) -> None:
    """A preview."""
    regrade_form(house, window)
    _tamper_verdicts(house)
    window.page.get_by_role("button", name="Preview the regrade").click()
    window.page.get_by_role("link", name="Apply all changes").wait_for(timeout=60_000)


def apply_regrade(house: House, window: Window) -> None:
    """Before it is applied."""
    SCENES["staff-regrade"](house, window)
    window.page.get_by_role("link", name="Apply all changes").click()
    window.page.get_by_role("button", name="Apply the regrade").wait_for()


def publish_shipped(house: House, window: Window) -> None:
    """The form with the text of an assignment that ships."""
    publish(house, window)
    window.page.get_by_role("link", name="Open the text of cs231n-affine", exact=True).click()


def show_refused_file(house: House, window: Window) -> None:
    """A file that was refused."""
    course(house, window)
    record = house.store.submissions.list(Filter(CLASS, assignment=ASSIGNMENT, outcome=Outcome.REJECTED), 1).items[0]
    window.go(f"{HOME}/submissions/{record.id}")


def show_failures(house: House, window: Window) -> None:
    """Submissions that Backmark failed to grade, and the button that grades them again."""
    for student in ("ada", "ben"):
        # Of a revision that is not there.
        new = NewSubmission(UNLUCKY, ASSIGNMENT, "0" * 16, student, "answer.py", RAISES.encode())
        name = house.store.submissions.accept(new).id
        house.dispatcher.nudge()
        house.wait_for_ends(name)
    sign_in(house, window, UNLUCKY)
    window.go(f"/courses/{UNLUCKY}/submissions?assignment={ASSIGNMENT}&state=service_failed")


def show_failure(house: House, window: Window) -> None:
    """One of them."""
    show_failures(house, window)
    window.page.get_by_role("link", name="ada").first.click()
    window.page.get_by_role("button", name="Grade again").wait_for()


def show_retry(house: House, window: Window) -> None:
    """The same, once they are to be graded again."""
    show_failures(house, window)
    window.page.get_by_role("button", name="Grade all of these again").click()
    window.page.get_by_role("heading", name="Graded again").wait_for()


def _grade_source(house: House, source: bytes, filename: str, student: str) -> SubmissionRecord:
    current = house.store.assignments.current(CLASS, ASSIGNMENT)
    assert current is not None
    name = house.store.submissions.accept(NewSubmission(CLASS, ASSIGNMENT, current.id, student, filename, source)).id
    house.dispatcher.nudge()
    (record,) = house.wait_for_ends(name)
    return record


def _tamper_verdicts(house: House) -> None:
    """Some verdicts as an engine with a fault would have given them, so that a regrade changes some of each kind."""
    store = house.store
    is_previewed = any(listed_regrade.phase is Phase.PREVIEWED for listed_regrade in store.regrades.list(CLASS).items)
    if is_previewed:
        return
    for at, student in enumerate(("student-01", "student-31", "student-32", "student-33")):
        record = store.submissions.list(Filter(CLASS, assignment=ASSIGNMENT, student=student), 1).items[0]
        verdict = store.submissions.verdict(record.id)
        assert verdict is not None
        mark, outcome = (Mark.PASSED, Outcome.PASSED) if at % 2 else (Mark.FAILED, Outcome.FAILED)
        rows = tuple(replace(row, outcome=mark, score=row.max_score if at % 2 else 0) for row in verdict.properties)
        wrong = replace(verdict, outcome=outcome, properties=rows, score=sum(row.score for row in rows))
        assert replace_verdict(store, record.id, record.verdict or 0, wrong, "0" * 20)


SCENES: dict[str, Scene] = {
    "staff-courses": courses,
    "staff-service": service,
    "staff-settings": settings,
    "staff-settings-assistant": see_as_assistant,
    "staff-invitation": invitation,
    "staff-invitation-accepted": accept_invitation,
    "staff-course": course,
    "staff-course-empty": empty_course,
    "staff-course-arrange": arrangement,
    "staff-assignment": assignment,
    "staff-assignment-empty": empty_assignment,
    "staff-equal-code": equal_code,
    "staff-submissions": submissions,
    "staff-notifications": notifications,
    "staff-submission": submission,
    "staff-submission-raising": show_raise,
    "staff-failed": show_failures,
    "staff-failed-one": show_failure,
    "staff-retried": show_retry,
    "staff-delete": deletion,
    "staff-submission-refused": show_refused_file,
    "staff-publish": publish,
    "staff-publish-shipped": publish_shipped,
    "staff-publication-refused": look_again("refused", show_refusal),
    "staff-revision": look_again("revision", revision),
    "staff-contract-revision": contract_revision,
    "staff-regrade-form": regrade_form,
    "staff-regrade": look_again("regrade", regrade),
    "staff-regrade-apply": apply_regrade,
    "staff-regrades": regrades,
}
