"""Advice on an assignment that lets known mistakes pass: a change of its settings, found by trying."""

from collections.abc import Iterator
from dataclasses import replace

from grader.errors import AssignmentError
from grader.model.assignment import Assignment, Range
from grader.publishing.selfcheck import selfcheck
from grader.subjects.networks.revision import load
from worker.grading.revisions import MOST_SECONDS, Drawing

#: The most networks that an assignment may draw.
MOST_NETWORKS = 2000


def find_advice(assignment: Assignment, missed: int) -> str:
    """Return the first change that lets no known mistake pass, else the one that helps most, else what was tried."""
    best, fewest = "", missed
    tried = []
    for setting, changed in _propose_changes(assignment):
        tried.append(setting)
        try:
            drawn = load(Drawing(changed).result(MOST_SECONDS), assignment.id)
        except AssignmentError:
            continue
        missed_still = len(selfcheck(drawn).missed)
        if not missed_still:
            return f"With {setting} every one is caught: use that instead."
        if missed_still < fewest:
            best, fewest = setting, missed_still
    if best:
        return f"With {best} {missed - fewest} of {missed} are caught: a change in that direction helps."
    return f"None of these changes helps: {'; '.join(tried)}."


def _propose_changes(assignment: Assignment) -> Iterator[tuple[str, Assignment]]:
    """Yield changed settings as the file has them, the least intrusive first; the home shape stays within them."""
    ranges, home = assignment.ranges, assignment.home
    for factor in (2, 5):
        networks = min(MOST_NETWORKS, factor * assignment.networks)
        if networks > assignment.networks:
            yield f"networks = {networks}", replace(assignment, networks=networks)
    depth, widths = ranges.depth, ranges.widths
    middle = max((depth.least + depth.most) // 2, home.depth if home.depth in depth else 0, 1)
    changes = [
        ("depth", Range(depth.least, middle)) if depth.least <= middle < depth.most else None,
        ("depth", Range(depth.least, 3)) if depth.most < 3 else None,
        ("widths", Range(widths.least, max(6, widths.most * 2))) if widths.most <= 32 else None,
        ("outputs", Range(ranges.outputs.least, 4)) if ranges.outputs.most < 4 else None,
        ("inputs", Range(ranges.inputs.least, 4)) if ranges.inputs.most < 4 else None,
    ]
    for name, limits in filter(None, changes):
        setting = f"ranges.{name} = [{limits.least}, {limits.most}]"
        yield setting, replace(assignment, ranges=replace(ranges, **{name: limits}))
