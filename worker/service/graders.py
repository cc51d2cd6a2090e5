"""Revisions as they were published, checked and made ready for judging: the last few are kept."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from grader.errors import AssignmentError
from grader.judge.judge import Judge
from grader.model import records
from grader.model.assignment import Assignment
from grader.model.fresh import GROUPS, group
from grader.store import keys
from grader.store.assignments import Assignments
from grader.subjects.kinds import load
from grader.subjects.networks import revision as networks
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.service import fresh

#: Revisions that are kept ready: a course has a few at a time, each of a few megabytes.
_KEPT = 8
#: Of these, as their groups are graded on them.
_GROUPED = 4 * GROUPS
#: Those of which only the record is kept.
_KNOWN = 256

UNCHOSEN = (
    "this revision grades on fresh networks, which a secret chooses: set BACKMARK_SECRET for every worker, the same"
    " that it was published with"
)

Key = TypeVar("Key")
Value = TypeVar("Value")

#: Draws and keeps a pool for so many fresh networks of an assignment, by a secret.
Draw = Callable[[Assignment, int, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Ready:
    grader: Grader
    pool: networks.Revision | None


class Graders:
    """For one thread. A revision whose content is not what its id says is an AssignmentError, never a verdict."""

    def __init__(self, assignments: Assignments, jails: Jails, secret: bytes | None) -> None:
        self._assignments = assignments
        self._jails = jails
        self._secret = secret
        self._known: dict[tuple[str, str], records.Revision] = {}
        self._ready: OrderedDict[str, _Ready] = OrderedDict()
        self._grouped: OrderedDict[tuple[str, str], Grader] = OrderedDict()

    def revision(self, course: str, name: str) -> records.Revision | None:
        """A revision that the course may use. It never changes, and each submission asks for its own again."""
        known = self._known.get((course, name)) or self._assignments.get(course, name)
        if known is not None:
            self._known[course, name] = known
            while len(self._known) > _KNOWN:
                del self._known[next(iter(self._known))]
        return known

    def group(self, revision: records.Revision, course: str, student: str) -> str:
        """The group that a student is graded in; empty where a revision has the same networks for all students."""
        return group(self.secret_of(revision), course, student) if revision.replaced else ""

    def grader(
        self, revision: records.Revision, source_sha256: str, group: str = "", draw: Draw | None = None
    ) -> Grader:
        """What judges a source of somebody of the group against a revision, on fresh networks where it has such.

        `draw` draws the pool of a revision that ships, where nobody has drawn it for this service before.
        """
        if revision.replaced and (grouped := self._grouped.get((revision.id, group))) is not None:
            self._grouped.move_to_end((revision.id, group))
            return grouped
        ready = self._ready.get(revision.id) or self._loaded(revision, draw)
        _keep(self._ready, revision.id, ready, _KEPT)
        if ready.pool is None:
            return ready.grader
        secret, own = self.secret_of(revision), ready.grader.judge.revision
        if not revision.replaced:
            which = fresh.chosen(secret, revision.id, source_sha256, len(ready.pool.suite), revision.fresh)
            return Grader(Judge(fresh.joined(own, ready.pool, which)), self._jails, shared=False)
        judged_on = fresh.of_group(secret, revision.id, own, ready.pool, revision.replaced, group)
        grader = Grader(Judge(judged_on), self._jails)
        _keep(self._grouped, (revision.id, group), grader, _GROUPED)
        return grader

    def secret_of(self, revision: records.Revision) -> bytes:
        """The secret that a revision's verdicts depend on: none where its networks are the same for all."""
        if not revision.fresh:
            return b""
        if not self._secret:
            raise AssignmentError(UNCHOSEN)
        return self._secret

    def _loaded(self, revision: records.Revision, draw: Draw | None) -> _Ready:
        data = self._assignments.networks(revision.id)
        if data is None:
            raise AssignmentError(f"the networks of revision {revision.id} are not in the store")
        found = load(data, f"revision {revision.id}")
        pool = self._pool(revision, found.assignment, draw) if revision.fresh else None
        known = found.id
        # What ships has its id already when a service draws a pool for it.
        if pool is not None and revision.course != keys.EVERYONE:
            known = fresh.identifier(found, pool, revision.fresh, revision.replaced)
        if known != revision.id:
            raise AssignmentError(f"revision {revision.id} is damaged: its content is that of {known}")
        return _Ready(Grader(Judge(found), self._jails), pool)

    def _pool(self, revision: records.Revision, assignment: Assignment, draw: Draw | None) -> networks.Revision:
        data = self._assignments.pool(revision.id)
        if data is None and draw is not None and revision.course == keys.EVERYONE:
            data = draw(assignment, revision.fresh, self.secret_of(revision))
        if data is None:
            raise AssignmentError(f"the pool of revision {revision.id} is not in the store")
        # Only networks have pools. The pool's own assignment does not count: its number and seed are nobody's business.
        return replace(networks.load(data, f"pool of revision {revision.id}"), evidence=None)


def _keep(kept: "OrderedDict[Key, Value]", key: Key, value: Value, most: int) -> None:
    """Keep the last that were used."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
