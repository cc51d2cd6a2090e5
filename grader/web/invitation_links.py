"""The signed links of invitations: the store decides whether one still holds."""

from dataclasses import dataclass

from backmark.grader.model.course import Invitation
from backmark.grader.web import links
from backmark.grader.web.http import signing
from backmark.grader.web.http.problems import LINK_ENDED, Problem
from backmark.grader.web.service import service

_PURPOSE = "invitation"


@dataclass(frozen=True, slots=True)
class OpenedInvitation:
    """An invitation that somebody opened, and its course."""

    course: str
    invitation: Invitation


def require_secret() -> None:
    """Raise Problem if the service has no secret to sign with."""
    signing.serializer(_PURPOSE)


def address(course: str, invitation: Invitation) -> str:
    """Return the URL of an invitation. Raises Problem without a secret."""
    return links.address(f"/invitations/{signing.sign(_PURPOSE, [course, invitation.id])}")


def read(token: str) -> OpenedInvitation:
    """Return the invitation of a link. Raises Problem if it was not signed here, or holds no more."""
    course, name = signing.open_signed(_PURPOSE, token, 2)
    invitation = service().store.staff.invitation(course, name)
    if invitation is None:
        raise Problem(LINK_ENDED, "this invitation was used, was withdrawn or has ended; ask its sender for another")
    return OpenedInvitation(course, invitation)
