"""The line that raised, and what is wrong in it: which operand, which index, which argument.

Each rule reads the statement on one network and says what it does otherwise than the notebook's line would. A claim is
made if the same slip follows on every network that raised in that line, and no other explains it with as few changes.
No text of the student's is repeated, since it is shown where networks are not: operands have the notebook's names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grader.diagnosis.bug import Bug
from grader.diagnosis.case import Case
from grader.diagnosis.misuse import misuse
from grader.diagnosis.operands import Change, changes, described
from grader.diagnosis.slip import Slip
from grader.diagnosis.statement import Parsed, Statement
from grader.properties.candidate import Evidence, Raised, Raising


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a student's, in a cell (0 in a file)."""

    cell: int
    line: int

    def __str__(self) -> str:
        return f"line {self.line} of cell {self.cell}" if self.cell else f"line {self.line}"


@dataclass(frozen=True, slots=True)
class Blame:
    """What is wrong in a line that raised."""

    place: Place
    slip: Slip

    @property
    def hint(self) -> str:
        """Where to look and for what, without the answer."""
        return f"Look at {self.place}. {self.slip.hint}"

    @property
    def strong(self) -> str:
        """What is wrong there, and what it should be."""
        return f"In {self.place}: {self.slip.strong}"

    @property
    def bug(self) -> Bug:
        """An explanation by itself."""
        return Bug(self.slip.id, self.slip.title, self.slip.where, (), self.hint, self.strong)


def blamed(case: Case, evidence: Mapping[int, Evidence]) -> Blame | None:
    """The slip in the line in which most networks raised, or None if nothing can be said of it."""
    raising = {i: evidence[i].raised for i in case.wrong if i in evidence and isinstance(case.answers[i], Raised)}
    lines: dict[Place, dict[int, Raising]] = {}
    for i, outer in raising.items():
        if outer is None:
            continue
        spot = outer.inner or outer
        lines.setdefault(Place(spot.cell, spot.line), {})[i] = spot
    for place, spots in sorted(lines.items(), key=lambda line: -len(line[1])):
        slip = _slip(case, spots)
        if slip is not None:
            return Blame(place, slip)
    return None


def _slip(case: Case, spots: Mapping[int, Raising]) -> Slip | None:
    """The one slip that every network shows that raised in a line."""
    parsed: dict[tuple[str, str], Parsed | None] = {}
    statements: list[tuple[int, Statement]] = []
    for i, spot in spots.items():
        key = spot.statement, spot.part
        if key not in parsed:
            parsed[key] = Parsed.of(*key)
        tree = parsed[key]
        if tree is None:
            return None
        statements.append((i, Statement.on(tree, spot)))
    used = _misused(case, statements)
    return used or _changed(case, statements)


def _misused(case: Case, statements: Sequence[tuple[int, Statement]]) -> Slip | None:
    slips = set()
    for i, statement in statements:
        answer = case.answers[i]
        assert isinstance(answer, Raised)  # noqa: S101 - only those are looked at
        slips.add(misuse(statement, answer.type, answer.message))
    return slips.pop() if len(slips) == 1 else None


def _changed(case: Case, statements: Sequence[tuple[int, Statement]]) -> Slip | None:
    """By the fewest changes to the notebook's line that give the student's on all of these networks."""
    every: list[list[frozenset[tuple[Change, ...]]]] = []
    for i, statement in statements:
        every.append(
            [
                frozenset(changes(product, statement.target, case.suite.sizes[i], case.suite.columns[i]))
                for product in statement.products()
            ]
        )
    if len({len(products) for products in every}) != 1:
        # They raise in different parts of the line: what is in all of them.
        every = [[frozenset().union(*products)] for products in every]
    for products in zip(*every, strict=True):
        common = frozenset.intersection(*products)
        least = min((len(each) for each in common), default=0)
        best = [each for each in common if len(each) == least]
        if least and len(best) == 1:
            return described(best[0])
    return None
