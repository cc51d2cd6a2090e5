"""The start of a service's processes, and of commands beside a service: their settings, log and store."""

from contextlib import closing
from typing import TYPE_CHECKING

from backmark.grader.errors import OlderStore, StoreUnavailable
from backmark.grader.settings import machine

if TYPE_CHECKING:
    from backmark.grader.settings.service import ServiceSettings
    from backmark.grader.store.store import Store


def load_settings() -> "ServiceSettings":
    """Read the service's settings from the environment; raise ServiceError if one is wrong."""
    # pydantic, which `backmark --help` must not pay for.
    from backmark.grader.settings.service import ServiceSettings  # noqa: PLC0415

    return ServiceSettings.load()


def refuse_older_store(settings: "ServiceSettings") -> None:
    """Raise OlderStore if the service's Redis holds what this version does not read.

    A Redis that does not answer yet is looked at again before anything in it is changed.
    """
    from backmark.grader.store.store import Store  # noqa: PLC0415 - redis, likewise

    with closing(Store.connect(settings)) as store:
        try:
            store.refuse_older()
        except OlderStore:
            raise
        except StoreUnavailable:
            return


def start_process(part: str) -> "ServiceSettings":
    """Start a process that is a part of the service: return its settings, and log as they say."""
    from backmark.grader.support import logs  # noqa: PLC0415 - structlog, likewise

    settings = load_settings()
    refuse_older_store(settings)
    logs.configure(part, settings.log_format)
    return settings


def find_service() -> "ServiceSettings":
    """Return the settings of the service of BACKMARK_REDIS_URL, else of the one that `backmark serve` runs here.

    Raises StoreUnavailable, with what to do, if none was named and none answers.
    """
    settings = load_settings()
    if "redis_url" in settings.model_fields_set:
        return settings
    data = machine.from_environment().data
    if variables := machine.read_service(data):
        return settings.load(**{name.removeprefix("BACKMARK_").lower(): value for name, value in variables.items()})
    try:
        _ping(settings)
    except StoreUnavailable as error:
        raise StoreUnavailable(
            f"no service was found: no `backmark serve` runs on {data}, and {str(error).rstrip('.')}. If you started"
            " `backmark serve --data FOLDER`, set BACKMARK_DATA to FOLDER. For any other service, set"
            " BACKMARK_REDIS_URL to the address of its Redis"
        ) from error
    return settings


def open_store() -> "Store":
    """Open the store of the service that `find_service` returns."""
    from backmark.grader.store.store import Store  # noqa: PLC0415 - redis, likewise

    return Store.connect(find_service())


def _ping(settings: "ServiceSettings") -> None:
    from backmark.grader.store.connection import Connection  # noqa: PLC0415 - redis, likewise

    with closing(Connection.open(settings)) as redis:
        redis.ping()
