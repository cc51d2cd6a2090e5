"""The explanation of a diagnosis, in words and for the marks: no tick may contradict the headline above it."""

from dataclasses import dataclass

from grader.model.verdict import Diagnosis


@dataclass(frozen=True, slots=True)
class Explanation:
    """Every explanation of a submission's answers that is as good as the others; none if nothing explains them."""

    diagnoses: tuple[Diagnosis, ...] = ()
    #: The steps that are wrong by all of them; None if they do not agree, or say nothing of the steps.
    wrong: frozenset[str] | None = None
    #: True if one of the two steps between layers is wrong, and shapes, which are all that they explain, do not show
    #: which.
    one_of_two: bool = False
    #: True if they account for wrong numbers, rather than for shapes alone: then all other steps are right.
    complete: bool = False
    #: True if every line is right: in another form or place, of another call, or without a layer.
    returned: bool = False
    #: True if it is about a line that raised alone, and says nothing of numbers.
    raising: bool = False
    #: True if it blames one of the two steps between layers, though what came back shows their product alone.
    either: bool = False
