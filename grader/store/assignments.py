"""Assignments and their revisions. Every course has the packaged assignments until it publishes its own of that id."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.fresh_groups import usual
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.model.records import SubmissionRecord
from backmark.grader.model.stored import read
from backmark.grader.store import keys
from backmark.grader.store.acts import record
from backmark.grader.store.connection import Connection, text, texts
from backmark.grader.store.packaged import PackagedRevision, find_packaged_kit, list_packaged_revisions
from backmark.grader.store.transactions import Transaction, Transactions, in_transaction


class Assignments:
    """Assignments by course. Cases and pools are stored once for all: a revision's id is a hash over them."""

    def __init__(self, redis: Connection, transactions: Transactions, *, pooled: bool = False) -> None:
        """Open the assignments; with `pooled` there is a secret, and packaged revisions have fresh cases too."""
        self._redis = redis
        self.transactions = transactions
        self._pooled = pooled
        #: Packaged revisions as they were read from the store, where they never change.
        self._seen: dict[str, RevisionRecord] = {}

    @in_transaction
    def publish(
        self,
        transaction: Transaction,
        revision: RevisionRecord,
        npz: bytes,
        pool: bytes | None = None,
        kits: KitFiles | None = None,
    ) -> RevisionRecord:
        """Store a revision as its assignment's current one, and return it with its time by Redis's clock."""
        course, assignment, name = revision.course, revision.assignment_id, revision.id
        stored, write = keys.key("revision", course, name), transaction.write
        published = text(transaction.read.hget(stored, "published") or transaction.moment())
        written = json.dumps(asdict(revision))
        write.hset(stored, mapping={"record": written, "published": published})
        write.set(keys.key("networks", name), npz, nx=True)
        if pool:
            write.set(keys.key("pool", name), pool, nx=True)
        for field, content in asdict(kits or KitFiles()).items():
            if content:
                write.hset(keys.key("kits", name), field, content)
        write.zadd(keys.key("revisions", course, assignment), {name: published})
        write.hset(keys.key("assignments", course), assignment, name)
        return _revision(written, published)

    @in_transaction
    def make_current(self, transaction: Transaction, revision: RevisionRecord, course: str, author: str = "") -> None:
        """Have submissions of a course graded against this revision from now on; verdicts stay as they are."""
        packaged = self.packaged(revision.assignment_id)
        if packaged is not None and packaged.id == revision.id:
            # It is current while the course names none, also after Backmark ships a newer one.
            transaction.write.hdel(keys.key("assignments", course), revision.assignment_id)
        else:
            transaction.write.hset(keys.key("assignments", course), revision.assignment_id, revision.id)
        details = {"revision": revision.id}
        record(transaction, course, AuditEntry(0, author, "revision.current", revision.assignment_id, details=details))

    def current(self, course: str, assignment_id: str) -> RevisionRecord | None:
        """Return the current revision of an assignment, or None if there is no such assignment."""
        packaged = _find_packaged(assignment_id)
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.hget(keys.key("assignments", course), assignment_id)
        pipeline.exists(keys.key("revision", keys.EVERYONE, packaged.id if packaged else ""))
        number, is_stored = pipeline.execute()
        if number is not None:
            return self._read(course, text(number)) or self._read(keys.EVERYONE, text(number))
        if packaged is None:
            return None
        return (self._seen.get(packaged.id) if is_stored else None) or self._store_packaged(packaged)

    def packaged(self, assignment_id: str) -> RevisionRecord | None:
        """Return the revision of an assignment that ships with Backmark, or None if none does."""
        packaged = _find_packaged(assignment_id)
        return None if packaged is None else self._store_packaged(packaged)

    def get(self, course: str, revision_id: str) -> RevisionRecord | None:
        """Return a revision that the course published or that is packaged, or None if there is none."""
        own = self._read(course, revision_id) or self._read(keys.EVERYONE, revision_id)
        return own or next(
            (self._store_packaged(packaged) for packaged in list_packaged_revisions() if packaged.id == revision_id),
            None,
        )

    def revisions(self, course: str, assignment_id: str) -> list[RevisionRecord]:
        """Return all revisions of an assignment that the course may use, newest first."""
        # Store the packaged revision first, so that it is among them.
        self.packaged(assignment_id)
        revisions: list[RevisionRecord] = []
        for owner in (course, keys.EVERYONE):
            numbers: Any = self._redis.zrevrange(keys.key("revisions", owner, assignment_id), 0, -1)
            revisions += [revision for number in numbers if (revision := self._read(owner, text(number))) is not None]
        return revisions

    def archive(self, revision_id: str) -> bytes | None:
        """Return the revision's archive, as it was drawn; its key is from when all cases were networks."""
        data: Any = self._redis.get(keys.key("networks", revision_id))
        return None if data is None else bytes(data)

    def pool(self, revision_id: str) -> bytes | None:
        """Return the larger pool that fresh cases are chosen from, or None if the revision has none."""
        data: Any = self._redis.get(keys.key("pool", revision_id))
        return None if data is None else bytes(data)

    @in_transaction
    def ask_class(
        self, transaction: Transaction, submission: SubmissionRecord, places: Sequence[int], author: str = ""
    ) -> None:
        """Have everybody in the course asked about the fresh cases at these places in the pool."""
        for place in places:
            transaction.write.sadd(keys.key("asked-of-all", submission.course), f"{submission.revision} {place}")
        details = {"assignment": submission.assignment}
        entry = AuditEntry(0, author, "submission.ask_class", submission.id, submission.student, details=details)
        record(transaction, submission.course, entry)

    def list_asked_of_all(self, course: str, revision_id: str) -> list[int]:
        """Return the places in a revision's pool of the fresh cases that everybody in the course is asked about."""
        asked = (text(member).split() for member in self._redis.smembers(keys.key("asked-of-all", course)))
        return sorted(int(place) for revision, place in asked if revision == revision_id)

    def kits(self, revision_id: str) -> KitFiles:
        """Return the kits of a revision; what ships has the one that ships, without its solution."""
        names = ("without_solution", "with_solution", "refusal")
        stored: Any = self._redis.hmget(keys.key("kits", revision_id), names)
        without_solution, with_solution, refusal = stored
        return KitFiles(without_solution or find_packaged_kit(revision_id), with_solution, text(refusal or b""))

    @in_transaction
    def offer_kit(
        self, transaction: Transaction, course: str, assignment_id: str, author: str = "", *, offered: bool
    ) -> None:
        """Offer students of a course the kit without the solution of whichever revision is current, or end that."""
        change = transaction.write.sadd if offered else transaction.write.srem
        change(keys.key("kits-offered", course), assignment_id)
        record(transaction, course, AuditEntry(0, author, "kit.offer" if offered else "kit.withdraw", assignment_id))

    def offers_kit(self, course: str, revision: RevisionRecord) -> bool:
        """Return True if staff offer students the kit, and the revision has one without the solution."""
        offered = self._redis.sismember(keys.key("kits-offered", course), revision.assignment_id)
        stored = offered and self._redis.hexists(keys.key("kits", revision.id), "without_solution")
        return bool(stored or (offered and find_packaged_kit(revision.id)))

    def begin_pool(self, revision_id: str, seconds: float) -> bool:
        """Mark the drawing of a pool as begun; return False if another process began it in the last `seconds`."""
        return bool(self._redis.set(keys.key("pool-begun", revision_id), "1", nx=True, px=int(1000 * seconds)))

    def keep_pool(self, revision_id: str, pool: bytes) -> bytes:
        """Store the pool of a packaged revision unless there is one already; return the stored one."""
        self._redis.set(keys.key("pool", revision_id), pool, nx=True)
        return self.pool(revision_id) or pool

    def list(self, course: str) -> list[RevisionRecord]:
        """Return the current revision of each assignment that the course may use, sorted by the assignment's id."""
        own = {text(name) for name in self._redis.hkeys(keys.key("assignments", course))}
        names = sorted(own | {packaged.assignment_id for packaged in list_packaged_revisions()})
        current = (self.current(course, name) for name in names)
        return [revision for revision in current if revision is not None]

    def _read(self, course: str, revision_id: str) -> RevisionRecord | None:
        raw = texts(self._redis.hgetall(keys.key("revision", course, revision_id)))
        return self._with_fresh(_revision(raw["record"], raw["published"])) if raw else None

    def _with_fresh(self, revision: RevisionRecord) -> RevisionRecord:
        """Return a packaged revision with its fresh cases, if there is a secret to choose them by."""
        packaged = next((candidate for candidate in list_packaged_revisions() if candidate.id == revision.id), None)
        if not self._pooled or packaged is None or revision.course != keys.EVERYONE:
            return revision
        return replace(revision, fresh=usual(packaged.cases))

    def _store_packaged(self, packaged: PackagedRevision) -> RevisionRecord:
        """Return a packaged revision, and store it if no process has yet, so that any worker finds its cases."""
        stored = self._read(keys.EVERYONE, packaged.id) or self._with_fresh(self._publish_packaged(packaged))
        self._seen[packaged.id] = stored
        return stored

    def _publish_packaged(self, packaged: PackagedRevision) -> RevisionRecord:
        return self.publish(
            RevisionRecord(
                id=packaged.id,
                course=keys.EVERYONE,
                assignment=packaged.assignment,
                assignment_id=packaged.assignment_id,
                title=packaged.title,
                networks_sha256=packaged.cases_sha256,
                published=0.0,
                preview=packaged.preview,
            ),
            packaged.archive,
        )


def _find_packaged(assignment_id: str) -> PackagedRevision | None:
    return next((packaged for packaged in list_packaged_revisions() if packaged.assignment_id == assignment_id), None)


def _revision(record: str, published: str) -> RevisionRecord:
    return read(RevisionRecord, {**json.loads(record), "published": float(published) / 1000})
