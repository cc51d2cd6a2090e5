"""Advice on an assignment that lets known mistakes pass: a change of its settings, found by trying."""

from grader.contracts import kinds
from grader.contracts.publishing.selfcheck import selfcheck
from grader.errors import AssignmentError
from grader.model.common import AnyAssignment
from worker.grading.revisions import MOST_SECONDS, DrawingProcess
from worker.grading.workshop import Watch


def find_advice(assignment: AnyAssignment, missed: int, watch: Watch | None = None) -> str:
    """Return the first change that lets no known mistake pass, else the one that helps most, else what was tried.

    Empty if its kind proposes no changes. An author whose own mistakes pass is asked about them.
    """
    best, fewest = "", missed
    tried = []
    for setting, changed in kinds.of(assignment).propose_changes(assignment):
        tried.append(setting)
        try:
            drawn = kinds.load(DrawingProcess(changed, watch=watch).result(MOST_SECONDS), assignment.id)
        except AssignmentError:
            continue
        missed_still = len(selfcheck(drawn).missed)
        if not missed_still:
            return f"With {setting} every one is caught: use that instead."
        if missed_still < fewest:
            best, fewest = setting, missed_still
    if best:
        return f"With {best} {missed - fewest} of {missed} are caught: a change in that direction helps."
    sentences = [f"None of these changes helps: {'; '.join(tried)}."] if tried else []
    if kinds.of(assignment).RUNS_CODE:
        sentences.append(f"Did you mean {'it' if missed == 1 else 'them'} to be wrong?")
    return " ".join(sentences)
