"""Refusals of launches: each has a reason for tests and logs, and a sentence for the person who sees the page."""

from enum import StrEnum

from backmark.grader.errors import BackmarkError


class RefusalReason(StrEnum):
    """The reason of a refusal."""

    UNKNOWN_PLATFORM = "unknown_platform"
    INCOMPLETE = "incomplete"
    #: The browser did not begin this launch, or it began long ago.
    STALE = "stale"
    USED = "used"
    SIGNATURE = "signature"
    KEYS_UNREADABLE = "keys_unreadable"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    NONCE = "nonce"
    EXPIRED = "expired"
    MALFORMED = "malformed"
    DISABLED = "disabled"
    ANONYMOUS = "anonymous"
    OBSERVER = "observer"
    OUTSIDER = "outsider"
    NOT_STAFF = "not_staff"
    NO_ASSIGNMENT = "no_assignment"
    LINE_ITEM = "line_item"
    OTHER_COURSE = "other_course"
    UNSUPPORTED = "unsupported"
    INVITATION = "invitation"
    REGISTRATION = "registration"
    CODE = "code"
    NO_ADDRESS = "no_address"


class LaunchRefused(BackmarkError):
    """A launch, or a request that belongs to one, is refused; the message is for the person who opened it."""

    def __init__(self, reason: RefusalReason, says: str) -> None:
        super().__init__(says)
        self.reason = reason
