"""The client's methods of a course, against a server with a Redis."""

import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backmark.grader.client import (
    Client,
    Conflict,
    Course,
    Forbidden,
    NotFound,
    Policy,
    Role,
    RosterChange,
    RosterEntry,
    utc,
)
from backmark.grader.model.messages import QuestionState
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from tests.web.concluding import conclude
from tests.web.serving import serve_web
from tests.web.test_pages import SECRET

DUE = datetime(2100, 3, 5, 18, tzinfo=UTC)
LAST_YEAR = datetime(2025, 3, 5, 18, tzinfo=UTC)
UDL = "udl-7.2"


def test_a_course_is_run_by_the_client_alone(settings: ServiceSettings, store: Store, tmp_path: Path) -> None:
    staff = store.tokens.create("prof", "nn", {Scope.STAFF})[1]
    admin = store.tokens.create("root", "house", {Scope.ADMIN})[1]
    with serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port:
        url = f"http://127.0.0.1:{port}"
        with Client(url, staff) as client:
            run_course(client, store, tmp_path / "nn.zip")
        with Client(url, admin, course="nn") as client:
            assert client.course.delete(confirm="nn") == 1


def test_courses_are_made_found_changed_and_staffed_by_the_client(settings: ServiceSettings, store: Store) -> None:
    admin = store.tokens.create("root", "house", {Scope.ADMIN})[1]
    with serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port:
        url = f"http://127.0.0.1:{port}"
        with Client(url, admin, course="nn") as client:
            made = client.courses.create(Course("nn", "Networks", default_late=10.0))
            with pytest.raises(Conflict):
                client.courses.create(Course("nn"))
            assert client.course.read() == made
            changed = client.course.change(term="Spring", default_late=None)
            assert (changed.title, changed.term, changed.default_late) == ("Networks", "Spring", None)
            client.course.change(hidden_assignments=(UDL,))
            assert [assignment.hidden for assignment in client.assignments()] == [True]
            client.course.change(hidden_assignments=())
            with pytest.raises(TypeError, match="no field created"):
                client.course.change(created=0)
            assert list(client.courses.list("net")) == [changed]
            assert client.course.archive().archived is not None
            assert list(client.courses.list()) == []
            assert [course.id for course in client.courses.list(archived=True)] == ["nn"]
            assert client.course.bring_back() == changed
            invitation, other = client.course.invite("instructor", days=1), client.course.invite(Role.ASSISTANT)
            assert invitation.url.startswith("/invitations/")
            assert (invitation.role, utc(invitation.ends) > datetime.now(UTC)) == (Role.INSTRUCTOR, True)
            client.course.withdraw_invitation(other.id)
            assert client.course.invitations() == [invitation]
            accepted = store.staff.accept("nn", invitation, "Grace")
            assert accepted is not None
            (grace,) = client.course.staff()
            assert (grace.name, grace.role) == ("Grace", Role.INSTRUCTOR)
            with Client(url, accepted[1]) as own:
                assert own.course.read() == changed
                assert list(own.courses.list()) == [changed]
                with pytest.raises(Forbidden):
                    own.courses.create(Course("mine"))
            client.course.remove_staff(grace.id)
            assert client.course.staff() == []


def test_equal_code_is_read_and_code_exported_by_the_client(
    settings: ServiceSettings, store: Store, tmp_path: Path
) -> None:
    staff = store.tokens.create("prof", "nn", {Scope.STAFF})[1]
    with (
        serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port,
        Client(f"http://127.0.0.1:{port}", staff) as client,
    ):
        for student in ("ada", "bob", "ada"):
            conclude(store, client.submit(b"x = 1\n", assignment=UDL, student=student).id)
        equal = client.course.equal_code(UDL)
        (group,) = equal.groups
        assert (equal.handed_in, equal.common) == (2, 0)
        assert [(one.student, len(one.submissions)) for one in group.students] == [("ada", 2), ("bob", 1)]
        assert group.students[0].submissions[0].outcome is Outcome.PASSED
        file = tmp_path / "code.zip"
        client.course.export_code(UDL, file)
        assert zipfile.ZipFile(file).namelist() == ["ada/code.py", "bob/code.py", "info.csv"]


def test_the_gradebook_is_read_by_the_client(settings: ServiceSettings, store: Store) -> None:
    staff = store.tokens.create("prof", "nn", {Scope.STAFF})[1]
    with (
        serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port,
        Client(f"http://127.0.0.1:{port}", staff) as client,
    ):
        conclude(store, client.submit(b"x = 1\n", assignment=UDL, student="ada").id)
        client.course.put_student(RosterEntry("bob", section="B"))
        gradebook = client.course.gradebook()
        (assignment,) = gradebook.assignments
        assert (assignment.assignment, assignment.missing, assignment.statistics[0].median) == (UDL, 1, 1.0)
        assert [(row.student, row.section, row.mean) for row in gradebook.students] == [
            ("ada", None, 1.0),
            ("bob", "B", 0.0),
        ]
        assert gradebook.students[1].marks[0].missing
        assert client.course.gradebook_table().startswith(b"student,name,")


