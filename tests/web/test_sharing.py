"""One student never costs another: shares by student, by class link, by address; and names that nobody checked."""

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from limits import parse

from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.test_pages import SECRET, guard, make_link

with_secret = pytest.mark.service(secret=SECRET)


class Student:
    """A browser that hands in by a link."""

    def __init__(
        self,
        app: Flask,
        student: str | None = None,
        *,
        name: str = "ada",
        address: str = "127.0.0.1",
        link: str | None = None,
    ) -> None:
        self.link = link or make_link(app, lambda: links.hand_in("course", "udl-7.2", student))
        self.client: FlaskClient = app.test_client()
        self.client.environ_base["REMOTE_ADDR"] = address
        self.name = name

    def hand_in(self, source: bytes = b"x = 1", *, once_key: str = "once") -> int:
        """Hand something in; the status of the answer."""
        data = {"student": self.name, "csrf_token": guard(self.client, self.link), "once": once_key}
        return self.client.post(self.link, data=data | {"file": (io.BytesIO(source), "a.py")}).status_code

    def flood(self, times: int = 1) -> list[int]:
        """Send empty requests."""
        return [self.client.post(self.link).status_code for _ in range(times)]


def recorded_submissions(store: Store, student: str | None = None) -> list[SubmissionRecord]:
    """Submissions, oldest first."""
    return list(reversed(store.submissions.list(Filter("course", student=student)).items))


@with_secret
def test_who_floods_a_personal_link_locks_out_nobody_else(app: Flask) -> None:
    """From the same address, with empty requests that count before anything of them is read."""
    statuses = Student(app, "eve").flood(70)
    assert (statuses[0], statuses[-1]) == (422, 429)
    assert [Student(app, "ada").hand_in(), Student(app).hand_in()] == [303, 303]


@pytest.mark.service(secret=SECRET, address_rate="20/minute")
def test_who_floods_a_class_link_locks_out_no_browser_that_is_known(app: Flask) -> None:
    ada = Student(app)
    assert ada.hand_in() == 303
    assert Student(app, name="eve").flood(25)[-1] == 429
    assert [ada.hand_in(b"x = 2", once_key="again"), Student(app, "grace").hand_in()] == [303, 303]
    assert Student(app, address="192.0.2.7").hand_in() == 303


@pytest.mark.service(secret=SECRET, address_rate="10/minute")
def test_of_a_class_behind_one_address_only_new_browsers_count(app: Flask) -> None:
    """Each opens the link, sends the form without a file twice, then with one: 10 a minute are enough for ten."""
    for number in range(10):
        student = Student(app, name=f"s{number}")
        data = {"student": student.name, "csrf_token": guard(student.client, student.link)}
        assert [student.client.post(student.link, data=data).status_code for _ in range(2)] == [422, 422]
        assert student.hand_in(b"x = %d" % number) == 303


def test_a_class_of_300_opens_its_link_in_one_minute() -> None:
    """Behind one address, each in two browsers and once more without cookies."""
    assert parse(ServiceSettings.model_fields["address_rate"].default).amount >= 300 * 3


@pytest.mark.service(secret=SECRET, refused_rate="2/minute")
def test_who_is_locked_out_is_told_before_the_form_is_read(app: Flask) -> None:
    student = Student(app, "ada")
    assert student.flood(3) == [422, 422, 429]
    body = Unread()
    answer = student.client.post(student.link, input_stream=body, content_length=9, content_type="multipart/form-data")
    assert (answer.status_code, body.read_at_all) == (429, False)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60


class Unread(io.BytesIO):
    """A body that remembers whether anybody read it."""

    read_at_all = False

    def read(self, size: int | None = -1) -> bytes:
        """Remember it."""
        self.read_at_all = True
        return super().read(size)


@pytest.mark.service(secret=SECRET, student_rate="2/minute")
def test_a_student_has_one_share_on_all_personal_links_and_by_the_portal(app: Flask, portal: Asker) -> None:
    student = Student(app, "ada")
    assert [student.hand_in(once_key=str(number)) for number in range(2)] == [303, 303]
    assert [student.hand_in(once_key="3"), portal.submit("ada").status_code] == [429, 429]
    assert [Student(app, "grace").hand_in(), portal.submit("alan").status_code] == [303, 202]


@pytest.mark.service(secret=SECRET, class_rate="3/minute")
def test_a_class_link_has_a_share_of_its_own(app: Flask) -> None:
    link = Student(app).link
    assert [Student(app, name=f"s{number}", link=link).hand_in() for number in range(4)] == [303, 303, 303, 429]
    assert Student(app, "ada").hand_in() == 303


@pytest.mark.service(secret=SECRET, class_bytes_rate="20000/day")
def test_bytes_of_a_class_link_are_a_share_of_its_own(app: Flask) -> None:
    large, link = b"#" * 12_000, Student(app).link
    assert [Student(app, name=f"s{number}", link=link).hand_in(large) for number in range(2)] == [303, 429]
    assert Student(app, "ada").hand_in(large) == 303


@pytest.mark.service(secret=SECRET, student_rate="2/minute")
def test_a_browser_on_a_class_link_has_one_share_whatever_names_it_types(app: Flask) -> None:
    student, statuses = Student(app), []
    for number in range(3):
        student.name = f"s{number}"
        statuses.append(student.hand_in())
    assert statuses == [303, 303, 429]


