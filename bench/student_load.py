"""Students who hand in files at a steady rate, whatever the service suffers."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.stack import ASSIGNMENT
from bench.submissions import EXAMPLES

#: The examples that are handed in by turns, and their outcomes.
_WORK = (("right_loops.py", "passed"), ("missing_factor_two.py", "failed"), ("right_einsum.py", "passed"))
#: Threads that hand in.
_HANDS = 64
#: Seconds for which a student asks again, and between two tries: as a portal would, without a flood of its own.
_PATIENCE, _INTERVAL = 600.0, 0.5


@dataclass
class StudentLoad:
    """Students who hand in one file each, `rate` a second, and ask again until it is accepted."""

    url: str
    token: str
    rate: float
    accepted: dict[int, str] = field(default_factory=dict)
    answers: list[int] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)
    # One for all: each would read the machine's certificates anew.
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=15))

    @contextmanager
    def run(self) -> Iterator[None]:
        """Hand in for as long as the block lasts; afterwards what was refused is still handed in again."""
        with ThreadPoolExecutor(_HANDS) as hands:
            sender = threading.Thread(target=self._send, args=(hands,))
            sender.start()
            try:
                yield
            finally:
                self._over.set()
                sender.join()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def expected_outcomes(self) -> dict[str, str]:
        """Return the outcome that each accepted submission must have, by its id."""
        return {name: _WORK[number % len(_WORK)][1] for number, name in self.accepted.items()}

    def list_submissions(self) -> Iterator[dict[str, Any]]:
        """Yield every submission that is stored."""
        cursor: str | None = ""
        while cursor is not None:
            query = {"limit": "100"} | ({"cursor": cursor} if cursor else {})
            headers = {"Authorization": f"Bearer {self.token}"}
            answer = httpx.get(f"{self.url}/api/v1/submissions", params=query, headers=headers, timeout=15)
            page = answer.raise_for_status().json()
            yield from page["items"]
            cursor = page["next"]

    def is_graded(self) -> bool:
        """Return True if the service answers, and every stored submission is at its end."""
        with suppress(httpx.HTTPError, KeyError, ValueError):
            return not any(submission["state"] in {"queued", "running"} for submission in self.list_submissions())
        return False

    def _send(self, hands: ThreadPoolExecutor) -> None:
        number = 0
        while not self._over.wait(1 / self.rate):
            hands.submit(self._hand_in, number)
            number += 1

    def _hand_in(self, number: int) -> None:
        """Send the same request with the same key until it is accepted."""
        source = (EXAMPLES / _WORK[number % len(_WORK)][0]).read_text(encoding="utf-8")
        body = {
            "assignment": ASSIGNMENT,
            "student": f"s{number}",
            "filename": "a.py",
            "source": f"{source}# {number}\n",
        }
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": f"work-{number}"}
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            # Nobody knows whether a request without an answer was recorded: that is what the key is for.
            with suppress(httpx.HTTPError):
                answer = self._client.post(f"{self.url}/api/v1/submissions", json=body, headers=headers)
                self.answers.append(answer.status_code)
                if answer.status_code == 202:
                    self.accepted[number] = answer.json()["id"]
                    return
            # A refused student tries again at that pace: no answer says when the service takes files again.
            time.sleep(_INTERVAL)
