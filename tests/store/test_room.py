"""Room: a Redis that fills up refuses large files first, and keeps enough for the verdicts of what it accepted."""

from collections.abc import Iterator
from random import Random

import pytest

from backmark.grader.settings.machine import DEFAULT_REDIS_MAXMEMORY, parse_memory
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.errors import StorageFull
from backmark.grader.store.room import FILLED, MARGIN, ORDINARY, RECORD, Room, Storage
from backmark.grader.store.store import Store
from tests.store.making import accept, claim_job, finish_job, new, now, replace_verdict, restore_verdict, verdict
from tests.store.regrading import grade_submission, select_units
from tests.worker.receivers import until

MIB = 1 << 20


@pytest.fixture
def small(store: Store) -> Iterator[Store]:
    """A store whose Redis may hold 8 MiB more than nothing, with nothing left to free of an earlier test."""
    until(lambda: store.redis.info("memory")["lazyfree_pending_objects"] == 0)
    store.redis.config_set("maxmemory", 8 * MIB + Storage(store.redis).room().used)
    yield store
    store.redis.config_set("maxmemory", 0)


def incompressible(size: int, seed: int = 0) -> bytes:
    """As many bytes as zlib keeps."""
    return Random(seed).randbytes(size)  # noqa: S311 - it hides nothing


def test_a_small_redis_is_filled_to_the_reserve_and_every_verdict_still_has_room(
    small: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large files are refused first, then smaller ones; whatever was accepted is graded to its end."""
    # So small a Redis is full between two looks at its memory: here each file is preceded by one.
    monkeypatch.setattr("backmark.grader.store.room._FRESH", 0.0)
    names: list[str] = []
    accepted_counts = dict.fromkeys((128 << 10, 32 << 10, 8 << 10, 2 << 10), 0)
    for size in accepted_counts:
        for number in range(2000):
            try:
                names.append(accept(small, new(f"s{size}-{number}", incompressible(size, size + number))))
            except StorageFull:
                break
            accepted_counts[size] += 1
    assert all(0 < count < 2000 for count in accepted_counts.values())
    room = Storage(small.redis).room()
    assert room.full
    assert room.used <= room.limit
    for name in names:
        assert small.submissions.finish(claim_job(small, name), verdict(output="x" * 10_000))
    assert Storage(small.redis).room().used < room.most


def test_what_was_accepted_before_is_answered_again_by_a_full_store(small: Store) -> None:
    submission = new(key="k")
    name = accept(small, submission)
    small.redis.config_set("maxmemory", Storage(small.redis).room().used * 11 // 10)
    full_store = Store.connect(small.settings)
    assert full_store.submissions.accept(submission).id == name
    with pytest.raises(StorageFull):
        full_store.submissions.accept(new("bob"))
    full_store.close()


def test_a_redis_without_maxmemory_refuses_nothing() -> None:
    assert Room(used=10**12, most=0).accepts(1 << 30)
    assert not Room(used=10**12, most=0).full


def test_the_defaults_fit_together() -> None:
    """By the settings: maxmemory, the largest request, and what may be handed in a day."""

    def day(name: str) -> int:
        return int(str(ServiceSettings.model_fields[name].default).removesuffix("/day"))

    empty = Room(used=4 * MIB, most=parse_memory(DEFAULT_REDIS_MAXMEMORY))
    student, link, request = day("student_bytes_rate"), day("class_bytes_rate"), ServiceSettings().max_bytes
    # An empty service takes the largest request, and a student may hand in more than one of them.
    assert empty.accepts(request)
    assert student > 3 * (request + RECORD)
    # Two hostile students and a class link, all at their limits for a day, leave more than half to the others; the
    # students alone do so for a week, which is as long as rejected files are kept.
    assert 2 * (2 * student + link) < empty.limit
    assert 7 * 2 * student < empty.limit * 0.8
    # A class of 300 hands in three ordinary notebooks each on one link, of which one a minute by all of them.
    assert link > 300 * 3 * (60_000 + RECORD)
    # The reserve holds a verdict for each of ten thousand submissions that wait, four times over.
    assert empty.most * (100 - FILLED) // 100 > 4 * 10_000 * 3000
    # The storage is not full before one hundredth of it is left.
    assert empty.limit // 100 > MARGIN * (ORDINARY + RECORD)


def test_the_source_of_a_rejected_file_expires_and_its_verdict_stays(store: Store) -> None:
    name = finish_job(store, outcome="rejected")
    source = f"bm:source:{now(store, name).source_sha256}"
    assert 6 * 86_400 < int(store.redis.ttl(source)) <= 7 * 86_400
    store.redis.delete(source)
    assert store.submissions.source(name) is None
    verdict_read = store.submissions.verdict(name)
    assert verdict_read is not None
    assert verdict_read.outcome == "rejected"


def test_a_rejected_file_stays_when_the_same_of_another_is_deleted(store: Store) -> None:
    """Both expire, and the last that is deleted takes the source with it."""
    first, second = (finish_job(store, new(student), outcome="rejected") for student in ("ada", "bob"))
    other = finish_job(store, new("eve", assignment="other"))
    source = f"bm:source:{now(store, first).source_sha256}"
    for name in (first, other):
        store.submissions.delete(name)
    assert store.submissions.source(second) is not None
    assert int(store.redis.ttl(source)) > 0
    store.submissions.delete(second)
    assert not store.redis.exists(source)


def test_a_source_stays_while_anybody_needs_it(store: Store) -> None:
    first, second = finish_job(store, outcome="rejected"), accept(store, new("bob"))
    source = f"bm:source:{now(store, first).source_sha256}"
    assert store.redis.ttl(source) == -1
    store.submissions.finish(claim_job(store, second), verdict("failed"))
    assert finish_job(store, new("eve"), outcome="rejected")
    assert store.redis.ttl(source) == -1
    store.submissions.delete(second)
    assert store.submissions.source(second) is None


def test_a_regrade_passes_over_rejected_files_whose_source_is_gone(store: Store) -> None:
    kept_id, deleted_id = (
        grade_submission(store, student, student, 0, outcome="rejected") for student in ("ada", "bob")
    )
    store.redis.delete(f"bm:source:{now(store, deleted_id).source_sha256}")
    regrade = store.regrades.get(select_units(store))
    assert regrade is not None
    assert regrade.counts.submissions == 1
    assert kept_id


def test_a_rejection_that_a_regrade_takes_back_keeps_its_source(store: Store) -> None:
    name = finish_job(store, outcome="rejected")
    source = f"bm:source:{now(store, name).source_sha256}"
    assert replace_verdict(store, name, 1, verdict("passed"), "regrade") == 2
    assert store.redis.ttl(source) == -1
    assert restore_verdict(store, name, 2, 1)
    assert int(store.redis.ttl(source)) > 0
