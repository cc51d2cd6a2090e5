"""A course's submission portal, as small as one can be: a form, a signed webhook, a verdict. README.md runs it.

What a portal of your own should keep of it: submit under a key of your own, believe nothing in a webhook but that
something changed, and remember which webhooks you have heard.
"""

import sqlite3
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, abort, current_app, json, redirect, render_template, request, url_for
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from backmark import Client, Invalid, NotReached, Submission, TooMany, Unavailable

#: Seconds for which the id of a webhook is remembered: longer than Backmark tries to deliver one.
REMEMBERED = 3 * 24 * 3600

#: What passes by itself: the service is away, or has more to do than it can.
PASSING = (NotReached, Unavailable, TooMany)

TABLES = """
CREATE TABLE IF NOT EXISTS submission (
    id TEXT PRIMARY KEY, student TEXT, filename TEXT, state TEXT, verdict TEXT, handed_in REAL
);
CREATE TABLE IF NOT EXISTS heard (webhook_id TEXT PRIMARY KEY, signed INTEGER);
"""

portal = Blueprint("portal", __name__, template_folder="templates")


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """The portal. Its settings are the environment's PORTAL_URL, PORTAL_TOKEN, PORTAL_WEBHOOK_SECRET unless given."""
    app = Flask(__name__)
    app.config.update(URL="http://127.0.0.1:8000", ASSIGNMENT="udl-7.2", DATABASE="portal.db")
    app.config.update(MAX_CONTENT_LENGTH=9 << 20)
    app.config.from_prefixed_env("PORTAL")
    app.config.update(config or {})
    app.extensions["backmark"] = Client(app.config["URL"], app.config["TOKEN"])
    app.register_blueprint(portal)
    return app


@portal.get("/")
def form() -> str:
    """The form, and what was handed in lately."""
    with database() as rows:
        latest = rows.execute("SELECT * FROM submission ORDER BY handed_in DESC LIMIT 20").fetchall()
    # The key is made with the form: sent twice, by whatever accident, it is one submission.
    return render_template("form.html", key=uuid.uuid4().hex, latest=latest)


@portal.post("/")
def hand_in() -> Any:
    """Submit the file of a form."""
    # A real portal knows its students from their login, and never from a field of a form.
    file, student = request.files.get("file"), request.form.get("student", "")
    if file is None or not file.filename:
        abort(HTTPStatus.BAD_REQUEST, "no file was chosen")
    key, assignment = request.form.get("key"), current_app.config["ASSIGNMENT"]
    try:
        accepted = backmark().submit(
            file.read(), assignment=assignment, student=student, filename=file.filename, key=key
        )
    except Invalid as refusal:
        abort(HTTPStatus.BAD_REQUEST, str(refusal))
    except PASSING:
        abort(HTTPStatus.SERVICE_UNAVAILABLE, "grading is not to be had just now; go back and try again")
    with database() as rows:
        # Its webhook may have been quicker than this.
        rows.execute(
            "INSERT OR IGNORE INTO submission VALUES (?, ?, ?, ?, NULL, ?)",
            (accepted.id, student, file.filename, accepted.state, time.time()),
        )
    return redirect(url_for("portal.show", submission=accepted.id), HTTPStatus.SEE_OTHER)


@portal.get("/submissions/<submission>")
def show(submission: str) -> str:
    """What is known of a submission, from webhooks alone."""
    with database() as rows:
        row = rows.execute("SELECT * FROM submission WHERE id = ?", (submission,)).fetchone()
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return render_template("submission.html", row=row, verdict=json.loads(row["verdict"] or "null"))


@portal.post("/callbacks")
def hear() -> Response:
    """Hear from Backmark: 401 to what it did not sign, 409 to what somebody sends again."""
    try:
        # Over the bytes as they came; a timestamp may be five minutes off.
        event = Webhook(current_app.config["WEBHOOK_SECRET"]).verify(request.get_data(), dict(request.headers))
    except (WebhookVerificationError, ValueError):
        abort(HTTPStatus.UNAUTHORIZED, "not signed by Backmark, or not lately")
    webhook_id, signed = request.headers["webhook-id"], int(float(request.headers["webhook-timestamp"]))
    with database() as rows:
        before = rows.execute("SELECT signed FROM heard WHERE webhook_id = ?", (webhook_id,)).fetchone()
    if before is None:
        try:
            # The webhook says that something changed. What is true is read, with our own token.
            if event["type"] != "notification.test":
                keep(backmark().submission(event["data"]["id"]))
        except PASSING:
            # Not remembered: Backmark comes again with the same id.
            abort(HTTPStatus.SERVICE_UNAVAILABLE)
    elif signed <= before["signed"]:
        abort(HTTPStatus.CONFLICT, "this was heard before")
    # Signed anew under an id that was heard: our answer was lost, and Backmark asks for another.
    remember(webhook_id, signed)
    return Response(status=HTTPStatus.NO_CONTENT)


def keep(found: Submission) -> None:
    """Keep a submission as it stands."""
    with database() as rows:
        rows.execute(
            "INSERT INTO submission VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, verdict = excluded.verdict",
            (found.id, found.student, found.filename, found.state, json.dumps(found.verdict), time.time()),
        )


def remember(webhook_id: str, signed: int) -> None:
    """Know this webhook when it comes again."""
    with database() as rows:
        rows.execute("DELETE FROM heard WHERE signed < ?", (time.time() - REMEMBERED,))
        rows.execute("INSERT OR REPLACE INTO heard VALUES (?, ?)", (webhook_id, signed))


def backmark() -> Client:
    """The service. One client for all requests: threads may share it."""
    client: Client = current_app.extensions["backmark"]
    return client


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """A transaction: all of it, or nothing."""
    with closing(sqlite3.connect(current_app.config["DATABASE"], timeout=10)) as rows:
        rows.row_factory = sqlite3.Row
        rows.executescript(TABLES)
        with rows:
            yield rows
