"""Courses: the policy of each assignment, what holds for single students, the roster, and the log of staff's acts.

Whatever changes one of them writes the log in the same transaction.
"""

import json
import math
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any, NamedTuple, TypeVar

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.course import Invitation
from backmark.grader.model.marks import Attempt
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.records import Kind
from backmark.grader.model.stored import read
from backmark.grader.model.terms import CourseTerms, Extension, Outage, Override, Policy, Terms
from backmark.grader.store import keys
from backmark.grader.store.acts import read_entry, record, write_entry
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.functions import Functions
from backmark.grader.store.links import new_ending
from backmark.grader.store.paging import RecordPage, cursor, start
from backmark.grader.store.summary import VerdictSummary
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction

Noun = TypeVar("Noun")

#: Random bytes of an outage's id.
_ID = 6
#: The most submissions that one call looks at, a few milliseconds for which other commands wait.
_CHUNK = 500
#: The most submissions that one call deletes.
_DELETED = 100
#: Fields that say who did something, when and why: the log has them beside what was set.
_ABOUT = ("author", "reason", "recorded", "student", "id")
#: Fields of records by students, of which none is later than what expires.
_TIMES = ("recorded", "left", "due", "closes")


class TermField(NamedTuple):
    """A field of the hash of a noun, such as `extensions` and a student."""

    course: str
    assignment: str
    noun: str
    name: str

    @property
    def hash(self) -> str:
        """The key of the hash."""
        return keys.key(self.noun, self.course, *(() if self.noun == "policies" else (self.assignment,)))


