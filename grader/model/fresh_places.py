"""Fresh networks: which of a revision's networks give way to those of a secret pool, and for whom."""

import hashlib
import hmac

#: Students are in so many groups, each with fresh networks of its own.
GROUPS = 8
#: Unless somebody says otherwise, one of so many networks is a fresh one.
_ONE_OF = 5


def usual(networks: int) -> int:
    """Return how many of so many networks are fresh unless the publication says otherwise."""
    return networks // _ONE_OF


def places(networks: int, fresh: int, shift: int = 0) -> tuple[int, ...]:
    """The places of a revision's networks that give way: spread evenly, all of them `shift` further on."""
    return tuple(sorted((place * networks // fresh + shift) % networks for place in range(fresh)))


def group(secret: bytes, course: str, student: str) -> str:
    """The student's group. What nobody's name is on belongs to one of its course's own."""
    if not student:
        return f"course {course}"
    digest = hmac.digest(secret, f"group\n{course}\n{student}".encode(), hashlib.sha256)
    return str(int.from_bytes(digest[:8], "big") % GROUPS)
