"""What the owner of a machine may set, for any command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the machine's owner may set."""

    #: BACKMARK_BWRAP: the bubblewrap to use, instead of the first on PATH.
    bwrap: str | None
    #: BACKMARK_CACHE: where networks drawn for your own assignments are kept; within XDG_CACHE_HOME by default.
    cache: Path
    #: All of it, which a run without a jail inherits.
    environment: Mapping[str, str]


def from_environment() -> Settings:
    """The settings, read now."""
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "backmark"
    return Settings(
        bwrap=os.environ.get("BACKMARK_BWRAP") or None,
        cache=Path(os.environ.get("BACKMARK_CACHE") or default),
        environment=dict(os.environ),
    )
