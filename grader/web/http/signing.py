"""Keys that sign sign-ins and links, each for one purpose, derived from the service's secret."""

import hmac

from grader.settings.service import ServiceSettings


def key(settings: ServiceSettings, purpose: str) -> bytes | None:
    """The key for a purpose; None where the service has no secret, and nothing can be signed."""
    if settings.secret is None:
        return None
    return hmac.digest(settings.secret.get_secret_value().encode(), f"backmark {purpose}".encode(), "sha256")
