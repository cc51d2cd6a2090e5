"""Times as staff write them: ISO text with its offset, or local with the name of a time zone."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_TEXT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
#: No deadline lies outside, and every offset is within what a datetime can say.
YEARS = range(1970, 3000)
_EXAMPLE = "such as 2027-03-05 18:00"
#: The parts of the world whose zones are listed; other names of the database, such as US/Eastern, are older ones.
_REGIONS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)


class BadTime(ValueError):
    """A time or a zone cannot be read; the message says what to write instead."""


def read_time(text: str, zone: str = "") -> float:
    """Return seconds since 1970; raise BadTime if the text says no moment.

    `zone` is that of a text without an offset. A local time that clocks show twice is the later of the two, in the
    student's favour; one that they leave out is refused.
    """
    written = text.strip()
    if not _TEXT.fullmatch(written):
        raise BadTime(f"{written!r} is not a date and time; write one {_EXAMPLE}.")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        raise BadTime(f"{written} is not a date of the calendar, or not a time of day; write one {_EXAMPLE}.") from None
    if moment.year not in YEARS:
        raise BadTime(f"The year of {written} must be {YEARS[0]} to {YEARS[-1]}.")
    if moment.tzinfo is not None:
        return moment.timestamp()
    if not zone.strip():
        raise BadTime(f"{written} has no time zone; add Z for UTC or an offset such as +01:00, or name a zone.")
    return _localise(moment, written, read_zone(zone))


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name; raise BadTime if there is none."""
    try:
        return ZoneInfo(name.strip())
    except (LookupError, ValueError, OSError):
        # A folder of the database, such as Europe, is an OSError.
        raise BadTime(f"{name.strip()!r} is not a time zone; write one such as Europe/Zurich or UTC.") from None


@cache
def list_zones() -> tuple[str, ...]:
    """Return the IANA names of the time zones to choose from: UTC, then those of places by name."""
    return ("UTC", *sorted(name for name in available_timezones() if name.partition("/")[0] in _REGIONS))


def write_time(seconds: float, zone: ZoneInfo) -> str:
    """Return a moment as local text that `read_time` reads as the same one.

    It has an offset only where the local time alone would be read as the later one.
    """
    moment = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    local = moment.replace(tzinfo=None)
    shape = "minutes" if not moment.second and not moment.microsecond else "seconds"
    twice = local.replace(tzinfo=zone, fold=1).utcoffset() != moment.utcoffset()
    return (moment if twice else local).isoformat(sep=" ", timespec=shape)


def _localise(local: datetime, written: str, zone: ZoneInfo) -> float:
    # Where clocks go back, fold 1 is the second time; where they go forward, neither comes back as it was.
    moment = local.replace(tzinfo=zone, fold=1)
    back = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None, fold=0)
    if back != local:
        raise BadTime(f"{written} does not exist in {zone.key}, where clocks go forward; write {_after_gap(moment)}.")
    return moment.timestamp()


def _after_gap(moment: datetime) -> str:
    """Return the first local minute after the gap that a local time lies in."""
    zone = moment.tzinfo
    first = moment.astimezone(UTC) - timedelta(days=1)
    before, after = first, first + timedelta(days=2)
    old = first.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        before, after = (middle, after) if middle.astimezone(zone).utcoffset() == old else (before, middle)
    return f"{after.astimezone(zone):%Y-%m-%d %H:%M}"
