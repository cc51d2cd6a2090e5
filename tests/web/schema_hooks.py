"""Hooks for schemathesis with facts that no schema can express: a fresh key per request, and names that exist."""

import base64
import binascii
import os
from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, GenerationMode, HookContext
from schemathesis.generation.meta import TestPhase
from schemathesis.transport.serialization import Binary

from backmark.grader.support.file_formats import name_format
from tests.web.tomls import TOML

#: Fields of bodies for which only some values are of use.
USEFUL: dict[str, Any] = {
    "toml": TOML,
    "assignment": "udl-7.2",
    "url": "https://1.1.1.1/heard",
    # A notification sends the events of its kind.
    "kind": "webhook",
    "events": ["submission.done"],
    # A policy, an extension and an outage that can be: times in their order, and a reason.
    "opens": None,
    "due": "2027-03-05T18:00:00Z",
    "closes": None,
    "start": "2027-03-05T12:00:00Z",
    "end": "2027-03-05T13:00:00Z",
    "reason": "ill",
    # Of a course.
    "zone": "Europe/Zurich",
    "archived": None,
    # A note, a question or an answer that says something.
    "text": "Why 8 of 10?",
    # The current one.
    "revision": None,
    "cursor": None,
}
#: A submission that there is, for what reads one: what deletes one makes its own.
SUBMISSION = "BACKMARK_TEST_SUBMISSION"


@schemathesis.hook
def filter_body(_context: HookContext, body: object) -> bool:
    """Leave out files of the formats that are refused: Hypothesis reads their first bytes in our own code."""
    parts = body.values() if isinstance(body, dict) else ()
    return all(name_format(content) is None for part in parts for content in _readings(part))


def _readings(part: object) -> list[bytes]:
    """Return the files that a field may be: bytes, text, or bytes in base64."""
    if isinstance(part, Binary):
        return [part.data]
    if not isinstance(part, str):
        return []
    text = part.encode(errors="replace")
    try:
        return [text, base64.b64decode(text, validate=True)]
    except binascii.Error:
        return [text]


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Mend what is meant to be valid; leave alone what is not. Other cases share what is changed here: copies only."""
    if case.meta is not None and case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if case.method != "DELETE" and case.path.startswith("/api/v1/submissions/{") and not _is_linked(case):
        case.path_parameters = case.path_parameters | {"submission_id": os.environ[SUBMISSION]}
    if "Idempotency-Key" in case.headers:
        case.headers = case.headers.copy()
        case.headers["Idempotency-Key"] = str(uuid4())
    if "course" in case.path_parameters:
        _mend_course(case)
    if isinstance(case.query, dict):
        case.query = {name: value for name, value in case.query.items() if name != "cursor"}
    # A form with a file is taken for invalid once it was changed; the documentation's example is sent as it is.
    if isinstance(case.body, dict) and "file" not in case.body:
        case.body = case.body | {name: value for name, value in USEFUL.items() if name in case.body}


def _mend_course(case: Case[Any]) -> None:
    """Name an assignment that there is; make an extension, a roster and a confirmation such as are accepted."""
    if "assignment" in case.path_parameters:
        # With a student of ours: what was escaped for an address is taken for invalid once another part was changed.
        useful = {"course": "course", "assignment": "udl-7.2", "student": "ada"}
        case.path_parameters = {name: useful.get(name, part) for name, part in case.path_parameters.items()}
    if case.method == "PUT" and "/extensions/" in case.path and isinstance(case.body, dict):
        case.body = case.body | {"due": USEFUL["due"]}
    if case.method == "DELETE" and case.path.endswith("/{course}"):
        case.query = {"confirm": case.path_parameters["course"]}
    if case.method == "PUT" and case.path.endswith("/roster"):
        case.body = {"students": [{"student": "ada"}]} if case.media_type == "application/json" else "student\nada\n"
    if case.method == "POST" and case.path.endswith("/extensions") and case.media_type == "text/csv":
        case.body = "student,due,reason\nada,2027-03-05T18:00Z,ill\n"


def _is_linked(case: Case[Any]) -> bool:
    """Return True if the parameters come from a previous answer."""
    return case.meta is not None and case.meta.phase.name is TestPhase.STATEFUL
