"""What a worker's process has at hand for every job."""

from dataclasses import dataclass

from grader.dispatch import Dispatcher
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from worker.grading.pool import Jails
from worker.service.fitness import Fitness
from worker.service.graders import Graders
from worker.service.stop import Stop


@dataclass(frozen=True, slots=True)
class Context:
    """One for each process that takes jobs."""

    settings: ServiceSettings
    store: Store
    dispatcher: Dispatcher
    graders: Graders
    jails: Jails
    #: Requested when the worker is to end.
    stop: Stop
    #: Whether this machine can isolate, by the last that a process of this worker knows.
    fitness: Fitness
