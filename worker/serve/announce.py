"""Announces when a service is ready and how to use it, or what it is waiting for."""

import contextlib
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.serve.data_dir import DataDirectory
from backmark.worker.serve.listening import Address
from backmark.worker.serve.readiness import unready_parts
from backmark.worker.serve.supervisor import Say

#: Seconds between two readiness checks, and before a service that is not ready is reported.
_ASK, _LATE = 0.3, 15.0


@dataclass(slots=True)
class Announcer:
    """The announcement that the service is ready, made once, or of the missing parts."""

    folder: DataDirectory
    address: Address
    settings: ServiceSettings
    say: Say
    #: True if the token was made at this start: it is shown once.
    first: bool
    _said: dict[str, str] = field(default_factory=dict)
    _ready: bool = False
    _began: float = field(default_factory=time.monotonic)
    _next: float = 0.0

    def look(self) -> None:
        """Check if the service is ready, unless that was announced already."""
        now = time.monotonic()
        if self._ready or now < self._next:
            return
        self._next = now + _ASK
        reasons = unready_parts(self.address.url)
        if reasons == {}:
            self._announce()
            self._ready = True
        elif reasons and reasons != self._said and (now - self._began > _LATE or self._lacks_jail()):
            self._said = reasons
            self._complain(reasons)

    def _announce(self) -> None:
        url, data, token = self.address.url, shlex.quote(str(self.folder.path)), shlex.quote(str(self.folder.token))
        self.say(f"ready at {url} (API documentation: {url}/api/v1/docs). Ctrl-C stops it.")
        if (public := self.settings.own_url("/")) is not None:
            self.say(f"links to it begin with {public}, which must lead here")
        if self.first:
            self.say(f"open {url}/sign-in and sign in with this token, an administrator's, which is kept in {token}:")
            self.say(f"    {self.folder.token.read_text(encoding='ascii').strip()}")
        else:
            self.say(f"open {url}/sign-in and sign in with the token in {token}")
        self.say("to use it from another terminal:")
        self.say(f"    export BACKMARK_DATA={data} BACKMARK_URL={url} BACKMARK_TOKEN=$(cat {token})")

    def _complain(self, reasons: Mapping[str, str]) -> None:
        parts = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        self.say(f"not ready yet: {parts}")
        if self._lacks_jail():
            self.say(f"submissions at {self.address.url} wait for a jail: run `backmark doctor` to see what to do")

    def _lacks_jail(self) -> bool:
        """Return True if there are workers, and none of them has a jail."""
        try:
            with contextlib.closing(Store.connect(self.settings)) as store:
                workers = [worker for worker in store.workers.list() if worker.role == "worker"]
        except StoreUnavailable:
            return False
        return bool(workers) and not any(worker.jail for worker in workers)
