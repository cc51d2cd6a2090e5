"""Policies, extensions, outages, overrides, the roster: what was set is read, and the log says who set it."""

from dataclasses import replace

import pytest

from backmark.grader.errors import BackmarkError
from backmark.grader.model.audit import AuditEntry
from backmark.grader.model.lti import LineItem, LtiContext, LtiUser
from backmark.grader.model.marks import Attempt
from backmark.grader.model.people import RosterChange, RosterEntry
from backmark.grader.model.publications import RevisionRecord
from backmark.grader.model.records import Queue, Scope
from backmark.grader.model.regrades import Selection
from backmark.grader.model.terms import Counts, Extension, Outage, Override, Policy
from backmark.grader.model.trace import receive
from backmark.grader.store.errors import LineItemTaken
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.store.interleaving import interleave
from tests.store.making import (
    REVISION,
    accept,
    claim_job,
    finish_job,
    list_remains,
    make_notification,
    new,
    now,
    verdict,
)

POLICY = Policy(opens=1.0, due=1767225600.125, closes=2e9, grace=300.0, late=10.0, attempts=5, counts=Counts.LAST)
EXTENSION = Extension("ada", due=1767225700.0, closes=None, attempts=7, author="prof", reason="ill")
OUTAGE = Outage(100.0, 200.0, "prof", "no power")
OVERRIDE = Override("ada", 1 / 3, "prof", "seen in person", computed=2 / 3)
#: A course of a platform that offers its roster.
OFFERING = LtiContext("cs101", "p", "d", "c", roster_url="https://lms.example/roster")


def acts(store: Store, course: str = "cs101") -> list[tuple[str, str, str]]:
    """The log of a course, newest first: the act, its subject, its student."""
    return [(entry.act, entry.subject, entry.student) for entry in store.courses.audit(course).items]


def test_a_policy_is_read_as_it_was_set_and_the_log_says_by_whom(store: Store) -> None:
    assert store.courses.policy("cs101", "relu") is None
    assert store.courses.set_policy("cs101", "relu", POLICY, "prof")
    assert store.courses.policy("cs101", "relu") == POLICY
    assert store.courses.policies("cs101") == {"relu": POLICY}
    (entry,) = store.courses.audit("cs101").items
    assert (entry.author, entry.act, entry.subject) == ("prof", "policy.set", "relu")
    assert entry.details["due"] == POLICY.due
    assert abs(entry.at - store.time()) < 60
    assert store.courses.remove_policy("cs101", "relu", "tutor")
    assert not store.courses.remove_policy("cs101", "relu", "tutor")
    assert store.courses.policy("cs101", "relu") is None
    assert acts(store) == [("policy.remove", "relu", ""), ("policy.set", "relu", "")]


def test_a_policy_that_staff_set_is_not_replaced_by_one_for_where_there_is_none(store: Store) -> None:
    assert store.courses.set_policy("cs101", "relu", Policy(due=1.0), "lms", only_if_none=True)
    assert not store.courses.set_policy("cs101", "relu", POLICY, "lms", only_if_none=True)
    assert store.courses.policy("cs101", "relu") == Policy(due=1.0)
    assert len(acts(store)) == 1


def test_marks_and_times_keep_every_digit(store: Store) -> None:
    store.courses.set_override("cs101", "relu", OVERRIDE)
    override = store.courses.overrides("cs101", "relu")["ada"]
    assert (override.share, override.computed) == (1 / 3, 2 / 3)


