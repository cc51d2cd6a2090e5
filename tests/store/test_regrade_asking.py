"""Asking twice for the same regrade is one job, while it stands for the same."""

from typing import Any

import pytest

from grader.model.records import Job, Kind
from grader.store.regrades.model import Which
from grader.store.store import Store
from tests.store.regrading import (
    applied,
    asked,
    fail,
    finish_step,
    graded,
    handed_in,
    previewed,
    rolled_back,
    selection,
)


def test_while_it_goes_on_it_is_one_whatever_comes_in(store: Store) -> None:
    graded(store, "ada", "a")
    name = asked(store, students=("ben", "ada"))
    assert store.regrades.request(selection(students=("ada", "ben", "ada"))).same
    finish_step(store, name)
    graded(store, "ada", "b")
    assert asked(store, students=("ada", "ben")) == name


def test_when_previewed_it_is_one_until_a_verdict_of_the_assignment_changes(store: Store) -> None:
    mine = graded(store, "ada", "a")
    name = previewed(store, {"a": 10})
    handed_in(store, "ada", "b")
    assert asked(store) == name
    store.submissions.delete(mine)
    assert asked(store) != name


def test_applying_it_is_no_change_of_what_it_selected(store: Store) -> None:
    graded(store, "ada", "a")
    name = previewed(store, {"a": 10})
    applied(store, name)
    assert asked(store) == name
    graded(store, "ben", "b")
    assert asked(store) != name


@pytest.mark.parametrize("end", ["cancelled", "failed", "rolled back"])
def test_one_that_came_to_nothing_stands_for_nothing(store: Store, end: str) -> None:
    graded(store, "ada", "a")
    if end == "rolled back":
        name = previewed(store, {"a": 10})
        applied(store, name)
        rolled_back(store, name)
    else:
        name = asked(store)
        if end == "cancelled":
            store.regrades.cancel(name)
        else:
            fail(store, Job(Kind.REGRADE, name))
    assert asked(store) != name


@pytest.mark.parametrize(
    "other",
    [{"course": "x"}, {"revision": "0" * 16}, {"fresh": True}, {"which": Which.BEST}, {"outcomes": ("failed",)}],
)
def test_what_differs_is_another(store: Store, other: dict[str, Any]) -> None:
    assert asked(store) != asked(store, **other)
