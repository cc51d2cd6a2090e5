"""Every blueprint of pages, and what they all need of the application."""

from flask import Flask

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.web.pages import (
    cookies,
    course_list,
    course_settings,
    entrance,
    invitations,
    operations,
    staff_assignments,
    staff_courses,
    staff_equal_code,
    staff_extensions,
    staff_gradebook,
    staff_logs,
    staff_marks,
    staff_notifications,
    staff_policies,
    staff_publications,
    staff_questions,
    staff_regrades,
    staff_rosters,
    staff_scores,
    staff_submissions,
    submit_form,
    templating,
    verdicts,
)

BLUEPRINTS = (
    entrance.pages,
    submit_form.pages,
    verdicts.pages,
    invitations.pages,
    course_list.pages,
    operations.pages,
    course_settings.pages,
    staff_courses.pages,
    staff_assignments.pages,
    staff_marks.pages,
    staff_equal_code.pages,
    staff_extensions.pages,
    staff_gradebook.pages,
    staff_scores.pages,
    staff_policies.pages,
    staff_publications.pages,
    staff_submissions.pages,
    staff_questions.pages,
    staff_regrades.pages,
    staff_rosters.pages,
    staff_logs.pages,
    staff_notifications.pages,
)


def install(app: Flask, settings: ServiceSettings) -> None:
    """Give `app` its pages."""
    cookies.install(app, settings)
    templating.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