def test_the_rules_for_one_student_are_those_of_the_course(store: Store) -> None:
    courses = store.courses
    courses.set_policy("cs101", "relu", POLICY, "prof")
    courses.set_extension("cs101", "relu", EXTENSION)
    courses.set_override("cs101", "relu", OVERRIDE)
    courses.add_outage("cs101", "relu", Outage(300.0, 400.0, "prof", "again"))
    name = courses.add_outage("cs101", "relu", OUTAGE).id
    all_terms, ada = courses.terms("cs101", "relu"), courses.terms_of("cs101", "relu", "ada")
    assert all_terms.policy == ada.policy == POLICY
    assert ada.extension is not None
    assert (ada.extension.due, ada.extension.attempts, ada.extension.reason) == (EXTENSION.due, 7, "ill")
    assert abs(ada.extension.recorded - store.time()) < 60
    assert [outage.start for outage in ada.outages] == [100.0, 300.0]
    assert ada.outages[0].id == name
    for student in ("ada", "bob"):
        terms_read, of = courses.terms_of("cs101", "relu", student), all_terms.of(student)
        assert (terms_read.policy, terms_read.extension, terms_read.outages, terms_read.override) == (
            *(of.policy, of.extension, of.outages, of.override),
        )
    assert courses.terms("cs101", "other") == type(all_terms)(None, {}, (), {})
    assert courses.remove_outage("cs101", "relu", name, "prof")
    assert courses.remove_extension("cs101", "relu", "ada", "prof")
    assert courses.remove_override("cs101", "relu", "ada", "prof")
    assert courses.extensions("cs101", "relu") == {}
    assert courses.overrides("cs101", "relu") == {}
    assert [act for act, _, _ in acts(store)[:3]] == ["override.remove", "extension.remove", "outage.remove"]


def test_every_change_of_a_rule_gives_the_rules_another_version(store: Store) -> None:
    courses, versions = store.courses, [0]

    def is_another() -> bool:
        versions.append(courses.terms_of("cs101", "relu", "ada").version)
        return versions[-1] > versions[-2]

    courses.set_policy("cs101", "relu", POLICY, "prof")
    assert is_another()
    courses.set_extension("cs101", "relu", EXTENSION)
    assert is_another()
    name = courses.add_outage("cs101", "relu", OUTAGE).id
    assert is_another()
    courses.remove_outage("cs101", "relu", name, "prof")
    assert is_another()
    courses.set_policy("cs101", "other", POLICY, "prof")
    assert not is_another()


def test_attempts_are_what_waits_and_what_has_a_verdict_that_is_no_rejection(store: Store) -> None:
    passed_id = finish_job(store)
    failed_id = finish_job(store, outcome="failed")
    finish_job(store, outcome="rejected")
    store.submissions.cancel(accept(store))
    other_id = finish_job(store, new("bob", assignment="other"))
    lost_claim = claim_job(store, accept(store))
    store.jobs.record_failure(lost_claim, "away", most=1)
    running_id = accept(store)
    claim_job(store, running_id)
    waiting_id, bobs = accept(store), accept(store, new("bob"))
    of = {name: now(store, name).created for name in (passed_id, failed_id, running_id, waiting_id, bobs)}
    ada = tuple(
        Attempt(name, of[name], share, max_score=most, failing=failing)
        for name, share, most, failing in (
            (passed_id, 1.0, 10, ()),
            (failed_id, 0.8, 10, now(store, failed_id).failing),
            (running_id, None, 0, ()),
            (waiting_id, None, 0, ()),
        )
    )
    assert store.courses.attempts("cs101", "udl-7.2") == {"ada": ada, "bob": (Attempt(bobs, of[bobs], None),)}
    assert store.courses.attempts_of("cs101", "udl-7.2", "ada") == ada
    assert [attempt.submission for attempt in store.courses.attempts_of("cs101", "other", "bob")] == [other_id]
    assert store.courses.attempts_of("cs101", "udl-7.2", "eve") == ()


def test_an_attempt_without_marks_to_have_is_passed_or_not(store: Store) -> None:
    for outcome in ("passed", "failed"):
        claim = claim_job(store, accept(store))
        assert store.submissions.finish(claim, verdict(outcome, score=0, max_score=0))
    assert [attempt.share for attempt in store.courses.attempts_of("cs101", "udl-7.2", "ada")] == [1.0, 0.0]


