"""Permissions: tokens, scopes, courses, rates."""

import time

import pytest
from flask import Flask

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude, conclude_next


@pytest.mark.parametrize("secret", ["", "bmk_0_0", "bmk_\xff_0", "nonsense"])
def test_a_token_that_is_none_is_challenged(app: Flask, secret: str) -> None:
    answer = Asker(app, secret).get("/token")
    assert answer.status_code == 401
    assert answer.get_json()["type"] == "/problems/unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic YTpi"}])
def test_a_request_without_a_token_is_challenged(app: Flask, header: dict[str, str]) -> None:
    answer = app.test_client().get("/api/v1/token", headers=header)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="backmark"')


def test_a_stranger_learns_nothing_about_a_wrong_request(app: Flask) -> None:
    assert app.test_client().post("/api/v1/submissions?what=1", data=b"{").status_code == 401


def test_a_revoked_token_is_good_for_nothing(admin: Asker, app: Flask) -> None:
    token = admin.post("/tokens", json={"name": "portal", "scopes": ["read"]}).get_json()
    asker = Asker(app, token["secret"])
    assert asker.get("/token").get_json()["id"] == token["id"]
    assert admin.delete(f"/tokens/{token['id']}").status_code == 204
    assert asker.get("/token").status_code == 401


def test_an_expired_token_is_good_for_nothing(app: Flask, store: Store) -> None:
    secret = store.tokens.create("old", "course", {Scope.READ}, expires=time.time() - 1)[1]
    assert Asker(app, secret).get("/token").status_code == 401


def test_a_secret_is_shown_once(admin: Asker) -> None:
    response = admin.post("/tokens", json={"name": "portal", "scopes": ["read"], "expires_in": 3600})
    assert response.status_code == 201
    assert response.headers["Location"].endswith(response.get_json()["id"])
    assert response.get_json()["expires_at"]
    assert all("secret" not in token for token in admin.get("/tokens").get_json()["items"])


def test_who_may_only_submit_is_shown_no_verdict_by_cancelling(app: Flask, store: Store) -> None:
    asker = Asker.with_token(app, store, "course", Scope.SUBMIT)
    submission = asker.submit().get_json()["id"]
    conclude(store, submission)
    record = asker.post(f"/submissions/{submission}/cancel").get_json()
    assert record["state"] == "done"
    assert [record[name] for name in ("outcome", "score", "max_score", "verdict")] == [None] * 4


@pytest.mark.parametrize("path", ["/api/v1//submissions", "/api//v1/token", "/api/v1/token/", "/static//docs.js"])
def test_nobody_is_sent_to_the_host_that_a_request_names(app: Flask, path: str) -> None:
    answer = app.test_client().open(base_url="http://elsewhere.example", path=path)
    assert answer.status_code == 404
    assert b"elsewhere" not in answer.data
    assert "Location" not in answer.headers


def test_a_token_does_not_revoke_itself(admin: Asker) -> None:
    own_id = admin.get("/token").get_json()["id"]
    assert admin.delete(f"/tokens/{own_id}").get_json()["type"] == "/problems/conflict"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/submissions/0/source"),
        ("DELETE", "/submissions/0"),
        ("DELETE", "/students/ada"),
        ("GET", "/publications"),
        ("GET", "/tokens"),
    ],
)
def test_a_portals_token_does_not_do_what_staff_do(portal: Asker, method: str, path: str) -> None:
    answer = portal.ask(method, path)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "/problems/forbidden"
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


def test_another_course_has_nothing_to_see(staff: Asker, stranger: Asker) -> None:
    submission = staff.submit().get_json()["id"]
    for method, path in (
        ("GET", f"/submissions/{submission}"),
        ("GET", f"/submissions/{submission}/events"),
        ("GET", f"/submissions/{submission}/source"),
        ("POST", f"/submissions/{submission}/cancel"),
        ("POST", f"/submissions/{submission}/retry"),
        ("DELETE", f"/submissions/{submission}"),
        ("GET", "/submissions?course=course"),
        ("DELETE", "/students/ada?course=course"),
    ):
        assert stranger.ask(method, path).status_code == 404, path
    assert stranger.submit(course="course").status_code == 404
    assert staff.get(f"/submissions/{submission}").get_json()["state"] == "queued"


