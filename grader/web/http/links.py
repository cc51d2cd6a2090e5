"""Signed links that end: whoever holds one may hand in, or read one verdict, and needs nothing else."""

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from grader.model.records import Submission
from grader.web.http import signing
from grader.web.http.problems import LINK_ENDED, NO_SECRET, NOT_FOUND, Problem
from grader.web.http.service import service

_DAY = 86_400


@dataclass(frozen=True, slots=True)
class HandIn:
    """What a link to hand in allows; without a student, whoever hands in says who they are."""

    course: str
    assignment: str
    student: str | None
    #: When it ends, in seconds since 1970.
    until: float


def hand_in(course: str, assignment: str, student: str | None = None, days: int | None = None) -> str:
    """The path of a link to hand in, good for so many days, else for those of the settings."""
    until = int(time.time()) + (days or service().settings.link_days) * _DAY
    return f"/hand-in/{_signed('hand-in', [course, assignment, student, until])}"


def verdict(found: Submission) -> str | None:
    """The path of a link to a submission and its verdict; None where nothing can be signed.

    It ends some days after the submission came, or after that time again for one that is older. So for a while it is
    always the same, and so is what is told of a submission.
    """
    if service().settings.secret is None:
        return None
    days = service().settings.link_days * _DAY
    terms = int((time.time() - found.created) // days) + 1
    return f"/verdicts/{_signed('verdict', [found.id, int(found.created) + max(1, terms) * days])}"


def read_hand_in(token: str) -> HandIn:
    """What a link to hand in says; a Problem where it was not made here, or has ended."""
    course, assignment, student, until = _read("hand-in", token, 4)
    return HandIn(course, assignment, student, until)


def read_verdict(token: str) -> str:
    """The submission that a link leads to."""
    return str(_read("verdict", token, 2)[0])


def address(path: str) -> str:
    """Return a path with the address of the settings before it, else the path alone.

    Never with the header Host: it is whatever the request says, and a link is sent to others.
    """
    public = service().settings.public_url
    return path if public is None else f"{str(public).rstrip('/')}{path}"


def told(found: Submission) -> str | None:
    """The link to a verdict as the API tells it."""
    path = verdict(found)
    return None if path is None else address(path)


def serializer(purpose: str) -> URLSafeSerializer:
    """Return what signs values for one purpose; a Problem if the service has no secret."""
    key = signing.key(service().settings, "link")
    if key is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no link can be signed")
    return URLSafeSerializer(
        key, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def _signed(purpose: str, fields: list[Any]) -> str:
    return str(serializer(purpose).dumps(fields))


def _read(purpose: str, token: str, length: int) -> list[Any]:
    """The fields of a link, of which the last says when it ends."""
    try:
        fields: list[Any] = serializer(purpose).loads(token)
    except BadData:
        raise Problem(NOT_FOUND, "this link is not one of ours: part of it may be missing") from None
    if len(fields) != length:
        raise Problem(NOT_FOUND, "this link is of another version")
    if fields[-1] < time.time():
        raise Problem(LINK_ENDED, "this link has ended; ask the staff of your course for a new one")
    return fields
