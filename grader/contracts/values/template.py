"""The lines of the author's template: those that a submission has not filled, and those that a repair hides."""

from collections.abc import Iterator, Sequence

import numpy as np

from backmark.grader.contracts.values.layouts import list_layouts
from backmark.grader.contracts.values.search import Finding, ValueSearch
from backmark.grader.contracts.values.solution import SolutionValue


def find_unfilled(search: ValueSearch) -> list[Finding]:
    """Return for each line that still is the template's what the solution writes there; `search` was traced.

    A line that the template and the solution share is not to be filled, nor one to which the submission adds.
    """
    statements = search.program.statements
    return [
        _put(search, number, wanted)
        for number, wanted in _list_wanted(search)
        if statements[number].given and not statements[number].starts and not _has(search, number, wanted)
    ]


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


def _list_wanted(search: ValueSearch) -> Iterator[tuple[int, SolutionValue]]:
    """Yield the statements that write what the template leaves to be filled, with the solution's value of each."""
    theirs = search.solution.program.statements
    for number, statement in enumerate(search.program.statements):
        same = [other for other in theirs if other.target == statement.target] if statement.target else []
        if statement.root < 0 or len(same) != 1 or same[0].given:
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
    by_case = [
        list_layouts(theirs, own) or list_layouts(theirs, own, is_open=True)
        for theirs, own in zip(wanted.values, state.values, strict=True)
    ]
    layout = next((name for layouts in by_case for name in layouts), "as it is")
    given = [layouts.get(layout) or next(iter(layouts.values()), []) for layouts in by_case]
    good = (True,) * len(search.right)
    return Finding(site, wanted, layout, given, number, is_right=False, time=np.inf, good=good)
