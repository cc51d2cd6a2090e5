"""What deadlines, attempts and marks look like, to staff and to students."""

import time
from collections.abc import Callable
from functools import partial

from backmark.grader.model.lti import LineItem, LtiContext
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Job, Kind
from backmark.grader.model.terms import Extension, Outage, Override, OverrideKind, Policy
from backmark.grader.model.verdict import Verdict
from backmark.grader.store import keys
from backmark.grader.store.search import Filter
from backmark.grader.store.submissions import NewSubmission
from tests.pages.browser import Window
from tests.pages.classroom import CLASS, seat_class
from tests.pages.house import ASSIGNMENT, House
from tests.pages.scenes_staff import sign_in
from tests.service.parts import EXAMPLES, until

Scene = Callable[[House, Window], None]

#: A course with deadlines, and its assignment's pages.
TIMED = "cs-303"
THERE = f"/courses/{TIMED}/assignments/{ASSIGNMENT}"
DAY = 86_400
NAMES = {
    "ada": "Ada Lovelace",
    "bo": "Bo Andersson",
    "cy": "Cy Twombly",
    "dana": "Dana Scully",
    "eve": "Eve Moneypenny",
    "finn": "Finn Hudson",
}
#: A course that holds marks back.
HELD = "exam-404"
#: A course of an LMS, and what became of marks on their way there: the others arrived.
SYNCED = "lti-303"
ENDS = {
    "bo": {
        "state": "failed",
        "reason": "refused",
        "status": "422",
        "detail": '{"errors": {"message": "User not found in course or is not a student"}}',
    },
    "cy": {"state": "waiting", "reason": "no_answer", "detail": "no answer within 10 s"},
    "eve": {"state": "failed", "reason": "unknown_student"},
}
#: Attempts of each: days before or after the due time, and the example whose verdict it gets.
ATTEMPTS = {
    "ada": ((-1.5, "no_relu_derivative.ipynb"), (-0.5, "right.ipynb")),
    "bo": ((-0.2, "no_relu_derivative.ipynb"), (0.8, "right.ipynb")),
    "cy": ((1.2, "missing_transpose.py"),),
    "dana": ((-3, "right.ipynb"),),
    "finn": ((-2, "unfilled.ipynb"),),
    "gus": ((-1, "mask_from_wrong_layer.py"),),
}


def make_timed_course(house: House) -> None:
    """The course two days after the due time; made once."""
    courses = house.store.courses
    if courses.policy(TIMED, ASSIGNMENT) is not None:
        return
    seat_class(house)
    due = (time.time() - 2 * DAY) // 3600 * 3600
    policy = Policy(opens=due - 10 * DAY, due=due, closes=due + 5 * DAY, grace=600, late=10, floor=30, attempts=5)
    roster = [
        RosterEntry(student, name, str(7000 + at), "AB"[at % 2]) for at, (student, name) in enumerate(NAMES.items())
    ]
    courses.put_roster(TIMED, [*roster, RosterEntry("hal", "Hal Incandenza", "7100")], "csv", "Prof. Lagrange")
    courses.put_roster(TIMED, roster, "csv", "Prof. Lagrange")
    verdicts = _verdicts(house)
    for student, ends in ATTEMPTS.items():
        for days, name in ends:
            _hand_in(house, student, name, due + days * DAY, verdicts[name])
    revision = house.store.assignments.current(TIMED, ASSIGNMENT)
    assert revision is not None
    courses.set_policy(TIMED, ASSIGNMENT, policy, "Prof. Lagrange")
    courses.set_extension(
        TIMED, ASSIGNMENT, Extension("eve", due + 4 * DAY, None, None, "Prof. Lagrange", "in hospital until Monday")
    )
    courses.set_override(
        TIMED, ASSIGNMENT, Override("dana", 0.8, "Prof. Lagrange", "explained half of it orally", computed=0.2)
    )
    least = Override("gus", 0.9, "Prof. Lagrange", "the hint was wrong", kind=OverrideKind.AT_LEAST)
    courses.set_override(TIMED, ASSIGNMENT, least)
    courses.add_outage(TIMED, ASSIGNMENT, Outage(due - 7200, due - 3600, "Prof. Lagrange", "the network was down"))


def marks(house: House, window: Window) -> None:
    """The class."""
    make_timed_course(house)
    sign_in(house, window, TIMED)
    window.go(f"{THERE}/marks")


def no_marks(house: House, window: Window) -> None:
    """A course without roster and submissions."""
    sign_in(house, window, "nobody-yet")
    window.go(f"/courses/nobody-yet/assignments/{ASSIGNMENT}/marks")


def student(name: str, house: House, window: Window) -> None:
    """One of the class, with the forms for what staff may give."""
    marks(house, window)
    window.go(f"{THERE}/marks/{name}")


def policy(house: House, window: Window) -> None:
    """A policy, and an outage."""
    marks(house, window)
    window.go(f"{THERE}/policy")


def extensions(house: House, window: Window) -> None:
    """All extensions, and the forms to give many."""
    marks(house, window)
    window.go(f"{THERE}/extensions")


