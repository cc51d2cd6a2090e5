"""The staff of a course: who they are follows from tokens and the LMS, and invitations make tokens."""

import json
from dataclasses import replace

import pytest

from backmark.grader.model.course import MOST_ACCEPTED, Invitation, Role, StaffSource
from backmark.grader.model.lti import LtiUser
from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave

DAY = 86_400


def names(store: Store, course: str = "cs101") -> list[tuple[str, str, str]]:
    """Name, role and source of the staff of a course."""
    return [(member.name, member.role.value, member.source.value) for member in store.staff.members(course)]


def age(store: Store, invitation: Invitation, days: float) -> None:
    """Make an invitation so many days older."""
    raw = json.loads(store.redis.hget("bm:invitations:cs101", invitation.id) or "")
    raw["created"] -= days * DAY
    store.redis.hset("bm:invitations:cs101", invitation.id, json.dumps(raw))


def test_the_staff_are_whose_tokens_say_so_and_whom_the_lms_names(store: Store) -> None:
    store.tokens.create("Prof", "cs101", {Scope.STAFF})
    store.tokens.create("helper", "cs101", {Scope.ASSIST})
    store.tokens.create("portal", "cs101", {Scope.SUBMIT, Scope.READ})
    store.tokens.create("root", "cs101", {Scope.ADMIN})
    store.tokens.create("elsewhere", "cs102", {Scope.STAFF})
    store.tokens.revoke(store.tokens.create("gone", "cs101", {Scope.STAFF})[0].id)
    store.tokens.create_for_launch("Lea", "cs101", store.time() + 60, platform="p", deployment="d")
    store.launches.record_user(LtiUser("cs101", "u1", "u1", name="Lea", staff=True))
    store.launches.record_user(LtiUser("cs101", "u2", "u2", name="Ada"))
    assert names(store) == [
        ("helper", "assistant", "token"),
        ("Lea", "instructor", "lti"),
        ("Prof", "instructor", "token"),
    ]


@pytest.mark.parametrize(("role", "scope"), [(Role.ASSISTANT, Scope.ASSIST), (Role.INSTRUCTOR, Scope.STAFF)])
def test_who_accepts_an_invitation_has_a_token_with_its_role(store: Store, role: Role, scope: Scope) -> None:
    invitation = store.staff.invite("cs101", Invitation(role, author="Prof"))
    accepted = store.staff.accept("cs101", invitation, "Grace")
    assert accepted is not None
    token, secret = accepted
    assert store.tokens.verify(secret) == token
    assert (token.name, token.course, token.scopes) == ("Grace", "cs101", frozenset({scope}))
    assert names(store) == [("Grace", role.value, StaffSource.INVITATION.value)]
    entries = store.courses.audit("cs101").items
    assert [(entry.author, entry.act) for entry in entries] == [("Grace", "staff.accept"), ("Prof", "staff.invite")]
    assert entries[0].details == {"role": role.value, "invited by": "Prof"}


def test_an_invitation_of_one_is_used_up_by_the_first(store: Store) -> None:
    invitation = store.staff.invite("cs101", Invitation())
    assert store.staff.accept("cs101", invitation, "Grace") is not None
    assert store.staff.accept("cs101", invitation, "Mallory") is None
    assert store.staff.invitation("cs101", invitation.id) is None
    assert [name for name, _, _ in names(store)] == ["Grace"]


def test_an_invitation_of_several_holds_until_it_ends(store: Store) -> None:
    invitation = store.staff.invite("cs101", Invitation(once=False, days=3))
    for name in ("Grace", "Hedy"):
        assert store.staff.accept("cs101", invitation, name) is not None
    assert [one.accepted for one in store.staff.invitations("cs101")] == [2]
    age(store, invitation, 3)
    assert store.staff.accept("cs101", invitation, "Mallory") is None
    assert store.staff.invitations("cs101") == []


def test_an_invitation_of_several_lets_in_no_crowd(store: Store) -> None:
    invitation = store.staff.invite("cs101", Invitation(once=False))
    for number in range(MOST_ACCEPTED):
        assert store.staff.accept("cs101", invitation, f"person {number}") is not None
    assert store.staff.accept("cs101", invitation, "Mallory") is None


def test_a_withdrawn_invitation_lets_nobody_in(store: Store) -> None:
    invitation = store.staff.invite("cs101", Invitation())
    assert store.staff.withdraw("cs101", invitation.id, "Prof")
    assert not store.staff.withdraw("cs101", invitation.id, "Prof")
    assert store.staff.accept("cs101", invitation, "Mallory") is None
    assert store.staff.accept("cs101", replace(invitation, id="other"), "Mallory") is None
    assert names(store) == []


def test_who_was_invited_can_be_removed_and_other_tokens_only_by_an_administrator(store: Store) -> None:
    accepted = store.staff.accept("cs101", store.staff.invite("cs101", Invitation()), "Grace")
    assert accepted is not None
    portal = store.tokens.create("Prof", "cs101", {Scope.STAFF})[0]
    student = store.tokens.create("portal", "cs101", {Scope.SUBMIT})[0]
    assert not store.staff.remove("cs102", accepted[0].id, "Prof", only_invited=False)
    assert not store.staff.remove("cs101", portal.id, "Prof", only_invited=True)
    assert not store.staff.remove("cs101", student.id, "root", only_invited=False)
    assert store.staff.remove("cs101", accepted[0].id, "Prof", only_invited=True)
    assert store.tokens.verify(accepted[1]) is None
    assert store.staff.remove("cs101", portal.id, "root", only_invited=False)
    assert names(store) == []


def test_invitations_that_have_ended_go_with_what_is_old(store: Store) -> None:
    old, ended = (store.staff.invite("cs101", Invitation(days=1)) for _ in range(2))
    age(store, old, 40)
    age(store, ended, 2)
    store.courses.expire(store.time() - 30 * DAY)
    assert store.redis.hkeys("bm:invitations:cs101") == [ended.id.encode()]


def test_of_two_who_accept_an_invitation_of_one_at_once_one_is_let_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = store.staff.invite("cs101", Invitation())
    interleave(monkeypatch, lambda: store.staff.accept("cs101", invitation, "Ada"))
    assert store.staff.accept("cs101", invitation, "Bob") is None
    assert [name for name, _, _ in names(store)] == ["Ada"]


def test_an_invitation_that_is_withdrawn_while_somebody_accepts_it_lets_nobody_in(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = store.staff.invite("cs101", Invitation())
    interleave(monkeypatch, lambda: store.staff.withdraw("cs101", invitation.id, "prof"))
    assert store.staff.accept("cs101", invitation, "Bob") is None
    assert names(store) == []


def test_what_a_member_does_while_being_removed_leaves_no_invitation(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = store.staff.accept("cs101", store.staff.invite("cs101", Invitation(author="prof")), "Ada")
    assert accepted is not None
    interleave(monkeypatch, lambda: store.staff.invite("cs101", Invitation(author="Ada")))
    assert store.staff.remove("cs101", accepted[0].id, "prof", only_invited=True)
    assert (names(store), store.staff.invitations("cs101")) == ([], [])
