"""Fresh networks: replacements for some of a revision's from a secret pool, which students cannot predict.

Each group of students has its own. In revisions of earlier versions no network is replaced; instead each source gets
additional networks of its own.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.errors import AssignmentError
from grader.judge.subject import JudgedRevision
from grader.model.assignment import Assignment
from grader.model.assignment_toml import MOST_NETWORKS
from grader.model.fresh import places
from grader.model.stored import assignment_to_json
from grader.oracle.suite import join
from grader.subjects.networks.revision import Revision

#: Networks in a pool for each chosen one, and at least.
_TIMES, _LEAST = 5, 200
#: The most fresh networks.
MOST = MOST_NETWORKS // _TIMES


def pool_size(fresh: int) -> int:
    """Return the size of the pool for this number of fresh networks."""
    return max(_TIMES * fresh, _LEAST)


def pool_assignment(assignment: Assignment, fresh: int, secret: bytes) -> Assignment:
    """Return the assignment to draw a pool for: with more networks, and a seed derived from the secret."""
    count = pool_size(fresh)
    digest = _digest(secret, f"pool\n{fresh}\n{assignment_to_json(assignment)}")
    return replace(
        assignment,
        networks=count,
        home_networks=min(count, assignment.home_networks),
        seed=int.from_bytes(digest[:4], "big") % 2**31,
    )


def replaceable(networks: int, wanted: int, caught: Sequence[Collection[int]]) -> tuple[int, ...]:
    """Return the places of at most `wanted` networks to replace, so that the rest still detects every known mistake.

    `caught` has the places of the networks that detect each mistake.
    """
    fresh = min(wanted, networks)
    while fresh:
        for shift in range(-(-networks // fresh)):
            chosen = places(networks, fresh, shift)
            if all(set(detecting) - set(chosen) for detecting in caught):
                return chosen
        fresh //= 2
    return ()


def identifier(revision: JudgedRevision, pool: Revision, fresh: int, replaced: Sequence[int] = ()) -> str:
    """Return the id of the revision together with its pool and the replaced places."""
    text = f"fresh\n{revision.id}\n{pool.networks_sha256}\n{fresh}"
    if replaced:
        text += f"\n{[*replaced]}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose(secret: bytes, revision: str, whose: str, size: int, fresh: int) -> list[int]:
    """Return places in a pool of `size` networks: the first `fresh` of an order derived from the secret.

    `whose` is a group of students, or for revisions of earlier versions the SHA-256 of a source.
    """
    if fresh > size:
        raise AssignmentError(f"revision {revision} has a pool of {size} networks, and {fresh} are to be chosen")
    return sorted(range(size), key=lambda i: _digest(secret, f"choice\n{revision}\n{whose}\n{i}"))[:fresh]


def merge_pool(revision: Revision, pool: Revision, which: Sequence[int], replaced: Collection[int] = ()) -> Revision:
    """Return the revision with these networks of the pool, and without the replaced ones of its own.

    The networks are ordered by depth, as in drawn revisions: a student's module is reloaded whenever the depth changes.
    """
    kept = [i for i in range(len(revision.suite)) if i not in replaced]
    suite = join([revision.suite.take(kept), pool.suite.take(which)])
    order = sorted(range(len(suite)), key=lambda i: len(suite.sizes[i]))
    # The evidence is computed only if a verdict needs it.
    return replace(revision, suite=suite.take(order), evidence=None)


def of_group(  # noqa: PLR0913 - the inputs of the choice, each by its name
    secret: bytes, revision: str, own: Revision, pool: Revision, replaced: Sequence[int], group: str
) -> Revision:
    """Return the revision of a group of students, with as many networks of the notebook's shape as before."""
    home = own.assignment.home.sizes
    order = choose(secret, revision, f"group {group}", len(pool.suite), len(pool.suite))
    at_home = sum(own.suite.sizes[i] == home for i in replaced)
    alike = [i for i in order if pool.suite.sizes[i] == home][:at_home]
    others = [i for i in order if pool.suite.sizes[i] != home][: len(replaced) - len(alike)]
    if len(alike) + len(others) < len(replaced):
        raise AssignmentError(f"revision {revision} has a pool of {len(pool.suite)} networks, and needs more")
    return merge_pool(own, pool, sorted(alike + others), frozenset(replaced))


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
