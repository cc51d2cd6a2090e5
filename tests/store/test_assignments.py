"""Assignments: what ships is every course's without a seeding step; what a course publishes is its own."""

import json
from dataclasses import replace
from functools import partial

import pytest

from backmark.grader.contracts.judging.revision import load, load_packaged
from backmark.grader.contracts.kits.kit import load_kit
from backmark.grader.model.publications import KitFiles, RevisionRecord
from backmark.grader.store.packaged import list_packaged_revisions
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave

UDL = "udl-7.2"


def publish(store: Store, name: str, course: str = "cs101", assignment_id: str = "mine") -> RevisionRecord:
    record = RevisionRecord(name, course, "{}", assignment_id, "Mine", "0" * 64, 0.0, 2, (("drop_mask", 180),))
    return store.assignments.publish(record, f"networks of {name}".encode(), b"pool")


def test_what_ships_is_read_without_numpy_as_numpy_reads_it() -> None:
    for packaged_revision in list_packaged_revisions():
        whole_revision = load_packaged(packaged_revision.assignment_id)
        assert (packaged_revision.id, packaged_revision.cases_sha256) == (
            whole_revision.id,
            whole_revision.cases_sha256,
        )
        assert packaged_revision.assignment == whole_revision.assignment_json
        assert packaged_revision.title == whole_revision.assignment.title
    assert UDL in {shipped_revision.assignment_id for shipped_revision in list_packaged_revisions()}


def test_what_ships_is_there_for_every_course_from_the_first_question(store: Store) -> None:
    whole_revision = load_packaged(UDL)
    current = store.assignments.current("anything", UDL)
    assert current is not None
    assert (current.id, current.course, current.published > 1e9) == (whole_revision.id, "*", True)
    data = store.assignments.archive(current.id)
    assert data is not None
    assert load(data).id == whole_revision.id
    assert store.assignments.pool(current.id) is None


def test_what_ships_is_there_whichever_question_comes_first(store: Store) -> None:
    number = load_packaged(UDL).id
    for ask in (
        partial(store.assignments.get, "x", number),
        partial(store.assignments.list, "x"),
        partial(store.assignments.revisions, "x", UDL),
    ):
        store.redis.flushall()
        assert ask()
        assert store.assignments.archive(number)


def test_a_published_revision_is_read_as_it_was_written(store: Store) -> None:
    record = publish(store, "r1")
    assert record.published > 1e9
    assert store.assignments.current("cs101", "mine") == store.assignments.get("cs101", "r1") == record
    assert store.assignments.archive("r1") == b"networks of r1"
    assert store.assignments.pool("r1") == b"pool"
    assert store.assignments.archive("none") is None


def test_the_last_published_is_current_and_the_others_remain(store: Store) -> None:
    first, second = publish(store, "r1"), publish(store, "r2")
    assert store.assignments.current("cs101", "mine") == second
    assert store.assignments.revisions("cs101", "mine") == [second, first]
    assert publish(store, "r1") == first
    assert store.assignments.current("cs101", "mine") == first


def test_a_course_sees_no_revision_of_another(store: Store) -> None:
    publish(store, "r1", course="other")
    assert store.assignments.current("cs101", "mine") is None
    assert store.assignments.get("cs101", "r1") is None
    assert store.assignments.revisions("cs101", "mine") == []
    assert [record.assignment_id for record in store.assignments.list("cs101")] == [UDL]


def test_a_course_s_own_goes_before_what_ships(store: Store) -> None:
    own_revision = publish(store, "r1", assignment_id=UDL)
    assert store.assignments.current("cs101", UDL) == own_revision
    assert store.assignments.list("cs101") == [own_revision]
    assert [record.course for record in store.assignments.revisions("cs101", UDL)] == ["cs101", "*"]
    other_revision = store.assignments.current("other", UDL)
    assert other_revision is not None
    assert other_revision.id == load_packaged(UDL).id


def test_two_courses_that_publish_the_same_share_its_networks(store: Store) -> None:
    first = publish(store, "r1")
    second = publish(store, "r1", course="other")
    assert replace(second, course="cs101", published=first.published) == first
    assert len(list(store.redis.scan_iter("bm:networks:*"))) == 1


def test_a_damaged_archive_is_told_apart(store: Store) -> None:
    revision = store.assignments.current("x", UDL)
    assert revision is not None
    assert json.loads(revision.assignment)["id"] == UDL


def test_one_process_begins_to_draw_a_pool_and_the_first_that_is_kept_stays(store: Store) -> None:
    assert [store.assignments.begin_pool("0" * 16, 30) for _ in range(2)] == [True, False]
    assert [store.assignments.keep_pool("0" * 16, pool) for pool in (b"first", b"second")] == [b"first"] * 2


def test_the_kits_of_a_revision_are_read_as_they_were_written(store: Store) -> None:
    record, kits = publish(store, "r1"), KitFiles(b"without", b"with")
    assert store.assignments.kits("r1") == KitFiles()
    store.assignments.publish(record, b"networks of r1", kits=kits)
    assert store.assignments.kits("r1") == kits
    store.assignments.publish(replace(record, id="r2"), b"networks", kits=KitFiles(refusal="no kit can be made"))
    assert store.assignments.kits("r2") == KitFiles(refusal="no kit can be made")


def test_what_ships_has_the_kit_that_ships_without_its_solution(store: Store) -> None:
    current = store.assignments.current("anything", UDL)
    assert current is not None
    kits = store.assignments.kits(current.id)
    assert kits.without_solution is not None
    kit = load_kit(kits.without_solution, UDL)
    assert (kit.revision, kit.has_solution, kits.with_solution) == (current.id, False, None)


def test_a_revision_that_two_publish_at_once_has_one_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[RevisionRecord] = []
    interleave(monkeypatch, lambda: published.append(publish(store, "r1")))
    assert publish(store, "r1") == published[0]
    assert store.assignments.revisions("cs101", "mine") == published
