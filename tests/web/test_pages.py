"""Pages without a browser: links, sign-ins, forms, and what goes wrong."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import SecretStr

from backmark.grader.model.records import Scope, SubmissionRecord
from backmark.grader.model.verdict import FirstDifference
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import create_app, links
from backmark.worker.serve.embedded import EmbeddedRedis
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict

SECRET = "a secret for tests, as long as others"  # noqa: S105 - it guards nothing
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
with_secret = pytest.mark.service(secret=SECRET)


def make_link(app: Flask, make: Callable[[], str | None]) -> str:
    """A link that this application makes."""
    with app.test_request_context():
        return str(make())


def guard(client: FlaskClient, path: str) -> str:
    """The token in the form at `path`; empty behind a personal link, which needs none."""
    match = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    return "" if match is None else match.group(1)


def graded_submission(portal: Asker, store: Store) -> SubmissionRecord:
    """A submission with a verdict."""
    name = portal.submit().get_json()["id"]
    conclude(store, name, failing_verdict())
    record = store.submissions.get(name)
    assert record is not None
    return record


@with_secret
def test_the_api_tells_a_link_that_opens_the_verdict(app: Flask, portal: Asker, store: Store) -> None:
    record = graded_submission(portal, store)
    link = portal.get(f"/submissions/{record.id}").get_json()["link"]
    assert link.startswith("/verdicts/")
    assert app.test_client().get(link).status_code == 200


@with_secret
def test_a_link_stays_the_same_while_the_submission_does(portal: Asker, store: Store) -> None:
    record = graded_submission(portal, store)
    answer = portal.get(f"/submissions/{record.id}")
    repeat = portal.get(f"/submissions/{record.id}", {"If-None-Match": answer.headers["ETag"]})
    assert repeat.status_code == 304


@pytest.mark.service(secret=SECRET, public_url="https://backmark.example.edu")
def test_links_begin_with_the_address_of_the_settings(portal: Asker, store: Store) -> None:
    link = portal.get(f"/submissions/{graded_submission(portal, store).id}").get_json()["link"]
    assert link.startswith("https://backmark.example.edu/verdicts/")


def test_without_a_secret_pages_say_so_and_the_api_goes_on(app: Flask, portal: Asker, store: Store) -> None:
    assert portal.get(f"/submissions/{graded_submission(portal, store).id}").get_json()["link"] is None
    answer = app.test_client().get("/sign-in", headers=HTML)
    assert (answer.status_code, "BACKMARK_SECRET" in answer.text) == (503, True)


@with_secret
@pytest.mark.parametrize("kind", ["hand-in", "verdicts"])
def test_a_link_that_was_changed_leads_nowhere(app: Flask, kind: str) -> None:
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2"))
    token = link.removeprefix("/hand-in/")
    # Not its last letter, of which some bits mean nothing.
    changed_token = token[:-5] + ("A" if token[-5] != "A" else "B") + token[-4:]
    for wrong_token in (changed_token, token.swapcase(), "x", token.partition(".")[0]):
        assert app.test_client().get(f"/{kind}/{wrong_token}").status_code == 404


@with_secret
def test_a_link_to_hand_in_is_none_to_a_verdict(app: Flask) -> None:
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2"))
    assert app.test_client().get(link.replace("hand-in", "verdicts")).status_code == 404


@with_secret
def test_a_link_ends(app: Flask) -> None:
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2", lifetime=timedelta(days=-1)))
    answer = app.test_client().get(link, headers=HTML)
    assert answer.status_code == 410
    assert {"This link has ended", "This link has expired"} <= set(re.findall(r"This link has \w+", answer.text))


@with_secret
def test_handing_in_on_a_class_link_needs_the_token_of_the_form(app: Flask, store: Store) -> None:
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2"))
    data = {"file": (io.BytesIO(b"x = 1"), "a.py"), "student": "ada"}
    refusal = client.post(link, data=data, headers=HTML)
    assert (refusal.status_code, "The form is too old" in refusal.text) == (400, True)
    data |= {"file": (io.BytesIO(b"x = 1"), "a.py"), "csrf_token": guard(client, link)}
    response = client.post(link, data=data)
    assert response.status_code == 303
    assert client.get(response.headers["Location"]).status_code == 200
    assert store.redis.zcard("bm:waiting:interactive") == 1


@with_secret
def test_a_personal_link_works_without_cookies(app: Flask) -> None:
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    assert guard(app.test_client(), link) == ""
    response = app.test_client(use_cookies=False).post(link, data={"file": (io.BytesIO(b"x = 1"), "a.py")})
    assert response.status_code == 303


@with_secret
def test_the_name_in_the_link_is_the_students_whatever_the_form_says(app: Flask, store: Store) -> None:
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    data = {"file": (io.BytesIO(b"x"), "a.py"), "student": "grace", "csrf_token": guard(client, link)}
    path = client.post(link, data=data).headers["Location"]
    with app.test_request_context():
        record = store.submissions.get(links.read_verdict(path.removeprefix("/verdicts/")))
    assert record is not None
    assert record.student == "ada"


@with_secret
@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ((io.BytesIO(b""), "a.py"), "This file is empty"),
        ((io.BytesIO(b"x"), "a\u202ey.py"), "Rename the file"),
        ((io.BytesIO(b"x"), ""), "Choose a file first"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(app: Flask, file: tuple[io.BytesIO, str], sentence: str) -> None:
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    data = {"file": (io.BytesIO(file[0].getvalue()), file[1]), "csrf_token": guard(client, link)}
    answer = client.post(link, data=data)
    assert (answer.status_code, sentence in answer.text) == (422, True)


@with_secret
@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"%PDF-1.7\n", "This is a PDF."),
        (b"\x89PNG\r\n\x1a\n", "This is a picture (PNG)."),
        (b"PK\x03\x04", "This is a ZIP archive, or an Office document."),
        (b"\n<!DOCTYPE html>", "This is a web page."),
    ],
)
def test_another_kind_of_file_is_named_and_uses_up_no_attempt(
    app: Flask, store: Store, start: bytes, sentence: str
) -> None:
    """Also under a notebook's name."""
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    data = {"file": (io.BytesIO(start + b"1 0 obj"), "work.ipynb"), "csrf_token": guard(client, link)}
    answer = client.post(link, data=data)
    assert (answer.status_code, sentence in answer.text, "used up no attempt" in answer.text) == (
        422,
        True,
        True,
    )
    assert not store.submissions.list(Filter("course", "udl-7.2", "ada"), 1).items


