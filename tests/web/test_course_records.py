"""Courses by the API: made, found, changed and archived, and their staff invited."""

import io
import json
import zipfile
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from flask import Flask

from backmark.grader.model.course import Invitation, Role
from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.test_pages import guard, with_secret

NETWORKS = {"id": "nn", "title": "Networks", "zone": "Europe/Zurich", "default_grace": 600, "default_counts": "last"}


def test_an_admin_makes_a_course_and_reads_what_it_is(admin: Asker) -> None:
    made = admin.post("/courses", json=NETWORKS)
    assert made.status_code == 201
    assert made.headers["Location"] == "/api/v1/courses/nn"
    course = admin.get("/courses/nn").get_json()
    assert course == made.get_json()
    assert NETWORKS.items() <= course.items()
    assert (course["archived"], course["contact"], course["display_title"], course["platforms"]) == (
        *(None, "", "Networks", []),
    )
    assert course["created_at"].startswith("20")
    assert admin.post("/courses", json=NETWORKS).get_json()["type"] == "/problems/conflict"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("zone", "Europe/Atlantis"),
        ("zone", ""),
        ("default_late", 101),
        ("default_attempts", 0),
        ("id", "a b"),
        ("x", 1),
    ],
)
def test_a_course_with_a_wrong_field_is_refused_with_its_name(admin: Asker, field: str, value: object) -> None:
    answer = admin.post("/courses", json=NETWORKS | {field: value})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [f"/{field}"]
    assert admin.get("/courses").get_json()["items"] == []


def test_a_change_sets_what_it_names_and_null_is_not_absent(admin: Asker, app: Flask, store: Store) -> None:
    admin.post("/courses", json=NETWORKS | {"default_late": 10, "default_attempts": 3})
    staff = Asker.with_token(app, store, "nn", Scope.STAFF)
    changed = staff.ask("PATCH", "/courses/nn", json={"term": "Spring", "default_late": None}).get_json()
    assert (changed["term"], changed["default_late"]) == ("Spring", None)
    assert (changed["title"], changed["default_attempts"], changed["default_grace"]) == ("Networks", 3, 600)
    assert staff.get("/courses/nn").get_json() == changed
    assert staff.ask("PATCH", "/courses/nn", json={}).get_json() == changed
    assert staff.ask("PATCH", "/courses/nn", json={"title": None}).status_code == 422
    assert staff.ask("PATCH", "/courses/nn", json={"id": "other"}).status_code == 422
    assert store.courses.audit("nn").items[0].details == {"term": "Spring", "default_late": None}


def test_a_course_is_archived_and_brought_back(staff: Asker, portal: Asker) -> None:
    assert portal.submit("ada").status_code == 202
    archived = staff.ask("PATCH", "/courses/course", json={"archived": "2026-01-01T00:00:00Z"})
    assert archived.get_json()["archived"] == "2026-01-01T00:00:00Z"
    refused = portal.submit("bob")
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/closed")
    assert "archived" in refused.get_json()["detail"]
    assert portal.get("/submissions").get_json()["items"] != []
    assert staff.get("/courses").get_json()["items"] == []
    (listed,) = staff.get("/courses?archived=true").get_json()["items"]
    assert listed["id"] == "course"
    staff.ask("PATCH", "/courses/course", json={"archived": None})
    assert portal.submit("bob").status_code == 202


def test_an_admin_finds_every_course_and_others_see_their_own(admin: Asker, app: Flask, store: Store) -> None:
    for name, title, term in (
        ("a1", "Networks", "Spring"),
        ("a2", "Vision", "Spring"),
        ("b1", "Neural nets", ""),
    ):
        admin.post("/courses", json={"id": name, "title": title, "term": term})

    def find(query: str) -> list[str]:
        return [course["id"] for course in admin.get(f"/courses?{query}").get_json()["items"]]

    assert find("") == ["a1", "a2", "b1"]
    assert find("search=NET") == ["a1", "b1"]
    assert find("search=a2") == find("search=vision") == ["a2"]
    assert find("search=spring") == ["a1", "a2"]
    first = admin.get("/courses?limit=2")
    assert first.get_json()["next"] == "2"
    assert 'rel="next"' in first.headers["Link"]
    assert find("limit=2&cursor=2") == ["b1"]
    own = Asker.with_token(app, store, "a2", Scope.READ)
    assert [course["id"] for course in own.get("/courses?search=i").get_json()["items"]] == ["a2"]
    assert own.get("/courses/a1").status_code == 404


