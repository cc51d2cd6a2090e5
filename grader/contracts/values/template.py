"""The lines of the author's template: those not filled, those wrong beside right ones, those that a repair hides."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from backmark.grader.contracts.values.comparing import have_same_arrays, have_same_axes
from backmark.grader.contracts.values.layouts import list_layouts
from backmark.grader.contracts.values.moments import fingerprint
from backmark.grader.contracts.values.recording import OverflownError
from backmark.grader.contracts.values.search import Finding, ValueSearch
from backmark.grader.contracts.values.solution import SolutionValue

#: Lines of a template that must be there before they are compared one by one.
_FEWEST = 2


@dataclass(frozen=True, slots=True)
class WrongBesideRight:
    """What the template's lines must write that are wrong although all other lines of it are right."""

    #: Those without which a result is wrong; those on which nothing depends then.
    shown: Sequence[Finding]
    hidden: Sequence[Finding]
    #: All lines that were compared, and those of the solution's that compute what the right ones do.
    statements: frozenset[int]
    right: frozenset[int]

    @property
    def findings(self) -> list[Finding]:
        """All of them."""
        return [*self.shown, *self.hidden]


def find_unfilled(search: ValueSearch) -> list[Finding]:
    """Return for each line that is not filled in what the solution writes there; `search` was traced.

    A line that the template and the solution share is not to be filled, nor one to which the submission adds.
    """
    statements = search.program.statements
    return [
        _put(search, number, wanted)
        for number, wanted in _list_wanted(search)
        if statements[number].is_unfilled and not statements[number].starts and not _has(search, number, wanted)
    ]


def find_wrong_beside_right(search: ValueSearch) -> WrongBesideRight | None:
    """Return the lines of the template whose own values are wrong while each other one writes what the solution does.

    None if all of them together do not make every result right, if one is not among them, or if others write what they
    do. `search` was traced.
    """
    put = [_put(search, number, wanted) for number, wanted in _list_wanted(search, is_given=True)]
    numbers = {finding.statement for finding in put}
    if len(put) < _FEWEST or len(numbers) < len(put) or _lacks_any(search, numbers) or _are_shared(search, numbers):
        return None
    base = {finding.site: finding.given for finding in put}
    try:
        search.trace(base)
        if not all(search.right):
            return None
        own = search.find_raw([finding.site for finding in put], base)
    except OverflownError:
        return None
    unequal = [
        (finding, raw) for finding, raw in zip(put, own, strict=True) if not have_same_arrays(raw, finding.given)
    ]
    # In another layout, or in other parts, a line may write the same.
    wrong = [finding for finding, raw in unequal if not search.solution.has_moments(finding.wanted, fingerprint(raw))]
    if not _are_right(search, wrong):
        wrong = [finding for finding, _ in unequal]
        if not _are_right(search, wrong):
            return None
    hidden = [finding for finding in wrong if _are_right(search, [other for other in wrong if other is not finding])]
    shown = [finding for finding in wrong if finding not in hidden]
    right = search.list_root_lines(finding.wanted for finding in put if finding not in wrong)
    return WrongBesideRight(shown, hidden, frozenset(numbers), right) if _are_right(search, shown) else None


def _lacks_any(search: ValueSearch, numbers: set[int]) -> bool:
    """Return True if none of these statements writes what one of the solution's does that the template has."""
    roots = {site for value in search.solution.values if value.is_whole for site in value.sites}
    wanted = {each.target for each in search.solution.program.statements if each.root in roots}
    return bool(wanted - {"", *(search.program.statements[number].target for number in numbers)})


def _are_shared(search: ValueSearch, numbers: set[int]) -> bool:
    """Return True if another statement writes what one of these does."""
    begun = [statement.begun for statement in search.program.statements]
    return any(
        begun[number] != number or begun.count(number) > 1 or search.program.statements[number].adds
        for number in numbers
    )


def _are_right(search: ValueSearch, found: Sequence[Finding]) -> bool:
    (good,) = search.judge([{finding.site: finding.given for finding in found}])
    return all(good)


def find_hidden(search: ValueSearch, found: Sequence[Finding]) -> list[Finding]:
    """Return what the solution writes in lines of the template that have another value, and on which nothing depends.

    With what was found in force nothing shows whether they are right: they are wrong if what they must write is
    computed nowhere else. `search` was traced so.
    """
    base = {finding.site: finding.given for finding in found}
    blamed = {finding.statement for finding in found}
    hidden = [
        _put(search, number, wanted)
        for number, wanted in _list_wanted(search)
        if number not in blamed and not any(search.has(state.number, wanted) for state in search.states)
    ]
    search.find_bearing(base)
    hidden = [finding for finding in hidden if not search.states[finding.site].bears]
    search.trace({**base, **{finding.site: finding.given for finding in hidden}})
    return hidden if all(search.right) else []


def is_meant(search: ValueSearch, finding: Finding) -> bool:
    """Return True if the solution computes what was found in its statement that writes the same as the one found."""
    target = search.program.statements[finding.statement].target
    return target != "" and target in _list_targets(search, finding)


def is_of_another(search: ValueSearch, finding: Finding) -> bool:
    """Return True if the solution computes what was found in lines of the template that write something else."""
    target = search.program.statements[finding.statement].target
    return target != "" and not _list_targets(search, finding) & {target, ""}


def _list_targets(search: ValueSearch, finding: Finding) -> set[str]:
    """Return what the solution's statements write that compute what was found; empty for what the template has not."""
    theirs = search.solution.program
    sites = finding.wanted.sites or [finding.wanted.site]
    return {theirs.statements[theirs.sites[site].statement].target for site in sites}


def _list_wanted(search: ValueSearch, *, is_given: bool = False) -> Iterator[tuple[int, SolutionValue]]:
    """Yield the statements that write what the template leaves to be filled, with the solution's value of each.

    If `is_given` also those of which the template has all.
    """
    theirs = search.solution.program.statements
    for number, statement in enumerate(search.program.statements):
        same = [other for other in theirs if other.target == statement.target] if statement.target else []
        if statement.root < 0 or len(same) != 1 or (same[0].given and not is_given):
            continue
        for wanted in search.solution.values:
            if wanted.is_whole and same[0].root in wanted.sites:
                yield number, wanted


def _has(search: ValueSearch, number: int, wanted: SolutionValue) -> bool:
    return search.has(search.program.statements[number].root, wanted)


def _put(search: ValueSearch, number: int, wanted: SolutionValue) -> Finding:
    """Return the finding that puts a value in the place of a statement's own."""
    site = search.program.statements[number].root
    state = search.states[site]
    # Where its own values have other axes, they say nothing of those that it must have.
    has_axes = have_same_axes(state.values, wanted.values)
    by_case = [
        (list_layouts(theirs, own) if has_axes else {}) or list_layouts(theirs, own, is_open=True)
        for theirs, own in zip(wanted.values, state.values, strict=True)
    ]
    layout = next((name for layouts in by_case for name in layouts), "as it is")
    given = [layouts.get(layout) or next(iter(layouts.values()), []) for layouts in by_case]
    good = (True,) * len(search.right)
    return Finding(site, wanted, layout, given, number, is_right=False, time=np.inf, good=good)