def run_course(client: Client, store: Store, file: Path) -> None:
    """Set, read and remove everything once."""
    course = client.course
    with pytest.raises(NotFound):
        course.policy(UDL)
    policy = course.set_policy(UDL, Policy(due=DUE.timestamp(), closes=DUE.timestamp() + 86_400, late=10, attempts=1))
    assert course.policy(UDL) == policy
    assert (policy.due, policy.late, policy.attempts, policy.counts) == (DUE.timestamp(), 10.0, 1, "best")
    name = client.submit(b"x = 1\n", assignment=UDL, student="ada").id
    with pytest.raises(Conflict):
        client.ask(name, "Why?")
    conclude(store, name)
    write(client, name)
    with pytest.raises(Conflict) as error:
        client.submit(b"x = 1\n", assignment=UDL, student="ada")
    assert error.value.slug == "no-attempts-left"
    assert course.extend(UDL, "ada", attempts=2, reason="ill") == course.extensions(UDL)[0]
    outage = course.add_outage(UDL, LAST_YEAR, LAST_YEAR + timedelta(hours=1), reason="no power")
    assert course.outages(UDL) == [outage]
    assert course.put_roster([RosterEntry("ada", "Ada"), RosterEntry("bob")]) == RosterChange(2, 0, 0)
    assert course.put_roster(b"student,lms_id\nada,17\n") == RosterChange(0, 1, 1)
    assert course.put_student(RosterEntry("eve", "Eve")).source == "staff"
    ada, bob, eve = course.roster()
    assert (ada.lms_id, bob.left is None, eve.left) == ("17", False, None)
    link = course.make_link(UDL, "ada", days=3)
    assert (link.student, utc(link.hands_in) > datetime.now(UTC) + timedelta(days=2)) == ("ada", True)
    assert link.reads == link.hands_in
    course.end_links(UDL, "ada")
    course.end_links(UDL)
    assert course.override(UDL, "bob", 0.5, reason="in the same group").kind == "fixed"
    override = course.override(UDL, "bob", 0.5, reason="in the same group", kind="at_least")
    assert override.kind == "at_least"
    assert course.overrides(UDL) == [override]
    marks = {mark.student: mark for mark in course.marks(UDL)}
    assert [(name, mark.share) for name, mark in marks.items()] == [("ada", 1.0), ("bob", 0.5), ("eve", None)]
    assert (marks["ada"].attempts_left, marks["bob"].override) == (1, override)
    assert course.mark(UDL, "bob") == marks["bob"]
    assert course.mark(UDL, "nobody") is None
    assert course.marks_table(UDL).startswith(b"student,")
    course.export(file)
    assert "course.json" in zipfile.ZipFile(file).namelist()
    assert list(file.parent.iterdir()) == [file]
    course.remove_student("eve")
    course.remove_override(UDL, "bob")
    course.remove_extension(UDL, "ada")
    course.remove_outage(UDL, outage.id)
    course.remove_policy(UDL)
    acts = list(course.log())
    assert [act.act for act in acts[:5]] == [
        *("policy.remove", "outage.remove", "extension.remove", "override.remove", "roster.remove"),
    ]
    assert {act.author for act in acts} == {"prof"}
    assert acts[-1].details["attempts"] == 1


def test_a_policy_that_is_set_publishes_nothing_that_is_held_back(settings: ServiceSettings, store: Store) -> None:
    staff = store.tokens.create("prof", "nn", {Scope.STAFF})[1]
    with (
        serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port,
        Client(f"http://127.0.0.1:{port}", staff) as client,
    ):
        assert client.course.set_policy(UDL, Policy(held_back=True)).held_back
        assert client.course.set_policy(UDL, Policy(attempts=3)) == Policy(attempts=3, held_back=True)
        assert client.course.publish_marks(UDL) == Policy(attempts=3)


def write(client: Client, name: str) -> None:
    """Leave and remove a note; ask and answer a question."""
    note, removed = client.add_note(name, "Look at\nline 3."), client.add_note(name, "no")
    client.remove_note(name, removed.id)
    question = client.ask(name, "Why?")
    assert client.ask(name, "Why?") == question
    assert list(client.course.questions()) == [question]
    client.course.override(UDL, "ada", 0.5, reason="read again")
    answer = client.answer(name, question.id, "You are right.", marks_changed=True)
    client.course.remove_override(UDL, "ada")
    submission = client.submission(name)
    assert submission.notes == (note,)
    assert submission.questions == (replace(question, state=QuestionState.MARKS_CHANGED, answer=answer),)
    assert list(client.course.questions(state="marks_changed")) == list(submission.questions)
    assert list(client.course.questions()) == []


def test_notifications_are_run_by_the_client_alone(settings: ServiceSettings, store: Store) -> None:
    staff = store.tokens.create("prof", "nn", {Scope.STAFF})[1]
    with (
        serve_web(settings.redis_url.get_secret_value(), BACKMARK_SECRET=SECRET) as port,
        Client(f"http://127.0.0.1:{port}", staff) as client,
    ):
        webhook = client.notifications.create("https://1.1.1.1/hook", ["submission.done"])
        chat = client.notifications.create("https://1.1.1.1/services/x", kind="chat")
        assert chat.secret is None
        assert webhook.secret is not None
        assert webhook.secret not in repr(webhook)
        assert list(client.notifications.list()) == [chat.notification, webhook.notification]
        assert client.notifications.rotate(webhook.id, hours=0).secret != webhook.secret
        delivery = client.notifications.test(chat.id)
        assert list(client.notifications.deliveries(chat.id, state="pending")) == [delivery]
        client.notifications.delete(chat.id)
        assert [each.kind for each in client.notifications.list()] == ["webhook"]
