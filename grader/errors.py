"""Every error of Backmark, by whose fault it is.

BackmarkError
├── SubmissionError          refused before it ran: outcome `rejected`
│   └── HandInBarred         by the policy of its assignment, and not recorded: it counts as no attempt
├── CandidateError           the student's code ended without an answer: an outcome of its own
│   ├── TimedOut             `timeout`
│   ├── OutOfMemory          `memory`
│   ├── TooMuchOutput        `output_limit`
│   └── Crashed              `crashed`
├── SliceEnded               nobody's: it begins again in the slow lane, with all its seconds
└── ServiceError             ours: says nothing about the student, exit status 3
    ├── StoreUnavailable     Redis is away, or not fit to keep a submission
    │   └── OlderStore       it holds what a version before 0.3.0 stored: exit status 2
    ├── JailUnavailable      this machine cannot isolate
    ├── JailFailed           a jail that should have worked did not
    │   └── JailInterrupted  it was killed or held up from outside while it had a submission
    └── AssignmentError      the assignment or its cases are not usable
        ├── BadAssignment    whoever named or wrote it can mend that: wrong usage, exit status 2
        └── MadeByNewerVersion  stored by a newer version of Backmark; not damaged
"""

from typing import Any

#: Exit status of a process whose BadAssignment stands on standard output, as JSON: `{"refused": message}`.
REFUSED = 65


class BackmarkError(Exception):
    """Anything that Backmark raises on purpose."""


class SubmissionError(BackmarkError):
    """The submission was refused before any of it ran; the message says what to do.

    `reason` is a short stable identifier, such as `syntax_error`; `lines` are those that the message names, each with
    its cell (0 in a file).
    """

    def __init__(self, reason: str, message: str, lines: tuple[tuple[int, int], ...] = ()) -> None:
        super().__init__(message)
        self.reason = reason
        self.lines = lines


class HandInBarred(SubmissionError):
    """The policy of an assignment takes nothing from this student now; nothing was recorded.

    `reason` is `not_open`, `closed`, `no_attempts_left`, `unverified` or, of a course that is over, `archived`.
    """

    def __init__(
        self, reason: str, message: str, *, at: float | None = None, attempts: int | None = None, had: int | None = None
    ) -> None:
        super().__init__(reason, message)
        #: When it opens or closed, in seconds since 1970.
        self.at = at
        #: The most attempts of this student, and those that they have had.
        self.attempts = attempts
        self.had = had


class CandidateError(BackmarkError):
    """The student's process ended, or was ended, before all answers were in; `answers` holds those that were.

    `ending` says how it ended, and `advice` what the student can do about that.
    """

    def __init__(self, ending: str = "", advice: str = "") -> None:
        super().__init__(f"{ending} {advice}" if advice else ending)
        self.ending = ending
        self.advice = advice
        self.answers: list[Any] = []


class TimedOut(CandidateError):
    """It used up its seconds, for one call or in all."""


class OutOfMemory(CandidateError):
    """It asked for more memory than the assignment allows."""


class TooMuchOutput(CandidateError):
    """It printed more than the assignment allows."""


class Crashed(CandidateError):
    """Its process died without an answer, or said something that is no answer."""


class SliceEnded(BackmarkError):
    """It used up its quick slice without a verdict: `seconds` of the `limit` that it may use in all."""

    def __init__(self, seconds: float, limit: float) -> None:
        super().__init__(f"used {seconds:.1f} s of {limit:g} s without a verdict")
        self.seconds = seconds
        self.limit = limit


class ServiceError(BackmarkError):
    """Our own failure, or the machine's. Never a student's mark."""


class StoreUnavailable(ServiceError):
    """Redis did not answer, or does not keep what it is given; nothing was recorded by halves."""


class OlderStore(StoreUnavailable):
    """Redis holds what a version before 0.3.0 stored; the message names the last version that reads it."""


class JailUnavailable(ServiceError):
    """This machine cannot isolate; the message says why and what to do."""


class JailFailed(ServiceError):
    """A jail could not be started or lost its way before the student's code ran."""


class JailInterrupted(JailFailed):
    """A jail was killed or held up by something outside, and nothing of ours says what.

    A submission that could bring this about itself would be tried for nothing, so it is tried three times only.
    """


class AssignmentError(ServiceError):
    """An assignment or its cases cannot be used; the message names the field or the file."""


class BadAssignment(AssignmentError):
    """There is no such assignment, or its text is wrong; the message names the field or the file."""


class MadeByNewerVersion(AssignmentError):
    """A stored thing has a format, a kind or a field that this version does not know; the message names it."""
