"""Copies of a submission: keys and entries as the store has written them, under other names. What fills a store fast.

A copy takes Redis some 40 microseconds, where to accept, claim and conclude one takes 2,000.
"""

import json
from typing import Any, NamedTuple

from backmark.grader.model.records import Kind
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.connection import text, texts
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from bench.recording import record_verdict

#: Copies that are made by one script.
AT_ONCE = 500
#: Arguments of the script before the strings.
_BEFORE = 5

_SCRIPT = """
local model, first, count = cjson.decode(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local start, apart = tonumber(ARGV[4]), tonumber(ARGV[5])
for number = first, first + count - 1 do
  local own = {
    ['{ID}'] = string.format('%020x', number),
    ['{STUDENT}'] = string.format('s%d', number),
    ['{SOURCE}'] = string.format('%064x', number),
    ['{CREATED}'] = string.format('%.3f', start + apart * number),
  }
  local function fill(value)
    return (value:gsub('{%u+}', own))
  end
  for _, each in ipairs(model) do
    local name = fill(each[2])
    for _, entry in ipairs(each[3]) do
      if each[1] == 'string' then
        redis.call('SET', name, ARGV[entry])
      elseif each[1] == 'set' then
        redis.call('SADD', name, fill(entry))
      elseif each[1] == 'zset' then
        redis.call('ZADD', name, fill(entry[2]), fill(entry[1]))
      else
        redis.call('HSET', name, fill(entry[1]), fill(entry[2]))
      end
    end
  end
end
"""


class SubmissionModel(NamedTuple):
    """The keys of a submission: type, name and entries, with braces around what a copy has of its own.

    A string's entry is the place of its bytes among the arguments of the script.
    """

    keys: list[tuple[str, str, list[Any]]]
    strings: list[bytes]
    created: float


def record_model(store: Store, new: NewSubmission, verdict: Verdict) -> SubmissionModel:
    """Record a submission in a course that has no other, and return what the store has written of it."""
    record_verdict(store, new, verdict)
    redis: Any = store.redis
    (name,) = map(text, redis.zrange(f"bm:index:{new.course}:all", 0, -1))
    raw = texts(redis.hgetall(f"bm:{Kind.SUBMISSION}:{name}"))
    own = {name: "{ID}", raw["source"]: "{SOURCE}", raw["created"]: "{CREATED}", new.student: "{STUDENT}"}

    def mark(value: bytes | str) -> str:
        marked = text(value)
        for mine, place in own.items():
            marked = marked.replace(mine, place)
        return marked

    keys: list[tuple[str, str, list[Any]]] = []
    strings: list[bytes] = []
    for key in redis.scan_iter("bm:*", count=1000):
        kind = text(redis.type(key))
        marked = mark(key)
        if kind == "string" and "{" in marked:
            strings.append(redis.get(key))
            keys.append((kind, marked, [_BEFORE + len(strings)]))
        entries = [entry for entry in _read(store, kind, key, mark) if "{" in f"{marked}{entry}"]
        if entries:
            keys.append((kind, marked, entries))
    return SubmissionModel(keys, strings, float(raw["created"]))


def _read(store: Store, kind: str, key: bytes, mark: Any) -> list[Any]:
    redis: Any = store.redis
    if kind == "set":
        return list(map(mark, redis.smembers(key)))
    if kind == "zset":
        return [(mark(member), mark(f"{score:.3f}")) for member, score in redis.zrange(key, 0, -1, withscores=True)]
    return [(mark(field), mark(value)) for field, value in redis.hgetall(key).items()] if kind == "hash" else []


def copy_submissions(store: Store, model: SubmissionModel, first: int, last: int, apart: float) -> None:
    """Record copies with these numbers, each so many milliseconds after the one before; the last one now."""
    digest = store.redis.script_load(_SCRIPT)
    packed = json.dumps(model.keys)
    start = model.created - apart * last
    for number in range(first, last, AT_ONCE):
        counted = min(AT_ONCE, last - number)
        store.redis.evalsha(digest, 0, packed, number, counted, start, apart, *model.strings)
