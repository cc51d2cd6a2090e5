"""Links by which students hand in without a token."""

from dataclasses import dataclass
from typing import Annotated

from backmark.grader.model.fields import Doc, Unit


@dataclass(frozen=True, slots=True)
class HandInLink:
    """A link to hand in, signed by the server. Anyone who has the link can use it."""

    url: Annotated[str, Doc("The link to send to the student; a path unless BACKMARK_PUBLIC_URL is set.")]
    student: Annotated[str | None, Doc(none="the link is for the whole class")]
    hands_in: Annotated[
        float,
        Doc(
            "The link takes files until this time. It moves with the assignment's closing time for the student.",
            unit=Unit.TIME,
            json="hands_in_until",
        ),
    ]
    reads: Annotated[
        float | None,
        Doc(
            "The link shows the student's attempts, verdicts and mark until this time.",
            none="until staff end the link",
            unit=Unit.TIME,
            json="reads_until",
        ),
    ]
