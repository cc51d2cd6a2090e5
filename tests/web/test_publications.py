"""Assignments and their publication."""

from typing import Any

import pytest

from backmark.grader.model.records import Job, Kind, State
from backmark.grader.store.publications import MOST_OPEN
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.tomls import TOML, write_toml


def packaged_revision(staff: Asker) -> dict[str, Any]:
    """The revision of the assignment that ships, as the API shows it."""
    revision: dict[str, Any] = staff.get("/assignments/udl-7.2/revisions").get_json()["items"][0]
    return revision


def test_a_publication_waits_for_a_worker(staff: Asker, store: Store) -> None:
    answer = staff.post("/publications", json={"toml": TOML, "fresh": 20})
    assert answer.status_code == 202
    record = staff.get(answer.headers["Location"].removeprefix("/api/v1")).get_json()
    assert (record["state"], record["assignment"], record["fresh"]) == ("queued", "mine", 20)
    assert store.redis.llen("celery:backmark") == 1


@pytest.mark.service(secret="nobody guesses it")  # noqa: S106
def test_with_a_secret_there_is_a_fresh_case_for_ten_unless_somebody_says_otherwise(staff: Asker) -> None:
    assignments = [write_toml(cases=200), write_toml(cases=60)]
    fresh_counts = [staff.post("/publications", json={"toml": toml}).get_json()["fresh"] for toml in assignments]
    fresh_counts += [
        staff.post("/publications", json={"toml": TOML, "fresh": fresh_count}).get_json()["fresh"]
        for fresh_count in (0, 7)
    ]
    assert fresh_counts == [20, 6, 0, 7]
    assert packaged_revision(staff)["fresh"] == 20


def test_without_a_secret_no_cases_are_fresh(staff: Asker) -> None:
    assert staff.post("/publications", json={"toml": TOML}).get_json()["fresh"] == 0
    assert packaged_revision(staff)["fresh"] == 0


def test_a_refusal_is_told(staff: Asker, store: Store) -> None:
    publication = staff.post("/publications", json={"toml": TOML}).get_json()["id"]
    claim = store.jobs.claim(Job(Kind.PUBLICATION, publication))
    assert claim is not None
    store.jobs.conclude(claim, State.DONE, refused='{"says": "a known mistake passes"}')
    record = staff.get(f"/publications/{publication}").get_json()
    assert (record["state"], record["refusal"]) == ("done", "a known mistake passes")
    assert record["refused"] == {"says": "a known mistake passes", "mistakes": [], "advice": ""}
    assert [item["id"] for item in staff.get("/publications").get_json()["items"]] == [publication]


def test_one_course_does_not_take_all_workers(staff: Asker, stranger: Asker, store: Store) -> None:
    responses = [
        staff.post("/publications", {"Idempotency-Key": str(at)}, json={"toml": TOML}) for at in range(MOST_OPEN)
    ]
    assert {response.status_code for response in responses} == {202}
    refusal = staff.post("/publications", json={"toml": TOML})
    assert (refusal.status_code, refusal.get_json()["type"]) == (409, "/problems/conflict")
    assert staff.post("/publications", {"Idempotency-Key": "0"}, json={"toml": TOML}).status_code == 202
    assert stranger.post("/publications", json={"toml": TOML}).status_code == 202
    claim = store.jobs.claim(Job(Kind.PUBLICATION, responses[0].get_json()["id"]))
    assert claim is not None
    store.jobs.conclude(claim, State.DONE, refused='{"says": "a known mistake passes"}')
    assert staff.post("/publications", json={"toml": TOML}).status_code == 202


def test_the_same_key_is_one_publication(staff: Asker) -> None:
    key = {"Idempotency-Key": "p1"}
    first, repeat = (staff.post("/publications", key, json={"toml": TOML}).get_json() for _ in range(2))
    assert first["id"] == repeat["id"]
    assert staff.post("/publications", key, json={"toml": TOML, "fresh": 1}).status_code == 422


def test_more_fresh_cases_than_can_be_drawn_are_refused_at_once(staff: Asker, store: Store) -> None:
    answer = staff.post("/publications", json={"toml": TOML, "fresh": 401})
    assert answer.status_code == 422
    assert answer.get_json()["errors"] == [{"pointer": "/fresh", "detail": "Input should be less than or equal to 400"}]
    assert not store.publications.list("course").items
    assert staff.post("/publications", json={"toml": TOML, "fresh": 400}).get_json()["fresh"] == 400


def test_a_toml_that_does_not_hold_is_refused_at_once(staff: Asker) -> None:
    wrong = 'id = "mine"\ntitle = 7\n', f"x = {'9' * 5000}", f"x = {'[' * 5000}", f"{'a.' * 30000}a = 1"
    for toml in ("id = ", *wrong):
        answer = staff.post("/publications", json={"toml": toml})
        assert answer.status_code == 422, toml[:20]
        assert answer.get_json()["errors"][0]["pointer"] == "/toml"


def test_of_a_toml_with_many_faults_some_are_told(staff: Asker) -> None:
    many_fields = "".join(f"field{number} = 1\n" for number in range(3000))
    assert len(staff.post("/publications", json={"toml": many_fields}).data) < 10_000


def test_another_course_does_not_see_it(staff: Asker, stranger: Asker) -> None:
    publication = staff.post("/publications", json={"toml": TOML}).get_json()["id"]
    assert stranger.get(f"/publications/{publication}").status_code == 404
    assert stranger.get("/publications").get_json()["items"] == []


def test_what_ships_is_there_for_every_course(portal: Asker) -> None:
    items = portal.get("/assignments").get_json()["items"]
    assert [item["id"] for item in items] == ["udl-7.2"]
    revision = portal.get("/assignments/udl-7.2").get_json()["revision"]
    assert (revision["shipped"], revision["catches"]) == (True, None)
    assert revision["settings"]["entries"] == ["backward_pass"]
    assert portal.get("/assignments/udl-7.2/revisions").get_json()["items"] == [revision]
    assert portal.get(f"/assignments/udl-7.2/revisions/{revision['id']}").get_json() == revision


def test_an_assignment_that_there_is_not_is_told(portal: Asker) -> None:
    for path in ("/assignments/none", "/assignments/none/revisions", "/assignments/udl-7.2/revisions/0"):
        assert portal.get(path).get_json()["type"] == "/problems/unknown-assignment"
