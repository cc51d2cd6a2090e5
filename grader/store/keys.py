"""The names of all keys. The functions build the same names; docs/how-we-know/storage.md describes their content."""

from hashlib import sha256

PREFIX = "bm:"
COUNTERS = "bm:counters"
LEASES = "bm:leases"
#: The course of packaged assignments, which every course sees.
EVERYONE = "*"


def key(*parts: str) -> str:
    """Return the key of these parts, which may contain colons."""
    return PREFIX + ":".join(part(text) for text in parts)


def part(text: str) -> str:
    """Return text escaped as a part of a key, so that different parts never give the same key."""
    return text.replace("%", "%25").replace(":", "%3A")


def digest(text: str) -> str:
    """Return the hash by which a key names a secret, a person, or text of any length."""
    return sha256(text.encode()).hexdigest()


def idempotency(token: str, route: str, idempotency_key: str) -> str:
    """Return the key of a token's request with an Idempotency-Key."""
    return key("idempotency", digest(f"{token}\n{route}\n{idempotency_key}"))


def changes(name: str) -> str:
    """Return the channel on which changes of a submission, publication or regrade are published."""
    return key("changes", name)
