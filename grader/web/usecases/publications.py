"""Publications: what may be published, and by whom."""

from backmark.grader.contracts import gallery
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.errors import BadAssignment
from backmark.grader.model.fresh_groups import usual
from backmark.grader.model.records import Scope
from backmark.grader.web.http.auth import caller
from backmark.grader.web.http.problems import (
    FORBIDDEN,
    INVALID,
    Problem,
    RequestFault,
)
from backmark.grader.web.service import service

#: Characters of an assignment with its files.
LONGEST = 1 << 17


def read_assignment(toml: str) -> ContractAssignment:
    """Return the assignment that a TOML text describes. Raises Problem with what is wrong with the text."""
    try:
        return reading.parse(toml, "toml")
    except BadAssignment as error:
        detail = str(error)
        raise Problem(INVALID, detail, errors=(RequestFault("pointer", "/toml", detail),)) from None


def require_author(assignment: ContractAssignment, toml: str) -> None:
    """Raise Problem if the caller lacks the scope for the code of a text that does not ship: publishing runs it."""
    token = caller().token
    if not token.allows(Scope.AUTHOR) and not gallery.is_shipped(assignment.id, toml):
        raise Problem(
            FORBIDDEN,
            f"the code of {assignment.id} does not ship with Backmark; to publish it, a token needs the scope author,"
            f" and this one has {', '.join(sorted(token.scopes))}. The people who run the service make one: backmark"
            f" service token create NAME --course {token.course} --scope staff --scope author",
        )


def usual_fresh(assignment: ContractAssignment) -> int:
    """Return the default number of fresh cases of an assignment: none without a secret."""
    return usual(assignment.cases) if service().settings.secret is not None else 0
