"""Jobs of every kind: claims and leases, places in the queues, and jobs whose worker was lost."""

import logging
from collections.abc import Iterable
from typing import Any

from backmark.grader.model.records import Claim, Job, Kind, Position, Queue, State
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store import keys
from backmark.grader.store.connection import Connection, text
from backmark.grader.store.functions import FollowingCall, FunctionCall, Functions
from backmark.grader.store.workers import Worker

_log = logging.getLogger(__name__)

#: The most lost leases handled in one call, so that other commands need not wait for it.
_AT_ONCE = 100


class Jobs:
    """Operations on jobs of every kind. A claim is valid while its fencing number is the newest."""

    def __init__(self, redis: Connection, functions: Functions, settings: ServiceSettings) -> None:
        self._redis = redis
        self._functions = functions
        self._lease = round(1000 * settings.lease_seconds)
        self._tries = settings.tries

    def claim(self, job: Job) -> Claim | None:
        """Claim a job by its name, whoever's turn it is; None if it does not wait. For tests and benchmarks."""
        fence = self._functions.call("claim", kind=job.kind, id=job.id, lease=self._lease)
        return None if fence is None else Claim(job, int(fence))

    def claim_next(self) -> Claim | None:
        """Claim the next job in the order of `claim_next`, or return None if none may begin."""
        return _read_claim(self._functions.call("claim_next", lease=self._lease))

    def following_claim(self, *, steps_last: bool = False) -> FollowingCall:
        """Return the call that claims the next job behind the conclusion of one.

        With `steps_last` a regrade's step comes behind its units: for a process that has just had a turn with one.
        """
        return FollowingCall(FunctionCall("claim_next", {"lease": self._lease, "steps_last": steps_last}))

    def read_following(self, following: FollowingCall) -> Claim | None:
        """Return the claim that such a call made, or None if it made none."""
        return _read_claim(following.reply)

    def beat(self, claim: Claim) -> bool:
        """Renew the lease. Returns False if the claim is no longer valid."""
        return bool(self._functions.call("beat", **_arguments(claim), lease=self._lease))

    def hand_back(self, claim: Claim) -> bool:
        """Return the job to its old place in the queue, as if never claimed. Returns False for an invalid claim."""
        return bool(self._functions.call("hand_back", **_arguments(claim)))

    def end_slice(self, claim: Claim, seconds: float, limit: float) -> bool:
        """Return a submission that has used up its slice to its old place, in the slow lane. No try is used.

        `seconds` is what it took; it may use `limit` in all. Returns False for an invalid claim.
        """
        return bool(self._functions.call("end_slice", **_arguments(claim), seconds=seconds, limit=str(limit)))

    def record_failure(self, claim: Claim, message: str, most: int | None = None) -> State:
        """Record a failure of the service: requeue the job, or end it as service_failed, and return its state.

        It ends after the tries of the settings, or after `most` if that is less.
        """
        tries = self._tries if most is None else min(most, self._tries)
        answer = self._functions.call("failed", **_arguments(claim), message=message, tries=tries)
        state, ours = State(text(answer[0])), bool(answer[1])
        if ours:
            self._alarm(claim.job, state, message)
        return state

    def conclude(self, claim: Claim, state: State, **fields: str | float) -> bool:
        """End a job other than a submission, with its own fields. Returns False if the claim is no longer valid."""
        if not state.terminal:
            raise ValueError(f"{state} is not an end; hand the job back instead")
        if claim.job.kind is Kind.SUBMISSION:
            raise ValueError("a submission ends with a verdict: use Submissions.finish")
        values = {name: str(value) for name, value in fields.items()}
        return bool(self._functions.call("conclude", **_arguments(claim), state=state, fields=values))

    def requeue_lost(self) -> list[Job]:
        """Requeue jobs whose lease expired; return those that wait again."""
        again: list[Job] = []
        while ended := self._functions.call("lost", tries=self._tries, limit=_AT_ONCE, lease=self._lease):
            for member, state, tries in ended:
                job = _job(member)
                self._alarm(job, State(text(state)), f"its worker gave no sign of life on try {text(tries)}")
                if text(state) == State.QUEUED:
                    again.append(job)
            if len(ended) < _AT_ONCE:
                break
        return again

    def count_unclaimed(self, workers: Iterable[Worker]) -> int:
        """Return the number of jobs that wait although these workers have processes free for them."""
        processes = sum(worker.concurrency for worker in workers if worker.role == "worker" and worker.jail)
        running = self.running()
        # The slow lane leaves one process free; it has more room than this beside jobs that are not its own, which end.
        slow = min(self.waiting(Queue.SLOW), max(1, processes - 1) - running)
        waiting = sum(self.waiting(queue) for queue in Queue if queue is not Queue.SLOW) + max(0, slow)
        return max(0, min(waiting, processes - running))

    def waiting(self, queue: Queue) -> int:
        """Return the number of waiting jobs."""
        return int(self._redis.zcard(_waiting(queue)))

    def running(self) -> int:
        """Return the number of claimed jobs of all kinds."""
        return int(self._redis.zcard(keys.LEASES))

    def oldest(self, queue: Queue) -> float | None:
        """Return the seconds that the oldest job has waited, or None if none is waiting."""
        first: Any = self._redis.zrange(_waiting(queue), 0, 0, withscores=True)
        if not first:
            return None
        now, micros = self._redis.time()
        return max(0.0, now + micros / 1e6 - float(first[0][1]) / 1000)

    def place(self, job: Job) -> Position | None:
        """Return the place of a job in its queue, or None if it is not waiting.

        Of a submission it knows what runs and what waits, and what files of the same senders took.
        """
        answer = self._functions.call("place", kind=job.kind, id=job.id)
        if answer is None:
            return None
        return Position(int(answer[0]), None if answer[1] < 0 else answer[1] / 1000)

    def _alarm(self, job: Job, state: State, message: str) -> None:
        if state is State.SERVICE_FAILED:
            _log.error("%s %s ended as service_failed, after its last try: %s", job.kind, job.id, message)
        else:
            _log.warning("%s %s waits for another try: %s", job.kind, job.id, message)


def _read_claim(answer: Any) -> Claim | None:
    if answer is None:
        return None
    kind, name, fence, *slices = answer
    return Claim(Job(Kind(text(kind)), text(name)), int(fence), slices[0] / 1000 if slices else None)


def _arguments(claim: Claim) -> dict[str, str]:
    return {"kind": claim.job.kind, "id": claim.job.id, "fence": str(claim.fence)}


def _job(member: bytes) -> Job:
    kind, _, name = text(member).partition(":")
    return Job(Kind(kind), name)


def _waiting(queue: Queue) -> str:
    return keys.key("waiting", queue)
