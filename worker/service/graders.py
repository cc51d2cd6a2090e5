"""Revisions as they were published, checked and made ready for judging: the last few are kept."""

from collections import OrderedDict
from dataclasses import dataclass, replace

from grader.errors import AssignmentError
from grader.properties.engine import Judge
from grader.revision import Revision, load
from grader.store import records
from grader.store.assignments import Assignments
from worker.grading import Grader
from worker.jails import Jails
from worker.service import fresh

#: Revisions that are kept ready: a course has a few at a time, each of a few megabytes.
_KEPT = 8
#: Those of which only the record is kept.
_KNOWN = 256

UNCHOSEN = (
    "this revision grades each submission on networks of its own, which a secret chooses: set BACKMARK_SECRET for every"
    " worker, the same that it was published with"
)


@dataclass(frozen=True, slots=True)
class _Ready:
    grader: Grader
    pool: Revision | None


class Graders:
    """For one thread. A revision whose content is not what its id says is an AssignmentError, never a verdict."""

    def __init__(self, assignments: Assignments, jails: Jails, secret: bytes | None) -> None:
        self._assignments = assignments
        self._jails = jails
        self._secret = secret
        self._known: dict[tuple[str, str], records.Revision] = {}
        self._ready: OrderedDict[str, _Ready] = OrderedDict()

    def revision(self, course: str, name: str) -> records.Revision | None:
        """A revision that the course may use. It never changes, and each submission asks for its own again."""
        known = self._known.get((course, name)) or self._assignments.get(course, name)
        if known is not None:
            self._known[course, name] = known
            while len(self._known) > _KNOWN:
                del self._known[next(iter(self._known))]
        return known

    def grader(self, revision: records.Revision, source_sha256: str) -> Grader:
        """What judges a source against a revision, on networks of its own where the revision has such."""
        ready = self._ready.get(revision.id) or self._loaded(revision)
        self._ready[revision.id] = ready
        self._ready.move_to_end(revision.id)
        while len(self._ready) > _KEPT:
            self._ready.popitem(last=False)
        if ready.pool is None:
            return ready.grader
        secret = self.secret_of(revision)
        which = fresh.chosen(secret, revision.id, source_sha256, len(ready.pool.suite), revision.fresh)
        return Grader(Judge(fresh.joined(ready.grader.judge.revision, ready.pool, which)), self._jails, shared=False)

    def secret_of(self, revision: records.Revision) -> bytes:
        """The secret that a revision's verdicts depend on: none where its networks are the same for all."""
        if not revision.fresh:
            return b""
        if not self._secret:
            raise AssignmentError(UNCHOSEN)
        return self._secret

    def _loaded(self, revision: records.Revision) -> _Ready:
        data = self._assignments.networks(revision.id)
        if data is None:
            raise AssignmentError(f"the networks of revision {revision.id} are not in the store")
        found = load(data, f"revision {revision.id}")
        pool = self._pool(revision) if revision.fresh else None
        known = found.id if pool is None else fresh.identifier(found, pool, revision.fresh)
        if known != revision.id:
            raise AssignmentError(f"revision {revision.id} is damaged: its content is that of {known}")
        return _Ready(Grader(Judge(found), self._jails), pool)

    def _pool(self, revision: records.Revision) -> Revision:
        data = self._assignments.pool(revision.id)
        if data is None:
            raise AssignmentError(f"the pool of revision {revision.id} is not in the store")
        # Of the assignment only the networks count: the pool's own number and seed are nobody's business.
        return replace(load(data, f"pool of revision {revision.id}"), evidence=None)
