"""The health check of a container: `python -m backmark.worker.service.healthcheck worker|sweeper`.

Reads the last report of the process from the store: a worker that cannot isolate, or has lost Redis, is unhealthy.
"""

import socket
import sys

from backmark.grader.errors import StoreUnavailable
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store


def fault(store: Store, role: str, host: str) -> str | None:
    """Return the fault of the process with this role on this host, or None."""
    try:
        processes = [process for process in store.workers.list() if process.role == role and process.host == host]
    except StoreUnavailable as error:
        return str(error)
    if not processes:
        return f"the {role} has not reported within 15 seconds"
    return next((process.reason for process in processes if process.reason), None)


def main() -> int:
    """Print the fault, if any, and return the exit status."""
    reason = fault(Store.connect(ServiceSettings.load()), sys.argv[1], socket.gethostname())
    if reason:
        sys.stdout.write(f"{reason}\n")
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
