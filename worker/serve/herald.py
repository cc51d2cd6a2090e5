"""Tells whoever started a service when it is ready and how to use it, or what it waits for."""

import contextlib
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from grader.errors import StoreUnavailable
from grader.model.records import Scope
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from worker.serve.datafolder import DataFolder, write_private
from worker.serve.listening import Address
from worker.serve.readiness import missing
from worker.serve.supervisor import Say

#: The course that the first token belongs to; being an administrator's, it may act in every other.
COURSE = "course"
#: Seconds between two questions whether all is ready, and before it is said that it is not.
_ASK, _LATE = 0.3, 15.0


@dataclass(slots=True)
class Herald:
    """Says that the service is ready, once, or what it still waits for."""

    folder: DataFolder
    address: Address
    settings: ServiceSettings
    say: Say
    _said: dict[str, str] = field(default_factory=dict)
    _ready: bool = False
    _began: float = field(default_factory=time.monotonic)
    _next: float = 0.0

    def look(self) -> None:
        """Ask whether all is ready, unless that was said already."""
        now = time.monotonic()
        if self._ready or now < self._next:
            return
        self._next = now + _ASK
        reasons = missing(self.address.url)
        if reasons == {}:
            # Where Redis goes away just now, the next look tries again.
            with contextlib.suppress(StoreUnavailable):
                self._announce()
                self._ready = True
        elif reasons and reasons != self._said and (now - self._began > _LATE or _unjailed(reasons)):
            self._said = reasons
            self._complain(reasons)

    def _announce(self) -> None:
        first = not self.folder.token.exists()
        if first:
            self._make_token()
        where = shlex.quote(str(self.folder.token))
        self.say(f"ready at {self.address.url} (to read: {self.address.url}/api/v1/docs). Ctrl-C stops it.")
        if first:
            self.say(f"your first token, an administrator's, kept in {where}:")
            self.say(f"    {self.folder.token.read_text(encoding='ascii').strip()}")
        self.say("to use it from another terminal:")
        self.say(f"    export BACKMARK_URL={self.address.url} BACKMARK_TOKEN=$(cat {where})")

    def _make_token(self) -> None:
        with contextlib.closing(Store.connect(self.settings)) as store:
            _, secret = store.tokens.create("backmark serve", COURSE, frozenset({Scope.ADMIN}))
        write_private(self.folder.token, secret + "\n")

    def _complain(self, reasons: Mapping[str, str]) -> None:
        parts = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        self.say(f"not ready yet: {parts}")
        if _unjailed(reasons):
            self.say(f"what is handed in at {self.address.url} waits for a jail: `backmark doctor` says what to do")


def _unjailed(reasons: Mapping[str, str]) -> bool:
    """Whether what is missing is a jail."""
    return "cannot isolate" in reasons.get("workers", "")
