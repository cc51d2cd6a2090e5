"""Advice on an assignment that lets known mistakes pass: a change of its settings, found by trying."""

from grader.errors import AssignmentError
from grader.model.common import AnyAssignment
from grader.publishing.selfcheck import selfcheck
from grader.subjects import kinds
from worker.grading.revisions import MOST_SECONDS, DrawingProcess


def find_advice(assignment: AnyAssignment, missed: int) -> str:
    """Return the first change that lets no known mistake pass, else the one that helps most, else what was tried.

    Empty if its kind proposes no changes.
    """
    best, fewest = "", missed
    tried = []
    for setting, changed in kinds.of(assignment).propose_changes(assignment):
        tried.append(setting)
        try:
            drawn = kinds.load(DrawingProcess(changed).result(MOST_SECONDS), assignment.id)
        except AssignmentError:
            continue
        missed_still = len(selfcheck(drawn).missed)
        if not missed_still:
            return f"With {setting} every one is caught: use that instead."
        if missed_still < fewest:
            best, fewest = setting, missed_still
    if best:
        return f"With {best} {missed - fewest} of {missed} are caught: a change in that direction helps."
    return f"None of these changes helps: {'; '.join(tried)}." if tried else ""
