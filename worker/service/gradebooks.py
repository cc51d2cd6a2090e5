"""The loops of a sweeper that talk to platforms: marks go out, rosters come in."""

from collections.abc import Callable
from threading import Event

from backmark.grader.lti.services import PlatformServices
from backmark.grader.lti.session import PlatformSession
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.outbound.addresses import Destinations
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.service.rosters import RosterReader
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import GradebookScores


def gradebook_loops(store: Store, settings: ServiceSettings) -> dict[str, Callable[[Event], None]]:
    """Return the loops by name; none without BACKMARK_SECRET, since no platform can be registered then."""
    if settings.secret is None or not settings.secret.get_secret_value():
        return {}
    session = PlatformSession(Destinations.of(settings))
    services = PlatformServices(session, ToolKeys(store, settings).registration)
    return {
        "scores": GradebookScores(store.scores, services, recorded_sources(store, settings)).loop,
        "rosters": RosterReader(store, services, assisting_learners=settings.lti_assisting_learners).loop,
    }
