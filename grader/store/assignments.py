"""Assignments and their revisions. What ships with Backmark is every course's, until it publishes one of that id."""

import json
from dataclasses import asdict, replace
from typing import Any

from grader.model.fresh import places, usual
from grader.model.records import Revision
from grader.model.stored import read
from grader.store import keys
from grader.store.connection import Connection, text, texts
from grader.store.packaged import Shipped, shipped
from grader.store.scripts import Scripts


class Assignments:
    """By course. Networks and pools are stored once for all courses, since a revision's id is a hash over them."""

    def __init__(self, redis: Connection, scripts: Scripts, *, pooled: bool = False) -> None:
        """`pooled`: with a secret, so that what ships is graded on fresh networks too."""
        self._redis = redis
        self._scripts = scripts
        self._pooled = pooled

    def publish(self, revision: Revision, npz: bytes, pool: bytes | None = None) -> Revision:
        """Make it its assignment's current revision; as it is stored, with the time by Redis's clock."""
        record = json.dumps(asdict(revision))
        published = self._scripts.run(
            "publish", revision.course, revision.assignment_id, revision.id, record, npz, pool or b""
        )
        return _revision(record, text(published))

    def current(self, course: str, assignment_id: str) -> Revision | None:
        """The revision that a submission for this assignment is graded against now."""
        number = self._redis.hget(keys.key("assignments", course), assignment_id)
        if number is not None:
            return self._stored(course, text(number))
        return self._shipped(assignment_id)

    def get(self, course: str, revision_id: str) -> Revision | None:
        """A revision that the course published, or that shipped."""
        own = self._stored(course, revision_id) or self._stored(keys.EVERYONE, revision_id)
        return own or next((self._seeded(each) for each in shipped() if each.id == revision_id), None)

    def revisions(self, course: str, assignment_id: str) -> list[Revision]:
        """All revisions of an assignment that the course may use, newest first."""
        # So that what ships with this version is among them.
        self._shipped(assignment_id)
        found: list[Revision] = []
        for owner in (course, keys.EVERYONE):
            numbers: Any = self._redis.zrevrange(keys.key("revisions", owner, assignment_id), 0, -1)
            found += [each for number in numbers if (each := self._stored(owner, text(number))) is not None]
        return found

    def networks(self, revision_id: str) -> bytes | None:
        """The revision as `grader.subjects.networks.revision.dump` wrote it."""
        data: Any = self._redis.get(keys.key("networks", revision_id))
        return None if data is None else bytes(data)

    def pool(self, revision_id: str) -> bytes | None:
        """The larger pool that fresh networks are chosen from, where the revision has one."""
        data: Any = self._redis.get(keys.key("pool", revision_id))
        return None if data is None else bytes(data)

    def begin_pool(self, revision_id: str, seconds: float) -> bool:
        """Whether nobody has begun to draw this pool within so many seconds: then whoever asks has begun now."""
        return bool(self._redis.set(keys.key("pool-begun", revision_id), "1", nx=True, px=int(1000 * seconds)))

    def keep_pool(self, revision_id: str, pool: bytes) -> bytes:
        """Keep a pool that was drawn for what ships; the one that is kept, if somebody was first."""
        self._redis.set(keys.key("pool", revision_id), pool, nx=True)
        return self.pool(revision_id) or pool

    def list(self, course: str) -> list[Revision]:
        """The current revision of each assignment that the course may use, by the assignment's id."""
        own = {text(each) for each in self._redis.hkeys(keys.key("assignments", course))}
        names = sorted(own | {each.assignment_id for each in shipped()})
        found = (self.current(course, name) for name in names)
        return [each for each in found if each is not None]

    def _stored(self, course: str, revision_id: str) -> Revision | None:
        raw = texts(self._redis.hgetall(keys.key("revision", course, revision_id)))
        return self._with_fresh(_revision(raw["record"], raw["published"])) if raw else None

    def _with_fresh(self, revision: Revision) -> Revision:
        """What ships with this version, graded on fresh networks where there is a secret to choose them by."""
        here = next((each for each in shipped() if each.id == revision.id), None)
        if not self._pooled or here is None or revision.course != keys.EVERYONE:
            return revision
        count = usual(here.networks)
        return replace(revision, fresh=count, replaced=places(here.networks, count))

    def _shipped(self, assignment_id: str) -> Revision | None:
        return next((self._seeded(each) for each in shipped() if each.assignment_id == assignment_id), None)

    def _seeded(self, each: Shipped) -> Revision:
        """What ships, stored by the first process that needs it, so that any worker finds its networks."""
        return self._stored(keys.EVERYONE, each.id) or self._with_fresh(self._publish_shipped(each))

    def _publish_shipped(self, each: Shipped) -> Revision:
        return self.publish(
            Revision(
                id=each.id,
                course=keys.EVERYONE,
                assignment=each.assignment,
                assignment_id=each.assignment_id,
                title=each.title,
                networks_sha256=each.networks_sha256,
                published=0.0,
                preview=each.preview,
            ),
            each.archive,
        )


def _revision(record: str, published: str) -> Revision:
    return read(Revision, {**json.loads(record), "published": float(published) / 1000})
