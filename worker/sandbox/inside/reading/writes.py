"""The lines that write a result: those that a person would look at first."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Write:
    """A statement that writes what a result of a call is, by the result's expression, or that defines a function."""

    name: str
    #: From 1 over the notebook's code cells; 0 in a file.
    cell: int
    line: int
    #: The path of the file in a package, once it is known; its number is the cell.
    file: str | None = None
    #: The first line of its cell, once that is known.
    begins: str = ""
