"""A course's roster as its platform has it (Names and Role Provisioning Services), read page by page.

A roster is used as a whole or not at all: a page that is missing would let everybody on it seem to have left.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Protocol
from urllib.parse import urljoin

from backmark.grader.courses.student_tables import MOST_STUDENTS
from backmark.grader.errors import BackmarkError
from backmark.grader.lti.claims import ROSTER_SCOPE, clean_line
from backmark.grader.lti.identity import CourseRole, origin, part_of, student_name
from backmark.grader.lti.link_header import find_link
from backmark.grader.lti.services import NoAccessToken, NoPlatformAnswer, PlatformAnswer
from backmark.grader.model.lti import LtiContext, LtiUser, Platform
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.store.store import Store

MEDIA_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
#: Members that are asked for at once, the most pages that are read, and the seconds within which the last one begins.
_PAGE, _MOST_PAGES, _MOST_SECONDS = 200, 500, 600.0
#: The part of a person whose rows have several: the first of these.
_PRECEDENCE = (
    CourseRole.STUDENT,
    CourseRole.STAFF,
    CourseRole.TEST_STUDENT,
    CourseRole.OBSERVER,
    CourseRole.OUTSIDER,
)
#: The most members of a course, its staff included, and the most characters of their ids: the standard's.
_MOST_MEMBERS, _LONGEST_ID = MOST_STUDENTS, 255


class RosterUnavailable(BackmarkError):
    """The platform's roster could not be read; nothing was changed."""


class RosterServices(Protocol):
    """The way to a platform's services."""

    def get(self, platform: Platform, scope: str, url: str, media_type: str) -> PlatformAnswer:
        """Read from a service. Raises NoPlatformAnswer and NoAccessToken."""
        ...


@dataclass(frozen=True, slots=True)
class RosterMember:
    """A person of a platform's roster."""

    subject: str
    part: CourseRole
    name: str = ""


def update_roster(
    store: Store, services: RosterServices, course: str, author: str, *, assisting_learners: bool = False
) -> RosterChange:
    """Read a course's roster and store it; who is missing is marked as having left. Raises RosterUnavailable."""
    context = store.launches.context(course)
    if context is None or not context.roster_url:
        raise RosterUnavailable("the LMS offers no roster")
    platform = store.platforms.get(context.platform)
    if platform is None:
        raise RosterUnavailable("the LMS is no longer registered")
    begun_at = store.time()
    instructed = _list_instructed(store, course)
    members = [
        replace(member, part=CourseRole.STAFF)
        if member.part is CourseRole.STUDENT and member.subject in instructed
        else member
        for member in _merge(_cap(read_roster(services, platform, context, assisting_learners=assisting_learners)))
    ]
    if not members:
        raise RosterUnavailable("the LMS sent an empty roster")
    if store.launches.context(course) is None:
        raise RosterUnavailable("the course was deleted while its roster was read")
    _record_users(store, course, members)
    before = store.courses.roster(course)
    students = (member for member in members if member.part is CourseRole.STUDENT)
    entries = (_entry(member, before) for member in students)
    return store.courses.put_roster(course, entries, "lti", author, begun_at)


def _list_instructed(store: Store, course: str) -> frozenset[str]:
    """Return those who have launched as staff, but for those whom staff put on the roster."""
    roster = store.courses.roster(course)
    return frozenset(
        user.subject
        for user in store.launches.users(course)
        if user.instructed and ((entry := roster.get(user.student)) is None or entry.source == "lti")
    )


def _cap(members: Iterator[RosterMember]) -> list[RosterMember]:
    most = list(islice(members, _MOST_MEMBERS + 1))
    if len(most) > _MOST_MEMBERS:
        raise RosterUnavailable(f"the roster has more than {_MOST_MEMBERS:,} members")
    return most


def _merge(members: list[RosterMember]) -> list[RosterMember]:
    """Return each person once: who has a row as a student is one, and gets marks, whatever the other rows say."""
    people: dict[str, RosterMember] = {}
    for member in members:
        known = people.setdefault(student_name(member.subject, member.part), member)
        if _PRECEDENCE.index(member.part) < _PRECEDENCE.index(known.part):
            people[student_name(member.subject, member.part)] = member
    return list(people.values())


