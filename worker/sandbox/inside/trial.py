"""Statements that are executed on trial: they may change what a submission uses, and must not end it."""

import io
from contextlib import redirect_stderr, redirect_stdout
from types import CodeType
from typing import Any, NamedTuple

from .tracebacks import clean, name_type, read_message

_MOST = 200


class Nowhere(io.TextIOBase):
    """A file for prints that are not the function's, and count for nothing."""

    def write(self, text: str, /) -> int:
        """Return the number of characters that are dropped."""
        return len(text)


class GivenUp(NamedTuple):
    """A statement that was given up."""

    #: The end of a sentence about it.
    reason: str
    #: The exception of an import; any other would keep the variables of its frames.
    error: BaseException | None = None


def attempt(code: CodeType, namespace: dict[str, Any], *, imports: bool = False) -> GivenUp | None:
    """Execute one statement, which perhaps `imports`; return why it was given up, or None if it ran."""
    try:
        with redirect_stdout(Nowhere()), redirect_stderr(Nowhere()):
            exec(code, namespace)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the submission can do without
        said = f" ({read_message(error)})" if isinstance(error, ImportError) else ""
        return GivenUp(clean(f"it raised {name_type(error)}{said}", _MOST), error if imports else None)
    return None
