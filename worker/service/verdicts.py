"""The verdict of a source: from the cache, or a new one from a jail."""

import hashlib
import json
from dataclasses import replace
from typing import NamedTuple

from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.functions import FunctionCall
from backmark.grader.store.listings import CodeListing
from backmark.grader.store.regrades.entry import nameless
from backmark.worker.grading import engine_version
from backmark.worker.grading.grader import Grading, Stopped
from backmark.worker.service import pools
from backmark.worker.service.context import Context
from backmark.worker.service.lease import Lease


class SourceVerdict(NamedTuple):
    """A verdict, whether it was reused, the call that caches it with the source's listing, and what grading took."""

    verdict: Verdict
    reused: bool = False
    caching: FunctionCall | None = None
    seconds: float = 0.0


def verdict_for_source(  # noqa: PLR0913 - the inputs of a verdict, each by its name
    context: Context,
    revision: RevisionRecord,
    source: bytes,
    filename: str,
    *,
    group: str,
    fresh_result: bool,
    lease: Lease,
) -> SourceVerdict:
    """Return the verdict of a source for a group of students, from the cache unless `fresh_result`.

    It has the source's id and a neutral filename; `Verdict.with_identity` makes it a submission's. Raises ServiceError,
    SliceEnded, Withdrawn and Stopping.
    """
    filename = nameless(filename)
    digest = hashlib.sha256(source).hexdigest()
    key = cache_key(revision, digest, filename, context.graders.secret_of(revision), group)
    if not fresh_result:
        cached = lease.retry(lambda: context.store.cache.get(key))
        if cached is not None:
            return SourceVerdict(cached.with_identity(digest[:16], filename), reused=True)
    verdict, grading = _grade(context, revision, source, filename, group, lease)
    cells = grading.cells
    listing = CodeListing(cells.texts, cells.whole, cells.names) if cells.texts else None
    caching = context.store.cache.storing_call(key, verdict, digest, listing, repeatable=grading.repeatable)
    return SourceVerdict(verdict, caching=caching, seconds=grading.used)


def cache_key(revision: RevisionRecord, source_sha256: str, filename: str, secret: bytes, group: str = "") -> str:
    """Return a hash over everything that a verdict depends on. Of the filename only the suffix matters."""
    parts = [
        source_sha256,
        filename.lower().endswith(".ipynb"),
        revision.id,
        hashlib.sha256(secret).hexdigest() if secret else "",
        group,
        engine_version.fingerprint(),
        *engine_version.versions(),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _grade(  # noqa: PLR0913 - as above
    context: Context, revision: RevisionRecord, source: bytes, filename: str, group: str, lease: Lease
) -> tuple[Verdict, Grading]:
    """Return the verdict, and the grading that reached it."""

    def draw(assignment: ContractAssignment, count: int, secret: bytes) -> bytes:
        return pools.load_packaged_pool(context.store.assignments, revision.id, assignment, count, secret, lease)

    grader = lease.retry(lambda: context.graders.grader(revision, draw))
    fresh_cases = lease.retry(lambda: context.graders.fresh_cases(revision, group, draw))
    lease.check()
    grading = grader.grading(source, filename, fresh_cases, lease.claim.slice)
    try:
        with lease.ending(grading.stop):
            verdict = grading.verdict()
    except Stopped:
        lease.check()
        raise
    # If it has fresh cases, the id of the published revision covers them.
    return replace(verdict, assignment=replace(verdict.assignment, revision=revision.id)), grading
