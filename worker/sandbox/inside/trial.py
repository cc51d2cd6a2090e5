"""Statements that are executed on trial: they may change what a submission uses, and must not end it."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from types import CodeType, FrameType
from typing import Any, NamedTuple

from .tracebacks import FILENAME, clean, name_type, read_message

#: Lines and calls that they may execute together; filling tables takes fewer, training takes more.
STEPS = 200_000

_MOST = 200


class _Enough(BaseException):
    """The statement runs for too long; no `except Exception` of the student's catches it."""


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
    #: True if it runs for too long.
    endless: bool = False


class Trials:
    """The trials of one execution of a submission, which share a number of steps."""

    def __init__(self) -> None:
        self._left = STEPS

    def attempt(self, code: CodeType, namespace: dict[str, Any], *, imports: bool = False) -> GivenUp | None:
        """Execute one statement; return why it was given up, or None if it ran.

        The steps of one that `imports` are not counted: a module of Python's own has many lines.
        """
        before = sys.gettrace()
        try:
            with redirect_stdout(Nowhere()), redirect_stderr(Nowhere()):
                if not imports:
                    sys.settrace(self._trace)
                try:
                    exec(code, namespace)
                finally:
                    sys.settrace(before)
        except _Enough:
            return GivenUp("it runs for too long", endless=True)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the submission can do without
            said = f" ({read_message(error)})" if isinstance(error, ImportError) else ""
            return GivenUp(clean(f"it raised {name_type(error)}{said}", _MOST), error if imports else None)
        return None

    def _trace(self, frame: FrameType, event: str, _: object) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _Enough
        # What a library does counts as its calls: lines are counted in the student's code only.
        return self._trace if event == "line" or frame.f_code.co_filename == FILENAME else None
