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


class NotRetryable(BackmarkError):
    """A submission has ended for good: it was cancelled or superseded."""


class ShareUsedUp(BackmarkError):
    """A student, link or token has had as much accepted as it may for now."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        #: Seconds until there is room again.
        self.wait = wait


class StorageFull(BackmarkError):
    """The store has no room for a file of this size; what was accepted before is still graded."""
