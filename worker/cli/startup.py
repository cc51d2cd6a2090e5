"""The start of a service's processes: their settings and their log."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from grader.settings.service import ServiceSettings


def load_settings() -> "ServiceSettings":
    """Read the service's settings from the environment; raise ServiceError if one is wrong."""
    # pydantic, which `backmark --help` must not pay for.
    from grader.settings.service import ServiceSettings  # noqa: PLC0415

    return ServiceSettings.load()


def start_process(part: str) -> "ServiceSettings":
    """Start a process that is a part of the service: return its settings, and log as they say."""
    from grader import logs  # noqa: PLC0415 - structlog, likewise

    settings = load_settings()
    logs.configure(part, settings.log_format)
    return settings
