"""Whether this machine can isolate, as all processes of a worker know it."""

import mmap

from worker.sandbox.doctor import examine
from worker.sandbox.policy import Way

_SIZE = 2048
#: The machine can change its mind; a real jail is tried again so often.
RETRY_SECONDS = 30.0


class Fitness:
    """The reason why no jail can be had, in memory that a worker shares with its children; none where all is well."""

    def __init__(self, bwrap: str | None, way: Way = Way.AUTO) -> None:
        self._bwrap = bwrap
        self._way = way
        self._shared = mmap.mmap(-1, _SIZE)

    @property
    def reason(self) -> str | None:
        """Why no jail can be had, as of the last examination."""
        return self._shared[:].rstrip(b"\0").decode("utf-8", "replace") or None

    def examine(self) -> str | None:
        """Try a real jail: from the process's main thread, as a jail dies with the thread that started it."""
        report = examine(self._bwrap, self._way)
        faults = [f"{each.text} {each.remedy or ''}".strip() for each in report.findings if not each.ok]
        reason = "" if report.can_isolate else "; ".join(faults) or "no jail holds on this machine"
        self._shared[:] = reason.encode()[: _SIZE - 1].ljust(_SIZE, b"\0")
        return self.reason
