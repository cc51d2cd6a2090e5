"""Signed links: the keys for that, each derived from the service's secret for one purpose, and what is signed."""

import hashlib
import hmac
import time

from itsdangerous import URLSafeSerializer

from backmark.grader.settings.service import ServiceSettings

_DAY = 86_400


def derive_key(settings: ServiceSettings, purpose: str) -> bytes | None:
    """Return the key for a purpose, or None if the service has no secret."""
    if settings.secret is None:
        return None
    return hmac.digest(settings.secret.get_secret_value().encode(), f"backmark {purpose}".encode(), "sha256")


def make_serializer(settings: ServiceSettings, purpose: str) -> URLSafeSerializer | None:
    """Return the serializer that signs the values of links for one purpose, or None if the service has no secret."""
    key = derive_key(settings, "link")
    if key is None:
        return None
    return URLSafeSerializer(
        key, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def verdict_path(settings: ServiceSettings, submission: str, created: float) -> str | None:
    """Return the path of a link to a submission and its verdict, or None if the service has no secret to sign with.

    The expiry is a whole number of periods after the submission was created. So the link stays the same for a while,
    and with it the JSON of the submission.
    """
    serializer = make_serializer(settings, "verdict")
    if serializer is None:
        return None
    days = settings.link_days * _DAY
    terms = int((time.time() - created) // days) + 1
    return f"/verdicts/{serializer.dumps([submission, int(created) + max(1, terms) * days])}"
