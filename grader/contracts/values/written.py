"""Programs as a jail has written them, and what it says of their sites and edits."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Operand:
    """An operand of an operation: its site, -1 for none, and its number if it is a constant."""

    site: int
    constant: float | None


@dataclass(frozen=True, slots=True)
class WrittenSite:
    """A place of a program with a value."""

    #: `computed`, `load` or `written`.
    kind: str
    statement: int
    #: The innermost site around it; -1 for none.
    parent: int
    #: The cell (0 in a file) and the line.
    spot: tuple[int, int]
    #: True if it reads a variable; the statements that write that, the likeliest first.
    variable: bool
    writers: tuple[int, ...]
    #: True if it is the whole value of its statement.
    root: bool
    operator: str
    operands: tuple[Operand, ...]

    @property
    def writer(self) -> int:
        """The statement that wrote the variable, by their lines; -1 for none."""
        return self.writers[0] if self.writers else -1


@dataclass(frozen=True, slots=True)
class WrittenStatement:
    """A statement with sites."""

    spot: tuple[int, int]
    #: The site of its value; -1 for none.
    root: int
    #: True if it writes one variable or entry; if it returns; if it is the header of a loop.
    names: bool
    returns: bool
    loops: bool
    #: True if it writes a variable to which others add.
    starts: bool
    #: True if it adds to what it writes.
    adds: bool
    #: True if it is in a function that the program calls itself.
    called: bool
    #: The first of the statements that write its target together; itself if it is alone.
    begun: int
    #: What it writes, as text, if the template writes that too; empty for none.
    target: str
    #: True if the template has the whole statement; if it writes zeros, ones, random numbers or a constant.
    given: bool
    placeholder: bool
    #: True if the submission lacks it, and a statement that writes nothing was put there.
    absent: bool

    @property
    def is_unfilled(self) -> bool:
        """True if it writes what the template does, and computes nothing."""
        return self.target != "" and (self.given or self.placeholder or self.absent)


@dataclass(frozen=True, slots=True)
class WrittenEdit:
    """An edit of a statement: its kind, the part that is changed, and what stands there then."""

    statement: int
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class WrittenProgram:
    """A program's text, empty if none could be written, with its sites or its edits.

    `changed` are the sites of what the edits that it was made with have put there, -1 for none.
    """

    text: str
    sites: tuple[WrittenSite, ...] = ()
    statements: tuple[WrittenStatement, ...] = ()
    edits: tuple[WrittenEdit, ...] = ()
    changed: tuple[int, ...] = ()
