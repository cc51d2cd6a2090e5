"""Values signed for one purpose, and the keys for that, derived from the service's secret."""

import hashlib
import hmac
from typing import Any

from flask import Flask, current_app
from itsdangerous import BadData, URLSafeSerializer

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.web.http.problems import NO_SECRET, NOT_FOUND, Problem

_NAME = "backmark.settings_to_sign_by"
#: What to do about a link that does not work.
NEW_LINK = "open the assignment again in your course, or ask the staff for a new link"


def install(app: Flask, settings: ServiceSettings) -> None:
    """Have an application sign by the secret of these settings."""
    app.extensions[_NAME] = settings


def derive_key(settings: ServiceSettings, purpose: str) -> bytes | None:
    """Return the key for a purpose, or None if the service has no secret."""
    if settings.secret is None:
        return None
    return hmac.digest(settings.secret.get_secret_value().encode(), f"backmark {purpose}".encode(), "sha256")


def key(purpose: str) -> bytes | None:
    """Return the key of the application that answers the request, or None without a secret."""
    return derive_key(current_app.extensions[_NAME], purpose)


def serializer(purpose: str) -> URLSafeSerializer:
    """Return the serializer that signs values for one purpose. Raises Problem if the service has no secret."""
    link_key = key("link")
    if link_key is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no link can be signed")
    return URLSafeSerializer(
        link_key, salt=purpose, signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
    )


def sign(purpose: str, fields: list[Any]) -> str:
    """Return fields, signed for one purpose, as a part of an address. Raises Problem without a secret."""
    return str(serializer(purpose).dumps(fields))


def open_signed(purpose: str, token: str, length: int) -> list[Any]:
    """Return the fields that were signed. Raises Problem if they were not signed here, or are not as many."""
    try:
        fields: list[Any] = serializer(purpose).loads(token)
    except BadData:
        raise Problem(NOT_FOUND, "this link was not issued by this server, or part of it is missing") from None
    if len(fields) != length:
        raise Problem(NOT_FOUND, f"this link was issued by another version of the server; {NEW_LINK}")
    return fields
