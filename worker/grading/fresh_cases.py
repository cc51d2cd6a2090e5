"""Fresh cases, chosen from a secret pool for each group of students, who cannot predict them."""

import hashlib
import hmac
from collections.abc import Sequence

from backmark.grader.contracts.cases.fresh_cases import FreshCases, choose_alike
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


def identifier(revision: ContractRevision, pool: ContractRevision, fresh: int) -> str:
    """Return the id of the revision together with its pool."""
    text = f"fresh\n{revision.id}\n{pool.cases_sha256}\n{fresh}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def order(secret: bytes, revision: str, whose: str, size: int) -> list[int]:
    """Return the places in a pool of `size` cases in the order that the secret gives to a group."""
    return sorted(range(size), key=lambda i: _digest(secret, f"choice\n{revision}\ngroup {whose}\n{i}"))


def choose(
    own: ContractRevision, pool: ContractRevision, count: int, places: Sequence[int], more: Sequence[int] = ()
) -> FreshCases:
    """Return the first fresh cases that fit, in an order of places in the pool, and those at the places `more`.

    They are as large as the revision's own, and have no other results. Raises AssignmentError if too few fit.
    """
    chosen = choose_alike(own.cases, pool.cases, places, count, own.contract.exchange.results)
    if len(chosen) < count:
        raise AssignmentError(f"the pool of {own.assignment.id} has {len(pool.cases)} cases, and needs more")
    chosen += [place for place in more if place not in chosen and place < len(pool.cases)]
    conventions = {name: cases.take(chosen) for name, cases in pool.conventions.items()}
    return FreshCases(pool.cases.take(chosen), tuple(chosen), conventions)


def require_enough(own: ContractRevision, pool: ContractRevision, count: int) -> None:
    """Raise BadAssignment if a pool has too few cases that fit beside a revision's own: that is so for each group."""
    size = len(pool.cases)
    fitting = len(choose_alike(own.cases, pool.cases, range(size), count, own.contract.exchange.results))
    if fitting < count:
        raise BadAssignment(
            f"only {fitting} of the {size} cases of the pool can be fresh cases, and {count} are needed: widen the"
            " ranges that they are drawn from, or publish with fresh = 0"
        )


def _digest(secret: bytes, text: str) -> bytes:
    return hmac.digest(secret, text.encode(), "sha256")
