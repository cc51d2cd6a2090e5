"""The refusal of a store that a version before 0.3.0 filled: no later one reads it."""

from backmark.grader.errors import OlderStore
from backmark.grader.store.connection import Connection

#: The last moment that was given out, which is written with the first thing recorded: by those versions, and since.
_BEFORE, _SINCE = "bm:clock", "bm:moment"


def refuse_older(redis: Connection) -> None:
    """Raise OlderStore if this Redis holds what a version before 0.3.0 stored, and nothing that a later one did."""
    if redis.exists(_BEFORE) and not redis.exists(_SINCE):
        raise OlderStore(
            "this Redis holds what a version of Backmark before 0.3.0 stored, and 0.2 is the last that reads it. Start"
            " this version with an empty Redis (with `backmark serve`, an empty folder for --data), or go on with 0.2"
        )
