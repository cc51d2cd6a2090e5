"""Asking twice for the same regrade is one job, while it stands for the same."""

from typing import Any

import pytest

from backmark.grader.model.records import Job, Kind
from backmark.grader.model.regrades import Which
from backmark.grader.store.store import Store
from tests.store.regrading import (
    apply_regrade,
    fail,
    finish_step,
    grade_submission,
    hand_in_source,
    preview_regrade,
    request_regrade,
    roll_back,
    selection,
)


def test_while_it_goes_on_it_is_one_whatever_comes_in(store: Store) -> None:
    grade_submission(store, "ada", "a")
    name = request_regrade(store, students=("ben", "ada"))
    assert store.regrades.request(selection(students=("ada", "ben", "ada"))).same
    finish_step(store, name)
    grade_submission(store, "ada", "b")
    assert request_regrade(store, students=("ada", "ben")) == name


def test_when_previewed_it_is_one_until_a_verdict_of_the_assignment_changes(store: Store) -> None:
    ada_id = grade_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 10})
    hand_in_source(store, "ada", "b")
    assert request_regrade(store) == name
    store.submissions.delete(ada_id)
    assert request_regrade(store) != name


def test_applying_it_is_no_change_of_what_it_selected(store: Store) -> None:
    grade_submission(store, "ada", "a")
    name = preview_regrade(store, {"a": 10})
    apply_regrade(store, name)
    assert request_regrade(store) == name
    grade_submission(store, "ben", "b")
    assert request_regrade(store) != name


@pytest.mark.parametrize("end", ["cancelled", "failed", "rolled back"])
def test_one_that_came_to_nothing_stands_for_nothing(store: Store, end: str) -> None:
    grade_submission(store, "ada", "a")
    if end == "rolled back":
        name = preview_regrade(store, {"a": 10})
        apply_regrade(store, name)
        roll_back(store, name)
    else:
        name = request_regrade(store)
        if end == "cancelled":
            store.regrades.cancel(name)
        else:
            fail(store, Job(Kind.REGRADE, name))
    assert request_regrade(store) != name


@pytest.mark.parametrize(
    "fields",
    [{"course": "x"}, {"revision": "0" * 16}, {"fresh": True}, {"which": Which.BEST}, {"outcomes": ("failed",)}],
)
def test_what_differs_is_another(store: Store, fields: dict[str, Any]) -> None:
    assert request_regrade(store) != request_regrade(store, **fields)
