"""The objects that a worker's process uses for every job."""

from dataclasses import dataclass

from grader.dispatch import Dispatcher
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from worker.grading.pool import Jails
from worker.service.graders import Graders
from worker.service.isolation import Isolation
from worker.service.stop import Stop


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
