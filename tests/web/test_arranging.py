"""The order of a course's assignments in lists, and those that lists leave out."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.visitor import HOME, HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

#: The course's own, beside the one that ships.
OWN = ("a1", "b2")
SHIPPED = "udl-7.2"


@pytest.fixture(autouse=True)
def _assignments(store: Store) -> None:
    shipped = store.assignments.current("course", SHIPPED)
    assert shipped is not None
    for name in OWN:
        store.assignments.publish(replace(shipped, id=f"r-{name}", course="course", assignment_id=name), b"npz")


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def arrange(visitor: Visitor, **move: str) -> None:
    """Press a button of the form."""
    answer = visitor.post(f"{HOME}/arrangement", HOME, **move)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{HOME}?arrange=#arrange")


def list_cards(visitor: Visitor) -> list[str]:
    """The assignments of the course's page."""
    return re.findall(rf'<h3><a href="{HOME}/assignments/([^"]+)"', visitor.get(HOME))


def test_the_buttons_of_the_course_s_page_order_and_hide_assignments(visitor: Visitor) -> None:
    assert list_cards(visitor) == [*OWN, SHIPPED]
    arrange(visitor, up="b2")
    arrange(visitor, hide=SHIPPED)
    assert list_cards(visitor) == ["b2", "a1"]
    page = visitor.get(f"{HOME}?arrange=")
    assert 'id="arrange" open' in page
    assert f'name="show" value="{SHIPPED}"' in page
    assert "changed the settings of the course" in visitor.get(f"{HOME}/log")
    arrange(visitor, show=SHIPPED)
    assert list_cards(visitor) == ["b2", "a1", SHIPPED]


def test_lists_of_staff_keep_the_order_and_have_hidden_assignments_last(visitor: Visitor) -> None:
    arrange(visitor, hide="a1")
    for path, found in (("submissions", r'<option value="([^"]+)">\1<'), ("regrades", r">Regrade ([^<]+)<")):
        assert re.findall(found, visitor.get(f"{HOME}/{path}"))[:3] == ["b2", SHIPPED, "a1"]
    assert ">hidden</a>" in visitor.get(f"{HOME}/assignments/a1")
    assert ">hidden</a>" not in visitor.get(f"{HOME}/assignments/b2")


def test_a_portal_lists_no_hidden_assignments_and_staff_see_which_they_are(
    visitor: Visitor, portal: Asker, staff: Asker
) -> None:
    arrange(visitor, down="a1")
    arrange(visitor, hide=SHIPPED)
    listed = [(item["id"], item["hidden"]) for item in staff.get("/assignments").get_json()["items"]]
    assert listed == [("b2", False), ("a1", False), (SHIPPED, True)]
    assert [item["id"] for item in portal.get("/assignments").get_json()["items"]] == ["b2", "a1"]
    assert portal.get(f"/assignments/{SHIPPED}").get_json()["hidden"]


def test_order_and_hidden_assignments_are_settings_of_the_course(visitor: Visitor, staff: Asker) -> None:
    changed = {"assignment_order": [SHIPPED, "b2"], "hidden_assignments": ["a1"]}
    answer = staff.ask("PATCH", "/courses/course", json=changed).get_json()
    assert {name: answer[name] for name in changed} == changed
    assert list_cards(visitor) == [SHIPPED, "b2"]
    refused = staff.ask("PATCH", "/courses/course", json={"hidden_assignments": ["a b"]})
    assert refused.status_code == 422


def test_a_link_to_a_hidden_assignment_still_opens(app: Flask, visitor: Visitor) -> None:
    arrange(visitor, hide=SHIPPED)
    with app.test_request_context():
        form = links.hand_in("course", SHIPPED, "ada")
    assert 'type="file"' in app.test_client().get(form, headers=HTML).text


def test_what_is_no_assignment_of_the_course_is_not_moved(visitor: Visitor, store: Store) -> None:
    assert visitor.post(f"{HOME}/arrangement", HOME, up="none").status_code == 404
    assert store.course_records.settings("course").assignment_order == ()
