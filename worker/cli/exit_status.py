"""The exit statuses of `backmark`."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """The outcome of a command, as scripts see it. A failure of Backmark's own is never a student's mark."""

    SUCCESS = 0
    #: Not all passed, or not done.
    NOT_PASSED = 1
    #: Wrong usage, or refused by the server; click exits with it, too.
    REFUSED = 2
    #: Backmark failed, the server cannot be reached, or a wait took too long.
    FAILURE = 3
    #: As shells report SIGINT and SIGPIPE.
    INTERRUPTED = 130
    BROKEN_PIPE = 141
