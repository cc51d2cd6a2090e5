"""The objects that every request works with, created once per process, and handed to the machinery of HTTP."""

from dataclasses import dataclass

from flask import Flask, current_app

from backmark.grader.dispatch import CeleryDispatcher, Dispatcher, application
from backmark.grader.intake import Intake
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web.http import auth, idempotency, signing
from backmark.grader.web.http.capacity import Slots
from backmark.grader.web.http.limits import RequestLimits
from backmark.grader.web.http.request_counts import RequestCounts

_NAME = "backmark"


@dataclass(frozen=True, slots=True)
class Service:
    """The store, the use cases, and the limits of this process."""

    settings: ServiceSettings
    store: Store
    intake: Intake
    limits: RequestLimits
    slots: Slots

    @classmethod
    def create(cls, settings: ServiceSettings, store: Store, dispatcher: Dispatcher | None = None) -> "Service":
        """Create the service on a store; Celery has its jobs unless another dispatcher is given."""
        return cls(
            settings=settings,
            store=store,
            intake=Intake(store, dispatcher or CeleryDispatcher(application(settings))),
            limits=RequestLimits(settings, store.redis, store.shares),
            slots=Slots(settings.web_threads // 2),
        )

    def install(self, app: Flask) -> None:
        """Attach the service to an application."""
        app.extensions[_NAME] = self
        auth.install(app, self)
        signing.install(app, self.settings)
        idempotency.install(app, required=self.settings.idempotency_required)
        RequestCounts(self.store.counters).install(app)

    def authorize(self, secret: str, weight: str) -> TokenRecord | None:
        """Return the valid token with a secret, and count the request against its limit; see `TokenCheck`."""
        return self.store.tokens.authorize(secret, lambda number: self.limits.of_requests(number, weight))


def of(app: Flask) -> Service:
    """Return the service of an application."""
    attached: Service = app.extensions[_NAME]
    return attached


def service() -> Service:
    """Return the service of the request being answered."""
    return of(current_app)


def note_act(course: str, act: str, subject: str = "", student: str = "", **facts: object) -> None:
    """Write into the log of a course what the caller does and nothing else records. If that fails it is not done.

    Raises StoreUnavailable.
    """
    entry = AuditEntry(0, auth.caller().author, act, subject, student, details=facts)
    service().store.courses.record_act(course, entry)
