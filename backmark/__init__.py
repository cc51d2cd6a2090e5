"""The name that outsiders import: `from backmark import Client`. Nothing but re-exports of `grader.client`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Type checkers take each name from here, since it is imported as itself.
    from grader.client import (
        Assignment as Assignment,
    )
    from grader.client import (
        Client as Client,
    )
    from grader.client import (
        ClientError as ClientError,
    )
    from grader.client import (
        Comparison as Comparison,
    )
    from grader.client import (
        Conflict as Conflict,
    )
    from grader.client import (
        CoursePolicy as CoursePolicy,
    )
    from grader.client import (
        Fault as Fault,
    )
    from grader.client import (
        Forbidden as Forbidden,
    )
    from grader.client import (
        GradebookColumn as GradebookColumn,
    )
    from grader.client import (
        HandInLink as HandInLink,
    )
    from grader.client import (
        Invalid as Invalid,
    )
    from grader.client import (
        Listing as Listing,
    )
    from grader.client import (
        LoggedAct as LoggedAct,
    )
    from grader.client import (
        MarkOverride as MarkOverride,
    )
    from grader.client import (
        NotFound as NotFound,
    )
    from grader.client import (
        NotReached as NotReached,
    )
    from grader.client import (
        Page as Page,
    )
    from grader.client import (
        Patience as Patience,
    )
    from grader.client import (
        Position as Position,
    )
    from grader.client import (
        Problem as Problem,
    )
    from grader.client import (
        Publication as Publication,
    )
    from grader.client import (
        Regrade as Regrade,
    )
    from grader.client import (
        Revision as Revision,
    )
    from grader.client import (
        RosterStudent as RosterStudent,
    )
    from grader.client import (
        RosterUpdate as RosterUpdate,
    )
    from grader.client import (
        SentMark as SentMark,
    )
    from grader.client import (
        ServiceOutage as ServiceOutage,
    )
    from grader.client import (
        StillWaiting as StillWaiting,
    )
    from grader.client import (
        StudentExtension as StudentExtension,
    )
    from grader.client import (
        StudentMark as StudentMark,
    )
    from grader.client import (
        Submission as Submission,
    )
    from grader.client import (
        Token as Token,
    )
    from grader.client import (
        TooMany as TooMany,
    )
    from grader.client import (
        Unauthorized as Unauthorized,
    )
    from grader.client import (
        Unavailable as Unavailable,
    )
    from grader.client import (
        Unexpected as Unexpected,
    )
    from grader.client import (
        Unusable as Unusable,
    )
else:

    def __getattr__(name: str) -> Any:
        """Return a name of the client, imported on demand: `python -m backmark` does without an HTTP client."""
        if name.startswith("_") and name != "__all__":
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        try:
            client = import_module("grader.client")
        except ModuleNotFoundError as error:
            message = f"backmark.{name} needs {error.name}; install Backmark with its extra `client`"
            raise ModuleNotFoundError(message, name=error.name) from error
        if name == "__all__":
            return client.__all__
        if name not in client.__all__:
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        return getattr(client, name)

    def __dir__() -> list[str]:
        """Return the names of the client too."""
        return [*globals(), *import_module("grader.client").__all__]
