"""The objects that a worker's process uses for every job."""

from dataclasses import dataclass

from backmark.grader.dispatch import Dispatcher
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.grading.pool import Jails
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.stop import Stop


@dataclass(frozen=True, slots=True)
class Context:
    """The context of a process that takes jobs."""

    settings: ServiceSettings
    store: Store
    dispatcher: Dispatcher
    graders: Graders
    jails: Jails
    #: Requested when the worker must stop.
    stop: Stop
    #: The ability of this machine to isolate, as last examined by any process of this worker.
    isolation: Isolation
