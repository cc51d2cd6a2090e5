"""The name that outsiders import: `from backmark import check, Client`. Nothing but re-exports.

`check` is for a student's notebook, and needs NumPy alone; all other names are of `backmark.grader.client`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if not Path(__file__).with_name("grader").is_dir():
    # In a checkout `grader` and `worker` stand beside this folder, which links to them; on Windows Git makes no links.
    __path__.append(str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    # Type checkers take each name from here, since it is imported as itself.
    from backmark.grader.client import (
        Assignment as Assignment,
    )
    from backmark.grader.client import (
        Client as Client,
    )
    from backmark.grader.client import (
        ClientError as ClientError,
    )
    from backmark.grader.client import (
        Comparison as Comparison,
    )
    from backmark.grader.client import (
        Conflict as Conflict,
    )
    from backmark.grader.client import (
        CoursePolicy as CoursePolicy,
    )
    from backmark.grader.client import (
        Fault as Fault,
    )
    from backmark.grader.client import (
        Forbidden as Forbidden,
    )
    from backmark.grader.client import (
        GradebookColumn as GradebookColumn,
    )
    from backmark.grader.client import (
        HandInLink as HandInLink,
    )
    from backmark.grader.client import (
        Invalid as Invalid,
    )
    from backmark.grader.client import (
        Listing as Listing,
    )
    from backmark.grader.client import (
        LoggedAct as LoggedAct,
    )
    from backmark.grader.client import (
        MarkOverride as MarkOverride,
    )
    from backmark.grader.client import (
        NotFound as NotFound,
    )
    from backmark.grader.client import (
        NotReached as NotReached,
    )
    from backmark.grader.client import (
        Page as Page,
    )
    from backmark.grader.client import (
        Patience as Patience,
    )
    from backmark.grader.client import (
        Position as Position,
    )
    from backmark.grader.client import (
        Problem as Problem,
    )
    from backmark.grader.client import (
        Publication as Publication,
    )
    from backmark.grader.client import (
        Regrade as Regrade,
    )
    from backmark.grader.client import (
        Revision as Revision,
    )
    from backmark.grader.client import (
        RosterStudent as RosterStudent,
    )
    from backmark.grader.client import (
        RosterUpdate as RosterUpdate,
    )
    from backmark.grader.client import (
        SentMark as SentMark,
    )
    from backmark.grader.client import (
        ServiceOutage as ServiceOutage,
    )
    from backmark.grader.client import (
        StillWaiting as StillWaiting,
    )
    from backmark.grader.client import (
        StudentExtension as StudentExtension,
    )
    from backmark.grader.client import (
        StudentMark as StudentMark,
    )
    from backmark.grader.client import (
        Submission as Submission,
    )
    from backmark.grader.client import (
        Token as Token,
    )
    from backmark.grader.client import (
        TooMany as TooMany,
    )
    from backmark.grader.client import (
        Unauthorized as Unauthorized,
    )
    from backmark.grader.client import (
        Unavailable as Unavailable,
    )
    from backmark.grader.client import (
        Unexpected as Unexpected,
    )
    from backmark.grader.client import (
        Unusable as Unusable,
    )
    from backmark.worker.notebook.check import check as check
else:

    def __getattr__(name: str) -> Any:
        """Return a name, imported on demand: `python -m backmark` does without an HTTP client, `check` without any."""
        if name == "check":
            return import_module("backmark.worker.notebook.check").check
        if name.startswith("_") and name != "__all__":
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        client = _import_client(name)
        if name == "__all__":
            # Without `check`: a star import must do on a machine without NumPy.
            return client.__all__
        if name not in client.__all__:
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        return getattr(client, name)

    def _import_client(name: str) -> Any:
        try:
            return import_module("backmark.grader.client")
        except ModuleNotFoundError as error:
            message = f"backmark.{name} needs {error.name}; install Backmark with its extra `client`"
            raise ModuleNotFoundError(message, name=error.name) from error

    def __dir__() -> list[str]:
        """Return the names of the client too."""
        return [*globals(), "check", *import_module("backmark.grader.client").__all__]
