"""The log of what staff did in a course."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from backmark.grader.model.fields import Doc, Unit
from backmark.grader.model.terms import Author


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An act of staff."""

    at: Annotated[float, Doc(unit=Unit.TIME)]
    author: Author
    act: Annotated[str, Doc("A verb and what it was done to, such as override.set.")]
    subject: Annotated[
        str,
        Doc("The assignment, submission, regrade, token or notification that it was done to.", none="the course"),
    ]
    student: Annotated[str, Doc("Whom it concerned.", none="nobody, or somebody whose data was deleted since")] = ""
    reason: Annotated[str, Doc("As the author gave it.")] = ""
    details: Annotated[Mapping[str, Any], Doc("What was set.")] = field(default_factory=dict)
