"""Copies of courses: complete or not at all, also if another change comes between."""

from functools import partial

import pytest

from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.terms import Policy
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave

TITLES = {"old": "Old", "new": "New"}


def publish(store: Store, course: str, name: str) -> RevisionRecord:
    record = RevisionRecord(name, course, "{}", "mine", "Mine", "0" * 64, 0.0)
    return store.assignments.publish(record, b"cases")


def take_over(store: Store) -> tuple[str, ...]:
    return store.course_copies.take_over("new", "old", lambda earlier, _: earlier, "Tina", TITLES)


def test_all_revisions_come_in_their_order_with_the_one_that_is_current(store: Store) -> None:
    first = publish(store, "old", "r1")
    publish(store, "old", "r2")
    store.assignments.make_current(first, "old")
    assert take_over(store) == ("mine",)
    assert [revision.id for revision in store.assignments.revisions("new", "mine")] == ["r2", "r1"]
    current = store.assignments.current("new", "mine")
    assert current is not None
    assert (current.id, current.course, current.published) == ("r1", "new", first.published)
    store.courses.delete("old")
    assert store.assignments.current("new", "mine") == current
    assert store.assignments.archive("r1") == b"cases"


def test_a_second_time_nothing_is_taken_over_or_logged(store: Store) -> None:
    publish(store, "old", "r1")
    store.courses.set_policy("old", "mine", Policy(attempts=3), "Tina")
    assert take_over(store) == ("mine",)
    assert take_over(store) == ()
    assert [entry.act for entry in store.courses.audit("new").items] == ["course.take_over"]


def test_what_staff_set_meanwhile_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(store, "old", "r1")
    store.courses.set_policy("old", "mine", Policy(attempts=3), "Tina")
    interleave(monkeypatch, partial(store.courses.set_policy, "new", "mine", Policy(attempts=9), "Theo"))
    assert take_over(store) == ("mine",)
    assert store.courses.policy("new", "mine") == Policy(attempts=9)
