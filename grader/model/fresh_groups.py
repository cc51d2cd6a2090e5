"""Fresh cases: how many of a secret pool a submission is asked about beside a revision's own, and for whom."""

import hashlib
import hmac

#: The most cases that a publication may ask to be fresh: a pool has five for each, and must be drawn.
MOST = 400
#: Students are in so many groups, each with fresh cases of its own.
GROUPS = 8
#: Unless somebody says otherwise, there is a fresh case for so many of a revision's own.
_FOR_EACH = 10


def usual(cases: int) -> int:
    """Return how many fresh cases there are beside so many unless the publication says otherwise."""
    return cases // _FOR_EACH


def group(secret: bytes, course: str, student: str) -> str:
    """The student's group. What nobody's name is on belongs to one of its course's own."""
    if not student:
        return f"course {course}"
    digest = hmac.digest(secret, f"group\n{course}\n{student}".encode(), hashlib.sha256)
    return str(int.from_bytes(digest[:8], "big") % GROUPS)
