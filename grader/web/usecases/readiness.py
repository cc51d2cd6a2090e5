"""The readiness of the service to accept and grade submissions, part by part."""

from importlib import metadata

from pydantic import Field

from backmark.grader.errors import StoreUnavailable
from backmark.grader.store.room import Room
from backmark.grader.store.workers import Worker
from backmark.grader.support.diskspace import complain_if_full
from backmark.grader.web.http.schemas import ResponseModel
from backmark.grader.web.service import service


class PartResponse(ResponseModel):
    """The state of one part of the service."""

    ok: bool
    reason: str | None = Field(description="What is wrong, or a warning if `ok` is true; null if nothing is wrong.")


class PartsResponse(ResponseModel):
    """The parts that are needed to accept and grade submissions."""

    redis: PartResponse
    workers: PartResponse
    sweeper: PartResponse
    storage: PartResponse


def read_parts() -> PartsResponse:
    """Return the state of each part, with the reason where one is not ready or soon will not be."""
    store = service().store
    try:
        alive, shortage = store.workers.list(), store.shortage()
    except StoreUnavailable as error:
        # Wait for a store that hangs once, not again for each question.
        folder = service().settings.redis_folder
        full = None if folder is None else complain_if_full(folder)
        unknown = PartResponse(ok=False, reason="unknown while Redis does not answer")
        return PartsResponse(
            redis=PartResponse(ok=False, reason=full or str(error)), workers=unknown, sweeper=unknown, storage=unknown
        )
    complaints = store.durability_complaints()
    if shortage is not None:
        unknown = PartResponse(ok=False, reason="unknown while Redis has no space left, since no process can report")
        return PartsResponse(
            redis=PartResponse(ok=False, reason="; ".join(complaints) or shortage),
            workers=unknown,
            sweeper=unknown,
            storage=unknown,
        )
    return PartsResponse(
        redis=PartResponse(ok=not complaints, reason="; ".join(complaints) or None),
        workers=_workers([process for process in alive if process.role == "worker"]),
        sweeper=_sweeper([process for process in alive if process.role == "sweeper"]),
        storage=_storage(store.storage.room()),
    )


def _storage(room: Room) -> PartResponse:
    if room.largest is None:
        return PartResponse(
            ok=True, reason="Redis has no maxmemory: files are accepted until the machine runs out of memory"
        )
    # Not to the byte: everybody reads this, and the size of a verdict tells what it says.
    taken = f"submissions may use {room.limit >> 20} MiB of Redis, and {room.used >> 20} are used"
    advice = "delete submissions, or give Redis more memory"
    if room.full:
        return PartResponse(ok=False, reason=f"the storage is full: {taken}; {advice}")
    if room.largest < service().settings.max_bytes:
        short = f"space is running out: {taken}; files above {room.largest >> 10} KiB compressed are refused; {advice}"
        return PartResponse(ok=True, reason=short)
    return PartResponse(ok=True, reason=None)


def _workers(alive: list[Worker]) -> PartResponse:
    if not alive:
        return PartResponse(ok=False, reason="no worker reported within 15 seconds; start one: backmark service worker")
    unfit = [f"{worker.name} cannot isolate: {worker.reason}" for worker in alive if not worker.jail]
    return PartResponse(ok=len(unfit) < len(alive), reason="; ".join([*unfit, *_mixed_versions(alive)]) or None)


def _mixed_versions(alive: list[Worker]) -> list[str]:
    """Return a warning if workers and this web server, or two workers, are not of the same version."""
    workers, own = sorted({worker.version for worker in alive}), metadata.version("backmark")
    if len(workers) == 1 and workers[0].partition("+")[0] == own:
        return []
    return [f"versions differ: the web server is {own}, workers are {', '.join(workers)}; update all of them"]


def _sweeper(alive: list[Worker]) -> PartResponse:
    if not alive:
        reason = "no sweeper reported within 15 seconds; start one: backmark service sweeper"
        return PartResponse(ok=False, reason=reason)
    return PartResponse(ok=True, reason=None)