def read_roster(
    services: RosterServices, platform: Platform, context: LtiContext, *, assisting_learners: bool = False
) -> Iterator[RosterMember]:
    """Yield the active members of a course. Raises RosterUnavailable."""
    url: str | None = _with_limit(context.roster_url)
    end = time.monotonic() + _MOST_SECONDS
    for _ in range(_MOST_PAGES):
        if url is None:
            return
        if time.monotonic() > end:
            raise RosterUnavailable(f"the LMS took more than {_MOST_SECONDS / 60:.0f} minutes to send the roster")
        answer = _read_page(services, platform, url)
        yield from _members(answer.content, assisting_learners=assisting_learners)
        url = _following(url, answer)
    raise RosterUnavailable(f"the roster has more than {_MOST_PAGES} pages")


def _read_page(services: RosterServices, platform: Platform, url: str) -> PlatformAnswer:
    try:
        answer = services.get(platform, ROSTER_SCOPE, url, MEDIA_TYPE)
    except NoAccessToken as error:
        raise RosterUnavailable(f"the LMS gave no access token ({error.status}): {error}") from error
    except NoPlatformAnswer as error:
        raise RosterUnavailable(f"the LMS did not answer: {error}") from error
    if not answer.succeeded:
        raise RosterUnavailable(f"the LMS answered {answer.status}" + (f', "{answer.words}"' if answer.words else ""))
    return answer


def _following(url: str, answer: PlatformAnswer) -> str | None:
    try:
        target = find_link(answer.links, "next")
        following = None if target is None else urljoin(url, target)
    except ValueError as error:
        # Somebody may be on a page that we cannot find.
        raise RosterUnavailable(f"the address of the roster's next page cannot be read: {error}") from error
    if following is not None and origin(following) != origin(url):
        # Our access token would go there.
        raise RosterUnavailable("the next page of the roster is on another server than the first")
    return following


def _members(content: bytes, *, assisting_learners: bool) -> Iterator[RosterMember]:
    try:
        rows = [row for row in json.loads(content)["members"] if (row.get("status") or "Active") == "Active"]
        members = [_member(row, assisting_learners=assisting_learners) for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RosterUnavailable("the LMS sent a roster that cannot be read") from error
    yield from members


def _member(row: dict[str, Any], *, assisting_learners: bool) -> RosterMember:
    full = row.get("name") or " ".join(filter(None, (row.get("given_name"), row.get("family_name"))))
    subject, roles = row["user_id"], row["roles"]
    if not isinstance(subject, str | int) or isinstance(subject, bool) or not isinstance(roles, list):
        raise TypeError("a member cannot be read")
    # Half a surrogate pair is a ValueError, too.
    if not 0 < len(str(subject)) <= _LONGEST_ID or not str(subject).encode():
        raise ValueError("a member has an id that no launch could have")
    return RosterMember(
        subject=str(subject),
        part=part_of([role for role in roles if isinstance(role, str)], assisting_learners=assisting_learners),
        name=clean_line(full),
    )


def _record_users(store: Store, course: str, members: list[RosterMember]) -> None:
    """Record who is new or changed: marks of students who never launched are sent, too."""
    before, now = {user.student: user for user in store.launches.users(course)}, store.time()
    for member in members:
        student = student_name(member.subject, member.part)
        known = before.get(student)
        user = LtiUser(
            course=course,
            student=student,
            subject=member.subject,
            name=member.name or (known.name if known else ""),
            staff=member.part is CourseRole.STAFF,
            test=member.part is CourseRole.TEST_STUDENT,
            instructed=known is not None and known.instructed,
            recorded=now,
        )
        is_changed = known is None or replace(known, recorded=now) != user
        if member.part in {CourseRole.STAFF, CourseRole.STUDENT, CourseRole.TEST_STUDENT} and is_changed:
            store.launches.record_user(user)


def _entry(member: RosterMember, before: dict[str, RosterEntry]) -> RosterEntry:
    """Return a student's entry. A name that the platform keeps to itself stays; a registrar's id is not stored."""
    student = student_name(member.subject)
    known = before.get(student, RosterEntry(student))
    return RosterEntry(student, member.name or known.name, known.lms_id, source="lti")


def _with_limit(url: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}limit={_PAGE}"