def test_the_course_of_a_token_is_one_and_any_name_is_none(admin: Asker, staff: Asker) -> None:
    assert staff.get("/courses/course").get_json()["display_title"] == "course"
    assert admin.get("/courses/course").status_code == 200
    assert admin.get("/courses/no-such").status_code == 404
    assert admin.ask("PATCH", "/courses/no-such", json={"title": "x"}).status_code == 404
    # An administrator's token sees every course, and makes none.
    assert [course["id"] for course in admin.get("/courses").get_json()["items"]] == ["course"]


@with_secret
def test_staff_come_by_an_invitation_and_go(app: Flask, staff: Asker) -> None:
    made = staff.post("/courses/course/invitations", json={"role": "assistant", "days": 2}).get_json()
    assert (made["role"], made["days"], made["once"], made["author"]) == ("assistant", 2, True, "test")
    assert staff.get("/courses/course/invitations").get_json()["items"] == [made]
    address, browser = urlsplit(made["url"]).path, app.test_client()
    browser.post(address, data={"csrf_token": guard(browser, address), "name": "Grace Hopper"})
    members = {member["name"]: member for member in staff.get("/courses/course/staff").get_json()["items"]}
    assert (members["Grace Hopper"]["role"], members["Grace Hopper"]["source"]) == ("assistant", "invitation")
    assert staff.get("/courses/course/invitations").get_json()["items"] == []
    assert browser.get("/courses/course").status_code == 200
    own = staff.get("/token").get_json()["id"]
    assert staff.delete(f"/courses/course/staff/{own}").get_json()["type"] == "/problems/conflict"
    assert staff.delete(f"/courses/course/staff/{members['Grace Hopper']['id']}").status_code == 204
    assert staff.delete(f"/courses/course/staff/{members['Grace Hopper']['id']}").status_code == 404
    assert browser.get("/courses/course").status_code == 303


@with_secret
def test_who_is_removed_does_not_come_back_by_an_own_invitation(app: Flask, store: Store, staff: Asker) -> None:
    accepted = store.staff.accept("course", store.staff.invite("course", Invitation(Role.INSTRUCTOR)), "Eve")
    assert accepted is not None
    eve, secret = accepted
    own, other = (
        urlsplit(
            asker.post("/courses/course/invitations", json={"role": "instructor", "once": False}).get_json()["url"]
        )
        for asker in (Asker(app, secret), staff)
    )
    assert staff.delete(f"/courses/course/staff/{eve.id}").status_code == 204
    assert [app.test_client().get(link.path).status_code for link in (own, other)] == [410, 200]
    assert "staff.withdraw" in {entry.act for entry in store.courses.audit("course").items}


@with_secret
def test_a_withdrawn_invitation_is_gone(app: Flask, staff: Asker) -> None:
    made = staff.post("/courses/course/invitations", json={"role": "instructor", "once": False}).get_json()
    address = urlsplit(made["url"]).path
    assert app.test_client().get(address).status_code == 200
    assert staff.delete(f"/courses/course/invitations/{made['id']}").status_code == 204
    assert staff.delete(f"/courses/course/invitations/{made['id']}").status_code == 404
    assert app.test_client().get(address).status_code == 410


@with_secret
def test_a_link_that_was_not_signed_here_invites_nobody(app: Flask, staff: Asker) -> None:
    made = staff.post("/courses/course/invitations", json={}).get_json()
    for token in (made["id"], f"{urlsplit(made['url']).path.rpartition('/')[2]}x", "x.y"):
        assert app.test_client().get(f"/invitations/{token}").status_code == 404


def test_without_a_secret_nobody_is_invited(staff: Asker, store: Store) -> None:
    assert staff.post("/courses/course/invitations", json={}).get_json()["type"] == "/problems/no-secret"
    assert store.staff.invitations("course") == []


@with_secret
def test_an_export_has_the_settings_and_the_staff(staff: Asker, store: Store) -> None:
    store.course_records.change("course", lambda course: replace(course, title="Networks"), "root")
    staff.post("/courses/course/invitations", json={})
    archive = zipfile.ZipFile(io.BytesIO(staff.get("/courses/course/export").data))
    content = json.loads(archive.read("course.json"))
    assert content["settings"]["title"] == "Networks"
    assert [member["name"] for member in content["staff"]] == ["test"]
    assert len(content["invitations"]) == 1
