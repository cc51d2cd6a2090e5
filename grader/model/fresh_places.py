"""Fresh cases: which of a revision's cases give way to those of a secret pool, and for whom."""

import hashlib
import hmac
from collections.abc import Collection, Sequence

#: The most cases that a publication may ask to be fresh: a pool has five for each, and must be drawn.
MOST = 400
#: Students are in so many groups, each with fresh cases of its own.
GROUPS = 8
#: Unless somebody says otherwise, one of so many cases is a fresh one.
_ONE_OF = 5


def usual(cases: int) -> int:
    """Return how many of so many cases are fresh unless the publication says otherwise."""
    return cases // _ONE_OF


def places(cases: int, fresh: int, shift: int = 0) -> tuple[int, ...]:
    """The places of a revision's cases that give way: spread evenly, all of them `shift` further on."""
    return tuple(sorted((place * cases // fresh + shift) % cases for place in range(fresh)))


def replaceable(
    cases: int, wanted: int, caught: Sequence[Collection[int]], fixed: Collection[int] = ()
) -> tuple[int, ...]:
    """Return the places of at most `wanted` cases to replace, so that the rest still detects every known mistake.

    `caught` has the places of the cases that detect each mistake; those of `fixed` stay in any case.
    """
    free = [place for place in range(cases) if place not in fixed]
    fresh = min(wanted, len(free))
    while fresh:
        for shift in range(-(-len(free) // fresh)):
            chosen = tuple(free[at] for at in places(len(free), fresh, shift))
            if all(set(detecting) - set(chosen) for detecting in caught):
                return chosen
        fresh //= 2
    return ()


def group(secret: bytes, course: str, student: str) -> str:
    """The student's group. What nobody's name is on belongs to one of its course's own."""
    if not student:
        return f"course {course}"
    digest = hmac.digest(secret, f"group\n{course}\n{student}".encode(), hashlib.sha256)
    return str(int.from_bytes(digest[:8], "big") % GROUPS)
