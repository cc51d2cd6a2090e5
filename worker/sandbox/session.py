"""One submission's conversation with its jail: extract, answer, and every way in which it can end."""

import signal
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn, Self

from grader.errors import (
    BackmarkError,
    CandidateError,
    Crashed,
    JailFailed,
    OutOfMemory,
    SubmissionError,
    TimedOut,
    TooMuchOutput,
)
from worker.sandbox import reply
from worker.sandbox.inside import wire
from worker.sandbox.policy import Limits
from worker.sandbox.process import Jail, Process
from worker.sandbox.reply import Extracted, Reply

#: Bytes of a slice's code: the source may have 1 MiB, and the slice is a part of it, with escapes.
_CODE_CAP = 4 * 1024 * 1024
#: Seconds on the wall clock for a jail to be ready, before any of the student's code is in it.
_START = 30.0
#: Wall-clock seconds for each second of CPU, so that a busy machine fails nobody and a sleeper is found.
_CALL_PATIENCE, _PATIENCE = 10, 3
#: How the kernel's limit on CPU time ends a process: SIGKILL, SIGXCPU.
_OUT_OF_TIME = {-9, -24}
#: Seconds between two looks at the clocks.
_LOOK = 0.1


class Session:
    """A process that is started at once and serves one submission; close it, or use it as a context.

    Start it from a thread that lives as long as it: a jail dies with the thread.
    """

    def __init__(self, jail: Jail, limits: Limits) -> None:
        #: The replies of the current exchange that have arrived: the next network is the one that failed.
        self.replies: list[Reply] = []
        self._limits = limits
        self._frames: deque[wire.Frame] = deque()
        self._parser = wire.Parser(payload_cap=0)
        self._ready = False
        self._over: BackmarkError | None = None
        self._clock: _Clock | None = None
        self._process = jail.start(limits)
        self._streams = self._process.streams

    def admit(self) -> None:
        """Take hold of the jail and let it go on to where it is ready; raises JailFailed."""
        try:
            self._process.admit()
        except JailFailed as error:
            self._fail(error)

    def extract(self, source: bytes, filename: str, function: str) -> Extracted:
        """Let the jail read the submission, without executing any of it.

        Raises SubmissionError where it is refused, and JailFailed where there is no jail.
        """
        self._await_ready()
        self._parser.payload_cap = _CODE_CAP
        try:
            header = {"do": "extract", "filename": filename, "function": function}
            self._ask(header, source, _CODE_CAP, seconds=self._limits.seconds)
            found = reply.extracted(self._next())
        except CandidateError as error:
            self._over = error
            raise SubmissionError(
                "too_complex",
                "The submission could not be read within the limits of time and memory. "
                "Hand in the function and what it needs, without generated code or deep nesting.",
            ) from error
        if isinstance(found, tuple):
            raise SubmissionError(*found)
        return found

    def answer(self, header: Mapping[str, Any], payload: bytes, sizes: Sequence[int]) -> list[Reply]:
        """Ask for the answers to the networks of the request; `sizes` are the bytes that each may return.

        Raises a CandidateError where an answer does not come; `replies` then holds those before it.
        """
        self.replies = []
        self._await_ready()
        self._parser.payload_cap = max(sizes, default=0)
        header = {**header, "do": "answer"}
        self._ask(header, payload, sum(sizes), frames=len(sizes), seconds=self._limits.seconds_per_call)
        try:
            for size in sizes:
                came = reply.answer(self._next(), size)
                if came.header.get("type") == "MemoryError":
                    # Filling the memory again for every network would only take time.
                    self._fail(OutOfMemory(_memory(self._limits)))
                self.replies.append(came)
        except Crashed as error:
            self._fail(error)
        self._streams.drain()
        if self._streams.flooded:
            self._fail(self._death())
        return self.replies

    @property
    def grouped(self) -> bool:
        """Whether control groups hold the jail, besides its other limits."""
        return self._process.grouped

    @property
    def output(self) -> str:
        """What the submission has printed, its first 4 KiB."""
        return self._streams.output

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.alive

    def stop(self) -> None:
        """End the jail from another thread: whoever waits for it is told that it ended. It is still to be closed."""
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
            self._fail(self._stillborn(str(error)))
        if frame.header != {"ready": True}:
            self._fail(self._stillborn("It did not say that it is ready."))
        self._ready = True

    def _stillborn(self, why: str) -> JailFailed:
        # What bwrap says of itself, or Python in the jail, is nearer to the cause than how the process ended.
        said = self._streams.output.strip() or why.partition(" Take ")[0]
        return JailFailed(f"the jail did not start: {said}")

    def _ask(self, header: dict[str, Any], payload: bytes, size: int, *, seconds: float, frames: int = 1) -> None:
        """Send a request that is answered by so many frames, with `size` bytes in all, each within `seconds`."""
        self._streams.allow(size + frames * (wire.HEADER_CAP + 16))
        if self._clock is None:
            self._clock = _Clock(self._process, self._limits)
        self._clock.begin(seconds)
        self._streams.send(wire.pack(header, payload))

    def _next(self) -> wire.Frame:
        """The next frame; raises how the process ended instead."""
        if not self._frames:
            self._wait()
        return self._frames.popleft()

    def _wait(self) -> None:
        """Wait for a frame, and take what came with it."""
        start = time.monotonic()
        while not self._frames and not self._taken(b""):
            if self._clock is None:
                if time.monotonic() - start > _START:
                    self._fail(Crashed(f"It took more than {_START:.0f} s."))
            elif late := self._clock.look():
                self._fail(late)
            chunk = self._streams.receive(_LOOK)
            if chunk is None:
                self._fail(self._death())
            self._taken(chunk)
        if self._clock is not None:
            self._clock.progress()

    def _taken(self, chunk: bytes) -> bool:
        """Take in what was answered; whether that completes a frame."""
        try:
            self._frames.extend(self._parser.feed(chunk))
        except wire.WireError:
            self._fail(Crashed("Its process answered with something that is no answer."))
        return bool(self._frames)

    def _fail(self, error: BackmarkError) -> NoReturn:
        """End the process and raise the error, the last word of this session."""
        self._process.kill()
        self._over = error
        raise error

    def _death(self) -> BackmarkError:
        """Say why the process ended."""
        process = self._process
        self._streams.drain()
        if self._streams.flooded:
            return TooMuchOutput(
                f"It printed more than {self._limits.output:,} bytes. Take the print() calls out of the function."
            )
        if self._streams.chatty:
            return Crashed("Its process answered more than it was asked.")
        status = process.status()
        if process.starved():
            return OutOfMemory(_memory(self._limits))
        if process.lost():
            return JailFailed("Something outside ended bwrap: the operator, or a machine without memory.")
        if status in _OUT_OF_TIME and self._clock and self._clock.spent():
            return _late(self._limits.seconds, "in all")
        return Crashed(_ended(status))