@with_secret
def test_a_superseded_submission_leads_to_the_last_that_took_its_place(app: Flask, portal: Asker, store: Store) -> None:
    names = [portal.submit(source=f"x = {number}").get_json()["id"] for number in range(3)]
    first, last = store.submissions.get(names[0]), store.submissions.get(names[2])
    assert first is not None
    assert last is not None
    page = app.test_client().get(make_link(app, lambda: links.verdict(first))).text
    assert f'<a href="{make_link(app, lambda: links.verdict(last))}">Open the later submission</a>' in page


@with_secret
def test_a_long_chain_of_superseded_submissions_is_followed_in_parts(
    app: Flask, portal: Asker, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backmark.grader.web.pages.verdicts._HOPS", 2)
    names = [portal.submit(source=f"x = {number}").get_json()["id"] for number in range(5)]
    first, third = store.submissions.get(names[0]), store.submissions.get(names[2])
    assert first is not None
    assert third is not None
    page = app.test_client().get(make_link(app, lambda: links.verdict(first))).text
    assert f'<a href="{make_link(app, lambda: links.verdict(third))}">Open the later submission</a>' in page


@with_secret
def test_students_see_their_own_line_that_a_verdict_names(app: Flask, portal: Asker, store: Store) -> None:
    source = "import numpy as np\n\ndef backward_pass(w, b, f, h, y):\n    all_dl_df[1] = <wrong>\n"
    name = portal.submit(source=source).get_json()["id"]
    first = FirstDifference("all_dl_df[1]", "It is wrong.", lines=(4,))
    difference = json.loads(json.dumps(asdict(first)))
    conclude(store, name, {**failing_verdict(), "first_difference": difference})
    record = store.submissions.get(name)
    assert record is not None
    page = app.test_client().get(make_link(app, lambda: links.verdict(record))).text
    assert "Line 4 sets the first wrong value" in page
    assert "all_dl_df[1] = &lt;wrong&gt;</pre>" in page


@with_secret
def test_students_see_the_lines_to_change_before_the_rubric(app: Flask, portal: Asker, store: Store) -> None:
    statement = {
        "kind": "replace",
        "rows": ["bias_gradient"],
        "titles": ["Gradient of the biases"],
        "lines": [{"cell": None, "line": 4}],
        "source": "db = <wrong>",
        "read": "Equation 7.22.",
        "hint": "What is added?",
        "wrong": {"result": "db[0]", "index": [1, 0], "expected": 0.7, "actual": 0.5, "case": {"K": 2}},
    }
    name = portal.submit(source="import numpy as np\n\ndef f():\n    db = <wrong>\n").get_json()["id"]
    conclude(store, name, {**failing_verdict(), "repair": [statement]})
    record = store.submissions.get(name)
    assert record is not None
    page = app.test_client().get(make_link(app, lambda: links.verdict(record))).text
    assert page.index("What to change") < page.index("Rubric")
    for words in (
        '<h1 class="main-heading student">Line 4 is wrong.</h1>',
        '<strong>Gradient of the biases</strong>: <span class="student">Line 4</span>',
        "2 marks lost",
    ):
        assert words in page
    assert "In the smallest case, <code>dw" in page
    assert page.count("db = &lt;wrong&gt;") == 1


@with_secret
def test_help_is_one_link_away(app: Flask) -> None:
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    for path in ("/", link, "/nothing/here"):
        assert '<a href="/help">Help</a>' in client.get(path, headers=HTML).text
    assert "Reading your verdict" in client.get("/help").text


@pytest.mark.service(secret=SECRET, max_bytes=2048)
def test_a_file_that_is_too_large_is_refused_in_words(app: Flask) -> None:
    client, link = app.test_client(), make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))
    answer = client.post(link, data={"file": (io.BytesIO(b"x" * 3000), "a.py")}, headers=HTML)
    assert (answer.status_code, "That file is too large" in answer.text) == (413, True)


