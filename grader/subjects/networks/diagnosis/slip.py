"""A slip in one line, in words: without the student's own text, so that it can be shown at every level."""

from dataclasses import dataclass

from grader.subjects.networks.diagnosis.bug import Where


@dataclass(frozen=True, slots=True)
class Slip:
    """The fault of a line; equal for two networks if its texts are."""

    id: str
    #: The words after "it".
    title: str
    where: Where
    #: A question about the line, without a formula.
    hint: str
    #: What is wrong in it, and what it should be.
    strong: str
