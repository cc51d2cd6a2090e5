"""Errors of the store's callers, as opposed to failures of the store itself."""

from backmark.grader.errors import BackmarkError
from backmark.grader.model.lti import LineItem


class BadBackup(BackmarkError):
    """A file is no backup, is damaged, or was made by a newer version; the message says which."""


class NotEmpty(BackmarkError):
    """A backup cannot be restored into a store that holds anything."""


class IdempotencyMismatch(BackmarkError):
    """An Idempotency-Key was used before for another request."""


class BadCursor(BackmarkError):
    """A cursor was not returned by any page."""


class TooManyPublications(BackmarkError):
    """A course has as many open publications as allowed: each occupies a worker for a while."""


class LineItemTaken(BackmarkError):
    """A column of a gradebook belongs to another course or assignment already."""

    def __init__(self, item: LineItem) -> None:
        super().__init__(f"the column gets the marks of {item.assignment} in {item.course}")
        self.item = item


class LinkEnded(BackmarkError):
    """The link that a submission came by has ended; nothing was recorded."""


class WrongPhase(BackmarkError):
    """A regrade is in the wrong phase for an action; the message names both."""


class NotRetryable(BackmarkError):
    """A submission cannot be retried because it was cancelled or superseded."""


class NothingToAsk(BackmarkError):
    """A submission fails no fresh case that a class could be asked about."""


class MessageRefused(BackmarkError):
    """A submission takes no such note or question now; the message says why."""


class ShareUsedUp(BackmarkError):
    """A student, link or token has used up its share for now."""

    def __init__(self, message: str, wait: float) -> None:
        super().__init__(message)
        #: Seconds until the share restarts.
        self.wait = wait


class StorageFull(BackmarkError):
    """The store has no room for a file of this size; submissions accepted earlier are still graded."""
