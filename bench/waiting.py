"""Waiting for what nothing announces."""

import time
from collections.abc import Callable

#: Seconds within which a part of a service starts or ends, or a measurement has failed.
PATIENCE = 120.0


def wait_until(
    condition: Callable[[], bool], purpose: str, seconds: float = PATIENCE, *, interval: float = 0.02
) -> None:
    """Look every `interval` seconds until the condition is true. Raises TimeoutError, with the purpose, at the end."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"after {seconds:g} s still not: {purpose}")
        time.sleep(interval)
