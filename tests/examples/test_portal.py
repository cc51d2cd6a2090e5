"""The portal example on a real service: a file handed in, its callback heard, and no other believed."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from flask import Flask
from standardwebhooks import Webhook
from werkzeug.serving import make_server

from examples.portal import create_app
from backmark.grader.model.records import Scope
from tests.client.running import Running
from tests.service.parts import until
from tests.services import require_program
from backmark.worker.serve.embedded import free_port

EXAMPLES = Path(__file__).parents[2] / "examples"
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as it came over the wire."""

    body: bytes
    headers: Mapping[str, str]
    status: str


@dataclass(slots=True)
class Portal:
    """A portal that is being served, and what it was sent."""

    url: str
    app: Flask
    secret: str
    heard: list[Callback] = field(default_factory=list)

    def hand_in(self, file: Path, student: str, key: str) -> httpx.Response:
        """As a browser does."""
        fields = {"student": student, "key": key}
        return httpx.post(self.url, data=fields, files={"file": (file.name, file.read_bytes())}, trust_env=False)

    def call(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Call it back; what it answers."""
        return httpx.post(f"{self.url}/callbacks", content=body, headers=dict(headers), trust_env=False).status_code

    def page(self, path: str) -> str:
        """A page."""
        return httpx.get(f"{self.url}{path}", trust_env=False).text

    def sign(self, body: str, **changes: str) -> dict[str, str]:
        """Headers that sign a body of ours, as Backmark would now."""
        now = datetime.now(UTC)
        signature = Webhook(self.secret).sign("msg_ours", now, body)
        headers = {
            "webhook-id": "msg_ours",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }
        return {**headers, **changes}


@pytest.fixture
def portal(service: Running, tmp_path: Path) -> Iterator[Portal]:
    """The example, served on the loopback interface, with a token of its own and a callback to itself."""
    app = create_app(
        {
            "URL": service.url,
            "TOKEN": service.token(Scope.SUBMIT, Scope.READ),
            "WEBHOOK_SECRET": "not known yet",
            "DATABASE": str(tmp_path / "portal.db"),
        }
    )
    new_portal = Portal("", app, "")
    server = make_server("127.0.0.1", 0, _remember_callbacks(app, new_portal), threaded=True)
    new_portal.url = f"http://127.0.0.1:{server.port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with service.client(Scope.STAFF) as staff:
            callback = staff.notifications.create(f"{new_portal.url}/callbacks")
            assert callback.secret
            new_portal.secret = app.config["WEBHOOK_SECRET"] = callback.secret
            yield new_portal
            staff.notifications.delete(callback.id)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["backmark"].close()


def _remember_callbacks(app: Flask, portal: Portal) -> Any:
    """The application, and a note of each callback."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/callbacks":
            return app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        environ["wsgi.input"] = io.BytesIO(body)
        headers = {name: environ.get(f"HTTP_{name.upper().replace('-', '_')}", "") for name in HEADERS}

        def note_status(status: str, *arguments: Any) -> Any:
            portal.heard.append(Callback(body, headers, status))
            return start_response(status, *arguments)

        return app(environ, note_status)

    return answer


def test_a_file_handed_in_gets_its_verdict_by_a_signed_notification(portal: Portal) -> None:
    """Submitted with a form, graded in a jail, heard of, read, shown."""
    response = portal.hand_in(EXAMPLES / "no_relu_derivative.ipynb", "ada", "first")
    assert response.status_code == 303
    until(lambda: "failed: 8 of 10 marks" in portal.page(response.headers["Location"]), "the verdict is shown")
    # It is shown from the moment that it is written down, which is before the callback is answered.
    until(lambda: portal.heard, "the callback is answered")
    assert [callback.status for callback in portal.heard] == ["204 NO CONTENT"]
    page = portal.page(response.headers["Location"])
    assert re.search(r"Wrong on \d+ of \d+ cases", page)
    assert "all_weights = [" in page
    assert "Your code ignores the derivative of every ReLU." in page
    assert "What comes back through a unit that was switched off?" in page
    assert "line 25 of code cell 8" in page
    assert "<pre>all_dl_df[layer-1] = all_dl_dh[layer]</pre>" in page
    assert "ada, no_relu_derivative.ipynb" in portal.page("/")


def test_a_form_that_is_sent_twice_is_one_submission(portal: Portal) -> None:
    """Whether its sender was impatient or its network was not well."""
    first, second = (portal.hand_in(EXAMPLES / "right.ipynb", "grace", "the-same") for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    until(lambda: "passed: 10 of 10 marks" in portal.page(first.headers["Location"]), "the verdict is shown")
    until(lambda: portal.heard, "the callback is answered")
    assert len(portal.heard) == 1


def test_a_replayed_notification_is_refused(portal: Portal) -> None:
    """Though its signature is good and its time is right."""
    portal.hand_in(EXAMPLES / "right.ipynb", "alan", "replayed")
    until(lambda: portal.heard, "the callback comes")
    callback = portal.heard[0]
    assert callback.status == "204 NO CONTENT"
    assert portal.call(callback.body, callback.headers) == 409
    assert portal.call(callback.body, callback.headers) == 409


def test_a_notification_that_backmark_makes_again_is_acknowledged_and_no_news(portal: Portal) -> None:
    """Its answer was lost: the same id, signed anew. What came in between is refused from then on."""
    portal.hand_in(EXAMPLES / "right.ipynb", "barbara", "again")
    until(lambda: portal.heard, "the callback comes")
    callback = portal.heard[0]
    later_time = datetime.fromtimestamp(int(callback.headers["webhook-timestamp"]) + 5, UTC)
    number, body = callback.headers["webhook-id"], callback.body.decode()
    repeat_headers = {
        "webhook-id": number,
        "webhook-timestamp": str(int(later_time.timestamp())),
        "webhook-signature": Webhook(portal.secret).sign(number, later_time, body),
    }
    assert portal.call(callback.body, repeat_headers) == 204
    assert portal.call(callback.body, repeat_headers) == 409
    assert portal.call(callback.body, callback.headers) == 409


def test_a_tampered_notification_is_refused(portal: Portal) -> None:
    """Whatever was changed: a word, the id, the time, the signature; and what is left out is missed."""
    portal.hand_in(EXAMPLES / "right.ipynb", "edsger", "tampered")
    until(lambda: portal.heard, "the callback comes")
    callback = portal.heard[0]
    assert portal.call(callback.body.replace(b"edsger", b"donald"), callback.headers) == 401
    for name in HEADERS:
        assert portal.call(callback.body, {**callback.headers, name: ""}) == 401
        assert portal.call(callback.body, {header: callback.headers[header] for header in HEADERS if header != name}) == 401
    assert portal.call(callback.body, {**callback.headers, "webhook-id": "msg_other"}) == 401
    later_timestamp = str(int(callback.headers["webhook-timestamp"]) + 1)
    assert portal.call(callback.body, {**callback.headers, "webhook-timestamp": later_timestamp}) == 401


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "nonsense"},
        {"webhook-signature": "v2,AAAA v1"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "0"},
    ],
)
def test_a_signature_that_is_none_is_refused(portal: Portal, changes: dict[str, str]) -> None:
    """Without an error of the portal's own."""
    assert portal.call(b"{}", portal.sign("{}", **changes)) == 401


