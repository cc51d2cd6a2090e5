"""Every blueprint of pages, and what they all need of the application."""

from flask import Flask

from grader.settings.service import ServiceSettings
from grader.web.pages import cookies, entrance, handing, layout, verdicts

BLUEPRINTS = (entrance.pages, handing.pages, verdicts.pages)


def install(app: Flask, settings: ServiceSettings) -> None:
    """Give `app` its pages."""
    cookies.install(app, settings)
    layout.install(app)
    for each in BLUEPRINTS:
        app.register_blueprint(each)