def held_marks(house: House, window: Window) -> None:
    """Marks that only staff see yet."""
    _hold_back(house)
    sign_in(house, window, HELD)
    window.go(f"/courses/{HELD}/assignments/{ASSIGNMENT}/marks")


def held_verdict(house: House, window: Window) -> None:
    """A verdict that its student does not see yet."""
    _hold_back(house)
    window.go(house.verdict_link(house.store.submissions.list(Filter(HELD, ASSIGNMENT, "ada"), 1).items[0]))


def held_form(house: House, window: Window) -> None:
    """The form to hand in while verdicts are held back."""
    _hold_back(house)
    window.go(house.hand_in_link("ada", HELD))


def policy_fault(house: House, window: Window) -> None:
    """A policy that contradicts itself."""
    no_marks(house, window)
    page = window.go(f"/courses/nobody-yet/assignments/{ASSIGNMENT}/policy")
    page.get_by_label("Due").fill("2027-03-05T18:00")
    page.get_by_label("Closes").fill("2027-03-05T17:00")
    page.get_by_label("Per cent off").fill("ten")
    page.get_by_role("button", name="Save the policy").click()
    page.get_by_role("alert").first.wait_for()
    # The browser says aloud that it was refused, which is as it should be.
    window.complaints.clear()


def as_student(house: House, window: Window) -> None:
    """The form to hand in, for staff."""
    marks(house, window)
    window.go(f"{THERE}/as-student?student=bo")


def roster(house: House, window: Window) -> None:
    """The students of the course."""
    marks(house, window)
    window.go(f"/courses/{TIMED}/roster")


def roster_fault(house: House, window: Window) -> None:
    """A roster that is none, in a course that has none."""
    sign_in(house, window, "nobody-yet")
    page = window.go("/courses/nobody-yet/roster")
    page.get_by_label("CSV file").set_input_files(
        {"name": "roster.csv", "mimeType": "text/csv", "buffer": b"student\nada\nb o\n"}
    )
    page.get_by_role("button", name="Replace the roster").click()
    page.get_by_role("alert").wait_for()
    window.complaints.clear()


def log(house: House, window: Window) -> None:
    """What staff did."""
    marks(house, window)
    window.go(f"/courses/{TIMED}/log")


def gradebook(house: House, window: Window) -> None:
    """A table that was filled."""
    marks(house, window)
    page = window.go(f"{THERE}/gradebook")
    students = "".join(f'"{name}",{7000 + at},x,\r\n' for at, name in enumerate([*NAMES.values(), "Zoe Zoo"]))
    table = f"Student,ID,Section,Backprop (4711)\r\n    Points Possible,,,20\r\n{students}"
    page.get_by_label("Exported table").set_input_files(
        {"name": "grades.csv", "mimeType": "text/csv", "buffer": table.encode()}
    )
    page.get_by_role("button", name="Fill the table").click()
    page.get_by_role("button", name="Download the filled table").wait_for()


