"""A line of a submission."""

from dataclasses import dataclass, field

from backmark.grader.model.descriptions import describe


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A line of the submission."""

    cell: int | None = field(
        metadata=describe("The number of the cell, from 1 over all cells of the notebook; null in a Python file.")
    )
    line: int
    file: str | None = field(default=None, metadata=describe("The path of the file in a package; absent elsewhere."))
    code_cell: int | None = field(
        default=None,
        metadata=describe("The number of the cell among the code cells, from 1; absent in a Python file."),
    )
    begins: str | None = field(
        default=None, metadata=describe("The beginning of the cell's first line that is not empty; absent if unknown.")
    )

    @property
    def where(self) -> str:
        """The place in words."""
        return self.place(f"line {self.line}")

    @property
    def container(self) -> str:
        """The cell or the file in words; a notebook shows no numbers of its cells. Empty in the only file."""
        if self.code_cell is not None:
            return f"code cell {self.code_cell}{f' (begins `{self.begins}`)' if self.begins else ''}"
        return self.file or ("" if self.cell is None else f"cell {self.cell}")

    def place(self, lines: str, within: str = "") -> str:
        """Return the place of lines of the same cell or file in words, without the one that is named already."""
        return lines if self.container in {"", within} else f"{lines} of {self.container}"

    @classmethod
    def of(cls, cell: int, line: int) -> "SourceLine":
        """The line of a cell, which is 0 in a file."""
        return cls(cell or None, line)
