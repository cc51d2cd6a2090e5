"""One row of a verdict, as the judge concludes it."""

from dataclasses import dataclass

from grader.judge.shrinking import Fails
from grader.model.verdict import Mark


@dataclass(frozen=True, slots=True)
class Row:
    """One property: how it came out, on how many networks it was seen, and on which of them it failed."""

    mark: Mark
    networks: int
    message: str
    failing: tuple[int, ...] = ()
    #: How to tell that another network fails the same property; None where there is nothing to shrink.
    fails: Fails | None = None
    #: Other properties of which the message speaks.
    names: tuple[str, ...] = ()
