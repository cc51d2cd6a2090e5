"""The name that outsiders import: `from backmark import Client`. Nothing but re-exports of `grader.client`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grader.client import (
        Assignment,
        Client,
        ClientError,
        Comparison,
        Conflict,
        Fault,
        Forbidden,
        Invalid,
        Listing,
        NotFound,
        NotReached,
        Page,
        Patience,
        Position,
        Problem,
        Publication,
        Regrade,
        Revision,
        StillWaiting,
        Submission,
        Token,
        TooMany,
        Unauthorized,
        Unavailable,
        Unexpected,
        Unusable,
    )

__all__ = [
    "Assignment",
    "Client",
    "ClientError",
    "Comparison",
    "Conflict",
    "Fault",
    "Forbidden",
    "Invalid",
    "Listing",
    "NotFound",
    "NotReached",
    "Page",
    "Patience",
    "Position",
    "Problem",
    "Publication",
    "Regrade",
    "Revision",
    "StillWaiting",
    "Submission",
    "Token",
    "TooMany",
    "Unauthorized",
    "Unavailable",
    "Unexpected",
    "Unusable",
]

if not TYPE_CHECKING:
    # Type checkers read the imports above, and know which names there are.

    def __getattr__(name: str) -> Any:
        """Return a name of the client, imported on demand: `python -m backmark` does without an HTTP client."""
        if name not in __all__:
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        try:
            return getattr(import_module("grader.client"), name)
        except ModuleNotFoundError as error:
            message = f"backmark.{name} needs {error.name}; install Backmark with its extra `client`"
            raise ModuleNotFoundError(message, name=error.name) from error

    def __dir__() -> list[str]:
        """Return the names of the client, before any of them is imported."""
        return [*globals(), *__all__]
