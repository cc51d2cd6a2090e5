"""Values signed for one purpose, with the settings of the application that answers the request."""

from typing import Any

from flask import Flask, current_app
from itsdangerous import BadData, URLSafeSerializer

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.support.signing import derive_key, make_serializer
from backmark.grader.web.http.problems import NO_SECRET, NOT_FOUND, Problem

_NAME = "backmark.settings_to_sign_by"
#: What to do about a link that does not work.
NEW_LINK = "open the assignment again in your course, or ask the staff for a new link"


def install(app: Flask, settings: ServiceSettings) -> None:
    """Have an application sign by the secret of these settings."""
    app.extensions[_NAME] = settings


def key(purpose: str) -> bytes | None:
    """Return the key of the application that answers the request, or None without a secret."""
    return derive_key(current_app.extensions[_NAME], purpose)


def serializer(purpose: str) -> URLSafeSerializer:
    """Return the serializer that signs values for one purpose. Raises Problem if the service has no secret."""
    link_serializer = make_serializer(current_app.extensions[_NAME], purpose)
    if link_serializer is None:
        raise Problem(NO_SECRET, "the setting BACKMARK_SECRET is missing, so no link can be signed")
    return link_serializer


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
