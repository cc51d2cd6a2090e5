"""Connections to platforms from a request: one TLS context a process, and the addresses that the settings allow."""

import ssl
from dataclasses import dataclass

import httpcore
from flask import Flask, current_app

from backmark.grader.lti.session import PlatformSession
from backmark.grader.outbound.addresses import BadDestination, Destinations
from backmark.grader.settings.service import ServiceSettings

_NAME = "backmark-lti"


@dataclass(frozen=True, slots=True)
class Connections:
    """The parts that all connections of this process share."""

    destinations: Destinations
    context: ssl.SSLContext


def install(app: Flask, settings: ServiceSettings) -> None:
    """Give `app` its connections."""
    app.extensions[_NAME] = Connections(Destinations.of(settings), httpcore.default_ssl_context())


def new_session() -> PlatformSession:
    """Return a session for requests to a platform."""
    shared: Connections = current_app.extensions[_NAME]
    return PlatformSession(shared.destinations, shared.context)


def is_allowed(url: str) -> bool:
    """Return True if the text of a URL names a place that we may connect to. Looks nothing up."""
    shared: Connections = current_app.extensions[_NAME]
    try:
        shared.destinations.read(url)
    except BadDestination:
        return False
    return True
