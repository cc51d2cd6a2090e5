"""One submission's conversation with its jail: extract, answer, and every way in which it can end."""

import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, NoReturn, Self

from backmark.grader.errors import (
    BackmarkError,
    CandidateError,
    Crashed,
    JailFailed,
    JailInterrupted,
    OutOfMemory,
    SubmissionError,
    TooMuchOutput,
)
from backmark.worker.sandbox import reply
from backmark.worker.sandbox.clock import LOOK, Budget, Clock, late
from backmark.worker.sandbox.inside import wire
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.reading.cells import BYTES, Cells
from backmark.worker.sandbox.policy import JailLimits
from backmark.worker.sandbox.process import Jail
from backmark.worker.sandbox.reply import AnswerReader, Extracted, Rejection, Reply
from backmark.worker.sandbox.request import JailRequest

#: Bytes of a slice's code (the source may have 1 MiB, and the slice is a part of it, with escapes) and of cells.
_CODE_CAP = 4 * 1024 * 1024 + BYTES
#: Seconds on the wall clock for a jail to be ready, before any of the student's code is in it.
_START = 30.0
#: Seconds, for each answer still to come, in which answers gather: many at a time cost the worker half of what each by
#: itself does.
_LINGER_PER_ANSWER = 1e-5
#: Seconds in which answers gather at most.
_LONGEST_LINGER = 2e-3
#: The number of the last answers, which are taken as they come.
_LAST_ANSWERS = 16
#: The reason of a refusal of a file that is too much to parse.
_TOO_COMPLEX = "too_complex"


