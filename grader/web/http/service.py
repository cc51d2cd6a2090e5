"""The objects that every request works with, created once per process."""

from dataclasses import dataclass

from flask import Flask, current_app

from grader.intake import Intake
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web.http.capacity import Slots
from grader.web.http.limits import RequestLimits
from grader.web.http.request_counts import RequestCounts

_NAME = "backmark"


@dataclass(frozen=True, slots=True)
class Service:
    """The store, the use cases, and the limits of this process."""

    settings: ServiceSettings
    store: Store
    intake: Intake
    limits: RequestLimits
    slots: Slots
    request_counts: RequestCounts

    def install(self, app: Flask) -> None:
        """Attach the service to an application."""
        app.extensions[_NAME] = self


def of(app: Flask) -> Service:
    """Return the service of an application."""
    attached: Service = app.extensions[_NAME]
    return attached


def service() -> Service:
    """Return the service of the request being answered."""
    return of(current_app)
