"""Signed links that end: the holder may submit, or read one verdict, and needs nothing else."""

import hmac
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from backmark.grader.courses.limits import LinkTimes, limits_of, link_times
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.terms import Terms
from backmark.grader.store.links import LinkSeries
from backmark.grader.support.signing import verdict_path
from backmark.grader.web.http import signing
from backmark.grader.web.http.problems import LINK_ENDED, Problem
from backmark.grader.web.http.signing import NEW_LINK, open_signed, serializer, sign
from backmark.grader.web.service import service

_DAY = 86_400
#: Fields of a link to hand in.
_HAND_IN = 6
#: Hexadecimal digits of an owner.
_OWNER = 32


@dataclass(frozen=True, slots=True)
class HandIn:
    """The content of a submission link; without a student, the sender types a name."""

    course: str
    assignment: str
    student: str | None
    #: When the link ends, in seconds since 1970; of a lasting one, when it takes no more files if it never closes.
    until: float
    #: The latest endings of what it belongs to, when it was made.
    endings: str
    #: True if it was made without days: it hands in until its assignment closes, and shows the page ever after.
    lasting: bool

    @property
    def series(self) -> LinkSeries:
        """The links that end together with this one."""
        return LinkSeries(_owners(self.course, self.assignment, self.student), self.endings)


def hand_in(course: str, assignment: str, student: str | None = None, *, lifetime: timedelta | None = None) -> str:
    """Return the path of a submission link; without a lifetime it is a lasting one."""
    return hand_in_each(course, assignment, [student], lifetime=lifetime)[0]


def hand_in_each(
    course: str, assignment: str, students: Iterable[str | None], *, lifetime: timedelta | None = None
) -> list[str]:
    """Return the path of a submission link for each student."""
    seconds = service().settings.link_days * _DAY if lifetime is None else int(lifetime.total_seconds())
    until, lasting, names = int(time.time()) + seconds, int(lifetime is None), list(students)
    known = service().store.links.series(_owners(course, assignment, student) for student in names)
    return [
        f"/hand-in/{sign('hand-in', [course, assignment, student, until, series.endings, lasting])}"
        for student, series in zip(names, known, strict=True)
    ]


def owner(course: str, assignment: str | None = None, student: str | None = None) -> str:
    """Return what links belong to, as the store knows it: a hash with a key of its own; empty without a secret.

    Links of a course, of an assignment, of a student in all assignments, or of a student in one.
    """
    key = signing.key("link owner")
    if key is None:
        return ""
    return hmac.digest(key, json.dumps([course, assignment, student]).encode(), "sha256").hex()[:_OWNER]


def end(course: str, assignment: str, student: str | None, author: str) -> None:
    """End all links to hand in for an assignment, or those of one student. Raises Problem without a secret."""
    serializer("hand-in")
    service().store.links.end(owner(course, assignment, student), course, assignment, student, author)


def verdict(submission: SubmissionRecord) -> str | None:
    """Return the path of a link to a submission and its verdict, or None if the service has no secret to sign with."""
    return verdict_path(service().settings, submission.id, submission.created)


def open_hand_in(token: str) -> HandIn:
    """Return the content of a submission link, also of one that has ended. Raises Problem if it is none of ours."""
    return HandIn(*open_signed("hand-in", token, _HAND_IN))


def check_hand_in(link: HandIn) -> HandIn:
    """Return a link that still shows its page. Raises Problem if it has ended."""
    if not link.lasting:
        _check(link.until)
    if service().store.links.series([link.series.owners]) != [link.series]:
        raise Problem(LINK_ENDED, f"the staff of the course have ended this link; {NEW_LINK}")
    return link


def times(link: HandIn, terms: Terms | None = None) -> LinkTimes:
    """Return until when a link hands in, and until when it shows the page, by these terms or those that hold now."""
    known = terms or service().store.courses.terms_of(link.course, link.assignment, link.student or "")
    return link_times(link.until, limits_of(known).closes, lasting=link.lasting)


def read_verdict(token: str) -> str:
    """Return the id of the submission that a link leads to. Raises as `open_signed`, also if the link has ended."""
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


def _read(purpose: str, token: str, length: int) -> list[Any]:
    """Return the fields of a link; the last is when it expires."""
    fields = open_signed(purpose, token, length)
    _check(fields[-1])
    return fields


def _check(until: float) -> None:
    if until < time.time():
        raise Problem(LINK_ENDED, f"this link has expired; {NEW_LINK}")


def _owners(course: str, assignment: str, student: str | None) -> tuple[str, ...]:
    """Return all that a link belongs to: it ends with any of them."""
    shared = (owner(course), owner(course, assignment))
    return shared if student is None else (*shared, owner(course, student=student), owner(course, assignment, student))
