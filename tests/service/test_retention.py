"""The sweeper deletes by time what courses keep of students, besides their submissions."""

import json
from dataclasses import asdict

from backmark.grader.model.people import RosterEntry
from backmark.worker.service.sweeper import Sweeper
from tests.service.conftest import Making

DAY = 86_400


def test_a_sweeper_deletes_what_staff_recorded_of_students_long_ago(making: Making) -> None:
    context = making(retention_days=30)
    courses, redis, store_time = context.store.courses, context.store.redis, context.store.time()
    courses.put_roster("course", [RosterEntry("ada"), RosterEntry("bob")], "csv", "prof")
    old_entry = asdict(courses.roster("course")["ada"]) | {"recorded": store_time - 31 * DAY}
    redis.hset("bm:roster:course", "ada", json.dumps(old_entry))
    (entry,) = redis.zrange("bm:audit:course", 0, -1)
    assert isinstance(entry, bytes)
    redis.zincrby("bm:audit:course", -31 * 1000 * DAY, entry)
    Sweeper(context.store, context.dispatcher, context.settings).look()
    assert set(courses.roster("course")) == {"bob"}
    assert courses.audit("course").items == ()
