"""What the store refuses: the caller's mistakes, not its own troubles."""

from grader.errors import BackmarkError


class IdempotencyMismatch(BackmarkError):
    """An Idempotency-Key was used before for another request."""


class BadCursor(BackmarkError):
    """A cursor that no page gave out."""


class TooManyPublications(BackmarkError):
    """As many of a course's publications wait as may: each takes a worker for a while."""


class WrongPhase(BackmarkError):
    """A regrade is not where it would have to be for that; the message names both."""