def sign_in(app: Flask, secret: str, next_page: str = "/") -> tuple[FlaskClient, str]:
    """A browser that signed in, and where it was sent."""
    client = app.test_client()
    data = {"csrf_token": guard(client, "/sign-in"), "token": secret, "next": next_page}
    answer = client.post("/sign-in", data=data)
    return client, answer.headers.get("Location", str(answer.status_code))


@with_secret
def test_staff_stay_signed_in_until_their_token_is_revoked(app: Flask, store: Store) -> None:
    token, secret = store.tokens.create("staff", "course", {Scope.STAFF})
    client, location = sign_in(app, secret)
    assert location == "/"
    assert client.get("/").headers["Location"] == "/courses"
    store.tokens.revoke(token.id)
    assert client.get("/").status_code == 200
    assert client.get("/courses/course").headers["Location"] == "/sign-in?next=%2Fcourses%2Fcourse"


@with_secret
def test_a_portals_token_does_not_sign_in(app: Flask, portal: Asker) -> None:
    assert sign_in(app, portal.secret)[1] == "403"


@with_secret
def test_staff_see_no_other_course(app: Flask, staff: Asker) -> None:
    client, _ = sign_in(app, staff.secret)
    assert client.get("/courses/elsewhere").status_code == 404


@with_secret
@pytest.mark.parametrize(
    "foreign_page",
    ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb", "", "/\t/evil.example"],
)
def test_signing_in_never_leads_elsewhere(app: Flask, staff: Asker, foreign_page: str) -> None:
    assert sign_in(app, staff.secret, foreign_page)[1] == "/"


@with_secret
def test_the_cookie_is_for_this_server_and_not_for_scripts(app: Flask, staff: Asker) -> None:
    client = app.test_client()
    data = {"csrf_token": guard(client, "/sign-in"), "token": staff.secret}
    cookie = client.post("/sign-in", data=data).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert staff.secret not in cookie


@pytest.mark.service(secret=SECRET, public_url="https://backmark.example.edu")
def test_the_cookie_goes_over_tls_where_there_is_tls(app: Flask) -> None:
    assert "Secure" in app.test_client().get("/sign-in").headers["Set-Cookie"].split("; ")


@with_secret
def test_the_api_takes_no_cookie(app: Flask, staff: Asker) -> None:
    client, _ = sign_in(app, staff.secret)
    assert client.get("/api/v1/submissions").status_code == 401


@with_secret
def test_a_problem_is_a_page_for_browsers_and_json_for_others(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/nothing", headers=HTML).mimetype == "text/html"
    assert client.get("/nothing").mimetype == "application/problem+json"
    assert client.get("/api/v1/nothing", headers=HTML).mimetype == "application/problem+json"


@with_secret
def test_pages_have_the_strict_policy_and_nothing_inline(app: Flask, portal: Asker, store: Store) -> None:
    record = graded_submission(portal, store)
    link = make_link(app, lambda: links.verdict(record))
    for path in ("/", "/sign-in", link, "/nothing"):
        answer = app.test_client().get(path, headers=HTML)
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=|https?://", answer.text)
        for asset in re.findall(r'(?:src|href)="(/st(?:atic|yles)/[^"]+)"', answer.text):
            assert app.test_client().get(asset, buffered=True).status_code == 200


def test_pages_say_that_the_store_is_away(redis_server: EmbeddedRedis, tmp_path: Path) -> None:
    """Which is skipped where the shared Redis is."""
    assert redis_server.pid
    redis = EmbeddedRedis(tmp_path)
    redis.start()
    settings = ServiceSettings(redis_url=SecretStr(redis.url), secret=SecretStr(SECRET))
    store = Store.connect(settings)
    app = create_app(settings, store)
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2"))
    redis.stop()
    answer = app.test_client().get(link, headers=HTML)
    store.close()
    assert (answer.status_code, "Not available right now" in answer.text) == (503, True)
