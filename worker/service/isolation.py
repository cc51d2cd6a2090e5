"""The ability of this machine to isolate, shared by all processes of a worker."""

import mmap

from backmark.worker.sandbox.doctor import examine
from backmark.worker.sandbox.installation import Installation
from backmark.worker.sandbox.policy import Way

_SIZE = 2048
#: Seconds between two attempts to start a real jail, as the machine's state can change.
RETRY_SECONDS = 30.0


class Isolation:
    """How this machine isolates, or why it cannot, in memory that a worker shares with its children."""

    def __init__(self, bwrap: str | None, way: Way = Way.AUTO) -> None:
        self._bwrap = bwrap
        self._way = way
        self._installation = Installation.of()
        #: The way in the first line, then the reason.
        self._shared = mmap.mmap(-1, _SIZE)

    @property
    def way_found(self) -> Way:
        """The way in which this machine isolated at the last examination, by whichever process."""
        return Way(self._read()[0] or Way.SINGLE)

    @property
    def reason(self) -> str | None:
        """The reason why no jail was available at the last examination, or None."""
        return self._read()[1] or None

    def examine(self) -> str | None:
        """Start a real jail and return the reason if it fails, or may not be trusted although it does not.

        Only from the main thread, as the jail dies with it.
        """
        report = examine(self._bwrap, self._way)
        way = Way.TEMPLATE if report.forks else Way.SINGLE
        faults = [f"{finding.text} {finding.remedy or ''}".strip() for finding in report.findings if not finding.ok]
        reason = "" if report.can_isolate else "; ".join(faults) or "no jail holds on this machine"
        reason = self._installation.fault() or reason
        self._shared[:] = f"{way}\n{reason}".encode()[: _SIZE - 1].ljust(_SIZE, b"\0")
        return self.reason

    def _read(self) -> tuple[str, str]:
        way, _, reason = self._shared[:].rstrip(b"\0").decode("utf-8", "replace").partition("\n")
        return way, reason
