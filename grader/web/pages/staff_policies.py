"""An assignment's policy and outages for staff, and the form to hand in as a student sees it."""

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.checks import HELD_BACK, outage_faults, policy_faults
from backmark.grader.model.terms import Outage, Policy
from backmark.grader.web.pages import submit_form
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.hand_in_terms import read_hand_in_terms
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.lms_names import lms_family
from backmark.grader.web.pages.visitor import instructor, staff
from backmark.grader.web.service import service
from backmark.grader.web.usecases.assignments import current

pages = Pages("staff_policies", __name__)


@pages.get("/courses/<course>/assignments/<assignment>/policy")
def read_policy(course: str, assignment: str) -> Response:
    """Show the policy, in a form to change it, and the outages."""
    staff(course)
    return _policy_page(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/policy")
def set_policy(course: str, assignment: str) -> Response | Redirection:
    """Set or remove the policy."""
    author, courses = instructor(course).author, service().store.courses
    current(course, assignment)
    if "remove" in request.form:
        if (policy := courses.policy(course, assignment)) and policy.held_back:
            fields = FormFields.of_request()
            fields.faults["held_back"] = HELD_BACK
            return _policy_page(course, assignment, "policy", fields)
        courses.remove_policy(course, assignment, author)
        return _back(course, assignment)
    fields = FormFields.of_request()
    policy = fields.read(Policy)
    fields.note(policy_faults(policy) if policy else ())
    if policy is None or fields.faults:
        return _policy_page(course, assignment, "policy", fields)
    courses.set_policy(course, assignment, policy, author)
    return _back(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/outages")
def add_outage(course: str, assignment: str) -> Response | Redirection:
    """Add an outage, or remove one."""
    author, courses = instructor(course).author, service().store.courses
    current(course, assignment)
    fields = FormFields.of_request()
    if removed := fields.text("remove"):
        courses.remove_outage(course, assignment, removed, author)
        return _back(course, assignment)
    outage = fields.read(Outage, author=author)
    fields.note(outage_faults(outage) if outage else ())
    if outage is None or fields.faults:
        return _policy_page(course, assignment, "outage", fields)
    courses.add_outage(course, assignment, outage)
    return _back(course, assignment)


@pages.get("/courses/<course>/assignments/<assignment>/as-student")
def see_as_student(course: str, assignment: str) -> Redirection:
    """Show the form to hand in as a student sees it now."""
    staff(course)
    current(course, assignment)
    return submit_form.preview(course, assignment, request.args.get("student") or None)


def _policy_page(course: str, assignment: str, form: str = "", sent: FormFields | None = None) -> Response:
    revision, courses = current(course, assignment), service().store.courses
    policy = courses.policy(course, assignment)
    settings = service().store.course_records.settings(course)
    return page(
        "staff/policy.html",
        422 if sent else 200,
        course=course,
        section="course",
        current=revision,
        policy=policy,
        terms=read_hand_in_terms(course, assignment, None),
        outages=courses.outages(course, assignment),
        forms={
            "policy": Form.of(
                "policy", Policy, policy or settings.new_policy, sent if form == "policy" else None, zone=settings.zone
            ),
            "outage": Form.of("outage", Outage, None, sent if form == "outage" else None, zone=settings.zone),
        },
        family=lms_family(course),
    )


def _back(course: str, assignment: str) -> Redirection:
    return redirect(f"/courses/{course}/assignments/{assignment}/policy", 303)
