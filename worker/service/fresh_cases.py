"""Fresh cases: replacements for some of a revision's from a secret pool, which students cannot predict.

Each group of students has its own.
"""

import hashlib
import hmac
from collections.abc import Sequence

from grader.contracts import kinds
from grader.contracts.judging.subject import AnyRenewal, JudgedRevision
from grader.errors import AssignmentError, BadAssignment
from grader.model.common import AnyAssignment
from grader.model.stored import assignment_to_json

#: Cases in a pool for each chosen one, and at least.
_TIMES, _LEAST = 5, 200


def pool_size(fresh: int) -> int:
    """Return the size of the pool for this number of fresh cases."""
    return max(_TIMES * fresh, _LEAST)


def pool_assignment(assignment: AnyAssignment, fresh: int, secret: bytes) -> AnyAssignment:
    """Return the assignment to draw a pool for: with more cases, and a seed derived from the secret."""
    digest = _digest(secret, f"pool\n{fresh}\n{assignment_to_json(assignment)}")
    seed = int.from_bytes(digest[:4], "big") % 2**31
    return kinds.of(assignment).vary(assignment, seed, pool_size(fresh))


def identifier(revision: JudgedRevision, pool: JudgedRevision, fresh: int, replaced: Sequence[int] = ()) -> str:
    """Return the id of the revision together with its pool and the replaced places."""
    text = f"fresh\n{revision.id}\n{pool.cases_sha256}\n{fresh}"
    if replaced:
        text += f"\n{[*replaced]}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def choose(secret: bytes, revision: str, whose: str, size: int, fresh: int) -> list[int]:
    """Return places in a pool of `size` cases: the first `fresh` of an order that the secret gives to a group."""
    if fresh > size:
        raise AssignmentError(f"revision {revision} has a pool of {size} cases, and {fresh} are to be chosen")
    return sorted(range(size), key=lambda i: _digest(secret, f"choice\n{revision}\n{whose}\n{i}"))[:fresh]


def of_group(  # noqa: PLR0913 - the inputs of the choice, each by its name
    secret: bytes, revision: str, own: JudgedRevision, pool: JudgedRevision, replaced: Sequence[int], group: str
) -> JudgedRevision:
    """Return the revision of a group of students, with cases of the pool in the places to replace."""
    renewal, size = _renewal(own), len(pool.subject.cases)
    chosen = renewal.fitting(pool, choose(secret, revision, f"group {group}", size, size), replaced)
    if len(chosen) < len(replaced):
        raise AssignmentError(f"revision {revision} has a pool of {size} {pool.subject.noun}s, and needs more")
    return renewal.merge(pool, chosen, frozenset(replaced))


def require_enough(own: JudgedRevision, pool: JudgedRevision, replaced: Sequence[int]) -> None:
    """Raise BadAssignment if a pool has too few cases for the places to replace: that is so for each group."""
    size, noun = len(pool.subject.cases), pool.subject.noun
    fitting = len(_renewal(own).fitting(pool, range(size), replaced))
    if fitting < len(replaced):
        raise BadAssignment(
            f"only {fitting} of the {size} {noun}s of the pool can stand in the place of {len(replaced)} {noun}s: widen"
            " the ranges that they are drawn from, or publish with fresh = 0"
        )


def _renewal(own: JudgedRevision) -> AnyRenewal:
    if own.renewal is None:
        raise AssignmentError(f"revision {own.id} has fresh cases, which its kind does not know ({own.kind})")
    return own.renewal


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
