"""Advice on an assignment that lets known mistakes pass: a change of its settings, found by trying."""

from collections.abc import Iterator

from backmark.grader.contracts.judging.revision import load
from backmark.grader.contracts.language.assignment import ContractAssignment, vary
from backmark.grader.contracts.language.tables import MOST_CASES
from backmark.grader.contracts.publishing.selfcheck import selfcheck
from backmark.grader.errors import AssignmentError
from backmark.worker.grading.revisions import MOST_SECONDS, DrawingProcess
from backmark.worker.grading.workshop import Watch


def find_advice(assignment: ContractAssignment, missed: int, watch: Watch | None = None, *, jailed: bool = True) -> str:
    """Return the first change that lets no known mistake pass, else the one that helps most, else what was tried.

    An author whose mistakes pass is asked about them. `jailed`: see `DrawingProcess`.
    """
    best, fewest = "", missed
    tried = []
    for setting, changed in _propose_changes(assignment):
        tried.append(setting)
        try:
            drawn = load(DrawingProcess(changed, watch, jailed=jailed).result(MOST_SECONDS), assignment.id)
        except AssignmentError:
            continue
        missed_still = len(selfcheck(drawn).missed)
        if not missed_still:
            return f"With {setting} the cases catch every known mistake: use that instead."
        if missed_still < fewest:
            best, fewest = setting, missed_still
    if best:
        return f"With {best} the cases catch {missed - fewest} of these {missed}: a change in that direction helps."
    sentences = [f"None of these changes helps: {'; '.join(tried)}."] if tried else []
    sentences.append(f"{'Is this implementation' if missed == 1 else 'Are these implementations'} really wrong?")
    return " ".join(sentences)


def _propose_changes(assignment: ContractAssignment) -> Iterator[tuple[str, ContractAssignment]]:
    """Yield changed settings, as the file has them, that may let fewer mistakes pass: more cases."""
    for factor in (2, 5):
        cases = min(MOST_CASES, factor * assignment.cases)
        if cases > assignment.cases:
            yield f"cases = {cases}", vary(assignment, None, cases)
