"""Refusals: every one is a problem of a stable type that says where and what."""

import io
from typing import Any

import pytest

from backmark.grader.store.store import Store
from tests.web.asking import Asker


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"student": 7}, "/student"),
        ({"student": "a b"}, "/student"),
        ({"source": ["x"]}, "/source"),
        ({"filename": "../a.py"}, "/filename"),
        ({"filename": "\x9b2Ja.py"}, "/filename"),
        ({"filename": "a\u202eyp.exe"}, "/filename"),
        ({"a/b~c": 1}, "/a~1b~0c"),
        ({"source_base64": "eA=="}, ""),
    ],
)
def test_a_wrong_field_is_named_by_a_pointer(portal: Asker, fields: dict[str, Any], pointer: str) -> None:
    answer = portal.submit(**fields)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    problem = answer.get_json()
    assert problem["type"] == "/problems/invalid"
    assert [fault["pointer"] for fault in problem["errors"]] == [pointer]


@pytest.mark.parametrize("item", ["[],", '{"a":0},', "0,", '"",'])
def test_a_body_of_many_small_things_is_refused_before_it_is_read(portal: Asker, item: str) -> None:
    body = f'{{"assignment": "udl-7.2", "source": [{item * 100_000}0]}}'
    problem = portal.post("/submissions", data=body, content_type="application/json").get_json()
    assert (problem["type"], problem["detail"]) == (
        "/problems/invalid",
        "the body has more fields than this operation reads",
    )


def test_quotation_marks_and_backslashes_within_a_source_are_its_own_business(portal: Asker) -> None:
    assert portal.submit(source='x = "\\\\" + \'"\'  # [{,}]\n' * 1000).status_code == 202


def test_everything_that_is_wrong_is_told_at_once(portal: Asker) -> None:
    problem = portal.post("/submissions", json={"student": 7, "more": 1}).get_json()
    assert {fault["pointer"] for fault in problem["errors"]} == {"/student", "/more", "/assignment", "/filename"}


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"student": "ada"}, "/assignment"),
        ({"assignment": "udl-7.2", "student": "ada", "more": "1"}, "/more"),
        ({"assignment": "udl-7.2", "student": ["ada", "eve"]}, "/student"),
    ],
)
def test_a_wrong_field_of_a_form_is_named_too(portal: Asker, form: dict[str, Any], pointer: str) -> None:
    answer = portal.post("/submissions", data=form | {"file": (io.BytesIO(b"x"), "a.py")})
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == [pointer]


@pytest.mark.parametrize("file", [None, "text"])
def test_a_form_needs_a_file(portal: Asker, file: str | None) -> None:
    form = {"assignment": "udl-7.2", "student": "ada"} | ({"file": file} if file else {})
    answer = portal.post("/submissions", data=form, content_type="multipart/form-data")
    assert [fault["pointer"] for fault in answer.get_json()["errors"]] == ["/file"]


@pytest.mark.parametrize("query", ["limit=0", "limit=many", "colour=red", "limit=1&limit=2", "outcome=fine"])
def test_a_wrong_parameter_is_named(portal: Asker, query: str) -> None:
    answer = portal.get(f"/submissions?{query}")
    assert answer.status_code == 422
    assert [fault["parameter"] for fault in answer.get_json()["errors"]] == [query.partition("=")[0]]


def test_a_cursor_that_no_page_gave_is_refused(portal: Asker) -> None:
    answer = portal.get("/submissions?cursor=elsewhere")
    assert answer.get_json()["errors"][0]["parameter"] == "cursor"


