"""Drawing networks for a job: in a process of its own, which ends when the job's hold does."""

import time

from grader.errors import BadAssignment
from grader.model.assignment import Assignment
from grader.publishing.selfcheck import reference_rejected
from grader.store.assignments import Assignments
from grader.subjects.networks.revision import load
from worker.grading.revisions import MOST_SECONDS, Drawing
from worker.service import fresh
from worker.service.claims import Hold

#: Seconds for which others wait for whoever draws a pool, and until they look again.
_OTHERS, _PAUSE = 15.0, 0.1


def draw(assignment: Assignment, hold: Hold, choice: int | None = None) -> bytes:
    """The networks of an assignment; `choice` as `Drawing` takes it."""
    hold.check()
    drawing = Drawing(assignment, choice)
    with hold.ending(drawing.stop):
        try:
            return drawing.result(MOST_SECONDS)
        finally:
            # Whatever came of it: where it was stopped, that is why.
            hold.check()


def draw_pool(assignment: Assignment, count: int, secret: bytes, hold: Hold) -> bytes:
    """A pool that accepts what is right; what is wrong, the networks that do not give way catch.

    So they are taken as they are drawn, in a second, rather than chosen for what they cover, in ten.
    """
    drawn = draw(fresh.pool_assignment(assignment, count, secret), hold, choice=1)
    if rejected := reference_rejected(load(drawn, "the pool")):
        raise BadAssignment(
            f"a right implementation is rejected on {rejected} networks of the pool; please report this"
        )
    return drawn


def shipped_pool(  # noqa: PLR0913 - where it is kept, and what is drawn
    assignments: Assignments, revision: str, assignment: Assignment, count: int, secret: bytes, hold: Hold
) -> bytes:
    """The pool of a revision that ships: drawn by one process of the service, for which the others wait."""
    while (kept := assignments.pool(revision)) is None:
        hold.check()
        if assignments.begin_pool(revision, _OTHERS):
            return assignments.keep_pool(revision, draw_pool(assignment, count, secret, hold))
        time.sleep(_PAUSE)
    return kept
