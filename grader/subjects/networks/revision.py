"""A revision: an assignment and its networks, stored as data and named by a hash over both."""

import hashlib
import io
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from grader.errors import AssignmentError, MadeByNewerVersion
from grader.model.assignment import DEFAULT_KIND
from grader.model.stored import assignment_to_json
from grader.oracle.suite import Suite, join
from grader.subjects.damage import DAMAGE
from grader.subjects.networks.archive import ARRAYS, DESCRIBED
from grader.subjects.networks.assignment import Assignment, assignment_from_json

if TYPE_CHECKING:
    from grader.subjects.networks.subject import Networks

#: The archive's layout, which is also hashed into every id. A new field of the assignment leaves it as it is; only what
#: readers of this format would misread needs another one. Archives of format 2 are read for good.
FORMAT = 2
#: The kind of an archive that names none.
KIND = DEFAULT_KIND

_HEADER = frozenset({"format", "kind", "assignment", "id", "evidence", *DESCRIBED})

UPDATE = "update Backmark to use it"


@dataclass(frozen=True, eq=False)
class NetworksRevision:
    """The standard for judging submissions."""

    assignment: Assignment
    suite: Suite
    #: False where the networks are not the assignment's own.
    own_cases: bool = True
    #: On how many networks a right implementation puts each step to the test, worked out once; None where not yet.
    evidence: Mapping[str, int] | None = None
    #: The assignment's JSON as it is stored, which the id is a hash over; None: as this version writes it.
    stored: str | None = None

    def __post_init__(self) -> None:
        if self.stored is not None and assignment_from_json(self.stored) != self.assignment:
            raise ValueError("the assignment is not the stored one: leave `stored` out to name it anew")

    @property
    def kind(self) -> str:
        """The kind of homework."""
        return KIND

    @cached_property
    def subject(self) -> "Networks":
        """The networks made ready for judging."""
        # Not for who draws: Hypothesis looks at what else is imported.
        from grader.subjects.networks.subject import Networks  # noqa: PLC0415

        return Networks(self.assignment, self.suite, self.evidence)

    @property
    def renewal(self) -> Self:
        """Itself: fresh networks may replace some of its own."""
        return self

    @cached_property
    def cases_sha256(self) -> str:
        """A hash over the networks and their differences."""
        return _hash_networks(self.suite)

    @cached_property
    def id(self) -> str:
        """A hash over the stored bytes of the assignment and its networks."""
        return _id(self.assignment_json, self.cases_sha256)

    @property
    def assignment_json(self) -> str:
        """The assignment's JSON, byte for byte as it is stored."""
        return assignment_to_json(self.assignment) if self.stored is None else self.stored

    def fitting(self, pool: "NetworksRevision", order: Sequence[int], replaced: Collection[int]) -> list[int]:
        """Return places in the pool, the first of the order: as many of the notebook's shape as are replaced."""
        home = self.assignment.home.sizes
        at_home = sum(self.suite.sizes[i] == home for i in replaced)
        alike = [i for i in order if pool.suite.sizes[i] == home][:at_home]
        others = [i for i in order if pool.suite.sizes[i] != home][: len(replaced) - len(alike)]
        return sorted(alike + others)

    def merge(
        self, pool: "NetworksRevision", places: Sequence[int], replaced: Collection[int] = ()
    ) -> "NetworksRevision":
        """Return the revision with these networks of the pool, and without the replaced ones of its own.

        They are ordered by depth, as in drawn revisions: a student's module is reloaded whenever the depth changes.
        """
        kept = [i for i in range(len(self.suite)) if i not in replaced]
        suite = join([self.suite.take(kept), pool.suite.take(places)])
        order = sorted(range(len(suite)), key=lambda i: len(suite.sizes[i]))
        # The evidence is computed only if a verdict needs it.
        return replace(self, suite=suite.take(order), evidence=None)


def dump(revision: NetworksRevision) -> bytes:
    """The revision as a NumPy archive without pickles, its own hash within."""
    header = {
        "format": FORMAT,
        "assignment": revision.assignment_json,
        "id": revision.id,
        "evidence": revision.evidence,
        **_describe(revision.suite),
    }
    file = io.BytesIO()
    arrays = {name: getattr(revision.suite, name) for name in ARRAYS}
    np.savez_compressed(file, header=np.frombuffer(json.dumps(header).encode(), dtype=np.uint8), **arrays)
    return file.getvalue()


def load(data: bytes, name: str = "revision") -> NetworksRevision:
    """The revision that `dump` wrote, in this or an earlier version of Backmark.

    MadeByNewerVersion if it has a format, a kind or a field that this version does not know; AssignmentError if it is
    damaged. Bytes alone decide which: what matches its hash is never called damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as archive:
            header = json.loads(archive["header"].tobytes())
            _check_version(header, name)
            arrays = {array: archive[array] for array in ARRAYS}
        suite = Suite(
            tuple(tuple(sizes) for sizes in header["sizes"]),
            tuple(header["columns"]),
            tuple(header["corners"]),
            **arrays,
        )
        stored, identifier = str(header["assignment"]), header["id"]
        cases_sha256 = _hash_networks(suite)
    except DAMAGE as error:
        # Without its own words: NumPy's advise to open it unsafely.
        message = f"{name} is no revision, or is damaged; draw its networks again"
        raise AssignmentError(message) from error
    if _id(stored, cases_sha256) != identifier:
        message = f"{name} is damaged (its content does not match its hash); draw its networks again"
        raise AssignmentError(message)
    return NetworksRevision(_assignment(stored, name), suite, evidence=header.get("evidence"), stored=stored)


def _check_version(header: Mapping[str, Any], name: str) -> None:
    """Refuse what another version made, before anything is read that it may have changed.

    By the header alone, which has a checksum: the names in an archive have none, so an unknown one may be damage.
    """
    made_in = header["format"]
    if not isinstance(made_in, int):
        raise TypeError("a format is a number")
    if made_in < FORMAT:
        raise AssignmentError(f"{name} was made by a version of Backmark before 0.1; draw its networks again")
    if made_in > FORMAT:
        raise MadeByNewerVersion(f"{name} was made by a newer version of Backmark (format {made_in}): {UPDATE}")
    if (kind := header.get("kind", KIND)) != KIND:
        raise MadeByNewerVersion(f"{name} is of a kind that this version does not know ({kind}): {UPDATE}")
    if unknown := sorted(header.keys() - _HEADER):
        raise MadeByNewerVersion(
            f"{name} was made by a newer version of Backmark (it has {', '.join(unknown)}): {UPDATE}"
        )


def _assignment(stored: str, name: str) -> Assignment:
    """The assignment whose stored text matched its hash."""
    try:
        return assignment_from_json(stored)
    except MadeByNewerVersion as error:
        raise MadeByNewerVersion(f"{name} was made by a newer version of Backmark ({error}): {UPDATE}") from error
    except (KeyError, TypeError, ValueError) as error:
        message = f"{name} was made by a newer version of Backmark (its assignment has another form): {UPDATE}"
        raise MadeByNewerVersion(message) from error


def _describe(suite: Suite) -> dict[str, Any]:
    return {name: getattr(suite, name) for name in DESCRIBED}


def _hash_networks(suite: Suite) -> str:
    digest = hashlib.sha256(json.dumps(_describe(suite)).encode())
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(getattr(suite, name), dtype="<f8").tobytes())
    return digest.hexdigest()


def _id(assignment_json: str, cases_sha256: str) -> str:
    return hashlib.sha256(f"{FORMAT}\n{assignment_json}\n{cases_sha256}".encode()).hexdigest()[:16]
