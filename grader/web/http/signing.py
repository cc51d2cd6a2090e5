"""Signing keys for sessions and links, each for one purpose, derived from the service's secret."""

import hmac

from backmark.grader.settings.service import ServiceSettings


def key(settings: ServiceSettings, purpose: str) -> bytes | None:
    """Return the key for a purpose, or None if the service has no secret."""
    if settings.secret is None:
        return None
    return hmac.digest(settings.secret.get_secret_value().encode(), f"backmark {purpose}".encode(), "sha256")
