"""The staff of a course, and the links by which they are invited."""

from datetime import datetime
from urllib.parse import urlsplit

from flask import Response
from pydantic import BaseModel, Field

from backmark.grader.model.course import Invitation, StaffMember
from backmark.grader.model.fields import faults
from backmark.grader.model.records import Scope
from backmark.grader.web import invitation_links
from backmark.grader.web.api.course_paths import CoursePath, visible_course
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.nouns import NounRequest, extend_response, list_model, serve
from backmark.grader.web.http.problems import CONFLICT, NO_SECRET, NOT_FOUND, Problem, refuse_faults
from backmark.grader.web.http.resource import CREATED, REMOVED, Resource, ResponseDoc
from backmark.grader.web.http.responses import respond_created, respond_empty, respond_list
from backmark.grader.web.http.schemas import Id, Name, moment
from backmark.grader.web.service import service
from backmark.grader.web.usecases.courses import existing_course
from backmark.grader.web.usecases.staff import remove

resource = Resource("staff", __name__, description="The staff of a course, and invitations to it.")

_INVITATIONS = "/courses/<course>/invitations"
_StaffResponse = list_model(StaffMember, "The staff of a course, by name.", name="StaffResponse")
_InvitationResponse = extend_response(
    Invitation,
    "InvitationResponse",
    url=(str, Field(description="The link to send; a path unless BACKMARK_PUBLIC_URL is set.")),
    ends_at=(datetime, Field(description="The end of the invitation.")),
)
_InvitationsResponse = list_model(_InvitationResponse, "The invitations that can still be accepted, newest first.")


class StaffPath(CoursePath):
    """The path of a member of the staff."""

    member: Name


class InvitationPath(CoursePath):
    """The path of an invitation."""

    invitation: Id


@resource.operation(
    "GET",
    "/courses/<course>/staff",
    scope=Scope.ASSIST,
    responses={200: ResponseDoc(_StaffResponse, description="All staff, except administrators.")},
)
def list_staff(path: CoursePath) -> Response:
    """List the staff of a course: people with a token for it, and people from its LMS."""
    return respond_list(_StaffResponse, map(serve, service().store.staff.members(visible_course(path))))


@resource.operation(
    "DELETE", "/courses/<course>/staff/<member>", scope=Scope.STAFF, responses=REMOVED, problems=(CONFLICT,)
)
def remove_staff(path: StaffPath) -> Response:
    """Remove a member of staff: the token is revoked at once.

    Only an administrator can remove staff whose token an administrator made. Remove staff from an LMS in the LMS.
    """
    course = visible_course(path)
    if not remove(course, path.member):
        raise Problem(NOT_FOUND, f"the course {course} has no member of staff {path.member} whom you may remove")
    return respond_empty()


@resource.operation(
    "GET",
    _INVITATIONS,
    scope=Scope.STAFF,
    responses={200: ResponseDoc(_InvitationsResponse, description="All invitations that can still be accepted.")},
    problems=(NO_SECRET,),
)
def list_invitations(path: CoursePath) -> Response:
    """List the invitations to the staff of a course that can still be accepted."""
    course = visible_course(path)
    held = service().store.staff.invitations(course)
    return respond_list(_InvitationsResponse, (_serve(course, invitation) for invitation in held))


@resource.operation(
    "POST",
    _INVITATIONS,
    scope=Scope.STAFF,
    weight="submit",
    responses={201: ResponseDoc(_InvitationResponse, description="Made.", headers=CREATED)},
    problems=(NO_SECRET,),
)
def invite(path: CoursePath, body: NounRequest[Invitation]) -> Response:
    """Make a link with which people become staff. A person who opens it gives a name, and gets the role's token."""
    course = existing_course(visible_course(path)).id
    invitation = body.make(author=caller().author)
    refuse_faults(faults(invitation, ("days",)))
    invitation_links.require_secret()
    made = service().store.staff.invite(course, invitation)
    return respond_created(_serve(course, made), urlsplit(invitation_links.address(course, made)).path)


@resource.operation("DELETE", f"{_INVITATIONS}/<invitation>", scope=Scope.STAFF, responses=REMOVED)
def withdraw_invitation(path: InvitationPath) -> Response:
    """Withdraw an invitation: nobody can accept it any more. People who have accepted it stay staff."""
    if not service().store.staff.withdraw(visible_course(path), path.invitation, caller().author):
        raise Problem(NOT_FOUND, f"there is no invitation {path.invitation}")
    return respond_empty()


def _serve(course: str, invitation: Invitation) -> BaseModel:
    return serve(
        invitation,
        _InvitationResponse,
        url=invitation_links.address(course, invitation),
        ends_at=moment(invitation.ends),
    )
