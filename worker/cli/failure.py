"""An internal error on one of many files: the others are graded all the same."""

from dataclasses import dataclass

from backmark.grader.reports.plaintext import plain


@dataclass(frozen=True, slots=True)
class GradingFailure:
    """A file without a verdict because Backmark itself raised, with the traceback."""

    filename: str
    traceback: str

    def describe(self) -> str:
        """Return the text for standard error, made plain: no file name or quoted error commands a terminal."""
        return plain(
            f"{self.traceback}backmark: {self.filename} was not graded, because of an internal error in Backmark"
        )
