"""A course's settings, its staff, and the invitations by which they come."""

from dataclasses import replace

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.checks import course_faults
from backmark.grader.model.course import Course, Invitation, Role
from backmark.grader.model.fields import faults
from backmark.grader.model.views import GIVEN
from backmark.grader.web import invitation_links
from backmark.grader.web.http.auth import caller
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import instructor
from backmark.grader.web.pages.visitor import staff as any_staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases import courses, staff

pages = Pages("course_settings", __name__)

#: What other forms set; what a new policy begins with; and all else, which the form of the settings has.
_ELSEWHERE = frozenset({"archived", "assignment_order", "hidden_assignments"})
_DEFAULTS = tuple(name for name in GIVEN[Course] if name.startswith("default_"))
_GENERAL = tuple(name for name in GIVEN[Course] if name not in {*_ELSEWHERE, *_DEFAULTS})


@pages.get("/courses/<course>/settings")
def read_settings(course: str) -> Response:
    """Show the settings and the staff, in forms for instructors."""
    any_staff(course)
    return _page(course)


@pages.post("/courses/<course>/settings")
def change_settings(course: str) -> Response | Redirection:
    """Change the settings, archive the course, or bring it back."""
    author, records = instructor(course).author, service().store.course_records
    record, fields = courses.existing_course(course), FormFields.of_request()
    if "archive" in request.form or "bring_back" in request.form:
        archived = service().store.time() if "archive" in request.form else None
        records.change(course, lambda before: replace(before, archived=archived), author)
        return redirect(f"/courses/{course}/settings#archive", 303)
    values = fields.read_values(Course, (*_GENERAL, *_DEFAULTS))
    fields.note(course_faults(replace(record, **values)) if values else ())
    if values is None or fields.faults:
        return _page(course, "settings", fields)
    changes = values
    records.change(course, lambda before: replace(before, **changes), author)
    return redirect(f"/courses/{course}/settings?saved=", 303)


@pages.post("/courses/<course>/staff")
def invite(course: str) -> Response | Redirection:
    """Make an invitation, withdraw one, or remove somebody."""
    author, store, fields = instructor(course).author, service().store, FormFields.of_request()
    courses.existing_course(course)
    if removed := fields.text("remove"):
        staff.remove(course, removed)
    elif withdrawn := fields.text("withdraw"):
        store.staff.withdraw(course, withdrawn, author)
    else:
        invitation = fields.read(Invitation, author=author)
        fields.note(faults(invitation, ("days",)) if invitation else ())
        if invitation is None or fields.faults:
            return _page(course, "invitation", fields)
        store.staff.invite(course, invitation)
    return redirect(f"/courses/{course}/settings#staff", 303)


def _page(course: str, form: str = "", sent: FormFields | None = None) -> Response:
    record, store = courses.existing_course(course), service().store
    viewer, members = caller(), store.staff.members(course)
    # A course needs an instructor first.
    usual = Invitation() if members else Invitation(Role.INSTRUCTOR)
    return page(
        "staff/settings.html",
        422 if sent else 200,
        course=course,
        section="settings",
        record=record,
        archived=record.is_archived(store.time()),
        saved="saved" in request.args,
        platforms=courses.platform_names(course),
        members=members,
        # A link lets in whoever has it: assistants do not see it.
        invitations=[
            (invitation, invitation_links.address(course, invitation))
            for invitation in (store.staff.invitations(course) if viewer.instructs else ())
        ],
        viewer=viewer,
        forms={
            "general": Form.of("general", Course, record, sent if form == "settings" else None, names=_GENERAL),
            "defaults": Form.of("defaults", Course, record, sent if form == "settings" else None, names=_DEFAULTS),
            "invitation": Form.of("invitation", Invitation, usual, sent if form == "invitation" else None),
        },
    )
