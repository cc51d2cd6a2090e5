"""Whether the service is well: for whoever restarts it, and for whoever sends it requests."""

from flask import Response
from pydantic import Field

from grader.diskspace import complain_if_full
from grader.errors import StoreUnavailable
from grader.model.records import Scope
from grader.store.room import Room
from grader.store.workers import Worker
from grader.web.http import responses as answers
from grader.web.http.problems import TRY_AGAIN
from grader.web.http.resource import Answer, Noun
from grader.web.http.schemas import Told
from grader.web.http.service import service

noun = Noun("health", __name__, says="Whether the service is well. Needs no token.", prefix="")

_OPEN: Scope | None = None


class Alive(Told):
    """This process answers."""

    ok: bool


class PartTold(Told):
    """A part of the service, and what is wrong with it."""

    ok: bool
    reason: str | None = Field(description="What is wrong; a warning where all is well enough.")


class PartsTold(Told):
    """What must be there to take submissions in and to grade them."""

    redis: PartTold
    workers: PartTold
    sweeper: PartTold
    storage: PartTold


class Readiness(Told):
    """Whether the service takes submissions in and grades them."""

    ok: bool
    parts: PartsTold


@noun.operation("GET", "/healthz", scope=_OPEN, answers={200: Answer(Alive, says="It lives.")})
def read_health() -> Response:
    """Say that this process lives, whatever the rest does."""
    return answers.plain(Alive(ok=True))


@noun.operation(
    "GET",
    "/readyz",
    scope=_OPEN,
    answers={
        200: Answer(Readiness, says="All is well."),
        503: Answer(Readiness, says="Something is not; the parts say what.", headers={"Retry-After": "Seconds."}),
    },
)
def read_readiness() -> Response:
    """Say whether the service is ready, and which part is not."""
    parts = _parts()
    ready = Readiness(ok=parts.redis.ok and parts.workers.ok and parts.sweeper.ok and parts.storage.ok, parts=parts)
    answer = answers.plain(ready, 200 if ready.ok else 503)
    if not ready.ok:
        answer.headers["Retry-After"] = str(TRY_AGAIN)
    return answer


def _parts() -> PartsTold:
    store = service().store
    try:
        alive, shortage = store.workers.list(), store.shortage()
    except StoreUnavailable as error:
        # One that hangs is waited for once, not again for each question.
        folder = service().settings.redis_folder
        full = None if folder is None else complain_if_full(folder)
        unknown = PartTold(ok=False, reason="nobody knows while Redis does not answer")
        return PartsTold(
            redis=PartTold(ok=False, reason=full or str(error)), workers=unknown, sweeper=unknown, storage=unknown
        )
    complaints = store.fitness()
    if shortage is not None:
        unknown = PartTold(ok=False, reason="nobody can report while Redis has no space left")
        return PartsTold(
            redis=PartTold(ok=False, reason="; ".join(complaints) or shortage),
            workers=unknown,
            sweeper=unknown,
            storage=unknown,
        )
    return PartsTold(
        redis=PartTold(ok=not complaints, reason="; ".join(complaints) or None),
        workers=_workers([each for each in alive if each.role == "worker"]),
        sweeper=_sweeper([each for each in alive if each.role == "sweeper"]),
        storage=_storage(store.storage.room()),
    )


def _storage(room: Room) -> PartTold:
    if room.largest is None:
        return PartTold(
            ok=True, reason="Redis has no maxmemory: nothing is refused before the machine has no memory left"
        )
    taken = f"submissions may fill {room.limit} bytes of Redis, and {room.used} are used"
    advice = "delete submissions, or give Redis more memory"
    if room.full:
        return PartTold(ok=False, reason=f"the storage is full: {taken}; {advice}")
    if room.largest < service().settings.max_bytes:
        short = f"room runs short: {taken}; files above {room.largest} bytes, compressed, are refused; {advice}"
        return PartTold(ok=True, reason=short)
    return PartTold(ok=True, reason=None)


def _workers(alive: list[Worker]) -> PartTold:
    if not alive:
        return PartTold(ok=False, reason="no worker has reported within 15 seconds; start one: backmark worker")
    unfit = [f"{each.name} cannot isolate: {each.reason}" for each in alive if not each.jail]
    return PartTold(ok=len(unfit) < len(alive), reason="; ".join(unfit) or None)


def _sweeper(alive: list[Worker]) -> PartTold:
    if not alive:
        return PartTold(ok=False, reason="no sweeper has reported within 15 seconds; start one: backmark sweeper")
    return PartTold(ok=True, reason=None)
