"""A slip in one line, in words: without the student's own text, so that it can be shown at every level."""

from dataclasses import dataclass

from grader.subjects.networks.diagnosis.bug import Where


@dataclass(frozen=True, slots=True)
class Slip:
    """What a line does wrongly; equal for two networks if the same is said of both."""

    id: str
    #: The words after "it".
    title: str
    where: Where
    #: A question about the line, without a formula.
    hint: str
    #: What is wrong in it, and what it should be.
    strong: str
