"""`backmark course` against a real service: courses made, found, changed and archived, and their staff invited."""

import json
from collections.abc import Iterator

import pytest

from backmark.grader.model.course import Course
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from tests.client.running import command
from tests.web.serving import serve_web
from tests.web.test_pages import SECRET

Variables = dict[str, str]


@pytest.fixture
def url(settings: ServiceSettings, store: Store) -> Iterator[str]:
    """The URL of a web server on the store."""
    assert store
    with serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def administrator(url: str, store: Store) -> Variables:
    """The URL, and an administrator's token."""
    return {"BACKMARK_URL": url, "BACKMARK_TOKEN": store.tokens.create("root", "house", {Scope.ADMIN})[1]}


def test_a_course_is_made_found_changed_archived_and_brought_back(administrator: Variables) -> None:
    made = command(administrator, "course", "create", "nn", "--title", "Networks", "--zone", "Europe/Zurich")
    assert (made.returncode, made.stdout) == (0, "nn  Networks\n"), made.stderr
    again = command(administrator, "course", "create", "nn")
    assert again.returncode == 2
    assert "a course nn exists already" in again.stderr
    assert command(administrator, "course", "change", "nn", "--term", "Spring").stdout == "nn  Networks  Spring\n"
    assert command(administrator, "course", "change", "nn").returncode == 2
    course = json.loads(command(administrator, "course", "list", "netw", "--json").stdout)
    assert (course["id"], course["zone"]) == ("nn", "Europe/Zurich")
    assert command(administrator, "course", "archive", "nn").stderr == "nn is archived\n"
    assert command(administrator, "course", "list", "netw").stdout == ""
    assert command(administrator, "course", "list", "--archived").stdout == "nn  Networks  Spring  archived\n"
    command(administrator, "course", "archive", "nn", "--undo")
    assert command(administrator, "course", "list", "netw").stdout == "nn  Networks  Spring\n"


def test_staff_are_invited_listed_and_removed(url: str, store: Store, administrator: Variables) -> None:
    store.course_records.create(Course("vision"), "root")
    link = command(administrator, "course", "invite", "vision", "--role", "instructor", "--days", "2").stdout
    assert link.startswith(f"{url}/invitations/")
    (invitation,) = store.staff.invitations("vision")
    assert link.strip() in command(administrator, "course", "staff", "vision").stdout
    accepted = store.staff.accept("vision", invitation, "Grace")
    assert accepted is not None
    listed = json.loads(command(administrator, "course", "staff", "vision", "--json").stdout)
    assert [(member["name"], member["role"]) for member in listed["staff"]] == [("Grace", "instructor")]
    assert listed["invitations"] == []
    command(administrator, "course", "staff", "vision", "--remove", accepted[0].id)
    assert store.staff.members("vision") == []


def test_an_assistant_is_refused_what_is_for_instructors(url: str, store: Store) -> None:
    token = store.tokens.create("helper", "course", {Scope.ASSIST})[1]
    variables = {"BACKMARK_URL": url, "BACKMARK_TOKEN": token}
    assert command(variables, "course", "list").stdout == "course\n"
    refused = command(variables, "course", "invite", "course")
    assert refused.returncode == 2
    assert "needs the scope staff" in refused.stderr
