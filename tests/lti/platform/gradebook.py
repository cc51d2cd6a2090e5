"""The gradebook and the roster of a made-up platform, with those rules of Moodle and Canvas that bite a tool.

Read in their sources. Moodle: mod/lti/service/gradebookservices, resources/scores.php. Canvas:
app/controllers/lti/ims/scores_controller.rb.
"""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any, Protocol

from werkzeug.wrappers import Request, Response

from backmark.grader.lti.claims import LINE_ITEM_SCOPE, RESULT_SCOPE, ROSTER_SCOPE, SCORE_SCOPE

LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
INSTRUCTOR = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
_CANVAS = "https://canvas.instructure.com/lti/submission"
_SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
_COLUMN_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
_RESULT_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
_ROSTER_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the course, as the roster has it."""

    subject: str
    name: str = ""
    roles: tuple[str, ...] = (LEARNER,)
    status: str = "Active"
    sourced_id: str = ""

    @property
    def is_gradable(self) -> bool:
        """True if the gradebook has a row for the person."""
        return LEARNER in self.roles and TEST_USER not in self.roles and self.status == "Active"


@dataclass(frozen=True, slots=True)
class Cell:
    """A mark of the gradebook."""

    score: float | None = None
    #: The timestamp of the last score, in seconds since 1970.
    timestamp: float | None = None
    #: What Canvas keeps of submissions.
    attempt: int = 0
    submitted: str | None = None
    link: str | None = None
    #: What the student reads beside the mark: Moodle has one comment, Canvas adds each to those before.
    comments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused(Exception):
    """An answer that is an error."""

    status: int
    words: str = ""


class Rules(Protocol):
    """The rules of a family of platforms."""

    def take(self, book: "Gradebook", cell: Cell, body: dict[str, Any], maximum: float) -> Cell:
        """Return the cell after a score; raises Refused."""
        ...

    def refuse(self, refusal: Refused) -> Response:
        """Return the answer that a refusal is."""
        ...

    def results_at_once(self, request: Request) -> int:
        """Return how many results are on a page."""
        ...

    def link_results(self, response: Response, following: str) -> None:
        """Name the next page of results."""
        ...


class MoodleRules:
    """Moodle: whole seconds; whatever is not FullyGraded erases the mark."""

    def take(self, book: "Gradebook", cell: Cell, body: dict[str, Any], maximum: float) -> Cell:
        """Return the cell after a score; raises Refused."""
        if not body["userId"].isdigit() or not book.gradable(body["userId"]):
            raise Refused(HTTPStatus.BAD_REQUEST, "Incorrect score received")
        moment = _seconds(body["timestamp"])
        if cell.timestamp is not None and int(cell.timestamp) >= int(moment):
            raise Refused(HTTPStatus.CONFLICT, "Refusing score with an earlier timestamp for item 7")
        score = _scale_score(body, maximum) if body["gradingProgress"] == "FullyGraded" else None
        return replace(cell, score=score, timestamp=moment, comments=_comments(body))

    def refuse(self, refusal: Refused) -> Response:
        """Return the answer that a refusal is: its words are the reason phrase, and the body says nothing."""
        return Response("[]", f"{refusal.status:d} {refusal.words or HTTPStatus(refusal.status).phrase}")

    def results_at_once(self, request: Request) -> int:
        """Return how many results are on a page: all, unless fewer are asked for."""
        return int(request.args.get("limit", "100000"))

    def link_results(self, response: Response, following: str) -> None:
        """Name the next page of results, as no reader of Link headers understands: in curly quotes."""
        response.headers["Link"] = f"Link: <{following}>; rel=“next”".encode().decode("latin-1")


@dataclass(frozen=True, slots=True)
class CanvasRules:
    """Canvas: each score is a new attempt unless it says otherwise, and attempts may be limited."""

    attempts: int | None = None

    def take(self, book: "Gradebook", cell: Cell, body: dict[str, Any], maximum: float) -> Cell:
        """Return the cell after a score; raises Refused."""
        if not book.gradable(body["userId"]):
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "User not found in course or is not a student")
        moment, submission_data = _seconds(body["timestamp"]), body.get(_CANVAS, {})
        if cell.timestamp is not None and cell.timestamp > moment:
            raise Refused(HTTPStatus.BAD_REQUEST, "Provided timestamp before last updated timestamp")
        submitted_at = body.get("submission", {}).get("submittedAt")
        if submitted_at is not None and _seconds(submitted_at) > book.now() + 60:
            raise Refused(HTTPStatus.BAD_REQUEST, "Provided submitted_at timestamp in the future")
        is_reset = body["gradingProgress"] not in {"FullyGraded", "PendingManual"} or "scoreGiven" not in body
        if not is_reset and "scoreMaximum" not in body:
            raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "ScoreMaximum not supplied when ScoreGiven present.")
        cell = replace(cell, timestamp=moment, comments=(*cell.comments, *_comments(body)))
        if submission_data.get("new_submission", True) and submission_data.get("submission_type") != "none":
            if self.attempts is not None and cell.attempt >= self.attempts:
                raise Refused(
                    HTTPStatus.UNPROCESSABLE_ENTITY, "The maximum number of allowed attempts has been reached"
                )
            is_same = submitted_at is not None and submitted_at == cell.submitted
            link = submission_data.get("submission_data")
            cell = replace(cell, attempt=cell.attempt + (not is_same), submitted=submitted_at, link=link)
        if is_reset:
            return replace(cell, score=None)
        if submission_data.get("prioritize_non_tool_grade") and cell.score is not None:
            return cell
        return replace(cell, score=_scale_score(body, maximum))

    def refuse(self, refusal: Refused) -> Response:
        """Return the answer that a refusal is."""
        return Response(json.dumps({"errors": refusal.words}), refusal.status)

    def results_at_once(self, request: Request) -> int:
        """Return how many results are on a page."""
        return min(int(request.args.get("limit", "10")), 100)

    def link_results(self, response: Response, following: str) -> None:
        """Name the next page of results."""
        response.headers["Link"] = f'<{following}>; rel="next"'


@dataclass(slots=True)
class Gradebook:
    """A course of a platform: a WSGI application with its token, score and roster services."""

    rules: Rules
    #: Verifies a message that the tool signed to ask for a token, and returns its claims.
    verify: Callable[[str], dict[str, Any]]
    now: Callable[[], float] = time.time
    members: dict[str, Member] = field(default_factory=dict)
    #: Points by the path of a line item.
    columns: dict[str, float] = field(default_factory=dict)
    #: Line items that are locked: Moodle 4.5 answers each score with 500, and says nothing.
    locked: set[str] = field(default_factory=set)
    page_size: int = 10
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    #: Bodies of scores that came, in their order, with the status of each answer.
    scores: list[tuple[dict[str, Any], int]] = field(default_factory=list)
    #: Marks that were erased: there must be none.
    erased: list[tuple[str, str]] = field(default_factory=list)
    #: Called before each request: what it returns is answered, without anything being done.
    intercept: Callable[[Request], Response | None] = lambda _: None
    _tokens: dict[str, str] = field(default_factory=dict)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        try:
            response = self.intercept(request) or self._answer(request)
        except Refused as refusal:
            response = self.rules.refuse(refusal)
        return response(environ, start_response)

    def enrol(self, *members: Member) -> None:
        """Add people, or change them."""
        self.members.update({member.subject: member for member in members})

    def gradable(self, subject: str) -> bool:
        """Return True if the gradebook has a row for the person."""
        return subject in self.members and self.members[subject].is_gradable

    def mark(self, column: str, subject: str) -> float | None:
        """Return the mark of a person; None if there is none."""
        return self.cells.get((column, subject), Cell()).score

    def revoke_tokens(self) -> None:
        """Accept none of the tokens that were given out."""
        self._tokens.clear()

    def _answer(self, request: Request) -> Response:
        if request.path == "/token":
            return self._give_token(request)
        if request.path.startswith("/member"):
            self._authorize(request, ROSTER_SCOPE)
            return self._list_members(request)
        if request.path.endswith("/scores") and request.method == "POST":
            self._authorize(request, SCORE_SCOPE)
            return self._take_score(request, request.path.removesuffix("/scores"))
        if request.path.endswith("/results") and request.method == "GET":
            self._authorize(request, RESULT_SCOPE)
            return self._list_results(request, request.path.removesuffix("/results"))
        if "/lineitems/" in request.path and request.method == "GET":
            self._authorize(request, LINE_ITEM_SCOPE)
            return _json({"id": request.url, "scoreMaximum": self._maximum(request.path)}, _COLUMN_TYPE)
        raise Refused(HTTPStatus.NOT_FOUND)

    def _give_token(self, request: Request) -> Response:
        claims = self.verify(request.form["client_assertion"])
        if claims["iss"] != claims["sub"]:
            raise Refused(HTTPStatus.BAD_REQUEST, "invalid_client")
        token = secrets.token_hex(8)
        self._tokens[token] = request.form["scope"]
        return _json({"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _authorize(self, request: Request, scope: str) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if scope not in self._tokens.get(token, "").split():
            raise Refused(HTTPStatus.UNAUTHORIZED, "user authorization required")

    def _take_score(self, request: Request, column: str) -> Response:
        body = json.loads(request.get_data())
        try:
            cell = self._score(request, column, body)
        except Refused as refusal:
            self.scores.append((body, refusal.status))
            raise
        place = column, body["userId"]
        if self.mark(*place) is not None and cell.score is None:
            self.erased.append(place)
        self.cells[place] = cell
        self.scores.append((body, HTTPStatus.OK))
        return _json({})

    def _score(self, request: Request, column: str, body: dict[str, Any]) -> Cell:
        maximum = self._maximum(column)
        required_fields = {"userId", "timestamp", "activityProgress", "gradingProgress"}
        if request.content_type != _SCORE_TYPE or not required_fields <= body.keys():
            raise Refused(HTTPStatus.BAD_REQUEST)
        if column in self.locked:
            raise Refused(HTTPStatus.INTERNAL_SERVER_ERROR)
        cell = self.cells.get((column, body["userId"]), Cell())
        return self.rules.take(self, cell, body, maximum)

    def _list_results(self, request: Request, column: str) -> Response:
        maximum, begin = self._maximum(column), int(request.args.get("from", "0"))
        rows = [
            _result(request.base_url, subject, cell, maximum)
            for (place, subject), cell in self.cells.items()
            if place == column
        ]
        size = self.rules.results_at_once(request)
        response = _json(rows[begin : begin + size], _RESULT_TYPE)
        if begin + size < len(rows):
            self.rules.link_results(response, f"{request.base_url}?from={begin + size}")
        return response

    def _maximum(self, column: str) -> float:
        if column not in self.columns:
            raise Refused(HTTPStatus.NOT_FOUND, "no such line item")
        return self.columns[column]

    def _list_members(self, request: Request) -> Response:
        begin = int(request.args.get("from", "0"))
        rows = list(self.members.values())
        page = [_row(member) for member in rows[begin : begin + self.page_size]]
        response = _json({"id": request.url, "members": page}, _ROSTER_TYPE)
        if begin + self.page_size < len(rows):
            next_url = f"{request.base_url}?from={begin + self.page_size}"
            # Two headers, as some platforms and proxies send them.
            response.headers.add("Link", f'<{next_url}>; title="more, \\"next\\" page"; rel="next"')
            response.headers.add("Link", f'<{request.base_url}>; rel="first", <?from=0>; rel="prev current"')
        return response


def _row(member: Member) -> dict[str, Any]:
    row: dict[str, Any] = {"user_id": member.subject, "roles": list(member.roles), "status": member.status}
    if member.name:
        row["name"] = member.name
    if member.sourced_id:
        row["lis_person_sourcedid"] = member.sourced_id
    return row


def _result(address: str, subject: str, cell: Cell, maximum: float) -> dict[str, Any]:
    row: dict[str, Any] = {"id": f"{address}?user_id={subject}", "userId": subject}
    # A mark that there is none of has no members, by Moodle and Canvas alike.
    return row if cell.score is None else {**row, "resultScore": cell.score, "resultMaximum": maximum}


def _json(content: Any, media_type: str = "application/json") -> Response:
    return Response(json.dumps(content), content_type=media_type)


def _comments(body: dict[str, Any]) -> tuple[str, ...]:
    return (body["comment"],) if body.get("comment") else ()


def _seconds(text: str) -> float:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\+00:00|Z)", text)
    return datetime.fromisoformat(text).timestamp()


def _scale_score(body: dict[str, Any], maximum: float) -> float | None:
    return body["scoreGiven"] * maximum / body["scoreMaximum"] if "scoreGiven" in body else None
