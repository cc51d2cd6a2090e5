"""One row of a verdict, as the judge concludes it, and the test by which a smaller case fails it too."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from backmark.grader.contracts.cases.answers import Answer, Malformed, Raised, Returned
from backmark.grader.contracts.cases.contract_cases import ContractCases
from backmark.grader.model.reason import Reason
from backmark.grader.model.verdict import Mark

#: Returns for each of some cases True if it fails, given the answers to them.
Fails = Callable[[ContractCases, Sequence[Answer]], Sequence[bool]]


def way(answer: Answer) -> tuple[str, str]:
    """Return how an answer is wrong, if it is: by number, form or what it raised."""
    match answer:
        case Returned():
            return ("number", "")
        case Malformed(where=where):
            return ("form", where)
        case Raised(type=name):
            return ("raised", name)


def are_many_blank(blank: Collection[str], rows: Collection[str]) -> bool:
    """Return True if lines of several rows, and of half of all, are not filled in."""
    return len(blank) > 1 and 2 * len(blank) >= len(rows)


@dataclass(frozen=True, slots=True)
class RowSpec:
    """A row of the rubric: its name, its title and the most marks for it."""

    name: str
    title: str
    most: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The failure that a smaller case must show, too: the test of a row, and the way in which the answer is wrong."""

    test: Fails
    #: None: any.
    way: tuple[str, str] | None = None

    def could_be(self, answer: Answer) -> bool:
        """True unless the answer is wrong in another way, which is cheaper to see than to test."""
        return self.way is None or way(answer) == self.way

    def is_shown_by(self, case: ContractCases, answers: Sequence[Answer]) -> bool:
        """True if the one case fails like this."""
        return self.could_be(answers[0]) and self.test(case, answers)[0]


@dataclass(frozen=True, slots=True)
class Row:
    """One property: how it came out, on how many cases it was seen, and on which of them it failed."""

    mark: Mark
    cases: int
    message: str
    failing: tuple[int, ...] = ()
    #: The test that another case fails the same property; None if there is nothing to shrink.
    fails: Fails | None = None
    #: Other properties of which the message speaks.
    names: tuple[str, ...] = ()
    #: The row that a slip costs which makes both wrong: this one keeps its marks. Empty if there is none.
    kept_by: str = ""
    #: The marks that it loses by being wrong, if these are not all.
    loses: int | None = None
    #: What decided about it; None where that is the lines to change, or is no news.
    reason: Reason | None = None

    def earn(self, most: int) -> int:
        """Return the marks that it earns of the most for it."""
        if self.mark is Mark.PASSED or self.kept_by:
            return most
        return 0 if self.loses is None else max(most - self.loses, 0)


def list_reasons(
    rows: Mapping[str, Row], specs: Sequence[RowSpec], of_lines: Sequence[Reason] = ()
) -> tuple[Reason, ...]:
    """Return how the lines to change were found, and what decided about each other row that carries marks."""
    named = {name for reason in of_lines for name in reason.rows}
    own = [(spec.name, rows[spec.name].reason) for spec in specs if spec.most and spec.name not in named]
    return (*of_lines, *(replace(reason, rows=(name,)) for name, reason in own if reason is not None))