def test_a_notification_from_long_ago_is_refused(portal: Portal) -> None:
    """Signed well, but six minutes before."""
    before = datetime.now(UTC) - timedelta(minutes=6)
    old_headers = {"webhook-id": "msg_old", "webhook-timestamp": str(int(before.timestamp()))}
    signature = Webhook(portal.secret).sign("msg_old", before, "{}")
    assert portal.call(b"{}", {**old_headers, "webhook-signature": signature}) == 401


def test_bytes_that_are_no_text_are_refused(portal: Portal) -> None:
    """Nobody signs those."""
    assert portal.call(b"\xff\xfe", portal.sign("{}")) == 401


def test_a_file_that_is_refused_is_said_to_be_and_what_is_missing_too(portal: Portal) -> None:
    """With the server's own words."""
    response = portal.hand_in(EXAMPLES / "right.ipynb", "no name has blanks", "refused")
    assert response.status_code == 400
    assert "/student" in response.text
    assert httpx.post(portal.url, data={"student": "ada"}, trust_env=False).status_code == 400
    assert httpx.get(f"{portal.url}/submissions/unknown", trust_env=False).status_code == 404


def test_the_steps_of_its_readme_lead_to_a_verdict_on_one_machine(
    jail: object, redis_program: str, tmp_path: Path) -> None:
    """`backmark serve`, a token, a callback, the portal: on ports that are free here."""
    assert jail
    assert redis_program
    bash = require_program("bash")
    require_program("curl")
    page = (EXAMPLES / "portal" / "README.md").read_text(encoding="utf-8")
    serve, prepare = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    portal_address, server_address = (f"127.0.0.1:{free_port()}" for _ in range(2))
    prepare = prepare.replace("127.0.0.1:5000", portal_address).replace("--port 5000", f"--port {portal_address.partition(':')[2]}")
    data = tmp_path / "data"
    exports = f"export BACKMARK_URL=http://{server_address} BACKMARK_TOKEN=$(cat {data}/token)\n"
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BACKMARK_")},
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PORTAL_DATABASE": str(tmp_path / "portal.db"),
    }

    def start(script: str) -> subprocess.Popen[bytes]:
        """The last command of a script takes its place, so that it is what is stopped."""
        first, _, last = script.strip().rpartition("\n")
        return subprocess.Popen([bash, "-euc", f"{first}\nexec env {last}"], cwd=EXAMPLES.parent, env=variables)

    service = start(f"{serve.strip()} --data {data} --bind {server_address} --workers 1")
    try:
        until((data / "token").exists, "it is ready")
        portal = start(exports + prepare)
        try:
            until(lambda: _answers(f"http://{portal_address}"), "the portal answers")
            portal_pages = Portal(f"http://{portal_address}", Flask(__name__), "")
            response = portal_pages.hand_in(EXAMPLES / "no_relu_derivative.ipynb", "ada", "first")
            until(lambda: "failed: 8 of 10 marks" in portal_pages.page(response.headers["Location"]), "the verdict is shown")
        finally:
            portal.terminate()
            portal.wait()
    finally:
        service.send_signal(signal.SIGINT)
        service.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False