class Courses:
    """All courses. What is not set is None or empty; the name of a course is all that it needs to be one."""

    def __init__(self, redis: Connection, functions: Functions, transactions: Transactions) -> None:
        self._redis = redis
        self._functions = functions
        self.transactions = transactions

    def policy(self, course: str, assignment: str) -> Policy | None:
        """Return the policy of an assignment."""
        raw: Any = self._redis.hget(keys.key("policies", course), assignment)
        return None if raw is None else _read(Policy, raw)

    def policies(self, course: str) -> dict[str, Policy]:
        """Return all policies of a course by assignment."""
        return _read_all(Policy, self._redis.hgetall(keys.key("policies", course)))

    def set_policy(
        self, course: str, assignment: str, policy: Policy, author: str, *, only_if_none: bool = False
    ) -> bool:
        """Set a policy; return False if there is one and `only_if_none` keeps it."""
        entry = AuditEntry(0, author, "policy.set", assignment, details=_details(policy))
        place = TermField(course, assignment, "policies", assignment)
        return self._set(place, policy, entry, only_if_none=only_if_none) is not None

    @in_transaction
    def publish_marks(self, transaction: Transaction, course: str, assignment: str, author: str) -> bool:
        """Let students read verdicts and marks that were held back; return False if none were."""
        place = TermField(course, assignment, "policies", assignment)
        raw = transaction.read.hget(place.hash, place.name)
        policy = None if raw is None else _read(Policy, raw)
        if policy is None or not policy.held_back:
            return False
        put_term(
            transaction, place, replace(policy, held_back=False), AuditEntry(0, author, "marks.publish", assignment)
        )
        return True

    def remove_policy(self, course: str, assignment: str, author: str) -> bool:
        """Remove a policy; return False if there is none."""
        entry = AuditEntry(0, author, "policy.remove", assignment)
        return self._remove(TermField(course, assignment, "policies", assignment), entry)

    def extensions(self, course: str, assignment: str) -> dict[str, Extension]:
        """Return the extensions by student."""
        return _read_all(Extension, self._redis.hgetall(keys.key("extensions", course, assignment)))

    def set_extension(self, course: str, assignment: str, extension: Extension) -> Extension:
        """Set a student's extension, in place of the one before; return it as recorded, by the store's clock."""
        entry = AuditEntry(
            *(0, extension.author, "extension.set", assignment, extension.student, extension.reason),
            details=_details(extension),
        )
        at = self._set(TermField(course, assignment, "extensions", extension.student), extension, entry)
        return replace(extension, recorded=at or 0.0)

    def set_extensions(self, course: str, assignment: str, extensions: Iterable[Extension]) -> int:
        """Set the extensions of many students, each in place of the one before; return their number."""
        return len([self.set_extension(course, assignment, extension) for extension in extensions])

    def remove_extension(self, course: str, assignment: str, student: str, author: str) -> bool:
        """Remove a student's extension; return False if there is none."""
        entry = AuditEntry(0, author, "extension.remove", assignment, student)
        return self._remove(TermField(course, assignment, "extensions", student), entry)

    def outages(self, course: str, assignment: str) -> tuple[Outage, ...]:
        """Return the outages that move an assignment's times, the earliest first."""
        return _sort(_read_all(Outage, self._redis.hgetall(keys.key("outages", course, assignment))).values())

    def add_outage(self, course: str, assignment: str, outage: Outage) -> Outage:
        """Add an outage; return it as recorded, with its new id and by the store's clock."""
        outage = replace(outage, id=secrets.token_hex(_ID))
        entry = AuditEntry(0, outage.author, "outage.add", assignment, reason=outage.reason, details=_details(outage))
        at = self._set(TermField(course, assignment, "outages", outage.id), outage, entry)
        return replace(outage, recorded=at or 0.0)

    def remove_outage(self, course: str, assignment: str, outage: str, author: str) -> bool:
        """Remove the outage with this id; return False if there is none."""
        entry = AuditEntry(0, author, "outage.remove", assignment)
        return self._remove(TermField(course, assignment, "outages", outage), entry)

    def overrides(self, course: str, assignment: str) -> dict[str, Override]:
        """Return the overrides by student."""
        return _read_all(Override, self._redis.hgetall(keys.key("overrides", course, assignment)))

    def set_override(self, course: str, assignment: str, override: Override) -> Override:
        """Set a student's mark, in place of the override before; return it as recorded, by the store's clock."""
        entry = AuditEntry(
            *(0, override.author, "override.set", assignment, override.student, override.reason),
            details=_details(override),
        )
        at = self._set(TermField(course, assignment, "overrides", override.student), override, entry)
        return replace(override, recorded=at or 0.0)

    def remove_override(self, course: str, assignment: str, student: str, author: str) -> bool:
        """Remove a student's override; return False if there is none."""
        entry = AuditEntry(0, author, "override.remove", assignment, student)
        return self._remove(TermField(course, assignment, "overrides", student), entry)

    def terms(self, course: str, assignment: str) -> CourseTerms:
        """Return the rules of time of an assignment for all students, as they were at one moment."""
        pipeline = self._redis.pipeline()
        pipeline.hget(keys.key("policies", course), assignment)
        for noun in ("extensions", "outages", "overrides"):
            pipeline.hgetall(keys.key(noun, course, assignment))
        policy, extensions, outages, overrides = pipeline.execute()
        return CourseTerms(
            None if policy is None else _read(Policy, policy),
            _read_all(Extension, extensions),
            _sort(_read_all(Outage, outages).values()),
            _read_all(Override, overrides),
        )

    def terms_of(self, course: str, assignment: str, student: str) -> Terms:
        """Return the rules of time of an assignment for one student, as they were at one moment."""
        pipeline = self._redis.pipeline()
        pipeline.hget(keys.key("terms-changed", course), assignment)
        pipeline.hget(keys.key("policies", course), assignment)
        pipeline.hget(keys.key("extensions", course, assignment), student)
        pipeline.hgetall(keys.key("outages", course, assignment))
        pipeline.hget(keys.key("overrides", course, assignment), student)
        version, policy, extension, outages, override = pipeline.execute()
        return Terms(
            None if policy is None else _read(Policy, policy),
            None if extension is None else _read(Extension, extension),
            _sort(_read_all(Outage, outages).values()),
            None if override is None else _read(Override, override),
            int(version or 0),
        )

    def attempts(self, course: str, assignment: str) -> dict[str, tuple[Attempt, ...]]:
        """Return the attempts that count by student, the earliest first; one that waits counts, a rejected one not."""
        return self._attempts(keys.key("index", course, "assignment", assignment))

    def attempts_of(self, course: str, assignment: str, student: str) -> tuple[Attempt, ...]:
        """Return the attempts of one student that count, the earliest first."""
        return self._attempts(keys.key("index", course, "both", assignment, student)).get(student, ())

    def refused(self, course: str, assignment: str) -> Counter[str]:
        """Return the number of files by student that were refused before they ran, which are no attempts."""
        names: Any = self._redis.zrange(keys.key("index", course, "outcome", Outcome.REJECTED), 0, -1)
        pipeline = self._redis.pipeline(transaction=False)
        for name in names:
            pipeline.hmget(keys.key(Kind.SUBMISSION, text(name)), "assignment", "student")
        return Counter(text(student) for own, student in pipeline.execute() if student and text(own) == assignment)

    def roster(self, course: str) -> dict[str, RosterEntry]:
        """Return the students of a course by name in submissions, also those who left."""
        return _read_all(RosterEntry, self._redis.hgetall(keys.key("roster", course)))

    def roster_names(self, course: str, students: Iterable[str]) -> dict[str, str]:
        """Return the names that the roster has for these students, by student; those without one are left out."""
        wanted = list(dict.fromkeys(students))
        raw: Any = self._redis.hmget(keys.key("roster", course), wanted) if wanted else []
        entries = [_read(RosterEntry, value) for value in raw if value is not None]
        return {entry.student: entry.name for entry in entries if entry.name}

    def put_roster(
        self, course: str, entries: Iterable[RosterEntry], source: str, author: str, complete_at: float = math.inf
    ) -> RosterChange:
        """Store a whole roster: students missing from it are marked as having left, unless staff added them.

        `complete_at` is when the roster was complete, in seconds since 1970; who was recorded since then stays. Without
        it, the roster is complete now.
        """
        sourced = [replace(entry, source=source) for entry in entries]
        return self._put_roster(course, sourced, AuditEntry(0, author, "roster.put", ""), complete_at)

    def add_student(self, course: str, entry: RosterEntry, author: str) -> RosterChange:
        """Add one student, or change the entry."""
        return self._put_roster(course, [entry], AuditEntry(0, author, "roster.add", "", entry.student))

    @in_transaction
    def remove_student(self, transaction: Transaction, course: str, student: str, author: str) -> bool:
        """Remove a student's entry in the roster, and nothing else; return False if there is none."""
        is_there = bool(transaction.read.hexists(keys.key("roster", course), student))
        if is_there:
            transaction.write.hdel(keys.key("roster", course), student)
            record(transaction, course, AuditEntry(0, author, "roster.remove", "", student))
        return is_there

    def record_act(self, course: str, entry: AuditEntry) -> None:
        """Write an act of staff into the log; the store's clock sets `at`."""
        self._functions.call("record_act", course=course, entry=write_entry(entry))

    def audit(self, course: str, limit: int = 50, after: str | None = None) -> RecordPage[AuditEntry]:
        """Return a page of the log, newest first. Raises BadCursor for an unknown cursor."""
        log = keys.key("audit", course)
        chunk: Any = self._redis.zrevrangebyscore(log, start(after), "-inf", start=0, num=limit + 1)
        items = tuple(map(read_entry, chunk))
        more = cursor(1000 * items[limit - 1].at) if len(items) > limit else None
        return RecordPage(items[:limit], more)

    def expire(self, before: float) -> int:
        """Delete records of students that are older than a time (seconds since 1970), and the log until then.

        What concerns a submission that is still there stays. Returns the number of records.
        """
        courses: Any = self._redis.smembers(keys.key("courses-kept"))
        return sum(self._expire(text(course), before) for course in courses)

    @in_transaction
    def _expire(self, transaction: Transaction, course: str, before: float) -> int:
        log, end = keys.key("audit", course), f"({1000 * before:.3f}"
        transaction.write.zremrangebyscore(log, "-inf", end)
        gone = int(transaction.read.zcount(log, "-inf", end))
        invitations = keys.key("invitations", course)
        for name, raw in texts(transaction.read.hgetall(invitations)).items():
            if _read(Invitation, raw).ends < before:
                transaction.write.hdel(invitations, name)
        for noun in ("roster", "lti-users"):
            gone += _expire_records(transaction, keys.key(noun, course), before, course, "student")
        assignments: Any = transaction.read.smembers(keys.key("assignments-kept", course))
        for assignment in map(text, assignments):
            expired = sum(
                _expire_records(transaction, keys.key(noun, course, assignment), before, course, "both", assignment)
                for noun in ("extensions", "overrides")
            )
            if expired:
                transaction.write.hincrby(keys.key("terms-changed", course), assignment, 1)
            gone += expired
        return gone

    def delete(self, course: str, links: str = "") -> int:
        """Delete a course with everything that belongs to it; return the number of its submissions.

        `links` is the owner of all links of the course, which end.
        Tokens with the scope admin stay: they see every course. So does what several courses share by its hash: the
        cases of a revision.
        """
        deleted, more = 0, True
        while more:
            gone, more = self._functions.call(
                "delete_course", course=course, limit=_DELETED, links=links, ending=new_ending()
            )
            deleted += int(gone)
        return deleted

    @in_transaction
    def _set(
        self,
        transaction: Transaction,
        place: TermField,
        value: Policy | Extension | Outage | Override,
        entry: AuditEntry,
        *,
        only_if_none: bool = False,
    ) -> float | None:
        """Set a value; return the seconds at which it was recorded, or None if one was there and stays."""
        if only_if_none and transaction.read.hexists(place.hash, place.name):
            return None
        return put_term(transaction, place, value, entry)

    @in_transaction
    def _remove(self, transaction: Transaction, place: TermField, entry: AuditEntry) -> bool:
        is_there = bool(transaction.read.hexists(place.hash, place.name))
        if is_there:
            transaction.write.hdel(place.hash, place.name)
            _note_change(transaction, place, entry)
        return is_there

    @in_transaction
    def _put_roster(
        self,
        transaction: Transaction,
        course: str,
        entries: Sequence[RosterEntry],
        act: AuditEntry,
        complete_at: float | None = None,
    ) -> RosterChange:
        """Store entries, and that whoever was recorded before `complete_at` and is not among them has left."""
        roster, now, changes = keys.key("roster", course), transaction.now() / 1000, Counter[str]()
        present = dict.fromkeys(entry.student for entry in entries)
        if complete_at is None:
            known = zip(present, transaction.read.hmget(roster, list(present)), strict=True)
            stored = _read_all(RosterEntry, {name: raw for name, raw in known if raw is not None})
        else:
            stored = _read_all(RosterEntry, transaction.read.hgetall(roster))
        leaving = [
            replace(entry, left=now)
            for entry in stored.values()
            if entry.left is None and entry.recorded < (complete_at or 0)
            if entry.student not in present and entry.source != "staff"
        ]
        for entry in entries:
            old = stored.get(entry.student)
            # An entry without a section keeps its own.
            section = old.section if entry.section is None and old is not None else entry.section or None
            new = stored[entry.student] = replace(entry, section=section, left=None, recorded=now)
            if old is None or old.left is not None:
                changes["added"] += 1
            elif new != replace(old, recorded=now):
                changes["changed"] += 1
        if written := [*leaving, *(stored[student] for student in present)]:
            transaction.write.hset(roster, mapping={entry.student: json.dumps(asdict(entry)) for entry in written})
        transaction.run("know_course", course=course)
        if leaving or changes:
            record(transaction, course, act)
        return RosterChange(changes["added"], changes["changed"], len(leaving))

    def _attempts(self, index: str) -> dict[str, tuple[Attempt, ...]]:
        students: dict[str, list[Attempt]] = {}
        begin = "-inf"
        while begin:
            last, *flat = map(text, self._functions.call("attempts", index=index, begin=begin, most=_CHUNK))
            for student, attempt in _parse_attempts(flat):
                students.setdefault(student, []).append(attempt)
            begin = f"({last}" if last else ""
        return {student: tuple(attempts) for student, attempts in students.items()}


