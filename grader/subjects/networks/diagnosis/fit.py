"""Which bug models, alone or two together, explain every answer of a submission."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice

from grader.subjects.networks.diagnosis.bug import Bug
from grader.subjects.networks.diagnosis.case import EVIDENCE, Case
from grader.subjects.networks.diagnosis.lines import Lines, list_changed, merge
from grader.subjects.networks.diagnosis.raising import Blame
from grader.subjects.networks.diagnosis.screen import Screen, shapes

#: Explanations that are tried on every network; most end early.
MOST = 12

#: Pairs that are tried on the telling networks, so that what nothing explains costs milliseconds too.
MOST_PAIRS = 400

#: Lines on which dl/dh[0] depends.
DOWNWARDS = {"output", "activation", "derivative"}


@dataclass(frozen=True, slots=True)
class Fit:
    """An explanation: one bug, or two in different lines."""

    bugs: tuple[Bug, ...]
    #: Whether no wrong number came back that it accounts for: only the shapes that did not fit.
    by_shapes: bool = False
    #: On how many networks those are named in the same order.
    ordered: int = 0
    #: The backward pass that it was found with.
    lines: Lines | None = None
    #: The line that raised, and what is wrong in it.
    blame: Blame | None = None
    #: True if it accounts for wrong numbers, on networks enough: then nothing else is wrong.
    complete: bool = False

    @property
    def claimed(self) -> bool:
        """True if its title is said of the code; of two models together other two may give the same answers."""
        return self.lines is None or len(self.bugs) == 1


@dataclass(frozen=True, slots=True)
class Idea:
    """An explanation in one of the ways in which it may be written."""

    bugs: tuple[Bug, ...]
    lines: Lines


class Ideas:
    """Each bug alone, made once for many submissions."""

    def __init__(self, bugs: Iterable[Bug]) -> None:
        self._plain = [Idea((bug,), lines) for bug in bugs for lines in bug.variants]
        self._eager = [
            Idea(idea.bugs, replace(idea.lines, eager=True))
            for idea in self._plain
            if list_changed(idea.lines) & DOWNWARDS
        ]

    def of(self, case: Case) -> list[Idea]:
        """The ideas to try; if something raised, also those of a pass that computes dl/dh[0] as the notebook does."""
        return self._plain + self._eager if len(case.returned) < len(case.answers) else self._plain


def alone(case: Case, ideas: Ideas) -> list[Fit]:
    """Every single bug that explains all answers."""
    return explaining(case, ideas.of(case))


def together(case: Case, ideas: Ideas) -> list[Fit]:
    """Every pair of bugs that does; two of them could explain any shapes, so it needs numbers that came back."""
    if case.numbers < min(EVIDENCE, len(case.wrong)):
        return []
    return explaining(case, islice(_pairs(case, ideas.of(case)), MOST_PAIRS))


def explaining(case: Case, tried: Iterable[Idea]) -> list[Fit]:
    """The ideas that explain all answers, in the given order: first a few telling networks, then every one."""
    if case.nearly_right:
        # Whatever changes nothing would explain them, such as two minus signs.
        return []
    fits: dict[frozenset[str], Fit] = {}
    left = MOST
    for idea in tried:
        # A pair in the other order is the same explanation.
        names = frozenset(bug.id for bug in idea.bugs)
        if names in fits or not all(case.matches(idea.lines, i) for i in case.telling):
            continue
        evidence = case.explains(idea.lines)
        if evidence is not None and case.numbers + evidence.shapes >= min(EVIDENCE, len(case.wrong)):
            complete = case.numbers >= min(EVIDENCE, len(case.wrong))
            fits[names] = Fit(idea.bugs, not case.numbers, evidence.ordered, idea.lines, complete=complete)
        left -= 1
        if not left:
            break
    return list(fits.values())


def _pairs(case: Case, singles: Sequence[Idea]) -> Iterator[Idea]:
    """Two bugs in different lines, as far as a screen of one network and the shapes on a few let them through."""
    screen = Screen.of(case)
    if screen is None:
        return
    wanted, possible = shapes(case, [idea.lines for idea in singles])
    kept = [
        (idea, form, list_changed(idea.lines) - {"eager"})
        for idea, form in zip(singles, possible, strict=True)
        if form <= wanted and not idea.bugs[0].rare
    ]
    for (first, form, lines), (second, other_form, other_lines) in combinations(kept, 2):
        if form | other_form != wanted or lines & other_lines:
            continue
        if first.lines.eager != second.lines.eager and lines & DOWNWARDS and other_lines & DOWNWARDS:
            continue
        both = merge(first.lines, second.lines)
        if screen.passes(both):
            yield Idea((*first.bugs, *second.bugs), both)
