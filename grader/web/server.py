"""The settings of gunicorn, which `backmark service web` starts: `--config python:backmark.grader.web.server`."""

import signal
from types import FrameType
from typing import Any

from backmark.grader.settings.service import ServiceSettings
from backmark.grader.web.service import of

# Named as gunicorn has them.
#: Threads, since held connections wait and the others wait for Redis.
worker_class = "backmark.grader.web.http.gunicorn_worker.BufferingWorker"
threads = ServiceSettings().web_threads
#: Its lines are lines of the service's log, on standard error; a file that the operator names gets them as well.
logger_class = "backmark.grader.web.http.gunicorn_logger.ServiceLogger"
errorlog = None
#: Bytes of a request's first line: every parameter at its longest, in percent.
limit_request_line = 8190
#: Seconds for requests that are being answered when the server is told to stop.
graceful_timeout = 15
#: Nobody, a proxy on this machine included, whose clients' headers it may pass on, says by a header (PATH_INFO,
#: SCRIPT_NAME) what another path a request is for. Of who asks, and how, nothing here depends.
forwarded_allow_ips = ""
#: It answers to signals only.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """On a signal to stop, let held clients go at once, to ask another process or the next one."""
    slots, before = of(worker.wsgi).slots, signal.getsignal(signal.SIGTERM)

    def stop(number: int, frame: FrameType | None) -> None:
        slots.close()
        if callable(before):
            before(number, frame)

    signal.signal(signal.SIGTERM, stop)