def test_a_wrong_header_is_named(portal: Asker) -> None:
    answer = portal.submit(headers={"Idempotency-Key": "ä"})
    assert answer.get_json()["errors"][0]["header"] == "Idempotency-Key"


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": "\xff"}', b"[1"])
def test_what_is_no_json_is_malformed(portal: Asker, body: bytes) -> None:
    answer = portal.post("/submissions", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize("boundary", ["; boundary=x", ""])
@pytest.mark.parametrize("body", [b"", b"x", b"--x\r\nContent-Disposition: form-data; name=student\r\n\r\nx"])
def test_what_is_no_form_or_breaks_off_is_malformed(portal: Asker, body: bytes, boundary: str) -> None:
    answer = portal.post("/submissions", data=body, content_type=f"multipart/form-data{boundary}")
    assert (answer.status_code, answer.get_json()["type"]) == (400, "/problems/malformed")


def test_a_form_of_too_many_parts_is_told_how_many_it_may_have(portal: Asker) -> None:
    answer = portal.post("/submissions", data={f"field{at}": "x" for at in range(1001)} | {"file": (io.BytesIO(), "a")})
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")
    assert "1000 parts" in answer.get_json()["detail"]


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_media_type_is_refused(portal: Asker, content_type: str | None) -> None:
    answer = portal.post("/submissions", data=b"x", content_type=content_type)
    assert (answer.status_code, answer.get_json()["type"]) == (415, "/problems/unsupported-media-type")


@pytest.mark.parametrize("encoding", ["gzip", "br, identity"])
def test_a_compressed_body_is_refused_before_it_is_read(portal: Asker, encoding: str) -> None:
    body = {"assignment": "udl-7.2", "student": "ada", "filename": "a.py", "source": "x"}
    answer = portal.post("/submissions", json=body, headers={"Content-Encoding": encoding})
    assert (answer.status_code, answer.get_json()["type"]) == (415, "/problems/unsupported-media-type")
    assert answer.headers["Accept-Encoding"] == "identity"
    assert portal.post("/submissions", json=body, headers={"Content-Encoding": "identity"}).status_code == 202


def test_an_unknown_assignment_is_told_apart(portal: Asker) -> None:
    answer = portal.submit(assignment="udl-9.9")
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/unknown-assignment")


@pytest.mark.parametrize("path", ["/nothing", "/submissions/0", "/submissions/%2E%2E", "/submissions/a:b", "//nothing"])
def test_what_is_not_there_is_a_problem(portal: Asker, path: str) -> None:
    answer = portal.get(path)
    assert (answer.status_code, answer.get_json()["type"]) == (404, "/problems/not-found")
    assert answer.content_type == "application/problem+json"


def test_another_method_is_a_problem_that_lists_those_there_are(portal: Asker) -> None:
    answer = portal.ask("PUT", "/submissions")
    assert (answer.status_code, answer.get_json()["type"]) == (405, "/problems/method-not-allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.service(max_bytes=2048)
@pytest.mark.parametrize(
    "options", [{"json": {"source": "x" * 4096}}, {"data": {"file": (io.BytesIO(b"x" * 4096), "a.py")}}]
)
def test_what_is_too_large_is_refused(portal: Asker, options: dict[str, Any]) -> None:
    answer = portal.post("/submissions", **options)
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")
    assert "2048" in answer.get_json()["detail"]


def test_only_what_is_handed_in_may_be_large(staff: Asker) -> None:
    large = "x" * (1 << 20)
    assert staff.submit(source=large).status_code == 202
    answer = staff.post("/regrades", json={"assignment": large})
    assert (answer.status_code, answer.get_json()["type"]) == (413, "/problems/too-large")
    assert str(1 << 20) in answer.get_json()["detail"]


def test_a_mistake_of_ours_is_told_without_its_inside(
    staff: Asker, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    submission = staff.submit().get_json()["id"]
    store.redis.delete(f"bm:submission:{submission}")
    store.redis.set(f"bm:submission:{submission}", "damaged")
    answer = staff.get(f"/submissions/{submission}")
    assert (answer.status_code, answer.get_json()["type"]) == (500, "/problems/unexpected")
    assert "WRONGTYPE" not in answer.text
    assert answer.get_json()["instance"] in caplog.text


def test_every_answer_is_kept_from_being_framed_sniffed_or_run(portal: Asker) -> None:
    for answer in (portal.get("/token"), portal.get("/nothing"), portal.submit()):
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "no-" in answer.headers["Cache-Control"]
