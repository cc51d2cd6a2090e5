"""A source's verdict: the one that was given to it before, or a new one from its own jail."""

import hashlib
import json
from typing import Any, NamedTuple

from grader.model import records
from grader.model.assignment import Assignment
from grader.store.listings import Listing
from grader.store.regrades.entry import nameless
from grader.store.scripts import Call
from worker.grading.grader import Stopped
from worker.service import engine, pools
from worker.service.claims import Hold
from worker.service.context import Context


class Graded(NamedTuple):
    """A verdict, whether it was given before, and what keeps it, and the source's listing, for identical sources."""

    verdict: dict[str, Any]
    reused: bool = False
    keeping: Call | None = None


def graded(  # noqa: PLR0913 - what is graded, how, and by whom
    context: Context,
    revision: records.Revision,
    source: bytes,
    filename: str,
    *,
    group: str,
    fresh_result: bool,
    hold: Hold,
) -> Graded:
    """The verdict in a group of students, and whether it is one that was given before; with `fresh_result` never.

    It has the source's own id and nobody's filename: `own` makes it a submission's. Raises ServiceError, Withdrawn and
    Stopping.
    """
    filename = nameless(filename)
    digest = hashlib.sha256(source).hexdigest()
    key = cache_key(revision, digest, filename, context.graders.secret_of(revision), group)
    if not fresh_result:
        known = hold.asked(lambda: context.store.cache.get(key))
        if known is not None:
            return Graded(own(known, digest[:16], filename), reused=True)
    verdict, listing, repeatable = _judged(context, revision, source, filename, group, hold)
    keeping = context.store.cache.putting(key, verdict, digest, listing, repeatable=repeatable)
    return Graded(verdict, keeping=keeping)


def own(verdict: dict[str, Any], submission: str, filename: str) -> dict[str, Any]:
    """The verdict as a submission's of this id and filename."""
    return {**verdict, "submission": {**verdict["submission"], "id": submission, "filename": filename}}


def cache_key(revision: records.Revision, source_sha256: str, filename: str, secret: bytes, group: str = "") -> str:
    """Everything that a verdict follows from. Of its filename the jail looks at the ending alone."""
    parts = [
        source_sha256,
        filename.lower().endswith(".ipynb"),
        revision.id,
        hashlib.sha256(secret).hexdigest() if secret else "",
        group,
        engine.fingerprint(),
        *engine.versions(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _judged(  # noqa: PLR0913 - as above
    context: Context, revision: records.Revision, source: bytes, filename: str, group: str, hold: Hold
) -> tuple[dict[str, Any], Listing | None, bool]:
    """The verdict, what staff see of the source, and whether grading it again gives the same verdict."""
    digest = hashlib.sha256(source).hexdigest()

    def draw(assignment: Assignment, count: int, secret: bytes) -> bytes:
        return pools.shipped_pool(context.store.assignments, revision.id, assignment, count, secret, hold)

    grader = hold.asked(lambda: context.graders.grader(revision, digest, group, draw))
    hold.check()
    grading = grader.grading(source, filename)
    try:
        with hold.ending(grading.stop):
            verdict = grading.verdict().as_dict()
    except Stopped:
        hold.check()
        raise
    # Where networks were added, the revision that was published names them too.
    verdict["assignment"]["revision"] = revision.id
    cells = grading.cells
    return verdict, Listing(cells.texts, cells.whole) if cells.texts else None, grading.repeatable