@dataclass(slots=True)
class _Clock:
    """The CPU's and the wall's time, since the last answer and since the beginning."""

    process: Process
    limits: Limits
    #: Of CPU, for each answer of this exchange.
    seconds: float = 0.0
    #: CPU and wall time where this submission, and this call, began; and when the clocks were read.
    started_cpu: float | None = None
    started: float = 0.0
    call_cpu: float | None = None
    call: float = 0.0
    read: float = 0.0
    answered: bool = False
    #: Seconds on the wall that the worker, not the submission, has used.
    idle_since: float | None = None

    def begin(self, seconds: float) -> None:
        """Start an exchange with so many seconds an answer; what was used in between is not the student's."""
        self.seconds = seconds
        now = time.monotonic()
        cpu = self.process.seconds()
        if self.idle_since is None:
            self.started, self.started_cpu = now, cpu
        else:
            self.started += now - self.idle_since
        self.call, self.call_cpu, self.read, self.idle_since = now, cpu, now, now

    def progress(self) -> None:
        """Note that an answer has come."""
        self.call = self.idle_since = time.monotonic()
        self.answered = True

    def look(self) -> TimedOut | None:
        """Read the clocks, at most ten times a second, and say which limit is reached."""
        now = time.monotonic()
        if now - self.read < _LOOK:
            return None
        self.read = now
        limits = self.limits
        used, used_call = self._used()
        if now - self.call > _CALL_PATIENCE * self.seconds or used_call > self.seconds:
            return _late(self.seconds, "for one network")
        if now - self.started > _PATIENCE * limits.seconds or used > limits.seconds:
            return _late(limits.seconds, "in all")
        return None

    def spent(self) -> bool:
        """Whether all of its seconds may be used up: the kernel's limit can come before our look."""
        return time.monotonic() - self.started > self.limits.seconds * 0.9

    def _used(self) -> tuple[float, float]:
        """Return the CPU seconds since the beginning and since the last answer, zeros where unknown."""
        cpu = self.process.seconds()
        if cpu is None or self.started_cpu is None:
            return 0.0, 0.0
        if self.answered or self.call_cpu is None:
            # The answer came since the last look, so this call has used at most what passes from here.
            self.call_cpu, self.answered = cpu, False
        return cpu - self.started_cpu, cpu - self.call_cpu


def _late(seconds: float, what: str) -> TimedOut:
    return TimedOut(
        f"It ran for more than {seconds:g} s {what}. Look for a loop that does not end, "
        "for a sleep, and for a loop over every pair of parameters."
    )


def _memory(limits: Limits) -> str:
    return (
        f"It asked for more than {limits.memory // (1024 * 1024):,} MiB. "
        "Look for an array that grows in a loop, and for a product whose shape is not what you mean."
    )


def _ended(status: int) -> str:
    if status >= 0:
        return f"Its process ended with exit status {status}, without an answer. Take exit() calls out."
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"Its process ended with signal {name}, without an answer."


__all__ = ["Extracted", "Reply", "Session"]