def test_an_admin_sees_every_course(staff: Asker, admin: Asker) -> None:
    submission = staff.submit().get_json()["id"]
    assert admin.get(f"/submissions/{submission}").status_code == 200
    assert len(admin.get("/submissions?course=course").get_json()["items"]) == 1
    assert admin.get("/submissions").get_json()["items"] == []


@pytest.mark.service(read_rate="3/minute")
def test_too_many_requests_are_told_when_to_come_again(portal: Asker) -> None:
    answers = [portal.get("/token") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].get_json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


@pytest.mark.service(submit_rate="2/minute")
def test_each_token_has_its_own_requests_and_those_to_read(portal: Asker, staff: Asker) -> None:
    assert [portal.submit().status_code for _ in range(3)] == [202, 202, 429]
    assert staff.submit().status_code == 202
    assert portal.get("/token").status_code == 200


@pytest.mark.service(submit_rate="2/minute")
def test_a_clock_that_was_set_back_locks_nobody_out(portal: Asker, store: Store) -> None:
    """Windows that began before seem to end an hour later than any may."""
    assert [portal.submit().status_code for _ in range(3)] == [202, 202, 429]
    for name in [*store.redis.scan_iter("bm:limits*"), *store.redis.scan_iter("bm:share*")]:
        store.redis.expire(name, 3660)
    assert [portal.submit().status_code for _ in range(3)] == [202, 202, 429]


@pytest.mark.service(student_rate="2/minute")
def test_a_portals_student_has_a_share_and_the_next_one_another(portal: Asker) -> None:
    assert [portal.submit("ada").status_code for _ in range(3)] == [202, 202, 429]
    assert portal.submit("grace").status_code == 202


@pytest.mark.service(student_bytes_rate="20000/day")
def test_what_is_too_much_for_a_day_leaves_room_for_what_is_smaller(portal: Asker) -> None:
    """Only what is accepted counts: a large file that is refused does not use up what is left."""
    sizes = (10_000, 10_000, 100)
    answers = [portal.upload(b"#" * size, student="ada") for size in sizes]
    assert [answer.status_code for answer in answers] == [202, 429, 202]
    assert answers[1].get_json()["type"] == "/problems/too-many-requests"
    assert 1 <= int(answers[1].headers["Retry-After"]) <= 86_400


@pytest.mark.service(student_seconds_rate="10/hour")
def test_who_has_had_all_seconds_of_grading_is_told_when_to_come_again(portal: Asker, store: Store) -> None:
    for seconds in (0.2, 9.7):
        assert portal.submit("ada").status_code == 202
        conclude_next(store, seconds)
    assert portal.submit("ada").status_code == 202
    conclude_next(store, 0.3)
    answer = portal.submit("ada")
    assert answer.status_code == 429
    assert answer.get_json()["detail"] == "more than 10 seconds of grading files of this student in 3600 s"
    assert 3000 <= int(answer.headers["Retry-After"]) <= 3600
    assert portal.submit("grace").status_code == 202


@pytest.mark.service(student_seconds_rate="10/hour")
def test_a_slice_that_ended_counts_and_another_course_does_not(portal: Asker, stranger: Asker, store: Store) -> None:
    assert portal.submit("ada").status_code == 202
    claim = store.jobs.claim_next()
    assert claim is not None
    assert store.jobs.end_slice(claim, 11.0, 20.0)
    assert portal.submit("ada").status_code == 429
    assert stranger.submit("ada", course="elsewhere").status_code == 202


@pytest.mark.service(submit_rate="2/minute")
def test_what_is_refused_or_repeated_uses_nothing_up(portal: Asker) -> None:
    for _ in range(3):
        assert portal.submit(student="a b").status_code == 422
    answers = [portal.submit(headers={"Idempotency-Key": key}).status_code for key in ("one", "one", "two", "three")]
    assert answers == [202, 202, 202, 429]
