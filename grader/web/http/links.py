"""Signed links that expire: the holder may submit, or read one verdict, and needs nothing else."""

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from grader.model.records import SubmissionRecord
from grader.web.http import signing
from grader.web.http.problems import LINK_ENDED, NO_SECRET, NOT_FOUND, Problem
from grader.web.http.service import service

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class HandIn:
    """The content of a submission link; without a student, the sender types a name."""

    course: str
    assignment: str
    student: str | None
    #: When the link expires, in seconds since 1970.
    until: float


def hand_in(course: str, assignment: str, student: str | None = None, *, lifetime: timedelta | None = None) -> str:
    """Return the path of a submission link; None: it is valid for the settings' days."""
    seconds = service().settings.link_days * _DAY if lifetime is None else int(lifetime.total_seconds())
    return f"/hand-in/{_sign('hand-in', [course, assignment, student, int(time.time()) + seconds])}"


def verdict(submission: SubmissionRecord) -> str | None:
    """Return the path of a link to a submission and its verdict, or None if the service has no secret to sign with.

    The expiry is a whole number of periods after the submission was created. So the link stays the same for a while,
    and with it the JSON of the submission.
    """
    if service().settings.secret is None:
        return None
    days = service().settings.link_days * _DAY
    terms = int((time.time() - submission.created) // days) + 1
    return f"/verdicts/{_sign('verdict', [submission.id, int(submission.created) + max(1, terms) * days])}"


def read_hand_in(token: str) -> HandIn:
    """Return the content of a submission link. Raises Problem if it was not signed here, or has expired."""
    return check_hand_in(open_hand_in(token))


def open_hand_in(token: str) -> HandIn:
    """Return the content of a submission link, also of one that has expired. Raises Problem if it is none of ours."""
    course, assignment, student, until = _open("hand-in", token, 4)
    return HandIn(course, assignment, student, until)


def check_hand_in(link: HandIn) -> HandIn:
    """Return a link that still holds. Raises Problem if it has expired."""
    _check(link.until)
    return link


def read_verdict(token: str) -> str:
    """Return the id of the submission that a link leads to. Raises as `read_hand_in`."""
    return str(_read("verdict", token, 2)[0])


def address(path: str) -> str:
    """Return the URL of a path: with the public URL of the settings, or the path alone if there is none.

    The header Host is never used: the sender of the request chooses it, and a link is sent to others.
    """
    return service().settings.own_url(path) or path


def verdict_url(submission: SubmissionRecord) -> str | None:
    """Return the URL of a submission's verdict as the API shows it, or None if it cannot be signed."""
    path = verdict(submission)
    return None if path is None else address(path)


def serializer(purpose: str) -> URLSafeSerializer:
    """Return the serializer that signs values for one purpose. Raises Problem if the service has no secret."""
    key = signing.key(service().settings, "link")
    if key is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no link can be signed")
    return URLSafeSerializer(
        key, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def _sign(purpose: str, fields: list[Any]) -> str:
    return str(serializer(purpose).dumps(fields))


def _read(purpose: str, token: str, length: int) -> list[Any]:
    """Return the fields of a link; the last is when it expires."""
    fields = _open(purpose, token, length)
    _check(fields[-1])
    return fields


def _open(purpose: str, token: str, length: int) -> list[Any]:
    try:
        fields: list[Any] = serializer(purpose).loads(token)
    except BadData:
        raise Problem(NOT_FOUND, "this link was not issued by this server, or part of it is missing") from None
    if len(fields) != length:
        raise Problem(NOT_FOUND, "this link was issued by another version of the server")
    return fields


def _check(until: float) -> None:
    if until < time.time():
        advice = "open the assignment again in your course, or ask its staff for a new one"
        raise Problem(LINK_ENDED, f"this link has expired; {advice}")
