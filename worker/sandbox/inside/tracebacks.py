"""The exceptions that the student's code raised, as three capped texts with the student's own lines and numbers."""

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Any, Protocol

#: The file name that the slice is compiled under: how its frames are told from all others.
FILENAME = "<submission>"

_TYPE_CAP, _MESSAGE_CAP, _TRACEBACK_CAP = 200, 2_000, 8_000
#: Frames shown at each end of a long traceback, and exceptions of a chain.
_ENDS, _CHAIN = 8, 4
#: The ends of a message that is a sentence already.
_ENDED = (".", "!", "?")


#: A line of what was handed in: its cell (0 in a file), and its number there.
Spot = tuple[int, int]


class SourceLines(Protocol):
    """The places of the slice's lines in the submitted file."""

    def spot(self, lineno: int) -> Spot | None:
        """Find the line there, or None outside of it all."""

    def place(self, lineno: int) -> str:
        """Name the line in the student's own numbering."""

    def text(self, lineno: int) -> str:
        """Return the line itself."""


def describe(error: BaseException, lines: SourceLines, added: str = "", named: Sequence[Spot] = ()) -> dict[str, Any]:
    """Return type, message and traceback; survives exceptions that break when they are looked at.

    What is `added` is our own word, and ends the message and the traceback; `named` are the lines that it speaks of.
    `frames` are the student's own lines in the traceback, in its order.
    """
    # Room for it, however long the student's own message is.
    message, traceback = _MESSAGE_CAP - len(added) - 1, _TRACEBACK_CAP - len(added) - 1
    text, frames = _traceback(error, lines)
    said = clean(read_message(error), message)
    return {
        "type": name_type(error),
        "message": _with(said, " " if said.endswith(_ENDED) else ". ", added),
        "traceback": _with(clean(text, traceback), "\n", added),
        "frames": frames,
        "lines": list(named),
    }


def name_alone(error: BaseException) -> dict[str, Any]:
    """Return the type of an exception in the form of a description."""
    return {"type": name_type(error), "message": "", "traceback": "", "frames": [], "lines": []}


def is_students(error: BaseException) -> bool:
    """Return True if an exception was raised in the student's code, or in what that called."""
    link = error.__traceback__
    while link is not None and link.tb_frame.f_code.co_filename != FILENAME:
        link = link.tb_next
    return link is not None


def find_last_line(error: BaseException) -> int | None:
    """Return the number of the slice's line that was the last to run when an exception was raised; None if none ran."""
    link, lineno = error.__traceback__, None
    while link is not None:
        if link.tb_frame.f_code.co_filename == FILENAME:
            lineno = link.tb_lineno
        link = link.tb_next
    return lineno


def name_type(error: BaseException) -> str:
    """Return the name of an exception's type."""
    return clean(_name(error), _TYPE_CAP)


def read_message(error: BaseException) -> str:
    """Return the text of an exception, which may do anything when it is asked for it."""
    try:
        # The slice makes a plain str of a subclass, and it makes no larger copy of a huge one.
        return str.__getitem__(str(error), slice(_MESSAGE_CAP + 1))
    except BaseException:  # noqa: BLE001 - the end of memory or of the stack included
        return "(the message cannot be shown)"


def _with(text: str, between: str, added: str) -> str:
    return f"{text}{between}{added}" if text and added else text or added


def _name(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        # NumPy has a kind of its own; the worker looks for this name.
        return "MemoryError"
    try:
        return str(type(error).__qualname__)
    except BaseException:  # noqa: BLE001 - a metaclass of the student's may do anything here
        return "Exception"


def clean(text: str, cap: int) -> str:
    """Cut the text and spell out what no report can hold: control characters and lone surrogates."""
    if len(text) > cap:
        text = text[: cap - 3] + "..."
    if not text.replace("\n", "").isprintable():
        text = "".join(map(_printable, text.expandtabs(4)))
    return text[:cap]


def _printable(char: str) -> str:
    return char if char == "\n" or char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _traceback(error: BaseException, lines: SourceLines) -> tuple[str, list[Spot]]:
    try:
        blocks = _chain(error, lines)
    except BaseException:  # noqa: BLE001 - without a traceback it is still an answer
        return "", []
    return "\n".join(text for text, _ in blocks), [spot for _, spot in blocks if spot is not None]


#: A line of the traceback, and the student's own line that it names.
_Block = tuple[str, Spot | None]


def _chain(error: BaseException, lines: SourceLines) -> list[_Block]:
    """Format the exception and those that led to it, the first one first, as Python does."""
    parts: list[list[_Block]] = []
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen and len(parts) < _CHAIN:
        seen.add(id(link))
        cause = link.__cause__
        below = cause if cause is not None else None if link.__suppress_context__ else link.__context__
        blocks = [
            *_frames(link.__traceback__, lines),
            (f"{_name(link)}: {read_message(link)}".removesuffix(": "), None),
        ]
        if below is not None and id(below) not in seen:
            why = (
                "That exception caused this one:"
                if cause is not None
                else "While that exception was handled, this one was raised:"
            )
            blocks = [(why, None), *blocks]
        parts.append(blocks)
        link = below
    return [block for part in reversed(parts) for block in part]


def _frames(traceback: TracebackType | None, lines: SourceLines) -> list[_Block]:
    blocks = list(_blocks(traceback, lines))
    if len(blocks) > 2 * _ENDS:
        left_out = f"  ... {len(blocks) - 2 * _ENDS} more ..."
        blocks = [*blocks[:_ENDS], (left_out, None), *blocks[-_ENDS:]]
    return blocks


def _blocks(traceback: TracebackType | None, lines: SourceLines) -> Iterator[_Block]:
    """Yield the student's frames, and the innermost one if that is a library's."""
    seen = False
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename == FILENAME:
            seen = True
            yield f"  {lines.place(traceback.tb_lineno)}, in {code.co_name}", lines.spot(traceback.tb_lineno)
            if text := lines.text(traceback.tb_lineno).strip():
                yield f"    {text}", None
        elif seen and traceback.tb_next is None:
            module = traceback.tb_frame.f_globals.get("__name__", "a library")
            yield f"  {module}, line {traceback.tb_lineno}, in {code.co_name}", None
        traceback = traceback.tb_next
