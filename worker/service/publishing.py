"""Publication of an assignment: its cases are drawn, tested on known mistakes, and published or refused."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from backmark.grader.contracts.judging.revision import ContractRevision, load
from backmark.grader.contracts.kits.kit import Kit, dump_kit
from backmark.grader.contracts.language import reading
from backmark.grader.contracts.publishing.preview import preview
from backmark.grader.contracts.publishing.selfcheck import SelfCheck, selfcheck
from backmark.grader.errors import BadAssignment
from backmark.grader.model.publications import KitFiles, Publication, Refusal, RevisionRecord
from backmark.grader.model.records import State
from backmark.grader.model.verdict import NamedMistake
from backmark.worker.grading import fresh_cases
from backmark.worker.service import pools
from backmark.worker.service.context import Context
from backmark.worker.service.lease import Lease, Withdrawn
from backmark.worker.service.tracing import bind_trace


@dataclass(frozen=True, slots=True)
class _DrawnRevision:
    revision: RevisionRecord
    archive: bytes
    pool: bytes | None
    kits: KitFiles


class _PublicationRefused(BadAssignment):
    """The cases do not detect some known mistakes."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def publication(context: Context, lease: Lease) -> Mapping[str, object]:
    """Publish a revision, or record a refusal if a person can fix the cause; any other error is ours."""
    store, name = context.store, lease.claim.job.id
    request = lease.retry(lambda: store.publications.get(name))
    if request is None:
        raise Withdrawn(f"publication {name} was deleted")
    bind_trace(request.trace)
    fields = {"course": request.course, "assignment": request.assignment}
    try:
        drawn = _draw(context, request, lease)
    except BadAssignment as error:
        refusal = error.refusal if isinstance(error, _PublicationRefused) else Refusal(str(error))
        stored = {"refused": json.dumps(asdict(refusal))}
        lease.retry(lambda: store.jobs.conclude(lease.claim, State.DONE, **stored))
        return {**fields, "outcome": "refused"}
    lease.retry(lambda: store.assignments.publish(drawn.revision, drawn.archive, drawn.pool, drawn.kits))
    lease.retry(lambda: store.jobs.conclude(lease.claim, State.DONE, revision=drawn.revision.id))
    return {**fields, "outcome": "published"}


def _draw(context: Context, request: Publication, lease: Lease) -> _DrawnRevision:
    assignment = reading.parse(request.toml, "the assignment")
    if assignment.id != request.assignment:
        raise BadAssignment(f"the assignment's id is {assignment.id}, but it was sent as {request.assignment}")
    secret = _secret(context, request.fresh)
    archive = pools.draw(assignment, lease)
    revision = load(archive, assignment.id)
    checked = _require_sound(selfcheck(revision))
    revision_id, pool = revision.id, None
    if request.fresh:
        pool = pools.draw_pool(assignment, request.fresh, secret, lease)
        drawn = load(pool, "the pool")
        fresh_cases.require_enough(revision, drawn, request.fresh)
        revision_id = fresh_cases.identifier(revision, drawn, request.fresh)
    record = RevisionRecord(
        id=revision_id,
        course=request.course,
        assignment=revision.assignment_json,
        assignment_id=assignment.id,
        title=assignment.title,
        networks_sha256=revision.cases_sha256,
        # The store sets the time by its own clock.
        published=0.0,
        fresh=request.fresh,
        catches=tuple((catch.mistake.id, catch.cases) for catch in checked.catches),
        preview=preview(revision, checked),
    )
    return _DrawnRevision(record, archive, pool, _make_kits(revision))


def _make_kits(revision: ContractRevision) -> KitFiles:
    """Return the kits of a revision as it was drawn, without fresh cases, or the reason for which there are none."""
    kits = KitFiles()
    try:
        kits = replace(kits, without_solution=dump_kit(Kit.of(revision, with_solution=False)))
        return replace(kits, with_solution=dump_kit(Kit.of(revision, with_solution=True)))
    except BadAssignment as error:
        return replace(kits, refusal=str(error))


def _secret(context: Context, wanted: int) -> bytes:
    """Return the secret, or none if no fresh cases need it."""
    secret = context.settings.secret
    if not wanted:
        return b""
    if secret is None or not secret.get_secret_value():
        raise BadAssignment(
            f"fresh is {wanted}, but this service has no secret to choose cases by; set BACKMARK_SECRET, or set"
            " fresh to 0"
        )
    return secret.get_secret_value().encode()


def _require_sound(checked: SelfCheck) -> SelfCheck:
    """Return the self-check of an assignment that may be used."""
    if checked.reference_rejected:
        raise BadAssignment(
            f"a right implementation is rejected on {checked.reference_rejected} of {checked.cases} cases; please"
            " report this assignment"
        )
    if checked.missed:
        raise _PublicationRefused(
            Refusal(
                "submissions with these known mistakes would pass",
                tuple(NamedMistake(mistake.id, mistake.title) for mistake in checked.missed),
                "If they are meant to be wrong, run `backmark assignment check` on the file: the command finds a change"
                " of the file's settings that detects them",
            )
        )
    if checked.faults:
        raise BadAssignment(". ".join(checked.faults))
    return checked
