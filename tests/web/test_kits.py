"""Kits on the service: staff download them, the solution is in none that nobody asked for, and nobody else has one."""

import json
from dataclasses import replace
from hashlib import sha256

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.model.assignment import CONTRACT
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.model.terms import Policy
from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.test_pages import make_link
from tests.web.visitor import HOME, HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - it guards nothing

PLACE = f"{HOME}/assignments/mine/revisions/r1"
PATH = "/assignments/mine/revisions/r1/kit"
BOTH = KitFiles(b"closed", b"opened")
SHIPPED = f"/assignments/udl-7.2/revisions/{load_packaged('udl-7.2').id}"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def publish(store: Store, kits: KitFiles | None = None) -> RevisionRecord:
    assignment = json.dumps({"id": "mine", "title": "Mine", "kind": CONTRACT, "entries": ["gradient"]})
    record = RevisionRecord("r1", "course", assignment, "mine", "Mine", "0" * 64, 0.0)
    return store.assignments.publish(record, b"npz", kits=kits)


# ---- pages


def test_the_page_offers_both_kits_and_chooses_the_one_without_the_solution(visitor: Visitor, store: Store) -> None:
    publish(store, BOTH)
    assert f'href="{PLACE}#kit"' in visitor.get(f"{HOME}/assignments/mine")
    page = visitor.get(PLACE)
    assert f'action="{PLACE}/kit"' in page
    assert "students can read the solution" in page
    assert " checked" not in page


def test_the_page_has_the_hashes_that_checks_by_its_kits_show(visitor: Visitor, store: Store) -> None:
    publish(store, BOTH)
    page = visitor.get(PLACE)
    for kit in (b"closed", b"opened"):
        assert f"<code>{sha256(kit).hexdigest()[:16]}</code>" in page


def test_a_kit_is_downloaded_without_the_solution_unless_it_is_chosen(visitor: Visitor, store: Store) -> None:
    publish(store, BOTH)
    closed, opened = (visitor.client.get(f"{PLACE}/kit{query}") for query in ("", "?solution=yes"))
    assert (closed.data, opened.data) == (b"closed", b"opened")
    assert closed.headers["Content-Disposition"] == "attachment; filename=mine.kit"
    assert opened.headers["Content-Disposition"] == "attachment; filename=mine-with-solution.kit"


def test_fresh_cases_are_said_to_be_in_no_kit(visitor: Visitor, store: Store) -> None:
    record = publish(store, BOTH)
    assert "never in it" not in visitor.get(PLACE)
    store.assignments.publish(replace(record, fresh=6), b"npz")
    assert "it never contains fresh cases" in visitor.get(PLACE)


def test_an_assignment_that_no_kit_can_be_made_of_says_why(visitor: Visitor, store: Store) -> None:
    publish(store, KitFiles(refusal="no kit can be made of mine: its `data` is too large"))
    page = visitor.get(PLACE)
    assert "This revision has no kit: no kit can be made of mine: its <code>data</code> is too large." in page
    assert "Download the kit" not in page


def test_the_kit_without_the_solution_is_there_though_the_solution_is_more_than_a_kit_may_hold(
    visitor: Visitor, store: Store
) -> None:
    publish(store, KitFiles(b"closed", refusal="no kit can be made of mine: a solution is too long"))
    page = visitor.get(PLACE)
    assert "With its solution no kit can be made of mine" in page
    assert ("Download the kit" in page, 'name="solution"' in page) == (True, False)
    assert "a solution is too long" in visitor.get(f"{PLACE}/kit?solution=yes", 404)


def test_what_ships_has_a_kit_without_its_solution_alone(visitor: Visitor) -> None:
    page = visitor.get(f"{HOME}{SHIPPED}")
    assert ("Download the kit" in page, "With the solution" in page) == (True, False)
    assert visitor.client.get(f"{HOME}{SHIPPED}/kit").data.startswith(b"PK")
    assert "ships with Backmark" in visitor.get(f"{HOME}{SHIPPED}/kit?solution=yes", 404)


def test_a_kit_is_sent_to_nobody_but_staff_of_the_course(app: Flask, store: Store) -> None:
    publish(store, BOTH)
    signed_out = app.test_client().get(f"{PLACE}/kit", headers=HTML)
    assert signed_out.location is not None
    assert signed_out.location.startswith("/sign-in")
    stranger = Visitor(app, store, "another")
    stranger.get(f"{PLACE}/kit", 404)
    stranger.get(f"/courses/another{PATH}?solution=yes", 404)


