"""The outcome of grading, which lists of submissions have as well as verdicts."""

from enum import StrEnum


class Outcome(StrEnum):
    """The outcome of grading a submission. Backmark's own failures are not among them."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    CRASHED = "crashed"
    REJECTED = "rejected"
