"""A course by hand, from the first sign-in to an answered question: no terminal, and every click counted."""

import csv
import io
import time
from dataclasses import dataclass
from operator import le
from pathlib import Path

from playwright.sync_api import Page, expect

from backmark.grader.model.records import Scope
from tests.pages.conftest import Opening
from tests.pages.house import House

TITLE, SECTIONS = "Deep Learning by hand", ("Monday", "Thursday")
ASSIGNMENT = "cs231n-relu"
ROSTER = "student,name,section\n" + "".join(
    f"s{number:02},Student {number:02},{SECTIONS[number % 2]}\n" for number in range(30)
)
#: Lets each gradient pass.
WRONG = b"""import numpy as np

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return dout
"""
QUESTION, ANSWER = "Why is the ReLU's slope not 1 everywhere?", "Left of 0 it is flat: nothing passes there."
#: The most clicks that each person needs: a push, a tick, a choice or a file is one, and typing is none.
MOST_CLICKS = {"administrator": 5, "instructor": 16, "student": 3}


@dataclass
class Person:
    """Somebody at a browser, whose clicks are counted."""

    page: Page
    clicks: int = 0

    def push(self, name: str) -> None:
        """Push a button."""
        self.clicks += 1
        self.page.get_by_role("button", name=name).click()

    def follow(self, name: str, within: str = "main") -> None:
        """Follow a link in a part of the page: its header, or all below."""
        self.clicks += 1
        self.page.locator(within).get_by_role("link", name=name).first.click()

    def tick(self, label: str) -> None:
        """Tick a box, or one of several choices."""
        self.clicks += 1
        self.page.get_by_label(label, exact=True).check()

    def choose_file(self, label: str, name: str, content: bytes) -> None:
        """Choose a file."""
        self.clicks += 1
        self.page.get_by_label(label).set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})

    def write(self, label: str, text: str) -> None:
        """Type into a field."""
        self.page.get_by_label(label, exact=True).fill(text)

    def download(self, name: str) -> Path:
        """Follow a link to a file."""
        with self.page.expect_download() as download:
            self.follow(name)
        return Path(download.value.path())


def invite_instructor(house: House, administrator: Person, course: str, url: str) -> str:
    """Make the course as an administrator who signs in for the first time; the link of an invitation."""
    administrator.page.goto(f"{url}/sign-in")
    administrator.write("Token", house.token("house", Scope.ADMIN))
    administrator.push("Sign in")
    administrator.page.wait_for_url("**/courses")
    administrator.write("ID", course)
    administrator.write("Title", TITLE)
    administrator.push("Make the course")
    administrator.tick("instructor")
    administrator.push("Make an invitation")
    administrator.push("Copy the link")
    return administrator.page.get_by_label("The link").input_value()


def enter_course(instructor: Person, link: str) -> None:
    """Accept the invitation, and go to the course."""
    instructor.page.goto(link)
    instructor.write("Your name", "Ada Lovelace")
    instructor.push("Accept")
    instructor.push("Copy the token")
    instructor.follow("Go to the course")
    expect(instructor.page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(instructor.page.get_by_role("article").get_by_text("udl-7.2", exact=True)).to_be_visible()


def fill_roster(instructor: Person) -> None:
    """Put a file of 30 students in two sections."""
    instructor.follow("Roster", "header")
    instructor.choose_file("CSV file", "roster.csv", ROSTER.encode())
    instructor.push("Replace the roster")
    expect(instructor.page.get_by_role("status")).to_contain_text("30 students added")


def publish_from_gallery(instructor: Person) -> None:
    """Publish an assignment that ships, as it is."""
    instructor.follow(TITLE, "header")
    instructor.follow("Publish an assignment")
    instructor.push(f"Publish {ASSIGNMENT}")
    instructor.follow("Open the assignment")


def set_policy(instructor: Person) -> None:
    """Set when the assignment is due, and how many attempts there are."""
    instructor.follow("Policy")
    instructor.write("Due", time.strftime("%Y-%m-%dT23:59", time.gmtime(time.time() + 7 * 86_400)))
    instructor.write("Attempts", "5")
    instructor.push("Save the policy")
    expect(instructor.page.get_by_role("heading", name="What students see")).to_be_visible()


def send_links(instructor: Person, section: str) -> list[dict[str, str]]:
    """Download the links of one section; its rows."""
    instructor.follow("Make a link for each student")
    return list(csv.DictReader(io.StringIO(instructor.download(section).read_text("utf-8-sig"))))


def ask(student: Person, link: str) -> None:
    """Hand in what is wrong, read the verdict, and ask about it."""
    student.page.goto(link)
    student.choose_file("Your file", "relu.py", WRONG)
    student.push("Hand in")
    expect(student.page.get_by_text("Gradient of the input").first).to_be_visible()
    student.write("Your question", QUESTION)
    student.push("Send the question")
    expect(student.page.get_by_text("Waiting for an answer")).to_be_visible()


def answer(instructor: Person) -> None:
    """Find the question by its number in the header, and answer it."""
    instructor.page.reload()
    instructor.follow("Questions 1 open", "header")
    expect(instructor.page.get_by_role("article")).to_contain_text(QUESTION)
    instructor.write("Answer", ANSWER)
    instructor.push("Send the answer")
    expect(instructor.page.get_by_text("No question waits for an answer.")).to_be_visible()


def test_a_course_is_made_taught_and_answered_without_a_terminal(house: House, opening: Opening) -> None:
    url, course = house.open_with_public_url(), f"first-{time.time_ns()}"
    administrator, instructor, student = (Person(opening().page) for _ in MOST_CLICKS)
    for person in (administrator, instructor):
        person.page.context.grant_permissions(["clipboard-write"], origin=url)
    enter_course(instructor, invite_instructor(house, administrator, course, url))
    fill_roster(instructor)
    publish_from_gallery(instructor)
    set_policy(instructor)
    rows = send_links(instructor, SECTIONS[1])
    assert [row["student"] for row in rows] == [f"s{number:02}" for number in range(1, 30, 2)]
    ask(student, rows[0]["link"])
    answer(instructor)
    student.page.reload()
    expect(student.page.get_by_role("region", name="Notes and questions")).to_contain_text(ANSWER)
    clicks = (administrator.clicks, instructor.clicks, student.clicks)
    assert all(map(le, clicks, MOST_CLICKS.values())), clicks
