"""Whether the part that runs in this container is well: `python -m worker.service.healthcheck worker|sweeper`.

Asks the store what the part last said of itself: a worker that cannot isolate, or is cut off from Redis, is not well.
"""

import socket
import sys

from grader.errors import StoreUnavailable
from grader.settings.service import ServiceSettings
from grader.store.store import Store


def fault(store: Store, role: str, host: str) -> str | None:
    """Return what is wrong with the part of that role on that host, or None."""
    try:
        found = [each for each in store.workers.list() if each.role == role and each.host == host]
    except StoreUnavailable as error:
        return str(error)
    if not found:
        return f"the {role} has not reported within 15 seconds"
    return next((each.reason for each in found if each.reason), None)


def main() -> int:
    """Print what is wrong, if anything; the exit status."""
    wrong = fault(Store.connect(ServiceSettings.load()), sys.argv[1], socket.gethostname())
    if wrong:
        sys.stdout.write(f"{wrong}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
