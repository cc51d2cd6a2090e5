"""A token is shown once, and good until it is revoked or expires."""

import time
from functools import partial

import pytest

from backmark.grader.model.records import Scope
from backmark.grader.store import keys
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave


def test_a_secret_is_good_for_its_token(store: Store) -> None:
    token, secret = store.tokens.create("portal", "cs101", {Scope.SUBMIT, Scope.READ})
    assert secret.startswith(f"bmk_{token.id}_")
    assert len(secret.rpartition(f"{token.id}_")[2]) == 43
    assert store.tokens.verify(secret) == store.tokens.get(token.id) == token
    assert (token.name, token.course, set(token.scopes)) == ("portal", "cs101", {Scope.SUBMIT, Scope.READ})
    assert abs(token.created - time.time()) < 60


def test_the_secret_is_stored_nowhere(store: Store) -> None:
    token, secret = store.tokens.create("portal", "cs101", {Scope.READ})
    raw = store.redis.hgetall(keys.key("token", token.id))
    assert secret.split("_", 2)[2].encode() not in b" ".join(raw.values())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong", ["", "bmk", "bmk_", "bmk__", "bmk_0_0", "Bearer", "bmk_ü_x", "bmk_a:b_x", "x" * 100_000, "bmk_*_"]
)
def test_what_is_no_secret_is_good_for_nothing(store: Store, wrong: str) -> None:
    store.tokens.create("portal", "cs101", {Scope.READ})
    assert store.tokens.verify(wrong) is None


def test_a_wrong_secret_for_a_token_is_good_for_nothing(store: Store) -> None:
    _, secret = store.tokens.create("portal", "cs101", {Scope.READ})
    other_secret = store.tokens.create("portal", "cs101", {Scope.ADMIN})[1]
    assert store.tokens.verify(secret[:-1]) is None
    assert store.tokens.verify(secret + "x") is None
    assert store.tokens.verify(secret.rpartition("_")[0] + other_secret[-44:]) is None


def test_a_revoked_token_is_good_for_nothing_and_stays_in_the_list(store: Store) -> None:
    token, secret = store.tokens.create("portal", "cs101", {Scope.READ})
    assert store.tokens.revoke(token.id)
    first = store.tokens.list("cs101")[0].revoked
    assert store.tokens.revoke(token.id)
    assert first is not None
    assert store.tokens.verify(secret) is None
    assert store.tokens.list("cs101")[0].revoked == first
    assert not store.tokens.revoke("nothing")


def test_an_expired_token_is_good_for_nothing(store: Store) -> None:
    late_secret = store.tokens.create("late", "cs101", {Scope.READ}, expires=time.time() - 1)[1]
    soon_secret = store.tokens.create("soon", "cs101", {Scope.READ}, expires=time.time() + 600)[1]
    assert store.tokens.verify(late_secret) is None
    assert store.tokens.verify(soon_secret) is not None


def test_tokens_are_listed_by_course_newest_first(store: Store) -> None:
    ids = [
        store.tokens.create(name, course, {Scope.READ})[0].id for name, course in (("a", "x"), ("b", "y"), ("c", "x"))
    ]
    assert [token.id for token in store.tokens.list()] == ids[::-1]
    assert [token.id for token in store.tokens.list("x")] == [ids[2], ids[0]]
    assert store.tokens.get("nothing") is None


def test_tokens_of_launches_go_when_they_have_expired_and_others_stay(store: Store) -> None:
    """Else each day of each member of staff would leave one for good."""
    past_time, later_time = store.time() - 1, store.time() + 3600
    kept_token, _ = store.tokens.create("portal", "lti-1", {Scope.STAFF}, past_time)
    create = partial(store.tokens.create_for_launch, platform="platform-1", deployment="1")
    create("Tina", "lti-1", past_time)
    valid_token = create("Tom", "lti-1", later_time)
    latest = create("Tina", "lti-1", later_time)
    assert {token.id for token in store.tokens.list()} == {kept_token.id, valid_token.id, latest.id}
    assert store.redis.zcard("bm:tokens-passing") == 2
    assert store.tokens.valid(valid_token.id) == valid_token


def test_a_token_that_two_revoke_at_once_is_revoked_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    token, _ = store.tokens.create("portal", "cs101", {Scope.READ})
    interleave(monkeypatch, lambda: store.tokens.revoke(token.id, "Ada"))
    assert store.tokens.revoke(token.id, "Bob")
    assert [(entry.author, entry.act) for entry in store.courses.audit("cs101").items] == [("Ada", "token.revoke")]


def test_who_comes_by_a_launch_while_its_platform_is_removed_is_signed_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = partial(store.tokens.create_for_launch, "Lea", "cs101", store.time() + 60, platform="p", deployment="d")
    launch()
    interleave(monkeypatch, launch)
    store.platforms.remove("p", "root")
    assert [token.revoked is not None for token in store.tokens.list("cs101")] == [True, True]


def test_of_two_first_pairs_of_keys_one_is_stored(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    interleave(monkeypatch, lambda: store.platforms.add_first_tool_key("theirs", 1.0))
    store.platforms.add_first_tool_key("ours", 2.0)
    assert store.platforms.tool_keys() == [(1.0, "theirs")]
