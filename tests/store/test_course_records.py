"""The records of courses: made once, changed field by field, and there from the first that is recorded of one."""

import io
from dataclasses import replace

import pytest

from backmark.grader.errors import HandInBarred
from backmark.grader.model.course import Course, Invitation
from backmark.grader.model.lti import LtiContext
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Counts, Policy
from backmark.grader.store.backups.copying import write_backup
from backmark.grader.store.backups.restoring import restore_backup
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from tests.store.making import accept, list_remains, make_notification, new

NETWORKS = Course("nn", "Networks", zone="Europe/Zurich", default_late=10.0, default_counts=Counts.LAST)


def log(store: Store, course: str) -> list[tuple[str, str, dict[str, object]]]:
    """The log of a course, newest first: the author, the act, what was set."""
    return [(entry.author, entry.act, dict(entry.details)) for entry in store.courses.audit(course).items]


def test_a_course_is_read_as_it_was_made_and_made_once(store: Store) -> None:
    made = store.course_records.create(NETWORKS, "root")
    assert made is not None
    assert abs(made.created - store.time()) < 60
    assert store.course_records.get("nn") == made == replace(NETWORKS, created=made.created)
    assert store.course_records.list() == [made]
    assert store.course_records.create(Course("nn", "Others"), "root") is None
    ((author, act, details),) = log(store, "nn")
    assert (author, act, details["title"], details["default_late"]) == ("root", "course.create", "Networks", 10.0)


def test_a_new_policy_begins_with_what_the_course_says() -> None:
    assert NETWORKS.new_policy == Policy(late=10.0, counts=Counts.LAST)


def test_a_change_changes_its_fields_alone_and_the_log_has_them(store: Store) -> None:
    store.course_records.create(NETWORKS, "root")
    changed = store.course_records.change("nn", lambda course: replace(course, term="Spring"), "prof")
    assert changed is not None
    assert (changed.term, changed.title, changed.default_late) == ("Spring", "Networks", 10.0)
    assert log(store, "nn")[0] == ("prof", "course.change", {"term": "Spring"})
    assert store.course_records.change("nn", lambda course: course, "prof") == changed
    assert len(log(store, "nn")) == 2
    assert store.course_records.change("other", lambda course: course, "prof") is None


def test_two_changes_at_once_are_both_kept(store: Store) -> None:
    store.course_records.create(NETWORKS, "root")
    others = [lambda: store.course_records.change("nn", lambda course: replace(course, term="Spring"), "tutor")]

    def change_title(course: Course) -> Course:
        while others:
            others.pop()()
        return replace(course, title="Nets")

    store.course_records.change("nn", change_title, "prof")
    course = store.course_records.settings("nn")
    assert (course.title, course.term) == ("Nets", "Spring")


def test_a_course_has_a_record_from_the_first_that_is_recorded_of_it(store: Store) -> None:
    accept(store, new("ada", course="by-submission"))
    store.courses.put_roster("by-roster", [RosterEntry("ada")], "csv", "prof")
    store.tokens.create("prof", "by-token", {Scope.STAFF})
    store.tokens.create("root", "of-an-admin", {Scope.ADMIN}, author="root")
    store.courses.set_policy("by-policy", "udl-7.2", Policy(), "prof")
    store.publications.request(NewPublication("by-publication", "mine", "id = 1"))
    make_notification(store, "https://example.org/", course="by-notification")
    store.launches.record_context(LtiContext("by-launch", "p", "d", "c", title="In Canvas"))
    nouns = ("launch", "notification", "policy", "publication", "roster", "submission", "token")
    assert [course.id for course in store.course_records.list()] == [f"by-{noun}" for noun in nouns]
    assert store.course_records.get("of-an-admin") is None
    assert store.course_records.create(Course("by-token", "Late"), "root") is None


def test_a_field_that_is_later_than_a_record_has_its_default(store: Store) -> None:
    store.redis.hset("bm:course-records", "nn", '{"id": "nn", "title": "Networks", "unknown": 1}')
    assert store.course_records.get("nn") == Course("nn", "Networks")


def test_the_title_is_that_in_the_lms_where_staff_gave_none(store: Store) -> None:
    store.launches.record_context(LtiContext("lti-1", "p", "d", "c", title="In Canvas"))
    courses = [Course("lti-1"), Course("plain"), NETWORKS]
    assert store.course_records.titles(courses) == {"lti-1": "In Canvas", "plain": "plain", "nn": "Networks"}


def test_nothing_is_taken_for_an_archived_course_until_it_is_brought_back(store: Store) -> None:
    store.course_records.create(Course("cs101"), "root")

    def archive(at: float | None) -> None:
        store.course_records.change("cs101", lambda course: replace(course, archived=at), "prof")

    archive(store.time() + 3600)
    accept(store, new("ada"))
    archive(store.time())
    with pytest.raises(HandInBarred, match="archived") as error:
        accept(store, new("bob"))
    assert error.value.reason == "archived"
    archive(None)
    accept(store, new("bob"))
    assert [act for _, act, _ in log(store, "cs101")][:2] == ["course.bring_back", "course.change"]


def test_a_backup_brings_back_courses_and_invitations(store: Store) -> None:
    made = store.course_records.create(NETWORKS, "root")
    invitation = store.staff.invite("nn", Invitation(author="root"))
    stream = io.BytesIO()
    write_backup(store.redis, stream, lambda _done, _total: None)
    store.redis.flushall()
    restore_backup(store.redis, io.BytesIO(stream.getvalue()), lambda _done, _total: None)
    assert store.course_records.list() == [made]
    assert store.staff.accept("nn", invitation, "Grace") is not None


def test_a_course_goes_with_its_record_and_its_invitations(store: Store) -> None:
    store.course_records.create(Course("cs101", "Networks"), "root")
    store.staff.invite("cs101", Invitation(author="root"))
    store.courses.delete("cs101")
    assert list_remains(store) == set()
    assert store.course_records.list() == []