def gradebook_column(house: House, window: Window) -> None:
    """A table with several columns for marks."""
    marks(house, window)
    page = window.go(f"{THERE}/gradebook")
    table = b"Student,ID,Section,Backprop (4711),Quiz (12)\r\n    Points Possible,,,20,5\r\nAda,7000,x,,\r\n"
    page.get_by_label("Exported table").set_input_files({"name": "grades.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="Fill the table").click()
    page.get_by_label("Column for the marks").wait_for()
    window.complaints.clear()


def scores(house: House, window: Window) -> None:
    """Marks on their way to an LMS, of which some did not arrive."""
    _sent(house)
    sign_in(house, window, SYNCED)
    window.go(f"/courses/{SYNCED}/assignments/{ASSIGNMENT}/scores")


def no_scores(house: House, window: Window) -> None:
    """An assignment that no LMS gets marks of."""
    sign_in(house, window, "nobody-yet")
    window.go(f"/courses/nobody-yet/assignments/{ASSIGNMENT}/scores")


def hand_in(name: str | None, house: House, window: Window) -> None:
    """The form of a student of the course, or that behind a link for the class."""
    make_timed_course(house)
    window.go(house.hand_in_link(name, TIMED))


def show_barred_form(course: str, rules: Policy, house: House, window: Window) -> None:
    """The form in a course that takes nothing now."""
    if rules.opens is None and house.store.courses.policy(course, ASSIGNMENT) is None:
        _hand_in(house, "ada", "right.ipynb", time.time(), _verdicts(house)["right.ipynb"], course)
    house.store.courses.set_policy(course, ASSIGNMENT, rules, "Prof. Lagrange")
    window.go(house.hand_in_link("ada", course))


def show_last_attempt(house: House, window: Window) -> None:
    """The form before the last attempt, of a student with a late attempt and a refused file."""
    course, due = "last-attempt", time.time() - DAY / 2
    if house.store.courses.policy(course, ASSIGNMENT) is None:
        for days, name in ((-1, "missing_transpose.py"), (-0.5, "unfilled.ipynb"), (0.1, "no_relu_derivative.ipynb")):
            _hand_in(house, "ada", name, due + days * DAY, _verdicts(house)[name], course)
    house.store.courses.set_policy(course, ASSIGNMENT, Policy(due=due, late=10, attempts=3), "Prof. Lagrange")
    window.go(house.hand_in_link("ada", course))


def repeat_file(house: House, window: Window) -> None:
    """The verdict to which the same file leads again."""
    show_last_attempt(house, window)
    example = next(example for example in EXAMPLES if example.name == "no_relu_derivative.ipynb")
    window.page.get_by_label("Your file").set_input_files(example)
    window.page.get_by_role("button", name="Hand in").click()
    window.page.get_by_text("You have handed in this file before").wait_for()


def verdict(house: House, window: Window) -> None:
    """The verdict of an attempt that was late."""
    make_timed_course(house)
    submission = house.store.submissions.list(Filter(TIMED, ASSIGNMENT, "cy"), 1).items[0]
    window.go(house.verdict_link(submission))


def _hold_back(house: House) -> None:
    if house.store.courses.policy(HELD, ASSIGNMENT) is None:
        for student, name in (("ada", "right.ipynb"), ("bo", "no_relu_derivative.ipynb")):
            _hand_in(house, student, name, time.time(), _verdicts(house)[name], HELD)
        house.store.courses.set_policy(HELD, ASSIGNMENT, Policy(held_back=True), "Prof. Lagrange")


def _sent(house: House) -> None:
    """A course of an LMS; made once."""
    store = house.store
    if store.line_items.of(SYNCED, ASSIGNMENT):
        return
    context = LtiContext(SYNCED, "canvas", "1", "303", "Neural networks", roster_url="https://lms.example/members")
    store.launches.record_context(context)
    store.line_items.record(LineItem("column", "canvas", "https://lms.example/1", SYNCED, ASSIGNMENT, 20.0))
    for name in NAMES:
        _hand_in(house, name, "right.ipynb", time.time(), _verdicts(house)["right.ipynb"], SYNCED)
    # The sweeper finds no such LMS. What a real one would have answered stands in the place of that.
    until(lambda: not store.scores.waiting(), "the sweeper has tried")
    for name in NAMES:
        end = {"state": "sent", "reason": ""} | ENDS.get(name, {})
        store.redis.hset(keys.key("score", "column", name), items=[text for pair in end.items() for text in pair])


def _verdicts(house: House) -> dict[str, Verdict]:
    """Verdicts by example, of those who handed these in to the class: the first ones, which a regrade may change."""
    seat_class(house)
    submissions = house.store.submissions
    verdicts = {
        record.filename: submissions.verdict(record.id, 1) for record in submissions.list(Filter(CLASS), 200).items
    }
    return {name: verdict for name, verdict in verdicts.items() if verdict is not None}


def _hand_in(house: House, student: str, name: str, created_at: float, verdict: Verdict, course: str = TIMED) -> None:
    revision = house.store.assignments.current(course, ASSIGNMENT)
    assert revision is not None
    source = next(example for example in EXAMPLES if example.name == name).read_bytes()
    new = NewSubmission(course, ASSIGNMENT, revision.id, student, name, source)
    submission_id = house.store.submissions.accept(new).id
    claim = house.store.jobs.claim(Job(Kind.SUBMISSION, submission_id))
    assert claim is not None
    assert house.store.submissions.finish(claim, verdict)
    house.store.redis.hset(keys.key(Kind.SUBMISSION, submission_id), "created", f"{1000 * created_at:.3f}")


STAFF: dict[str, Scene] = {
    "staff-marks": marks,
    "staff-marks-empty": no_marks,
    "staff-marks-late": partial(student, "bo"),
    "staff-marks-override": partial(student, "dana"),
    "staff-policy": policy,
    "staff-policy-fault": policy_fault,
    "staff-extensions": extensions,
    "staff-marks-held-back": held_marks,
    "staff-as-student": as_student,
    "staff-roster": roster,
    "staff-roster-fault": roster_fault,
    "staff-log": log,
    "staff-gradebook": gradebook,
    "staff-gradebook-column": gradebook_column,
    "staff-scores": scores,
    "staff-scores-none": no_scores,
}

STUDENT: dict[str, Scene] = {
    "hand-in-late": partial(hand_in, "bo"),
    "hand-in-extended": partial(hand_in, "eve"),
    "hand-in-overridden": partial(hand_in, "dana"),
    "hand-in-at-least": partial(hand_in, "gus"),
    "hand-in-timed-anybody": partial(hand_in, None),
    "hand-in-closed": partial(show_barred_form, "closed", Policy(due=1.7e9, closes=1.7e9)),
    "hand-in-not-open": partial(show_barred_form, "not-open", Policy(opens=4e9, due=4.1e9, attempts=3)),
    "hand-in-used-up": partial(show_barred_form, "no-attempt-left", Policy(attempts=1)),
    "hand-in-last": show_last_attempt,
    "verdict-repeated": repeat_file,
    "verdict-late": verdict,
    "verdict-held-back": held_verdict,
    "hand-in-held-back": held_form,
}

SCENES = {**STUDENT, **STAFF}