# ---- students


def link_of(app: Flask, student: str | None = "ada") -> str:
    return make_link(app, lambda: links.hand_in("course", "mine", student))


def open_form(app: Flask, link: str) -> str:
    answer = app.test_client().get(link, headers=HTML)
    assert answer.status_code == 200
    return answer.text


def download(app: Flask, link: str) -> TestResponse:
    return app.test_client().get(f"{link}/kit", headers=HTML)


def test_students_get_no_kit_unless_staff_offer_it(app: Flask, store: Store) -> None:
    publish(store, BOTH)
    for link in (link_of(app), link_of(app, None)):
        assert "check in your notebook" not in open_form(app, link)
        assert download(app, link).status_code == 404


def test_students_download_the_kit_that_staff_offer_and_never_the_solution(
    app: Flask, visitor: Visitor, store: Store
) -> None:
    publish(store, BOTH)
    assert "Offer the kit to students" in visitor.get(PLACE)
    assert visitor.post(f"{HOME}/assignments/mine/kit", offer="yes").location == f"{PLACE}#kit"
    assert "End the offer" in visitor.get(PLACE)
    assert "offered students the kit of mine" in visitor.read(f"{HOME}/log")
    link = link_of(app)
    assert f'href="{link}/kit"' in open_form(app, link)
    assert "A kit is code, as your course's notebook is: take it from your course only." in open_form(app, link)
    assert download(app, link).data == b"closed"
    assert app.test_client().get(f"{link}/kit?solution=yes").data == b"closed"
    visitor.post(f"{HOME}/assignments/mine/kit", offer="no")
    assert download(app, link).status_code == 404
    assert "ended the offer of the kit of mine" in visitor.read(f"{HOME}/log")


def test_a_student_gets_no_kit_before_the_assignment_opens(app: Flask, store: Store) -> None:
    publish(store, BOTH)
    store.assignments.offer_kit("course", "mine", offered=True)
    store.courses.set_policy("course", "mine", Policy(opens=4e9), "staff")
    link = link_of(app)
    assert "check in your notebook" not in open_form(app, link)
    assert download(app, link).status_code == 404


def test_a_link_that_has_ended_or_is_none_downloads_no_kit(app: Flask, visitor: Visitor, store: Store) -> None:
    publish(store, BOTH)
    store.assignments.offer_kit("course", "mine", offered=True)
    link = link_of(app)
    visitor.post(f"{HOME}/assignments/mine/links/end", student="ada")
    assert download(app, link).status_code == 410
    assert download(app, f"{link}x").status_code == 404


def test_a_revision_without_a_kit_has_no_link_though_kits_are_offered(app: Flask, store: Store) -> None:
    publish(store, KitFiles(refusal="no kit can be made of mine"))
    store.assignments.offer_kit("course", "mine", offered=True)
    link = link_of(app)
    assert "check in your notebook" not in open_form(app, link)
    assert download(app, link).status_code == 404


def test_a_course_that_is_deleted_offers_nothing_any_more(store: Store) -> None:
    record = publish(store, BOTH)
    store.assignments.offer_kit("course", "mine", offered=True)
    assert store.assignments.offers_kit("course", record)
    assert not store.assignments.offers_kit("another", record)
    store.courses.delete("course")
    assert not store.assignments.offers_kit("course", record)


# ---- the API


def test_staff_download_kits_and_no_other_token_does(
    staff: Asker, portal: Asker, stranger: Asker, store: Store
) -> None:
    publish(store, BOTH)
    closed, opened = staff.get(PATH), staff.get(f"{PATH}?solution=true")
    assert (closed.data, closed.mimetype, opened.data) == (b"closed", "application/zip", b"opened")
    assert staff.get(PATH, {"If-None-Match": closed.headers["ETag"]}).status_code == 304
    assert (portal.get(PATH).status_code, stranger.get(PATH).status_code) == (403, 404)


def test_a_revision_without_a_kit_says_why(staff: Asker, store: Store) -> None:
    answer = staff.get(f"{SHIPPED}/kit?solution=true")
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/not-found")
    assert "make the kit on your own machine with `backmark assignment kit`" in answer.get_json()["detail"]
    publish(store)
    assert "publish the assignment again" in staff.get(PATH).get_json()["detail"]
