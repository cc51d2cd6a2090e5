"""Copies of courses: what an earlier course has of assignments, given to a new one in one transaction."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from backmark.grader.courses.copying import lacks_policy
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.stored import read
from backmark.grader.model.terms import Policy
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.courses import TermField, put_term
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction


@dataclass(frozen=True, slots=True)
class _Contents:
    """The assignments of a course: the current revision of each that is not as it ships, and the policies."""

    revisions: dict[str, str]
    policies: dict[str, Policy]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.revisions.keys() | self.policies.keys()))


class CourseCopies:
    """The copies of all courses."""

    def __init__(self, redis: Connection, transactions: Transactions) -> None:
        self._redis = redis
        self.transactions = transactions

    def list_contents(self, course: str) -> tuple[str, ...]:
        """Return the ids of the assignments of which a course has a revision or a policy of its own."""
        return _read_contents(self._redis, course).names

    def list_missing(self, course: str, earlier: str) -> tuple[str, ...]:
        """Return the ids of the assignments of which an earlier course has what this one lacks."""
        own, other = _read_contents(self._redis, course), _read_contents(self._redis, earlier)
        return tuple(
            name for name in other.names if _lacks_revision(own, other, name) or _lacks_terms(own, other, name)
        )

    @in_transaction
    def take_over(  # noqa: PLR0913 - two courses, what becomes of a policy, and what the logs name
        self,
        transaction: Transaction,
        course: str,
        earlier: str,
        copy: Callable[[Policy, Policy | None], Policy],
        author: str,
        titles: Mapping[str, str],
    ) -> tuple[str, ...]:
        """Give a course the revisions and policies of an earlier one that it lacks; return their assignments.

        Revisions are what they were, with their cases, pools and kits, so nothing is run. `copy` makes a policy of
        that of the earlier course, and that of this one, if there is one. `titles` are those of both courses, for
        their logs.
        """
        own, other = _read_contents(transaction.read, course), _read_contents(transaction.read, earlier)
        taken = set()
        for name, policy in other.policies.items():
            if _lacks_terms(own, other, name):
                taken.add(name)
                # The log has one entry for all.
                term = TermField(course, name, "policies", name)
                put_term(transaction, term, copy(policy, own.policies.get(name)), AuditEntry(0, "", "policy.set", name))
        offered = {text(name) for name in transaction.read.smembers(keys.key("kits-offered", earlier))}
        for name in other.revisions:
            if _lacks_revision(own, other, name):
                taken.add(name)
                _copy_revisions(transaction, course, earlier, name)
                transaction.write.hset(keys.key("assignments", course), name, other.revisions[name])
        if taken & offered:
            transaction.write.sadd(keys.key("kits-offered", course), *sorted(taken & offered))
        names = tuple(sorted(taken))
        if names:
            transaction.run("know_course", course=course)
            for place, act, other_course in (
                (course, "course.take_over", earlier),
                (earlier, "course.give", course),
            ):
                details = {"course": titles[other_course], "assignments": list(names)}
                record(transaction, place, AuditEntry(0, author, act, other_course, details=details))
        return names


def _copy_revisions(transaction: Transaction, course: str, earlier: str, assignment: str) -> None:
    """Copy all revisions: staff may make an older one current again."""
    published: Any = transaction.read.zrange(keys.key("revisions", earlier, assignment), 0, -1, withscores=True)
    for raw_name, moment in published:
        name = text(raw_name)
        stored = texts(transaction.read.hgetall(keys.key("revision", earlier, name)))
        revision = replace(read(RevisionRecord, {**json.loads(stored["record"]), "published": 0.0}), course=course)
        copied: dict[Any, Any] = {**stored, "record": json.dumps(asdict(revision))}
        transaction.write.hset(keys.key("revision", course, name), mapping=copied)
        transaction.write.zadd(keys.key("revisions", course, assignment), {name: moment})


def _read_contents(reads: Any, course: str) -> _Contents:
    policies = texts(reads.hgetall(keys.key("policies", course)))
    return _Contents(
        texts(reads.hgetall(keys.key("assignments", course))),
        {name: read(Policy, json.loads(raw)) for name, raw in policies.items()},
    )


def _lacks_revision(own: _Contents, other: _Contents, assignment: str) -> bool:
    return assignment in other.revisions and assignment not in own.revisions


def _lacks_terms(own: _Contents, other: _Contents, assignment: str) -> bool:
    return lacks_policy(own.policies.get(assignment), other.policies.get(assignment))
