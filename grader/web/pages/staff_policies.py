"""An assignment's policy and outages for staff, and the form to hand in as a student sees it."""

from collections.abc import Mapping

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirection

from backmark.grader.courses.checks import outage_faults, policy_faults
from backmark.grader.model.courses import Counts, Outage, Policy
from backmark.grader.web.http.service import service
from backmark.grader.web.pages import submit_form
from backmark.grader.web.pages.form_fields import FormFields, form_time
from backmark.grader.web.pages.hand_in_terms import read_hand_in_terms
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.lms_names import lms_family
from backmark.grader.web.pages.staff_assignments import current
from backmark.grader.web.pages.visitor import staff

pages = Pages("staff_policies", __name__)


@pages.get("/courses/<course>/assignments/<assignment>/policy")
def read_policy(course: str, assignment: str) -> Response:
    """Show the policy, in a form to change it, and the outages."""
    staff(course)
    return _policy_page(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/policy")
def set_policy(course: str, assignment: str) -> Response | Redirection:
    """Set or remove the policy."""
    author, courses = staff(course, "submit").author, service().store.courses
    current(course, assignment)
    if "remove" in request.form:
        courses.remove_policy(course, assignment, author)
        return _back(course, assignment)
    fields = FormFields.of_request()
    counts = fields.text("counts")
    policy = Policy(
        opens=fields.moment("opens"),
        due=fields.moment("due"),
        closes=fields.moment("closes"),
        grace=60 * (fields.number("grace") or 0.0),
        late=fields.number("late"),
        floor=fields.number("floor") or 0.0,
        attempts=fields.whole("attempts"),
        counts=Counts(counts) if counts in set(Counts) else Counts.BEST,
    )
    fields.note(policy_faults(policy))
    if fields.faults:
        return _policy_page(course, assignment, "policy", fields)
    courses.set_policy(course, assignment, policy, author)
    return _back(course, assignment)


@pages.post("/courses/<course>/assignments/<assignment>/outages")
def add_outage(course: str, assignment: str) -> Response | Redirection:
    """Add an outage, or remove one."""
    author, courses = staff(course, "submit").author, service().store.courses
    current(course, assignment)
    fields = FormFields.of_request()
    if removed := fields.text("remove"):
        courses.remove_outage(course, assignment, removed, author)
        return _back(course, assignment)
    start, end = fields.moment("start"), fields.moment("end")
    for field, moment in (("start", start), ("end", end)):
        if moment is None:
            fields.faults.setdefault(field, f"Write when the outage {'began' if field == 'start' else 'was over'}.")
    outage = Outage(start or 0.0, end or 1.0, author, fields.text("reason"))
    fields.note(outage_faults(outage))
    if fields.faults:
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
    values = {"policy": _values(policy or Policy()), "outage": {}}
    if sent is not None:
        values[form] = sent.values
    return page(
        "staff/policy.html",
        422 if sent else 200,
        course=course,
        section="course",
        current=revision,
        policy=policy,
        terms=read_hand_in_terms(course, assignment, None),
        outages=courses.outages(course, assignment),
        values=values,
        faults={form: sent.faults if sent else {}},
        family=lms_family(course),
    )


def _values(policy: Policy) -> Mapping[str, str]:
    return {
        "opens": form_time(policy.opens),
        "due": form_time(policy.due),
        "closes": form_time(policy.closes),
        "grace": f"{policy.grace / 60:g}" if policy.grace else "",
        "late": "" if policy.late is None else f"{policy.late:g}",
        "floor": f"{policy.floor:g}" if policy.floor else "",
        "attempts": "" if policy.attempts is None else str(policy.attempts),
        "counts": policy.counts.value,
    }


def _back(course: str, assignment: str) -> Redirection:
    return redirect(f"/courses/{course}/assignments/{assignment}/policy", 303)
