"""The page of an invitation: whoever opens it gives a name, and is staff of the course from then on."""

from flask import Response

from backmark.grader.model.course import NewMember
from backmark.grader.web import invitation_links
from backmark.grader.web.http.problems import LINK_ENDED, Problem
from backmark.grader.web.pages.form_fields import Form, FormFields
from backmark.grader.web.pages.layout import Pages, page
from backmark.grader.web.pages.visitor import enter
from backmark.grader.web.service import service

pages = Pages("invitations", __name__)


@pages.get("/invitations/<token>")
def read_invitation(token: str) -> Response:
    """Show the course and the role, and ask for a name."""
    return _form(invitation_links.read(token))


@pages.post("/invitations/<token>")
def accept_invitation(token: str) -> Response:
    """Sign the person in as staff, and show the token by which they come back, this once."""
    opened, fields = invitation_links.read(token), FormFields.of_request()
    member = fields.read(NewMember)
    if member is None or fields.faults:
        return _form(opened, fields)
    accepted = service().store.staff.accept(opened.course, opened.invitation, member.name)
    if accepted is None:
        raise Problem(LINK_ENDED, "this invitation was used up a moment ago; ask its sender for another")
    made, secret = accepted
    enter(made)
    return page("entrance/accepted.html", course=opened.course, role=opened.invitation.role, secret=secret)


def _form(opened: invitation_links.OpenedInvitation, sent: FormFields | None = None) -> Response:
    return page(
        "entrance/invitation.html",
        422 if sent else 200,
        invited_to=opened.course,
        invitation=opened.invitation,
        form=Form.of("member", NewMember, None, sent),
        bare=True,
    )
