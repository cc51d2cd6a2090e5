"""The statements of an author's solutions that count for rows, as publishing proved them on the cases."""

from dataclasses import dataclass
from typing import Any, NamedTuple


class EditedLine(NamedTuple):
    """A line of a solution, and the statement in its place after one edit."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ProvenStatement:
    """A statement of a solution that counts for rows, and how many of its single edits the cases catch."""

    file: str
    line: int
    rows: tuple[str, ...]
    edits: int
    caught: int
    #: True if some case is wrong without the statement, or with zeros in its place.
    shown: bool
    #: The edits that only one case catches, and those that no case does.
    narrow: tuple[EditedLine, ...] = ()
    uncaught: tuple[EditedLine, ...] = ()

    def summary(self) -> dict[str, Any]:
        """Return what staff are shown, as JSON."""
        return {
            "file": self.file,
            "line": self.line,
            "rows": list(self.rows),
            "edits": self.edits,
            "caught": self.caught,
            "shown": self.shown,
            "caught_by_one": [edit._asdict() for edit in self.narrow],
            "uncaught": [edit._asdict() for edit in self.uncaught],
        }
