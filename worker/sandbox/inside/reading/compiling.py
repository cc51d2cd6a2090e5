"""From the lines of a slice to the code that is executed, in parts."""

import __future__

import warnings
from itertools import groupby
from types import CodeType

from backmark.worker.sandbox.inside.tracebacks import FILENAME

from .listing import Line, SlicePart
from .syntax import fault, too_complex

#: The compiler flags of all future imports.
FUTURES = sum({getattr(__future__, name).compiler_flag for name in __future__.all_feature_names})


def compile_parts(lines: list[Line], start: int = 0) -> tuple[SlicePart, ...]:
    """Compile the lines from `start` on: what is executed at once, and every statement on trial by itself."""
    parts = []
    flags = 0
    for trial, group in groupby(enumerate(lines[start:], start), lambda item: item[1].trial):
        numbered = list(group)
        # Empty lines first, so that its line numbers are those of the whole.
        code = "\n" * numbered[0][0] + "".join(f"{line.code}\n" for _, line in numbered)
        parts.append(SlicePart(_compile(code, flags, lines), trial, code))
        # The future imports come first, and hold for all of it.
        flags |= parts[-1].compiled.co_flags & FUTURES
    return tuple(parts)


def _compile(code: str, flags: int, lines: list[Line]) -> CodeType:
    """Compile without executing: some errors (`return` outside of a function) are found only now."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled: CodeType = compile(code, FILENAME, "exec", flags, dont_inherit=True)
            return compiled
    except SyntaxError as error:
        line = lines[min(max(error.lineno or 1, 1), len(lines)) - 1]
        text = (*line.piece.lines[: line.number - 1], line.code)
        placed = SyntaxError(error.msg, ("", line.number, error.offset, None))
        raise fault(placed, list(text), line.piece).to_rejection() from None
    except (ValueError, OverflowError):
        raise too_complex("The code") from None
