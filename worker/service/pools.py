"""Drawing cases for a job, in a separate process that ends with the job's lease."""

import time

from backmark.grader.contracts.judging.revision import load
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.publishing.selfcheck import reference_rejected
from backmark.grader.errors import BadAssignment
from backmark.grader.store.assignments import Assignments
from backmark.worker.grading import fresh_cases
from backmark.worker.grading.revisions import MOST_SECONDS, DrawingProcess
from backmark.worker.service.lease import Lease

#: Seconds for which other processes wait for the one that draws a pool, and between their checks.
_OTHERS, _PAUSE = 15.0, 0.1


def draw(assignment: ContractAssignment, lease: Lease, *, pool: bool = False) -> bytes:
    """Draw the cases of an assignment, or those of a pool."""
    lease.check()
    drawing = DrawingProcess(assignment, pool=pool)
    with lease.ending(drawing.stop):
        try:
            return drawing.result(MOST_SECONDS)
        finally:
            # If the drawing was stopped, the end of the lease is the reason.
            lease.check()


def draw_pool(assignment: ContractAssignment, count: int, secret: bytes, lease: Lease) -> bytes:
    """Draw a pool that accepts right implementations; the revision's own cases detect wrong ones.

    So its cases are taken as drawn instead of being chosen. Raises BadAssignment with what keeps it from being built.
    """
    try:
        drawn = draw(fresh_cases.pool_assignment(assignment, count, secret), lease, pool=True)
    except BadAssignment as error:
        message = f"the pool of fresh cases cannot be built: {error}. With fresh = 0 there is none"
        raise BadAssignment(message) from error
    pool = load(drawn, "the pool")
    if rejected := reference_rejected(pool):
        raise BadAssignment(f"a right implementation is rejected on {rejected} cases of the pool; please report this")
    return drawn


def load_packaged_pool(  # noqa: PLR0913 - the store, and the inputs of a drawing
    assignments: Assignments, revision: str, assignment: ContractAssignment, count: int, secret: bytes, lease: Lease
) -> bytes:
    """Return the pool of a packaged revision; one process of the service draws it, and the others wait."""
    while (kept := assignments.pool(revision)) is None:
        lease.check()
        if assignments.begin_pool(revision, _OTHERS):
            return assignments.keep_pool(revision, draw_pool(assignment, count, secret, lease))
        time.sleep(_PAUSE)
    return kept
