"""The HTTP face: one blueprint a resource. It records and reads, and neither runs nor parses what a student wrote."""

from flask_openapi3.models.info import Info
from flask_openapi3.openapi import OpenAPI

from backmark.grader.dispatch import Dispatcher
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import error_handlers as failures
from backmark.grader.web.api import (
    assignments,
    courses,
    documents,
    equal_code,
    extensions,
    gradebook,
    hand_in_links,
    health,
    marks,
    metrics,
    notes,
    notifications,
    outages,
    overrides,
    policies,
    publications,
    questions,
    regrades,
    roster,
    scores,
    site,
    staff,
    students,
    submissions,
    tokens,
)
from backmark.grader.web.http import headers, request_log
from backmark.grader.web.http.bodies import BUFFERED_BYTES, Bodies
from backmark.grader.web.http.capacity import Slots
from backmark.grader.web.http.resource import Resource
from backmark.grader.web.lti import registry as lti
from backmark.grader.web.pages import registry
from backmark.grader.web.service import Service

#: Every resource of the API, in the order of the documentation.
RESOURCES: tuple[Resource, ...] = (
    submissions.resource,
    notes.resource,
    questions.resource,
    assignments.resource,
    publications.resource,
    regrades.resource,
    policies.resource,
    extensions.resource,
    outages.resource,
    overrides.resource,
    hand_in_links.resource,
    marks.resource,
    gradebook.resource,
    equal_code.resource,
    roster.resource,
    courses.resource,
    staff.resource,
    scores.resource,
    students.resource,
    notifications.resource,
    tokens.resource,
    health.resource,
    metrics.resource,
)


def create_app(
    settings: ServiceSettings | None = None, store: Store | None = None, dispatcher: Dispatcher | None = None
) -> OpenAPI:
    """The application, on the environment's settings and the store that they name unless others are given."""
    settings = settings or ServiceSettings()
    store = store or Store.connect(settings)
    app = OpenAPI(
        __name__,
        info=Info(title="Backmark", version="1", description=documents.ABOUT),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        doc_ui=False,
    )
    # Else it is redirected to whatever host the request names.
    app.url_map.merge_slashes = False
    # Only a submission may be larger.
    app.config["MAX_CONTENT_LENGTH"] = min(settings.max_bytes, BUFFERED_BYTES)
    Service.create(settings, store, dispatcher).install(app)
    # First, so that a request which a later part refuses has its line, too.
    request_log.install(app)
    failures.install(app)
    headers.install(app)
    for resource in RESOURCES:
        app.register_api(resource)
    app.register_blueprint(documents.pages)
    app.register_blueprint(site.pages)
    registry.install(app, settings)
    lti.install(app, settings)
    app.wsgi_app = Bodies(app.wsgi_app, Slots(max(1, settings.web_threads // 4)))  # type: ignore[method-assign]
    return app
