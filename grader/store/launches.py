"""Launches: the courses and people that they name, the launches already used, and the codes that let staff in."""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from backmark.grader.model.lti import LtiContext, LtiUser
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.functions import Functions
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

#: Random bytes of a code.
_CODE = 24


class Launches:
    """The records of verified launches."""

    def __init__(self, redis: Connection, functions: Functions, transactions: Transactions) -> None:
        self._redis = redis
        self._functions = functions
        self.transactions = transactions

    def use_once(self, launch: str, seconds: int) -> bool:
        """Mark a launch as used; return False if it was used before. It is forgotten after `seconds`."""
        return bool(self._redis.set(keys.key("lti-used", keys.digest(launch)), "1", nx=True, ex=seconds))

    @in_transaction
    def record_context(self, transaction: Transaction, context: LtiContext) -> None:
        """Store a course as its latest launch has it; its roster is read soon, and then daily."""
        transaction.write.set(_context(context.course), json.dumps(asdict(context)))
        transaction.run("know_course", course=context.course)
        if context.roster_url:
            transaction.write.zadd(keys.key("lti-rosters"), {context.course: transaction.now()}, nx=True)
        else:
            transaction.write.zrem(keys.key("lti-rosters"), context.course)

    def context(self, course: str) -> LtiContext | None:
        """Return the platform and the context of a course, or None if it came from no platform."""
        raw: Any = self._redis.get(_context(course))
        return None if raw is None else read(LtiContext, json.loads(raw))

    def titles(self, courses: Sequence[str]) -> dict[str, str]:
        """Return the titles in their LMS of those courses that have one, by course."""
        raw: Any = self._redis.mget([_context(course) for course in courses]) if courses else []
        contexts = (read(LtiContext, json.loads(record)) for record in raw if record is not None)
        return {context.course: context.title for context in contexts if context.title}

    def courses_taught(self, courses: Sequence[str], platform: str, student: str) -> list[str]:
        """Return those courses of a platform in which a person, by the name of submissions, launched as staff last."""
        raw: Any = self._redis.mget([_context(course) for course in courses]) if courses else []
        contexts = (read(LtiContext, json.loads(record)) for record in raw if record is not None)
        names = [context.course for context in contexts if context.platform == platform]
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hget(_users(name), student)
        known = [None if user is None else read(LtiUser, json.loads(user)) for user in pipeline.execute()]
        pairs = zip(names, known, strict=True)
        return [name for name, user in pairs if user is not None and user.staff and user.instructed]

    def record_user(self, user: LtiUser) -> None:
        """Store a person as the latest launch or roster has it; send the marks that waited for that."""
        person = json.dumps(asdict(user))
        self._functions.call("lti_record_user", course=user.course, student=user.student, person=person)

    def user(self, course: str, student: str) -> LtiUser | None:
        """Return a person of a course by the name that submissions have, or None."""
        raw: Any = self._redis.hget(_users(course), student)
        return None if raw is None else read(LtiUser, json.loads(raw))

    def users(self, course: str) -> list[LtiUser]:
        """Return everybody in a course who has launched, or is in its roster."""
        raw: Any = self._redis.hvals(_users(course))
        return [read(LtiUser, json.loads(user)) for user in raw]

    def no_students(self, course: str) -> frozenset[str]:
        """Return the names of those in a course who count nowhere: who launched as staff, and previews of staff's."""
        users = self.users(course)
        return frozenset(user.student for user in users if user.test or (user.staff and user.instructed))

    def make_code(self, content: str, seconds: int) -> str:
        """Keep `content` for `seconds`, and return a code that fetches it once. Only the hash of the code is stored."""
        code = secrets.token_urlsafe(_CODE)
        self._redis.set(_code(code), content, ex=seconds)
        return code

    def use_code(self, code: str) -> str | None:
        """Return the content of a code, and use it up; None if it was used before or has expired."""
        raw: Any = self._redis.getdel(_code(code))
        return None if raw is None else text(raw)

    def staff_token(self, course: str, subject: str) -> str | None:
        """Return the id of the token that a member of staff was given at the last launch, or None."""
        raw: Any = self._redis.get(_staff(course, subject))
        return None if raw is None else text(raw)

    def keep_staff_token(self, course: str, subject: str, token: str, seconds: int) -> None:
        """Remember a token for the next launches of the same person."""
        self._redis.set(_staff(course, subject), token, ex=seconds)


def _context(course: str) -> str:
    return keys.key("lti-context", course)


def _users(course: str) -> str:
    return keys.key("lti-users", course)


def _code(code: str) -> str:
    return keys.key("lti-code", keys.digest(code))


def _staff(course: str, subject: str) -> str:
    return keys.key("lti-staff", course, keys.digest(subject))
