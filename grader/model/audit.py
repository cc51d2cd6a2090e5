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
    act: Annotated[str, Doc("The noun and the verb of the act, such as override.set.")]
    subject: Annotated[
        str,
        Doc("The assignment, submission, regrade, token or notification that the act changed.", none="the course"),
    ]
    student: Annotated[
        str, Doc("The student whom the act concerned.", none="nobody, or somebody whose data was deleted since")
    ] = ""
    reason: Annotated[str, Doc("The reason that the author gave.")] = ""
    details: Annotated[Mapping[str, Any], Doc("The values that were set.")] = field(default_factory=dict)
