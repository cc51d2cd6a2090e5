"""Networks from a larger pool in the place of some of a revision's: unpredictable to students, repeatable for staff.

Each group of students has its own. Revisions of earlier versions have none that give way: there each source has
networks of its own beside them.
"""

import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace

from grader.errors import AssignmentError
from grader.judge import subject as judged
from grader.model.assignment import Assignment
from grader.model.assignment_toml import MOST_NETWORKS
from grader.model.fresh import places
from grader.model.stored import assignment_to_json
from grader.oracle.suite import join
from grader.subjects.networks.revision import Revision

#: A pool holds so many networks for each that is chosen, and at least so many.
_TIMES, _LEAST = 5, 200
#: Fresh networks, at most.
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


def giving_way(networks: int, wanted: int, caught: Sequence[Collection[int]]) -> tuple[int, ...]:
    """Places that give way to at most `wanted` fresh networks: what remains still catches every known mistake.

    `caught` are the places that see each mistake.
    """
    fresh = min(wanted, networks)
    while fresh:
        for shift in range(-(-networks // fresh)):
            found = places(networks, fresh, shift)
            if all(set(seen) - set(found) for seen in caught):
                return found
        fresh //= 2
    return ()


def identifier(revision: judged.Revision, pool: Revision, fresh: int, replaced: Sequence[int] = ()) -> str:
    """The id of the revision together with its pool, and the places that give way to it."""
    text = f"fresh\n{revision.id}\n{pool.networks_sha256}\n{fresh}"
    if replaced:
        text += f"\n{[*replaced]}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def chosen(secret: bytes, revision: str, whose: str, size: int, fresh: int) -> list[int]:
    """Places in a pool of `size` networks: the first `fresh` of an order that only the secret tells.

    `whose` is a group of students, or for revisions of earlier versions the SHA-256 of a source.
    """
    if fresh > size:
        raise AssignmentError(f"revision {revision} has a pool of {size} networks, and {fresh} are to be chosen")
    return sorted(range(size), key=lambda i: _keyed(secret, f"choice\n{revision}\n{whose}\n{i}"))[:fresh]


def joined(revision: Revision, pool: Revision, which: Sequence[int], replaced: Collection[int] = ()) -> Revision:
    """The revision with these networks of the pool among its own, some of which give way.

    In order of depth, as drawn revisions are: a student's module is made anew for each change of it.
    """
    kept = [i for i in range(len(revision.suite)) if i not in replaced]
    suite = join([revision.suite.take(kept), pool.suite.take(which)])
    order = sorted(range(len(suite)), key=lambda i: len(suite.sizes[i]))
    # Its evidence is worked out where a verdict needs it.
    return replace(revision, suite=suite.take(order), evidence=None)


def of_group(  # noqa: PLR0913 - what the choice goes by, and what is chosen from
    secret: bytes, revision: str, own: Revision, pool: Revision, replaced: Sequence[int], group: str
) -> Revision:
    """The revision as a group of students is graded on it: with as many networks of the notebook's shape as before."""
    home = own.assignment.home.sizes
    order = chosen(secret, revision, f"group {group}", len(pool.suite), len(pool.suite))
    at_home = sum(own.suite.sizes[i] == home for i in replaced)
    alike = [i for i in order if pool.suite.sizes[i] == home][:at_home]
    others = [i for i in order if pool.suite.sizes[i] != home][: len(replaced) - len(alike)]
    if len(alike) + len(others) < len(replaced):
        raise AssignmentError(f"revision {revision} has a pool of {len(pool.suite)} networks, and needs more")
    return joined(own, pool, sorted(alike + others), frozenset(replaced))


def _keyed(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
