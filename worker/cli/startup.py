"""The start of a service's processes: their log and their settings."""

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.settings.service import ServiceSettings


def configure_logging() -> None:
    """Log one line for each event to standard error; of the libraries only warnings and errors."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    for name in ("celery", "kombu", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)


def load_settings() -> "ServiceSettings":
    """Read the service's settings from the environment; raise ServiceError if one is wrong."""
    # pydantic, which `backmark --help` must not pay for.
    from grader.settings.service import ServiceSettings  # noqa: PLC0415

    return ServiceSettings.load()
