"""Whether Redis keeps what it said it has: under weaker settings acknowledged writes were lost on a plain kill -9."""

from typing import Any

from redis.exceptions import ResponseError

from grader.store.connection import Connection, texts

#: What is needed, and what goes wrong without it.
_NEEDED = {
    "appendonly": ("yes", "it keeps nothing through a restart"),
    "appendfsync": ("always", "what was accepted last is lost when it is killed"),
    "maxmemory-policy": ("noeviction", "it throws submissions away when memory is short"),
}


def complaints(redis: Connection) -> list[str]:
    """What is wrong, a line each; StoreUnavailable where it does not answer."""
    redis.ping()
    try:
        answer: Any = redis.config_get(*_NEEDED)
    except ResponseError as error:
        return [f"Redis does not say how it is set up ({error}); allow CONFIG GET"]
    raw = texts(answer)
    memory: Any = redis.info("memory")
    used, most = int(memory["used_memory"]), int(memory["maxmemory"])
    full = [f"Redis has used up its memory, {used} of {most} bytes: it accepts nothing until there is room"]
    return (full if 0 < most <= used else []) + [
        f"Redis is set to {name} {raw.get(name, 'unknown')}, not {needed}: {why}"
        for name, (needed, why) in _NEEDED.items()
        if raw.get(name) != needed
    ]
