"""Networks of a submission's own: chosen from a larger pool, unpredictable to students, repeatable for staff."""

import hashlib
import hmac
from dataclasses import replace

from grader.assignment import MOST_NETWORKS
from grader.errors import AssignmentError
from grader.model import Assignment
from grader.revision import Revision
from grader.stored import assignment_to_json
from grader.suite import join

#: A pool holds so many networks for each that is chosen, and at least so many.
_TIMES, _LEAST = 5, 200
#: Networks for each submission, at most.
MOST = MOST_NETWORKS // _TIMES


def pool_size(fresh: int) -> int:
    """How many networks a pool holds for so many that are chosen."""
    return max(_TIMES * fresh, _LEAST)


def pool_assignment(assignment: Assignment, fresh: int, secret: bytes) -> Assignment:
    """What a pool is drawn for: as the assignment, but more networks, by a seed that only the secret tells."""
    count = pool_size(fresh)
    told = _keyed(secret, f"pool\n{fresh}\n{assignment_to_json(assignment)}")
    return replace(
        assignment,
        networks=count,
        home_networks=min(count, assignment.home_networks),
        seed=int.from_bytes(told[:4], "big") % 2**31,
    )


def identifier(revision: Revision, pool: Revision, fresh: int) -> str:
    """The id of the revision together with its pool."""
    text = f"fresh\n{revision.id}\n{pool.networks_sha256}\n{fresh}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def chosen(secret: bytes, revision: str, source_sha256: str, size: int, fresh: int) -> list[int]:
    """Places in a pool of `size` networks: the first `fresh` of an order that only the secret tells."""
    if fresh > size:
        raise AssignmentError(f"revision {revision} has a pool of {size} networks, and {fresh} are to be chosen")
    return sorted(range(size), key=lambda i: _keyed(secret, f"choice\n{revision}\n{source_sha256}\n{i}"))[:fresh]


def joined(revision: Revision, pool: Revision, which: list[int]) -> Revision:
    """The revision with these networks of the pool among its own.

    In order of depth, as drawn revisions are: a student's module is made anew for each change of it.
    """
    suite = join([revision.suite, pool.suite.take(which)])
    order = sorted(range(len(suite)), key=lambda i: len(suite.sizes[i]))
    # Its evidence is worked out where a verdict needs it.
    return replace(revision, suite=suite.take(order), evidence=None)


def _keyed(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
