"""The LTI pages, and what they need of the application."""

from flask import Flask

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.web.lti import connections, deep_link, launch, login, registration, staff
from backmark.grader.web.lti.blueprint import pages

#: Importing them is what adds their pages.
PARTS = (registration, login, launch, deep_link, staff)


def install(app: Flask, settings: ServiceSettings) -> None:
    """Give `app` the LTI pages."""
    connections.install(app, settings)
    app.register_blueprint(pages)
