"""Jobs of every kind: who may conclude one, where it waits, what was lost."""

import logging
from typing import Any

from grader.model.records import Claim, Job, Kind, Queue, State
from grader.settings.service import ServiceSettings
from grader.store import keys
from grader.store.connection import Connection, text
from grader.store.scripts import Scripts

_log = logging.getLogger(__name__)

#: Lost leases that are looked at in one script: others should not wait for it.
_AT_ONCE = 100


class Jobs:
    """What can be asked of any job. A claim is good while its number is the last that was given out."""

    def __init__(self, redis: Connection, scripts: Scripts, settings: ServiceSettings) -> None:
        self._redis = redis
        self._scripts = scripts
        self._lease = f"{1000 * settings.lease_seconds:.0f}"
        self._tries = settings.tries

    def enqueue(self, job: Job) -> bool:
        """Let a job wait whose hash is there, with all its tries; False where it waits or runs, or is not there."""
        return bool(self._scripts.run("enqueue", job.kind, job.id))

    def claim(self, job: Job) -> Claim | None:
        """Take it up, for the length of a lease; None where it does not wait."""
        fence = self._scripts.run("claim", job.kind, job.id, self._lease)
        return None if fence is None else Claim(job, int(fence))

    def claim_next(self) -> Claim | None:
        """Claim the submission whose turn it is; None if none waits. `claim_next.lua` has the order."""
        answer = self._scripts.run("claim_next", self._lease)
        return None if answer is None else Claim(Job(Kind.SUBMISSION, text(answer[0])), int(answer[1]))

    def beat(self, claim: Claim) -> bool:
        """A sign of life: the lease starts anew. False where the job is no longer the claim's."""
        return bool(self._scripts.run("beat", *_claimed(claim), self._lease))

    def hand_back(self, claim: Claim) -> bool:
        """Let it wait at its old place, as if it had not been taken; False where it is no longer the claim's."""
        return bool(self._scripts.run("hand_back", *_claimed(claim)))

    def failed(self, claim: Claim, message: str, most: int | None = None) -> State:
        """We failed, not the student: it waits for another try, or has ended as service_failed. Says where it is.

        It ends after `most` tries where that is less than the settings allow.
        """
        tries = self._tries if most is None else min(most, self._tries)
        answer = self._scripts.run("failed", *_claimed(claim), message, tries)
        state, ours = State(text(answer[0])), bool(answer[1])
        if ours:
            self._alarm(claim.job, state, message)
        return state

    def conclude(self, claim: Claim, state: State, **fields: str | float) -> bool:
        """End a job that is no submission, with fields of its own; False where it is no longer the claim's."""
        if not state.terminal:
            raise ValueError(f"{state} is not an end; hand the job back instead")
        if claim.job.kind is Kind.SUBMISSION:
            raise ValueError("a submission ends with a verdict: use Submissions.finish")
        flat = [each for name, value in fields.items() for each in (name, value)]
        return bool(self._scripts.run("conclude", *_claimed(claim), state, *flat))

    def lost(self) -> list[Job]:
        """Take back what gave no sign of life for a lease; the jobs that are to be sent again."""
        again: list[Job] = []
        while ended := self._scripts.run("lost", self._tries, _AT_ONCE, self._lease):
            for member, state, tries in ended:
                job = _job(member)
                self._alarm(job, State(text(state)), f"its worker gave no sign of life at try {text(tries)}")
                if text(state) == State.QUEUED:
                    again.append(job)
            if len(ended) < _AT_ONCE:
                break
        return again

    def unsent(self, limit: int = 100) -> list[Job]:
        """Jobs that wait while their queue holds too few messages, oldest first: they are to be sent again."""
        return [_job(member) for member in self._scripts.run("unsent", limit)]

    def waiting(self, queue: Queue) -> int:
        """How many wait."""
        return int(self._redis.zcard(_waiting(queue)))

    def running(self) -> int:
        """How many are held by workers, of every kind."""
        return int(self._redis.zcard(keys.LEASES))

    def oldest(self, queue: Queue) -> float | None:
        """For how many seconds the first has waited; None where none does."""
        first: Any = self._redis.zrange(_waiting(queue), 0, 0, withscores=True)
        if not first:
            return None
        now, micros = self._redis.time()
        return max(0.0, now + micros / 1e6 - float(first[0][1]) / 1000)

    def position(self, job: Job) -> int | None:
        """How many wait before it: 0 is next, None does not wait."""
        rank: Any = self._redis.zrank(_waiting(job.kind.queue), f"{job.kind}:{job.id}")
        return None if rank is None else int(rank)

    def estimate(self, job: Job) -> float | None:
        """In how many seconds it should be done, by the pace of late; None where it does not wait or none is known."""
        position, pace = self.position(job), self.pace(job.kind.queue)
        return None if position is None or pace is None else (position + 1) * pace

    def pace(self, queue: Queue) -> float | None:
        """Seconds from one conclusion to the next while others wait, as a moving average; None before the first."""
        milliseconds = self._redis.hget(keys.PACE, queue)
        return None if milliseconds is None else float(milliseconds) / 1000

    def _alarm(self, job: Job, state: State, message: str) -> None:
        if state is State.SERVICE_FAILED:
            _log.error("%s %s ended as service_failed, after its last try: %s", job.kind, job.id, message)
        else:
            _log.warning("%s %s waits for another try: %s", job.kind, job.id, message)


def _claimed(claim: Claim) -> tuple[str, str, int]:
    return claim.job.kind, claim.job.id, claim.fence


def _job(member: bytes) -> Job:
    kind, _, name = text(member).partition(":")
    return Job(Kind(kind), name)


def _waiting(queue: Queue) -> str:
    return keys.key("waiting", queue)
