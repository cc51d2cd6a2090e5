"""Graders of published revisions, loaded and checked; the last few are kept."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from backmark.grader.contracts.cases.fresh_cases import FreshCases
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision, load
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.errors import AssignmentError
from backmark.grader.model.fresh_groups import GROUPS, group
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.store import keys
from backmark.grader.store.assignments import Assignments
from backmark.worker.grading import fresh_cases
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails

#: The number of loaded revisions kept: a course uses a few at a time, each of a few megabytes.
_KEPT = 8
#: The number of choices of fresh cases kept for groups of students.
_GROUPED = 4 * GROUPS
#: The number of records kept without their cases.
_KNOWN = 256

UNCHOSEN = (
    "this revision grades on fresh cases, which a secret chooses: set BACKMARK_SECRET for every worker to the value"
    " that it was published with"
)

Key = TypeVar("Key")
Value = TypeVar("Value")

#: Draws and stores a pool for a number of fresh cases of an assignment, by a secret.
Draw = Callable[[ContractAssignment, int, bytes], bytes]


@dataclass(frozen=True, slots=True)
class _Ready:
    grader: Grader
    pool: ContractRevision | None


class Graders:
    """Graders for one thread. A revision whose content does not match its id raises AssignmentError."""

    def __init__(self, assignments: Assignments, jails: Jails, secret: bytes | None) -> None:
        self._assignments = assignments
        self._jails = jails
        self._secret = secret
        self._known: dict[tuple[str, str], RevisionRecord] = {}
        self._ready: OrderedDict[str, _Ready] = OrderedDict()
        self._chosen: OrderedDict[tuple[str, str], FreshCases] = OrderedDict()

    def revision(self, course: str, name: str) -> RevisionRecord | None:
        """Return a revision that the course may use, or None; revisions never change, so records are kept."""
        if (known := self._known.get((course, name))) is not None:
            return known
        record = self._assignments.get(course, name)
        if record is not None:
            self._known[course, name] = record
            while len(self._known) > _KNOWN:
                del self._known[next(iter(self._known))]
        return record

    def group(self, revision: RevisionRecord, course: str, student: str) -> str:
        """Return the group of a student, or an empty string if all students have the same cases.

        Behind a plus are the places in the pool of the cases that everybody in the course is asked about.
        """
        if not revision.fresh:
            return ""
        asked_of_all = self._assignments.list_asked_of_all(course, revision.id)
        own = group(self.secret_of(revision), course, student)
        return f"{own}+{','.join(map(str, asked_of_all))}" if asked_of_all else own

    def grader(self, revision: RevisionRecord, draw: Draw | None = None) -> Grader:
        """Return the grader of a revision; `draw` draws the pool of a packaged one if this service has none yet."""
        return self._make_ready(revision, draw).grader

    def fresh_cases(self, revision: RevisionRecord, group: str, draw: Draw | None = None) -> FreshCases | None:
        """Return the fresh cases of a group of students; None if the revision has none."""
        if not revision.fresh:
            return None
        chosen = self._chosen.get((revision.id, group))
        if chosen is None:
            ready, secret = self._make_ready(revision, draw), self.secret_of(revision)
            if ready.pool is None:
                raise AssignmentError(f"revision {revision.id} has no pool")
            own_group, _, of_all = group.partition("+")
            places = fresh_cases.order(secret, revision.id, own_group, len(ready.pool.cases))
            more = [int(place) for place in of_all.split(",") if place]
            chosen = fresh_cases.choose(ready.grader.judge.revision, ready.pool, revision.fresh, places, more)
        _keep(self._chosen, (revision.id, group), chosen, _GROUPED)
        return chosen

    def _make_ready(self, revision: RevisionRecord, draw: Draw | None) -> _Ready:
        ready = self._ready.get(revision.id) or self._load(revision, draw)
        _keep(self._ready, revision.id, ready, _KEPT)
        return ready

    def secret_of(self, revision: RevisionRecord) -> bytes:
        """Return the secret that a revision's verdicts depend on, or none if its cases are the same for all."""
        if not revision.fresh:
            return b""
        if not self._secret:
            raise AssignmentError(UNCHOSEN)
        return self._secret

    def _load(self, revision: RevisionRecord, draw: Draw | None) -> _Ready:
        data = self._assignments.archive(revision.id)
        if data is None:
            raise AssignmentError(f"the cases of revision {revision.id} are not in the store")
        revision_data = load(data, f"revision {revision.id}")
        pool = self._pool(revision, revision_data.assignment, draw) if revision.fresh else None
        content_id = revision_data.id
        # A packaged revision has its id before a service draws a pool for it.
        if pool is not None and revision.course != keys.EVERYONE:
            content_id = fresh_cases.identifier(revision_data, pool, revision.fresh)
        if content_id != revision.id:
            raise AssignmentError(f"revision {revision.id} is damaged: its content is that of {content_id}")
        return _Ready(Grader(Judge(revision_data), self._jails), pool)

    def _pool(self, revision: RevisionRecord, assignment: ContractAssignment, draw: Draw | None) -> ContractRevision:
        data = self._assignments.pool(revision.id)
        if data is None and draw is not None and revision.course == keys.EVERYONE:
            data = draw(assignment, revision.fresh, self.secret_of(revision))
        if data is None:
            raise AssignmentError(f"the pool of revision {revision.id} is not in the store")
        # The pool's own assignment, with size and seed, is not used.
        return load(data, f"pool of revision {revision.id}")


def _keep(kept: "OrderedDict[Key, Value]", key: Key, value: Value, most: int) -> None:
    """Store a value, and drop the least recently used beyond `most`."""
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
