"""gunicorn's logger, changed so that its lines are lines of the service's log."""

from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.support import logs


class ServiceLogger(Logger):  # type: ignore[misc] # gunicorn has no types
    """A logger whose errors go to the root logger, which this configures for the process and its children."""

    def setup(self, cfg: Any) -> None:
        """Configure the log; gunicorn calls this before it starts a worker, and on a reload."""
        super().setup(cfg)
        self.error_log.propagate = True
        logs.configure("web", ServiceSettings().log_format)
