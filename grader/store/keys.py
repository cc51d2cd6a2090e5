"""What every key is called. The scripts make the same names; docs/storage.md says what is in each."""

from hashlib import sha256

PREFIX = "bm:"
#: The events that callbacks are made of, oldest first.
OUTBOX = "bm:outbox"
COUNTERS = "bm:counters"
LEASES = "bm:leases"
COURSES = "bm:courses"
PACE = "bm:pace"
#: The course of what ships with Backmark: every course sees it.
EVERYONE = "*"


def key(*parts: str) -> str:
    """A key of these parts, each free to contain a colon."""
    return PREFIX + ":".join(part(each) for each in parts)


def part(text: str) -> str:
    """Text as a part of a key, so that no two lists of parts make one key."""
    return text.replace("%", "%25").replace(":", "%3A")


def idempotency(token: str, route: str, given: str) -> str:
    """The key of what a token asked for with an Idempotency-Key."""
    return key("idempotency", sha256(f"{token}\n{route}\n{given}".encode()).hexdigest())


def changes(thing: str) -> str:
    """The channel on which the changes of a submission, publication or regrade are told."""
    return key("changes", thing)
