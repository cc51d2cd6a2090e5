"""Links by which students hand in without a token."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit


@dataclass(frozen=True, slots=True)
class HandInLink:
    """A link to hand in, signed by the server. Anyone who has the link can use it."""

    url: Annotated[str, Doc("The link to send to the student; a path unless BACKMARK_PUBLIC_URL is set.")]
    student: Annotated[str | None, Doc(none="the link is for the whole class")]
    ends: Annotated[
        float,
        Doc(
            "The end of the link. Without days, it moves with the assignment's closing time for the student.",
            unit=Unit.TIME,
            json="ends_at",
        ),
    ]