@with_secret
def test_a_link_that_is_written_otherwise_has_the_same_share(app: Flask, store: Store) -> None:
    """The last letter of a signature has bits that mean nothing: no counter may hang on how a link is written."""
    first = Student(app)
    second = Student(app, link=first.link)
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_":
        link = first.link[:-1] + last
        if link != first.link and second.client.get(link).status_code == 200:
            second.link = link
            break
    assert second.link != first.link
    assert [first.hand_in(), second.hand_in()] == [303, 303]
    counters = sorted(int(store.redis.get(key) or 0) for key in store.redis.scan_iter("bm:share:*"))
    # Of each browser its file and its bytes, and of the link both files and all bytes.
    assert (counters[:3], counters[-1]) == ([1, 1, 2], sum(counters[3:5]))


@with_secret
def test_a_name_typed_on_a_class_link_is_not_the_verified_student(app: Flask, store: Store) -> None:
    """It supersedes nothing of theirs, uses up none of their attempts, and stands beside them for staff."""
    Student(app, "ada").hand_in()
    Student(app, name="ada").hand_in(b"x = 2")
    Student(app, name="ada").hand_in(b"x = 3")
    records = recorded_submissions(store)
    assert [(record.attempt, record.state) for record in records] == [(1, State.QUEUED)] * 3
    assert records[0].student == "ada"
    assert len({record.student for record in records}) == 3
    assert all(record.student.startswith("ada!") for record in records[1:])


@with_secret
def test_a_browser_is_the_same_when_it_comes_again(app: Flask, store: Store) -> None:
    student = Student(app)
    assert [student.hand_in(b"x = %d" % number, once_key=str(number)) for number in range(2)] == [303, 303]
    first, second = recorded_submissions(store)
    assert (first.student, first.state) == (second.student, State.SUPERSEDED)
    assert (first.attempt, second.attempt) == (None, 1)


@with_secret
def test_a_browsers_cookie_cannot_be_made_up(app: Flask, store: Store) -> None:
    for value in ("ada", "ImFkYSI.made-up"):
        student = Student(app)
        student.client.set_cookie("backmark-browser", value, path="/hand-in")
        assert student.hand_in(once_key=value) == 303
    assert len({record.student for record in recorded_submissions(store)}) == 2


@pytest.mark.service(secret=SECRET, public_url="https://backmark.example.edu")
def test_a_browsers_cookie_is_for_handing_in_only_and_not_for_scripts(app: Flask) -> None:
    link = Student(app).link
    cookies = app.test_client().get(link).headers.getlist("Set-Cookie")
    (cookie,) = (line for line in cookies if line.startswith("backmark-browser="))
    assert {"HttpOnly", "SameSite=Lax", "Path=/hand-in", "Secure"} <= set(cookie.split("; "))
    assert not Student(app, "ada").client.get_cookie("backmark-browser", path="/hand-in")


@with_secret
@pytest.mark.parametrize("name", ["ada!0123456789ab", "ada\u202e", "a b"])
def test_nobody_types_the_name_of_another_browser(app: Flask, name: str) -> None:
    assert Student(app, name=name).hand_in() == 422


@with_secret
def test_staff_find_and_forget_who_only_typed_a_name(app: Flask, staff: Asker, store: Store) -> None:
    Student(app).hand_in()
    student = recorded_submissions(store)[0].student
    assert len(staff.get(f"/submissions?student={student}").get_json()["items"]) == 1
    regrade = {"assignment": "udl-7.2", "students": [student]}
    assert staff.post("/regrades", json=regrade).status_code == 202
    assert staff.submit(student).status_code == 422
    assert staff.delete(f"/students/{student}").get_json() == {"deleted": 1}


@pytest.mark.service(secret=SECRET, address_rate="2/minute", proxy_networks=["10.0.0.0/8"])
@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ({}, {}, True),
        # Nobody outside of the trusted networks is believed.
        ({"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}, True),
        (
            {"via": "10.1.1.1", "X-Forwarded-For": "192.0.2.1"},
            {"via": "10.1.1.1", "X-Forwarded-For": "192.0.2.2"},
            False,
        ),
        # What the client itself wrote stands before what the proxy added.
        (
            {"via": "10.1.1.1", "X-Forwarded-For": "1.1.1.1, 192.0.2.1"},
            {"via": "10.1.1.1", "X-Forwarded-For": "192.0.2.1"},
            True,
        ),
        (
            {"via": "10.1.1.1", "X-Forwarded-For": "192.0.2.1, 10.9.9.9"},
            {"via": "10.1.1.1", "X-Forwarded-For": "192.0.2.1"},
            True,
        ),
        ({"via": "2001:db8:1:2::1"}, {"via": "2001:db8:1:2:ffff::9"}, True),
        ({"via": "2001:db8:1:2::1"}, {"via": "2001:db8:1:3::1"}, False),
        ({"via": "::ffff:192.0.2.1"}, {"via": "192.0.2.1"}, True),
        ({"via": "10.1.1.1", "X-Forwarded-For": "nonsense"}, {"via": "10.1.1.1"}, True),
    ],
)
def test_an_address_is_the_clients(app: Flask, first: dict[str, str], second: dict[str, str], is_same: bool) -> None:  # noqa: FBT001 - a table
    def open_page(fields: dict[str, str]) -> int:
        headers = {name: value for name, value in fields.items() if name != "via"}
        environ = {"REMOTE_ADDR": fields.get("via", "203.0.113.1")}
        link = make_link(app, lambda: links.hand_in("course", "udl-7.2"))
        return app.test_client().get(link, headers=headers, environ_base=environ).status_code

    assert [open_page(first) for _ in range(3)] == [200, 200, 429]
    assert open_page(second) == (429 if is_same else 200)
