"""Checks that Redis is configured to keep acknowledged writes: weaker settings lost some on a plain kill -9."""

from typing import Any

from redis.exceptions import ResponseError

from backmark.grader.store.connection import Connection, texts

#: The required settings, and the consequence of any other.
_NEEDED = {
    "appendonly": ("yes", "it keeps nothing through a restart"),
    "appendfsync": ("always", "the last accepted submissions are lost when it is killed"),
    "maxmemory-policy": ("noeviction", "it throws submissions away when memory is short"),
}


def complaints(redis: Connection) -> list[str]:
    """Return one line per wrong setting. Raises StoreUnavailable if Redis does not answer."""
    redis.ping()
    try:
        answer: Any = redis.config_get(*_NEEDED)
    except ResponseError as error:
        return [f"Redis does not show its settings ({error}); allow CONFIG GET"]
    raw = texts(answer)
    full = memory_complaint(redis)
    return ([] if full is None else [full]) + [
        f"Redis is set to {name} {raw.get(name, 'unknown')}, not {needed}: {why}"
        for name, (needed, why) in _NEEDED.items()
        if raw.get(name) != needed
    ]


def memory_complaint(redis: Connection) -> str | None:
    """Return a sentence if Redis has used up its memory, else None. Raises StoreUnavailable if it does not answer."""
    memory: Any = redis.info("memory")
    most = int(memory["maxmemory"])
    # Counted as Redis does for its limit: without the buffers of its append-only file.
    used = int(memory["used_memory"]) - int(memory.get("mem_not_counted_for_evict", 0))
    if not 0 < most <= used:
        return None
    return f"no space left in Redis's memory, {used} of {most} bytes used: it accepts nothing until there is room"
