"""The description of a revision that ships with Backmark, as its archive has it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ArchiveHeader:
    """The part of a stored revision that is read without NumPy."""

    id: str
    #: The assignment's JSON, byte for byte.
    assignment: str
    #: A hash over the cases and what is expected of them.
    cases_sha256: str
    #: The number of cases.
    cases: int