def test_attempts_of_a_large_class_are_read_in_parts_without_loss(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backmark.grader.store.courses._CHUNK", 2)
    names = [finish_job(store, new(f"s{number}")) for number in range(5)]
    attempts = store.courses.attempts("cs101", "udl-7.2")
    assert [attempt.submission for rows in attempts.values() for attempt in rows] == names


def test_the_mistakes_of_an_attempt_are_its_verdict_s(store: Store) -> None:
    name = accept(store)
    explanations = [{"id": "no_relu", "title": "", "mistakes": [{"id": "no_relu", "title": "leaves out the ReLU"}]}]
    assert store.submissions.finish(claim_job(store, name), verdict("failed", diagnosis=explanations))
    (attempt,) = store.courses.attempts_of("cs101", "udl-7.2", "ada")
    assert attempt.mistakes == ("no_relu",)


def test_whom_a_whole_roster_lacks_has_left_and_comes_back_with_the_next_that_has_them(store: Store) -> None:
    two_entries = [RosterEntry("ada", "Ada L.", "17"), RosterEntry("bob")]
    assert store.courses.put_roster("cs101", two_entries, "csv", "prof") == RosterChange(2, 0, 0)
    assert store.courses.add_student("cs101", RosterEntry("eve"), "prof") == RosterChange(1, 0, 0)
    changed_entries = [RosterEntry("ada", "Ada Lovelace", "17")]
    assert store.courses.put_roster("cs101", changed_entries, "lti", "lms") == RosterChange(0, 1, 1)
    roster = store.courses.roster("cs101")
    assert (roster["ada"].name, roster["ada"].source, roster["ada"].left) == ("Ada Lovelace", "lti", None)
    assert roster["bob"].left is not None
    # Staff know of her what the LMS does not.
    assert roster["eve"].left is None
    assert store.courses.put_roster("cs101", [*changed_entries, RosterEntry("bob")], "lti", "lms") == RosterChange(
        1, 0, 0
    )
    assert store.courses.roster("cs101")["bob"].left is None


def test_a_roster_that_changes_nothing_is_no_act(store: Store) -> None:
    for _ in range(2):
        store.courses.put_roster("cs101", [RosterEntry("ada")], "lti", "lms")
    assert acts(store) == [("roster.put", "", "")]


def test_a_wrong_entry_of_the_roster_is_removed_alone(store: Store) -> None:
    store.courses.add_student("cs101", RosterEntry("aad"), "prof")
    finish_job(store, new("aad"))
    assert store.courses.remove_student("cs101", "aad", "prof")
    assert not store.courses.remove_student("cs101", "aad", "prof")
    assert store.courses.roster("cs101") == {}
    assert store.courses.attempts_of("cs101", "udl-7.2", "aad") != ()


def test_the_log_is_read_in_pages_newest_first(store: Store) -> None:
    for number in range(5):
        store.courses.record_act("cs101", AuditEntry(0, "prof", "token.create", str(number), reason="why"))
    first = store.courses.audit("cs101", limit=3)
    last_page = store.courses.audit("cs101", limit=3, after=first.next_cursor)
    assert [entry.subject for entry in (*first.items, *last_page.items)] == ["4", "3", "2", "1", "0"]
    assert last_page.next_cursor is None
    with pytest.raises(BackmarkError, match="no page"):
        store.courses.audit("cs101", after="nonsense")


def test_of_a_deleted_student_the_log_keeps_the_act_and_no_name(store: Store) -> None:
    store.courses.put_roster("cs101", [RosterEntry("ada"), RosterEntry("ada2")], "csv", "prof")
    store.courses.set_extension("cs101", "relu", EXTENSION)
    store.courses.set_override("cs101", "relu", OVERRIDE)
    store.courses.set_override("cs101", "relu", Override("ada2", 1.0, "prof", "fine"))
    store.submissions.delete_student("cs101", "ada")
    assert set(store.courses.roster("cs101")) == {"ada2"}
    assert store.courses.terms("cs101", "relu").extensions == {}
    assert set(store.courses.overrides("cs101", "relu")) == {"ada2"}
    entries = store.courses.audit("cs101").items
    assert [(entry.act, entry.student, entry.reason) for entry in entries] == [
        ("override.set", "ada2", "fine"),
        ("override.set", "", ""),
        ("extension.set", "", ""),
        ("roster.put", "", ""),
    ]
    values = [store.redis.dump(name) for name in list_remains(store)]
    assert not any(b'"ada"' in (value or b"") for value in values)


def test_retention_takes_what_is_old_and_concerns_no_submission(store: Store) -> None:
    courses = store.courses
    courses.put_roster("cs101", [RosterEntry("ada"), RosterEntry("bob")], "csv", "prof")
    courses.set_extension("cs101", "udl-7.2", Extension("bob", None, None, 9, "prof", "ill"))
    courses.set_extension("cs101", "udl-7.2", Extension("eve", 4e9, None, None, "prof", "due in 2096"))
    courses.set_override("cs101", "udl-7.2", Override("ada", 1.0, "prof", "fine"))
    courses.set_policy("cs101", "udl-7.2", POLICY, "prof")
    name, version = finish_job(store), courses.terms_of("cs101", "udl-7.2", "bob").version
    assert courses.expire(store.time() - 60) == 0
    assert courses.expire(store.time() + 60) > 0
    assert set(courses.roster("cs101")) == set(courses.overrides("cs101", "udl-7.2")) == {"ada"}
    # It still holds.
    assert set(courses.extensions("cs101", "udl-7.2")) == {"eve"}
    assert courses.terms_of("cs101", "udl-7.2", "bob").version > version
    assert courses.audit("cs101").items == ()
    store.submissions.delete(name)
    courses.expire(store.time() + 60)
    assert courses.roster("cs101") == {}
    assert courses.overrides("cs101", "udl-7.2") == {}
    assert courses.policy("cs101", "udl-7.2") == POLICY


def test_retention_leaves_what_is_recorded_anew_just_before_it_goes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.courses.put_roster("cs101", [RosterEntry("ada")], "csv", "prof")
    store.courses.set_extension("cs101", "udl-7.2", Extension("bob", None, None, 9, "prof", "ill"))
    before = store.time()
    interleave(monkeypatch, lambda: store.courses.put_roster("cs101", [RosterEntry("ada")], "csv", "prof"))
    store.courses.expire(before)
    assert set(store.courses.roster("cs101")) == {"ada"}
    assert store.courses.extensions("cs101", "udl-7.2") == {}


def test_retention_takes_who_launched_long_ago_and_handed_in_nothing(store: Store) -> None:
    for student, recorded_at in (("ada", 1000.0), ("bob", 1000.0), ("eve", store.time())):
        store.launches.record_user(LtiUser("cs101", student, f"subject of {student}", "A name", recorded=recorded_at))
    finish_job(store)
    store.courses.expire(2000.0)
    assert {user.student for user in store.launches.users("cs101")} == {"ada", "eve"}


def test_nothing_is_left_of_a_deleted_course_and_other_courses_keep_everything(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backmark.grader.store.courses._DELETED", 2)
    other_id = finish_job(store, new(course="other"))
    store.courses.set_policy("other", "udl-7.2", POLICY, "prof")
    admin = store.tokens.create("root", "cs101", {Scope.ADMIN})[0]
    other_token = store.tokens.create("prof", "other", {Scope.STAFF})[0]
    before = list_remains(store)
    store.tokens.create("tutor", "cs101", {Scope.STAFF})
    for number in range(5):
        finish_job(store, new(f"s{number}", key=f"k{number}"))
    accept(store)
    claim_job(store, accept(store, new("eve")))
    store.courses.set_policy("cs101", "udl-7.2", POLICY, "prof")
    store.courses.set_extension("cs101", "relu", EXTENSION)
    store.courses.add_outage("cs101", "relu", OUTAGE)
    store.courses.set_override("cs101", "relu", OVERRIDE)
    store.courses.put_roster("cs101", [RosterEntry("ada")], "csv", "prof")
    make_notification(store, "https://portal.example/hook")
    publication = store.publications.request(NewPublication("cs101", "mine", "toml", idempotency=("t", "r", "k", "f")))
    store.assignments.publish(
        RevisionRecord("0" * 16, "cs101", "{}", "mine", "Mine", "0" * 64, published=0.0), b"networks"
    )
    store.regrades.request(Selection("cs101", "udl-7.2", REVISION), None, receive())
    assert store.courses.delete("cs101") == 7
    networks = {f"bm:networks:{'0' * 16}"}
    assert {name for name in list_remains(store) - before - networks if not name.startswith("bm:idempotency")} == set()
    assert store.publications.get(publication.id) is None
    assert [token.id for token in store.tokens.list()] == [other_token.id, admin.id]
    assert now(store, other_id).outcome == "passed"
    assert store.courses.policy("other", "udl-7.2") == POLICY
    assert store.courses.delete("cs101") == 0
    assert [store.jobs.waiting(queue) for queue in Queue] == [0, 0, 0, 0]
    assert store.jobs.running() == 0


def test_of_two_rosters_at_once_the_last_holds_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.courses.put_roster("cs101", [RosterEntry("ada"), RosterEntry("bob")], "csv", "prof")
    interleave(monkeypatch, lambda: store.courses.put_roster("cs101", [RosterEntry("eve")], "csv", "tutor"))
    change = store.courses.put_roster("cs101", [RosterEntry("ada")], "csv", "prof")
    assert change == RosterChange(added=1, changed=0, left=1)
    assert [name for name, entry in store.courses.roster("cs101").items() if entry.left is None] == ["ada"]


def test_a_student_whom_staff_add_while_a_roster_is_stored_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.courses.put_roster("cs101", [RosterEntry("ada")], "csv", "prof")
    interleave(monkeypatch, lambda: store.courses.add_student("cs101", RosterEntry("ada", "Ada L."), "prof"))
    assert store.courses.put_roster("cs101", [], "csv", "prof").left == 0
    assert (store.courses.roster("cs101")["ada"].name, store.courses.roster("cs101")["ada"].left) == ("Ada L.", None)


def test_an_entry_that_two_remove_at_once_is_removed_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.courses.add_student("cs101", RosterEntry("aad"), "prof")
    interleave(monkeypatch, lambda: store.courses.remove_student("cs101", "aad", "tutor"))
    assert not store.courses.remove_student("cs101", "aad", "prof")
    assert acts(store) == [("roster.remove", "", "aad"), ("roster.add", "", "aad")]


def test_of_two_sweepers_one_reads_a_roster(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.launches.record_context(OFFERING)
    taken: list[list[str]] = []
    interleave(monkeypatch, lambda: taken.append(store.rosters.claim(4, 60)))
    assert (store.rosters.claim(4, 60), taken) == ([], [["cs101"]])


def test_nothing_is_recorded_of_the_roster_of_a_course_that_is_deleted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.launches.record_context(OFFERING)
    interleave(monkeypatch, lambda: store.courses.delete("cs101"))
    store.rosters.conclude("cs101")
    assert list_remains(store) == set()


def test_a_roster_that_a_clock_put_off_before_it_was_set_back_is_read(store: Store) -> None:
    store.launches.record_context(OFFERING)
    store.redis.zadd("bm:lti-rosters", {"cs101": 1000 * (store.time() + 30 * 86_400)})
    assert (store.rosters.claim(4, 60), store.rosters.claim(4, 60)) == (["cs101"], [])


def test_a_policy_that_two_set_only_if_there_is_none_is_the_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    interleave(monkeypatch, lambda: store.courses.set_policy("cs101", "a", POLICY, "prof", only_if_none=True))
    assert not store.courses.set_policy("cs101", "a", Policy(due=1.0), "lms", only_if_none=True)
    assert store.courses.policy("cs101", "a") == POLICY
    assert acts(store) == [("policy.set", "a", "")]


def test_verdicts_that_two_publish_at_once_are_events_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    make_notification(store, "https://example.org")
    store.courses.set_policy("cs101", "udl-7.2", Policy(held_back=True), "prof")
    finish_job(store)
    assert store.notifications.unsent() == 0
    interleave(monkeypatch, lambda: store.courses.publish_marks("cs101", "udl-7.2", "tutor"))
    store.courses.publish_marks("cs101", "udl-7.2", "prof")
    assert store.notifications.unsent() == 1


def test_a_policy_that_changes_while_its_verdicts_are_published_keeps_the_change(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.courses.set_policy("cs101", "a", Policy(held_back=True), "prof")
    later = Policy(due=2e9, held_back=True)
    interleave(monkeypatch, lambda: store.courses.set_policy("cs101", "a", later, "tutor"))
    assert store.courses.publish_marks("cs101", "a", "prof")
    assert store.courses.policy("cs101", "a") == replace(later, held_back=False)


def test_a_column_that_two_assignments_take_at_once_is_the_first_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = LineItem("i", "p", "https://lms.example/1", "cs101", "a", 10.0)
    interleave(monkeypatch, lambda: store.line_items.record(item))
    with pytest.raises(LineItemTaken):
        store.line_items.record(replace(item, assignment="b"))
    assert (store.line_items.of("cs101", "a"), store.line_items.of("cs101", "b")) == ([item], [])
