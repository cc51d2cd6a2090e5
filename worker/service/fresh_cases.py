"""Fresh cases: replacements for some of a revision's from a secret pool, which students cannot predict.

Each group of students has its own.
"""

import hashlib
import hmac
from collections.abc import Sequence

from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language.assignment import ContractAssignment, assignment_to_json, vary
from backmark.grader.errors import AssignmentError, BadAssignment

#: Cases in a pool for each chosen one, and at least.
_TIMES, _LEAST = 5, 200


def pool_size(fresh: int) -> int:
    """Return the size of the pool for this number of fresh cases."""
    return max(_TIMES * fresh, _LEAST)


def pool_assignment(assignment: ContractAssignment, fresh: int, secret: bytes) -> ContractAssignment:
    """Return the assignment to draw a pool for: with more cases, and a seed derived from the secret."""
    digest = _digest(secret, f"pool\n{fresh}\n{assignment_to_json(assignment)}")
    seed = int.from_bytes(digest[:4], "big") % 2**31
    return vary(assignment, seed, pool_size(fresh))


def identifier(revision: ContractRevision, pool: ContractRevision, fresh: int, replaced: Sequence[int] = ()) -> str:
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
    secret: bytes, revision: str, own: ContractRevision, pool: ContractRevision, replaced: Sequence[int], group: str
) -> ContractRevision:
    """Return the revision of a group of students, with cases of the pool in the places to replace."""
    size = len(pool.cases)
    chosen = own.fitting(pool, choose(secret, revision, f"group {group}", size, size), replaced)
    if len(chosen) < len(replaced):
        raise AssignmentError(f"revision {revision} has a pool of {size} cases, and needs more")
    return own.merge(pool, chosen, frozenset(replaced))


def require_enough(own: ContractRevision, pool: ContractRevision, replaced: Sequence[int]) -> None:
    """Raise BadAssignment if a pool has too few cases for the places to replace: that is so for each group."""
    size = len(pool.cases)
    fitting = len(own.fitting(pool, range(size), replaced))
    if fitting < len(replaced):
        raise BadAssignment(
            f"only {fitting} of the {size} cases of the pool can stand in the place of {len(replaced)} cases: widen"
            " the ranges that they are drawn from, or publish with fresh = 0"
        )


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