def put_term(
    transaction: Transaction, place: TermField, value: Policy | Extension | Outage | Override, entry: AuditEntry
) -> float:
    """Set a value; return the seconds at which it was recorded."""
    recorded = transaction.now() / 1000
    transaction.write.hset(place.hash, place.name, json.dumps({**asdict(value), "recorded": recorded}))
    transaction.run("know_course", course=place.course)
    _note_change(transaction, place, entry, is_held_back=isinstance(value, Policy) and value.held_back)
    return recorded


def _note_change(transaction: Transaction, place: TermField, entry: AuditEntry, *, is_held_back: bool = False) -> None:
    """Note that other terms hold: for what is accepted by them, for marks, for notifications, and in the log."""
    student = place.name if place.noun in {"extensions", "overrides"} else ""
    transaction.run("terms_changed", course=place.course, assignment=place.assignment, student=student)
    before = transaction.read.hget(place.hash, place.name) if place.noun == "policies" else None
    if before is not None and _read(Policy, before).held_back and not is_held_back:
        transaction.run("notify_published", course=place.course, assignment=place.assignment)
    record(transaction, place.course, entry)


def _expire_records(transaction: Transaction, records: str, before: float, *submissions: str) -> int:
    """Delete old records of a hash, by student, unless the student's list of submissions with this name has any."""
    expired = [
        student
        for student, raw in texts(transaction.read.hgetall(records)).items()
        if all((json.loads(raw).get(name) or 0) < before for name in _TIMES)
        if not transaction.read.exists(keys.key("index", *submissions, student))
    ]
    if expired:
        transaction.write.hdel(records, *expired)
    return len(expired)


def _parse_attempts(flat: list[str]) -> Iterator[tuple[str, Attempt]]:
    for name, student, created, outcome, score, most, mistakes, failing in zip(
        *(flat[at::8] for at in range(8)), strict=True
    ):
        share = VerdictSummary(outcome, int(score), int(most)).share if outcome else None
        lost = tuple(json.loads(failing or "[]"))
        yield student, Attempt(name, float(created) / 1000, share, tuple(mistakes.split()), int(most or 0), lost)


def _read(kind: type[Noun], raw: bytes | str) -> Noun:
    return read(kind, json.loads(text(raw)))


def _read_all(kind: type[Noun], raw: Any) -> dict[str, Noun]:
    return {name: _read(kind, value) for name, value in sorted(texts(raw).items())}


def _sort(outages: Iterable[Outage]) -> tuple[Outage, ...]:
    return tuple(sorted(outages, key=lambda outage: (outage.start, outage.end, outage.id)))


def _details(value: Policy | Extension | Outage | Override) -> dict[str, Any]:
    """Return the fields of a value without its author and reason, which the log has already."""
    return {name: content for name, content in asdict(value).items() if name not in _ABOUT}
