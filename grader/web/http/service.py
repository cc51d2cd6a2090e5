"""What every request works with, made once a process."""

from dataclasses import dataclass

from flask import Flask, current_app

from grader.intake import Intake
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web.http.capacity import Holding
from grader.web.http.limits import Limits

_NAME = "backmark"


@dataclass(frozen=True, slots=True)
class Service:
    """The store, the use cases, and what this process grants."""

    settings: ServiceSettings
    store: Store
    intake: Intake
    limits: Limits
    holding: Holding

    def install(self, app: Flask) -> None:
        """Make it the application's."""
        app.extensions[_NAME] = self


def of(app: Flask) -> Service:
    """An application's."""
    found: Service = app.extensions[_NAME]
    return found


def service() -> Service:
    """That of the request being answered."""
    return of(current_app)
