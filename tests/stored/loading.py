"""Puts a stored Redis back, key by key, and reads what must be known of it."""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from backmark.grader.store.connection import Connection

Raw = dict[str, Any]


def load_known(folder: Path) -> Raw:
    """The plain tokens, the links and the ids that were noted when it was stored."""
    raw: Raw = json.loads((folder / "known.json").read_text())
    return raw


def load_answers(folder: Path) -> dict[str, Raw]:
    """The answers of the API of then, by token and path."""
    raw: dict[str, Raw] = json.loads(gzip.decompress((folder / "answers.json.gz").read_bytes()))
    return raw


def restore(redis: Connection, folder: Path) -> None:
    """Every key as it was; one with an end has as long as it had then."""
    keys: Raw = json.loads(gzip.decompress((folder / "keys.json.gz").read_bytes()))
    redis.flushall()
    pipeline = redis.pipeline(transaction=False)
    for key, fields in keys.items():
        value = fields["value"]
        match fields["type"]:
            case "string":
                pipeline.set(key, _bytes(value))
            case "hash":
                pipeline.hset(key, mapping={name: _bytes(content) for name, content in value.items()})
            case "set":
                pipeline.sadd(key, *map(_bytes, value))
            case "zset":
                pipeline.zadd(key, {_bytes(member): float(score) for member, score in value})
            case _:
                pipeline.rpush(key, *map(_bytes, value))
        if "ends" in fields:
            pipeline.pexpire(key, fields["ends"])
    pipeline.execute()


def _bytes(value: str | Raw) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
