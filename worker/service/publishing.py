"""An assignment's text on its way to a revision: drawn, tried on known mistakes, and published or refused."""

import json
import logging
from dataclasses import asdict, dataclass

from grader.errors import BadAssignment
from grader.model import records
from grader.model.assignment_toml import parse
from grader.model.records import Publication, Refusal, State
from grader.model.verdict import NamedMistake
from grader.publishing.preview import preview
from grader.publishing.selfcheck import SelfCheck, selfcheck
from grader.subjects.networks.revision import load
from worker.service import fresh, pools
from worker.service.claims import Hold, Withdrawn
from worker.service.context import Context

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Made:
    revision: records.Revision
    networks: bytes
    pool: bytes | None


class _Refused(BadAssignment):
    """The networks let mistakes pass."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def publication(context: Context, hold: Hold) -> None:
    """Publish, or say in a sentence why not: what a person can mend is a refusal, everything else is ours."""
    store, name = context.store, hold.claim.job.id
    asked = hold.asked(lambda: store.publications.get(name))
    if asked is None:
        raise Withdrawn(f"publication {name} was deleted")
    try:
        made = _made(context, asked, hold)
    except BadAssignment as error:
        refusal = error.refusal if isinstance(error, _Refused) else Refusal(str(error))
        fields = {"refusal": str(refusal), "refused": json.dumps(asdict(refusal))}
        hold.asked(lambda: store.jobs.conclude(hold.claim, State.DONE, **fields))
        _log.info("publication %s of %s is refused: %s", name, asked.assignment_id, refusal)
        return
    hold.asked(lambda: store.assignments.publish(made.revision, made.networks, made.pool))
    hold.asked(lambda: store.jobs.conclude(hold.claim, State.DONE, revision=made.revision.id))
    _log.info("publication %s of %s: revision %s", name, asked.assignment_id, made.revision.id)


def _made(context: Context, asked: Publication, hold: Hold) -> _Made:
    assignment = parse(asked.toml, "the assignment")
    if assignment.id != asked.assignment_id:
        raise BadAssignment(f"the assignment calls itself {assignment.id}, and was sent as {asked.assignment_id}")
    secret = _secret(context, asked.fresh)
    networks = pools.draw(assignment, hold)
    revision = load(networks, assignment.id)
    checked = _sound(selfcheck(revision))
    caught = [catch.places for catch in checked.catches]
    replaced = fresh.giving_way(len(revision.suite), asked.fresh, caught)
    known, pool = revision.id, None
    if replaced:
        pool = pools.draw_pool(assignment, len(replaced), secret, hold)
        known = fresh.identifier(revision, load(pool, "the pool"), len(replaced), replaced)
    record = records.Revision(
        id=known,
        course=asked.course,
        assignment=revision.assignment_json,
        assignment_id=assignment.id,
        title=assignment.title,
        networks_sha256=revision.networks_sha256,
        # The store's clock says when.
        published=0.0,
        fresh=len(replaced),
        replaced=replaced,
        catches=tuple((catch.mistake.id, catch.networks) for catch in checked.catches),
        preview=preview(revision, checked),
    )
    return _Made(record, networks, pool)


def _secret(context: Context, wanted: int) -> bytes:
    """The secret, where fresh networks need one."""
    secret = context.settings.secret
    if not wanted:
        return b""
    if secret is None or not secret.get_secret_value():
        raise BadAssignment(
            f"fresh is {wanted}, and this service has no secret to choose networks by; set BACKMARK_SECRET, or set"
            " fresh to 0"
        )
    if wanted > fresh.MOST:
        raise BadAssignment(f"fresh is {wanted}; at most {fresh.MOST} networks can be fresh")
    return secret.get_secret_value().encode()


def _sound(checked: SelfCheck) -> SelfCheck:
    if checked.reference_rejected:
        raise BadAssignment(
            f"a right implementation is rejected on {checked.reference_rejected} of {checked.networks} networks; please"
            " report this assignment"
        )
    if checked.missed:
        raise _Refused(
            Refusal(
                "these known-wrong implementations would pass",
                tuple(NamedMistake(mistake.id, mistake.title) for mistake in checked.missed),
                "Run `backmark assignment check` on the file: it tries which other ranges or how many networks would"
                " catch them",
            )
        )
    if checked.faults:
        raise BadAssignment(". ".join(checked.faults))
    return checked
