"""Fills a Redis with courses of LMSs by the service's own code at commit 9b1692f, and writes what it then holds.

It ran once, with the files of that commit and a Redis server of its own:

    cd <a clone at 9b1692f, after make setup> && PYTHONPATH=. .venv/bin/python <this file>

It made `keys.json.gz` (every key, by type) and `known.json` (the secret, the issuers, courses and submissions).
It is kept to be read. It is never run again: what it made is what a service of that time left behind.

Then a course was a platform and a context. Of the two platforms, one was opened from one deployment; the other from
two, whose courses have the same context id.
"""

import base64
import gzip
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from pydantic import HttpUrl, SecretStr

from grader.lti.identity import course_name, platform_id
from grader.model.courses import Override, Policy, RosterEntry
from grader.model.lti import Platform
from grader.settings.service import ServiceSettings
from grader.store.store import Store
from grader.web import create_app
from tests.lti.browsing import PUBLIC, LtiBrowser
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms, Tool
from tests.store.making import accept, claim_job, new, verdict
from worker.serve.embedded import EmbeddedRedis, lasting_port

HERE = Path(__file__).parent
SECRET = "the secret of a service that was stored at 9b1692f"  # noqa: S105 - it guards nothing
ASSIGNMENT = "udl-7.2"
#: The beginnings of keys of the shipped assignment, which whoever finds it missing stores again.
SHIPPED = (b"bm:assignments:*", b"bm:networks:", b"bm:revision:*", b"bm:revisions:*")
#: By issuer: the deployments from which its course was opened, in their order.
DEPLOYMENTS = {"https://one.example": ["d-1"], "https://two.example": ["d-1", "d-2"]}


def fill(store: Store, settings: ServiceSettings) -> dict[str, Any]:
    """Open, hand in, and set what staff set."""
    app = create_app(settings, store)
    courses, submissions = {}, {}
    for issuer, deployments in DEPLOYMENTS.items():
        lms = Lms(issuer)
        lms.tool = Tool("client-1", f"{PUBLIC}/lti/login", f"{PUBLIC}/lti/launch", f"{PUBLIC}/lti/keys")
        lms.enrol("7", "Ada Lovelace")
        lms.enrol("2", "Tina Teacher", INSTRUCTOR)
        column = f"{issuer}/lineitems/1"
        lms.add_link(Link("link-1", "course-1", custom={"assignment": ASSIGNMENT}, line_item=column))
        platform = platform_id(issuer, "client-1")
        addresses = {"login_url": f"{issuer}/auth", "token_url": f"{issuer}/token", "keys_url": f"{issuer}/keys"}
        store.platforms.add(Platform(platform, issuer, "client-1", **addresses, registered=store.time()))
        store.platforms.keep_key_set(platform, json.dumps({"keys": [lms.key.public()]}), 86_400)
        for deployment in deployments:
            lms.deployment = deployment
            for person in ("2", "7"):
                assert LtiBrowser.open_new(app, lms).launch(person, "link-1").status_code in {200, 303}
        course = course_name(platform, "course-1")
        courses[issuer] = course
        name = accept(store, new("7", course=course, assignment=ASSIGNMENT))
        assert store.submissions.finish(claim_job(store, name), verdict("failed", score=4, max_score=10))
        submissions[issuer] = name
        store.courses.set_policy(course, ASSIGNMENT, Policy(late=10.0, attempts=3), "Tina Teacher")
        store.courses.put_roster(course, [RosterEntry("7", "Ada Lovelace"), RosterEntry("8", "Bob")], "lti", "LMS")
        store.courses.set_override(course, ASSIGNMENT, Override("8", 0.5, "Tina Teacher", "a talk"))
    return {"secret": SECRET, "deployments": DEPLOYMENTS, "courses": courses, "submissions": submissions}


def dump(store: Store) -> dict[str, Any]:
    """Every key, by type."""
    redis = store.redis
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": lambda key: sorted(redis.smembers(key)),
        b"zset": lambda key: [list(pair) for pair in redis.zrange(key, 0, -1, withscores=True)],
        b"list": lambda key: redis.lrange(key, 0, -1),
    }
    keys = {}
    for key in sorted(redis.scan_iter("*", 1000)):
        kind, ends = redis.type(key), redis.pttl(key)
        if kind != b"none" and not key.startswith(SHIPPED):
            entry = {"type": kind.decode(), "value": plain(readers[kind](key))}
            keys[key.decode()] = entry | ({"ends": ends} if ends > 0 else {})
    return keys


def plain(value: Any) -> Any:
    """As JSON has it: bytes as text if they are UTF-8, else as base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name.decode(): plain(content) for name, content in sorted(value.items())}
    return [plain(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Fill, and write."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), lasting_port())
        server.start()
        try:
            settings = ServiceSettings(
                redis_url=SecretStr(server.url), secret=SecretStr(SECRET), public_url=HttpUrl(PUBLIC)
            )
            store = Store.connect(settings)
            known, keys = fill(store, settings), dump(store)
        finally:
            server.stop()
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in keys.items())
    file = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(f"{{\n{lines}\n}}\n".encode())
    (HERE / "keys.json.gz").write_bytes(file.getvalue())
    (HERE / "known.json").write_text(json.dumps(known, indent=1) + "\n")
    print(len(keys), "keys,", len(file.getvalue()), "bytes")


if __name__ == "__main__":
    main()
