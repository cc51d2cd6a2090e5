"""A submission behind its link: how far it is, then its verdict."""

import json
from typing import Any

from flask import Response

from grader.model.records import State, Submission
from grader.web import seeing
from grader.web.api.submission_schemas import place
from grader.web.http import links
from grader.web.http.problems import BUSY, NOT_FOUND, Problem
from grader.web.http.service import service
from grader.web.http.streaming import stream
from grader.web.pages import submit_form as handing
from grader.web.pages.layout import Pages, page
from grader.web.pages.verdict import viewed

pages = Pages("verdicts", __name__)


@pages.get("/verdicts/<token>")
def show(token: str) -> Response:
    """The verdict, once there is one; until then how far it is, kept up to date."""
    found, here = _found(token), service()
    current = here.store.assignments.current(found.course, found.assignment)
    values: dict[str, Any] = {
        "found": found,
        "title": found.assignment if current is None else current.title,
        "again": handing.again(found),
        "bare": True,
    }
    told = seeing.verdict(found, seeing.STUDENT) if found.state is State.DONE else None
    if told is None:
        return page("progress.html", place=place(found), path=f"/verdicts/{token}", **values)
    revision = here.store.assignments.get(found.course, found.revision)
    return page("verdict.html", view=viewed(told, revision), **values)


@pages.get("/verdicts/<token>/events")
def follow(token: str) -> Response:
    """The same as server-sent events: state and place, never the verdict."""
    found = _found(token)
    try:
        return stream(found, _tell)
    except Problem as problem:
        if problem.kind is not BUSY:
            raise
        # To a browser that is the end of it and no error; it then looks at the state now and then.
        return Response(status=204)


@pages.get("/verdicts/<token>/state")
def look(token: str) -> Response:
    """The last of these, for browsers that no connection can be held for."""
    answer = Response(_tell(_found(token)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(token: str) -> Submission:
    name, here = links.read_verdict(token), service()
    here.limits.count(f"link-{name}", "read")
    found = here.store.submissions.get(name)
    if found is None:
        raise Problem(NOT_FOUND, "this submission was deleted")
    return found


def _tell(found: Submission) -> bytes:
    waits = place(found) or {"position": None, "estimated_seconds": None}
    return json.dumps({"state": found.state, "over": found.state.terminal, **waits}).encode()
