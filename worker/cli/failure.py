"""A mistake of Backmark's own on one of many files: the others are graded all the same."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Failure:
    """A file without a verdict, since Backmark itself raised, and the traceback of that."""

    filename: str
    traceback: str

    def message(self) -> str:
        """Return what standard error says of it."""
        return (
            f"{self.traceback}backmark: {self.filename}: internal error;"
            " this is an internal error in Backmark; it says nothing about the submission"
        )
