"""The settings of a machine, for any command: where it keeps things, how it isolates, the server that it talks to."""

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from backmark.grader.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that the machine's owner may change."""

    #: BACKMARK_BWRAP: the bubblewrap to use, instead of the first on PATH.
    bwrap: str | None
    #: BACKMARK_JAIL: how a worker makes a submission's jail: `template` forks it, `single` starts it from scratch, and
    #: `auto`, the default, forks it if this machine allows that.
    jail: str
    #: BACKMARK_CACHE: the folder of cases drawn for your own assignments; within XDG_CACHE_HOME by default.
    cache: Path
    #: BACKMARK_CONTAINER_IMAGE: the image of `backmark grade --container`; backmark-worker by default.
    container_image: str
    #: BACKMARK_DATA: the folder in which `backmark serve` keeps everything; within XDG_DATA_HOME by default.
    data: Path
    #: BACKMARK_REDIS_MAXMEMORY: bytes that the Redis of `backmark serve` may hold, such as 768mb, the default.
    redis_maxmemory: int
    #: BACKMARK_URL: the server that `submit`, `status` and `course` talk to; by default the one that `backmark serve`
    #: runs on this machine.
    url: str | None
    #: BACKMARK_TOKEN: the token with which you prove to that server who you are.
    token: str | None = field(repr=False)
    #: BACKMARK_PLAIN_HTTP=1: send the token over plain http, too, to another machine than this.
    plain_http: bool
    #: BACKMARK_CA: a certificate authority's file, for a server whose certificate the system does not know.
    ca: str | None
    #: The whole environment, which a run without a jail inherits.
    environment: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """The server that a command talks to."""

    url: str
    token: str | None = field(repr=False)


#: The files in its data folder by which `backmark serve` is found while it runs: lines of a shell, NAME=VALUE; and the
#: lock, with the id of its process.
SERVICE_FILE, SERVICE_LOCK = "environment", "serve.lock"
#: The address at which `backmark serve` and `backmark service web` listen by default.
DEFAULT_URL = "http://127.0.0.1:8000"
#: The memory that Redis may hold by default, here and in docker-compose.yml.
DEFAULT_REDIS_MAXMEMORY = "768mb"
#: The worker's image, as docker-compose.yml names it.
DEFAULT_IMAGE = "backmark-worker"
#: Bytes below which nothing but an empty service fits.
_LEAST_MEMORY = 64 << 20
_UNITS = {"": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 10**6, "mb": 1 << 20, "g": 10**9, "gb": 1 << 30}


def from_environment() -> Settings:
    """The settings, read now; raises ServiceError where one is none."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backmark"
    kept = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "backmark"
    return Settings(
        bwrap=os.environ.get("BACKMARK_BWRAP") or None,
        jail=_one_of("BACKMARK_JAIL", ("auto", "template", "single")),
        cache=Path(os.environ.get("BACKMARK_CACHE") or default),
        container_image=os.environ.get("BACKMARK_CONTAINER_IMAGE") or DEFAULT_IMAGE,
        data=Path(os.environ.get("BACKMARK_DATA") or kept),
        redis_maxmemory=_memory("BACKMARK_REDIS_MAXMEMORY"),
        url=os.environ.get("BACKMARK_URL") or None,
        token=os.environ.get("BACKMARK_TOKEN") or None,
        plain_http=os.environ.get("BACKMARK_PLAIN_HTTP", "") not in {"", "0"},
        ca=os.environ.get("BACKMARK_CA") or None,
        environment=dict(os.environ),
    )


def find_server(settings: Settings) -> Server:
    """Return the server of BACKMARK_URL, else the one that `backmark serve` runs on this machine."""
    if settings.url is not None:
        # No other server is shown the token of this machine's.
        return Server(settings.url, settings.token)
    service = read_service(settings.data)
    return Server(service.get("BACKMARK_URL", DEFAULT_URL), settings.token or service.get("BACKMARK_TOKEN"))


def read_service(data: Path) -> dict[str, str]:
    """Return the variables of the service that `backmark serve` runs on a data folder; none if none runs there.

    One that was killed leaves its files, and its addresses to anybody.
    """
    try:
        pid = (data / SERVICE_LOCK).read_text(encoding="utf-8").strip()
        if not pid.isdecimal() or Path("/proc", pid).stat().st_uid != data.stat().st_uid:
            return {}
        text = (data / SERVICE_FILE).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    words = (word.partition("=") for word in shlex.split(text))
    return {name: value for name, _, value in words}


def parse_memory(text: str) -> int:
    """Return the bytes of a size as Redis writes it: 768mb, 2gb; ValueError if it is none, or less than 64mb."""
    match = re.fullmatch(r"([0-9]{1,18})([kmg]?b?)", text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write one such as 768mb or 2gb")
    size = int(match[1]) * _UNITS[match[2]]
    if size < _LEAST_MEMORY:
        raise ValueError(f"{text} is too little; write at least 64mb")
    return size


def _memory(name: str) -> int:
    try:
        return parse_memory(os.environ.get(name) or DEFAULT_REDIS_MAXMEMORY)
    except ValueError as error:
        raise ServiceError(f"{name}: {error}") from error


def _one_of(name: str, values: tuple[str, ...]) -> str:
    value = os.environ.get(name) or values[0]
    if value not in values:
        raise ServiceError(f"{name} must be {' or '.join(values)}, not {value!r}")
    return value