class Session:
    """A process that is started at once and serves one submission; close it, or use it as a context.

    Start it from a thread that lives as long as it: a jail dies with the thread.
    """

    def __init__(self, jail: Jail, limits: JailLimits) -> None:
        #: The replies of the current exchange that have arrived: the next case is the one that failed.
        self.replies: list[Reply] = []
        #: The time that the submission may use, and has used in its other jails: to be set before anything is asked.
        self.budget = Budget()
        #: The code cells of the notebook that was read, also if it was refused.
        self.cells = Cells()
        self._limits = limits
        self._frames: deque[wire.Frame] = deque()
        #: Frames of the current exchange that have not arrived.
        self._missing = 0
        self._parser = wire.Parser(payload_cap=0)
        self._ready = False
        self._over: BackmarkError | None = None
        self._too_complex = False
        self._clock: Clock | None = None
        self._entry: Entry | None = None
        self._process = jail.start(limits)
        self._streams = self._process.streams

    def admit(self) -> None:
        """Take hold of the jail and let it go on to where it is ready; raises JailFailed."""
        try:
            self._process.admit()
        except JailFailed as error:
            self._fail(error)

    def extract(self, source: bytes, filename: str, entry: Entry) -> Extracted:
        """Let the jail read the submission, without executing any of it.

        Raises SubmissionError if the submission is refused, and JailFailed if there is no jail or ours fails in it; a
        CandidateError if it ends and has read another one before, which may have run.
        """
        self._await_ready()
        self._parser.payload_cap = _CODE_CAP
        try:
            header = {"do": "extract", "filename": filename, **entry.header()}
            self._ask(wire.pack(header, source), _CODE_CAP, seconds=self._limits.seconds)
            extraction, self.cells = reply.read_extraction(self._next(), entry)
        except CandidateError as error:
            if self._entry is not None:
                raise
            if isinstance(error, Crashed) and self._process.status() >= 0:
                # It ended by itself, and none of the student's code has run.
                raise JailFailed(
                    f"the jail failed while it read a submission: {self._streams.output.strip() or error}"
                ) from error
            raise SubmissionError(
                _TOO_COMPLEX,
                "The submission could not be read within the limits of time and memory. "
                "Hand in the function and what it needs, without generated code or deep nesting.",
            ) from error
        if isinstance(extraction, Rejection):
            self._too_complex = extraction.reason == _TOO_COMPLEX
            raise SubmissionError(extraction.reason, extraction.message, extraction.lines)
        self._entry = entry
        return extraction

    def write(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Let the jail write a program of what was extracted, without executing any of it; return it as checked JSON.

        Raises a CandidateError if it cannot be written within the limits.
        """
        if self._entry is None:
            raise LookupError("nothing was extracted that could be written")
        self._await_ready()
        self._parser.payload_cap = _CODE_CAP
        self._ask(wire.pack({"do": "write", **wanted}), _CODE_CAP, seconds=self._limits.seconds)
        try:
            return reply.read_written(self._next())
        except Crashed as error:
            self._fail(error)

    def answer(self, request: JailRequest) -> list[Reply]:
        """Ask for the answers to the cases of the request, once something was extracted.

        Raises a CandidateError if an answer does not come; `replies` then holds the answers before it.
        """
        if self._entry is None:
            raise LookupError("nothing was extracted that could be asked")
        self.replies = []
        self._await_ready()
        sizes = request.answer_sizes
        self._parser.payload_cap = max(sizes, default=0)
        frame = request.pack(self._process.kept)
        self._ask(frame, sum(sizes), frames=len(sizes), seconds=self._limits.seconds_per_call)
        try:
            reader = AnswerReader(
                self._entry,
                refers=request.refers,
            )
            for size, parts in zip(sizes, request.answer_parts or [0] * len(sizes), strict=True):
                if not self._frames:
                    self._wait()
                answer = reader.read(self._frames.popleft(), size, parts)
                if answer.raised_type == "MemoryError":
                    # Filling the memory again for every case would only take time.
                    self._fail(_describe_overrun(self._limits))
                self.replies.append(answer)
        except Crashed as error:
            self._fail(error)
        self._streams.drain()
        if self._streams.flooded:
            self._fail(self._death())
        return self.replies

    @property
    def repeatable(self) -> bool:
        """True if no answer or error of this session came of a limit, a clock or a signal: it would come again."""
        return self._over is None and not self._too_complex

    @property
    def grouped(self) -> bool:
        """True if control groups hold the jail, besides its other limits."""
        return self._process.grouped

    @property
    def output(self) -> str:
        """The first 4 KiB of what the submission has printed."""
        return self._streams.output

    @property
    def usable(self) -> bool:
        """True if it can be asked further."""
        return self._entry is not None and self._over is None and self.alive

    @property
    def alive(self) -> bool:
        """True while its process runs."""
        return self._process.alive

    def stop(self) -> None:
        """End the jail from another thread; a waiting thread gets an error. The session must still be closed."""
        self._process.kill()

    def close(self) -> None:
        """End the jail and leave nothing behind; may be called again."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- the exchange

    def _await_ready(self) -> None:
        if self._over is not None:
            raise JailFailed(f"This jail is over: {self._over}")
        if self._ready:
            return
        self.admit()
        try:
            frame = self._next()
        except CandidateError as error:
            self._fail(self._stillborn(error.ending))
        except JailFailed as error:
            self._fail(self._stillborn(str(error)))
        if frame.header != {"ready": True}:
            self._fail(self._stillborn("the jail did not report that it is ready."))
        self._ready = True

    def _stillborn(self, why: str) -> JailFailed:
        # What bwrap says of itself, or Python in the jail, is nearer to the cause than how the process ended.
        return JailFailed(f"the jail did not start: {self._streams.output.strip() or why}")

    def _ask(self, frame: bytes, size: int, *, seconds: float, frames: int = 1) -> None:
        """Send a request that is answered by so many frames, with `size` bytes in all, each within `seconds`."""
        self._streams.allow(size + frames * (wire.HEADER_CAP + 16))
        if self._clock is None:
            self._clock = Clock(self._process, self._limits, self.budget)
        if error := self._clock.begin(seconds, self._entry.noun if self._entry else "call"):
            self._fail(error)
        self._missing = frames
        self._streams.send(frame)

    def _next(self) -> wire.Frame:
        """Return the next frame; if the process ends instead, raise the error for its end."""
        if not self._frames:
            self._wait()
        return self._frames.popleft()

    def _wait(self) -> None:
        """Wait for a frame, and take what came with it."""
        start = time.monotonic()
        while not self._frames and not self._take_in(b""):
            if self._clock is None:
                if time.monotonic() - start > _START:
                    self._fail(Crashed(f"The start took more than {_START:.0f} s."))
            elif error := self._clock.look():
                # While we were held up it may have answered: that is taken before anything is held against it.
                if self._take_in(self._streams.receive(0.0) or b""):
                    break
                self._fail(error)
            linger = min(_LINGER_PER_ANSWER * self._missing, _LONGEST_LINGER) if self._missing > _LAST_ANSWERS else 0.0
            chunk = self._streams.receive(LOOK, linger=linger)
            if chunk is None:
                self._fail(self._death())
            self._take_in(chunk)
        if self._clock is not None:
            self._clock.progress()

    def _take_in(self, chunk: bytes) -> bool:
        """Take in a piece of the answers; return True if a frame is complete."""
        try:
            frames = self._parser.feed(chunk)
        except wire.WireError:
            self._fail(Crashed("Your code's process sent something that is not an answer."))
        self._frames += frames
        self._missing -= len(frames)
        return bool(self._frames)

    def _fail(self, error: BackmarkError) -> NoReturn:
        """End the process and raise the error, the last word of this session."""
        self._process.kill()
        self._over = error
        raise error

    def _death(self) -> BackmarkError:
        """Return the error that explains why the process ended."""
        process = self._process
        self._streams.drain()
        if self._streams.flooded:
            return TooMuchOutput(
                f"Your code printed more than {self._limits.output:,} bytes.", "Remove its print() calls."
            )
        if self._streams.chatty:
            return Crashed("Your code's process sent more answers than there were questions.")
        status = process.status()
        if process.was_starved():
            return _describe_overrun(self._limits)
        if _is_of_limit(status) and self._clock and self._clock.is_exhausted():
            # Nobody looked until the kernel's own limit came.
            return late(self._limits.seconds, "in all")
        if process.was_ended_from_outside():
            return JailInterrupted("Something outside killed the jail: the operator, or a machine without memory.")
        return _explain_end(status)


def _describe_overrun(limits: JailLimits) -> OutOfMemory:
    return OutOfMemory(
        f"Your code asked for more than {limits.memory // (1024 * 1024):,} MiB of memory.",
        "Is there an array that grows in a loop, or a product with a larger shape than you intended?",
    )


def _is_of_limit(status: int) -> bool:
    """Return True if the kernel's limit on processor time can be what ended a process: where there is one."""
    return sys.platform != "win32" and -status in {signal.SIGXCPU, signal.SIGKILL}


def _explain_end(status: int) -> Crashed:
    if status >= 0:
        ending = f"Your code's process ended with exit status {status}, without an answer."
        return Crashed(ending, "Remove any exit() calls.")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return Crashed(f"Your code's process ended with signal {name}, without an answer.")
