"""Pages of courses: the list at which a sign-in arrives, the settings, the staff and the invitation."""

import re
from dataclasses import replace

import pytest
from flask import Flask

from backmark.grader.model.course import Course, Invitation, Role
from backmark.grader.model.records import Scope
from backmark.grader.model.terms import Outage, Policy
from backmark.grader.store.store import Store
from backmark.grader.web import invitation_links, links
from tests.web.visitor import HOME, HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

SETTINGS, STAFF = f"{HOME}/settings", f"{HOME}/staff"
FIELDS = {"title": "Networks", "term": "", "zone": "UTC", "contact": "", "default_counts": "best"}


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


@pytest.fixture
def administrator(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store, "house", Scope.ADMIN)


def invite(app: Flask, store: Store, invitation: Invitation) -> str:
    """Make an invitation, and return the path of its link."""
    with app.test_request_context():
        return invitation_links.address("course", store.staff.invite("course", invitation))


def test_a_sign_in_arrives_at_the_courses_and_one_click_leads_on(visitor: Visitor) -> None:
    assert visitor.client.get("/", headers=HTML).headers["Location"] == "/courses"
    page = visitor.get("/courses")
    assert '<a class="student" href="/courses/course">course</a>' in page
    assert "Make a course" not in page
    assert visitor.post("/courses", "/courses", id="mine").status_code == 403


def test_an_administrator_of_a_new_service_makes_the_first_course(administrator: Visitor, store: Store) -> None:
    page = administrator.get("/courses")
    assert "There are no courses yet" in page
    assert 'href="/courses/house"' not in page
    made = administrator.post("/courses", "/courses", id="nn", title="<b>Nets</b>", term="Spring", zone="Europe/Zurich")
    assert made.headers["Location"] == "/courses/nn/settings"
    course = store.course_records.get("nn")
    assert course is not None
    assert (course.title, course.zone) == ("<b>Nets</b>", "Europe/Zurich")
    page = administrator.get("/courses")
    assert "&lt;b&gt;Nets&lt;/b&gt;" in page
    assert "Spring" in page


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"id": "a b", "zone": "UTC"}, "Use letters, digits"),
        ({"id": "nn", "zone": "Mars"}, "is not a time zone"),
        ({"id": "nn", "zone": ""}, "Time zone is missing"),
        ({"id": "nn", "zone": "UTC", "title": "x" * 201}, "at most 200"),
        ({"id": "taken", "zone": "UTC"}, "A course with this id exists already"),
    ],
)
def test_a_course_is_not_made_of_a_wrong_form(
    administrator: Visitor, store: Store, fields: dict[str, str], says: str
) -> None:
    store.course_records.create(Course("taken"), "root")
    answer = administrator.post("/courses", "/courses", **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert [course.id for course in store.course_records.list()] == ["taken"]


def test_an_administrator_finds_a_course_by_id_title_and_term(administrator: Visitor, store: Store) -> None:
    store.course_records.create(Course("nn", "Réseaux", "Spring"), "root")
    store.course_records.create(Course("cv", "Vision", "Fall"), "root")
    for search in ("NN", "reseaux", "réSEAUX", "spri"):
        page = administrator.get(f"/courses?search={search}")
        assert 'href="/courses/nn"' in page
        assert 'href="/courses/cv"' not in page
    assert "No course has this" in administrator.get("/courses?search=xyz")


def test_settings_are_changed_and_the_title_is_on_every_page(visitor: Visitor, store: Store) -> None:
    sent = FIELDS | {"title": "Nets & co", "default_grace": "10", "default_late": "12,5", "contact": "ask@nn.example"}
    visitor.post(SETTINGS, SETTINGS, **sent)
    course = store.course_records.settings("course")
    assert (course.title, course.default_grace, course.default_late) == ("Nets & co", 600.0, 12.5)
    assert "Nets &amp; co" in visitor.get(f"{HOME}/roster")
    page = visitor.get(SETTINGS)
    assert 'value="10"' in page
    assert 'value="ask@nn.example"' in page
    assert "changed the settings of the course" in visitor.get(f"{HOME}/log")


def test_wrong_settings_are_shown_again_with_what_is_wrong(visitor: Visitor, store: Store) -> None:
    answer = visitor.post(SETTINGS, SETTINGS, **FIELDS | {"title": "Kept", "zone": "Mars", "default_late": "101"})
    assert answer.status_code == 422
    assert "is not a time zone" in answer.text
    assert "must be 0 to 100" in answer.text
    assert 'value="Kept"' in answer.text
    assert store.course_records.settings("course").title == ""


def test_a_policy_begins_with_the_defaults_of_its_course(visitor: Visitor, store: Store) -> None:
    store.course_records.change("course", lambda course: replace(course, default_late=15.0, default_attempts=4), "root")
    page = visitor.get(f"{HOME}/assignments/udl-7.2/policy")
    assert re.search(r'name="late"[^>]* value="15"', page)
    assert re.search(r'name="attempts"[^>]* value="4"', page)
    store.courses.set_policy("course", "udl-7.2", Policy(late=5.0), "prof")
    assert re.search(r'name="attempts"[^>]* value=""', visitor.get(f"{HOME}/assignments/udl-7.2/policy"))


def test_forms_have_their_times_in_the_zone_of_the_course(visitor: Visitor, store: Store) -> None:
    store.course_records.change("course", lambda course: replace(course, zone="Asia/Tokyo"), "root")
    store.courses.set_policy("course", "udl-7.2", Policy(due=1_804_269_600), "prof")
    page = visitor.get(f"{HOME}/assignments/udl-7.2/policy")
    assert 'value="2027-03-06T03:00"' in page
    assert page.count("<option selected>Asia/Tokyo</option>") == page.count('name="zone"') == 2
    assert "data-zone>" not in page
    place = f"{HOME}/assignments/udl-7.2"
    fields = {"start": "2027-01-01T09:00", "end": "2027-01-01T10:00", "zone": "Asia/Tokyo", "reason": "dark"}
    visitor.post(f"{place}/outages", f"{place}/policy", **fields)
    (outage,) = store.courses.outages("course", "udl-7.2")
    assert outage.start == Outage(1_798_761_600, 0, "", "").start


def test_time_zones_are_a_list(administrator: Visitor, store: Store) -> None:
    store.course_records.create(Course("course", zone="US/Eastern"), "root")
    for path, zone in (("/courses", "UTC"), (f"{HOME}/assignments/udl-7.2/policy", "US/Eastern")):
        (zones, *_) = re.findall(r'<select id="[^"]+-zone".*?</select>', administrator.get(path), re.DOTALL)
        assert "<option>Europe/Zurich</option>" in zones
        assert re.findall(r"<option[^>]* selected>([^<]+)<", zones) == [zone]


def test_an_archived_course_is_read_by_students_and_not_listed(app: Flask, visitor: Visitor) -> None:
    visitor.post(SETTINGS, SETTINGS, archive="1")
    assert "This course has been archived since" in visitor.get(SETTINGS)
    page = visitor.get("/courses")
    assert "No course is in use" in page
    assert "Archived courses (1)" in page
    assert 'href="/courses/course"' in visitor.get("/courses?archived=1")
    with app.test_request_context():
        form = links.hand_in("course", "udl-7.2", "ada")
    student = app.test_client().get(form, headers=HTML).text
    assert "accepts no more files" in student
    assert 'type="file"' not in student
    visitor.post(SETTINGS, SETTINGS, bring_back="1")
    assert 'type="file"' in app.test_client().get(form, headers=HTML).text


def test_students_read_whom_to_ask(app: Flask, store: Store) -> None:
    store.course_records.create(Course("course", contact="<ask> us"), "root")
    with app.test_request_context():
        form = links.hand_in("course", "udl-7.2", "ada")
    assert 'Questions? Ask <strong class="student">&lt;ask&gt; us' in app.test_client().get(form, headers=HTML).text


def test_an_instructor_invites_lists_withdraws_and_removes(app: Flask, visitor: Visitor, store: Store) -> None:
    visitor.post(STAFF, SETTINGS, role="assistant", days="3", once="1")
    (invitation,) = store.staff.invitations("course")
    assert (invitation.role, invitation.days, invitation.once, invitation.author) == ("assistant", 3, True, "test")
    match = re.search(r'value="(/invitations/[^"]+)"', visitor.get(SETTINGS))
    assert match is not None
    assert app.test_client().get(match[1]).status_code == 200
    visitor.post(STAFF, SETTINGS, withdraw=invitation.id)
    assert store.staff.invitations("course") == []
    accepted = store.staff.accept("course", store.staff.invite("course", Invitation()), "Grace <Hopper>")
    assert accepted is not None
    assert "Grace &lt;Hopper&gt;" in visitor.get(SETTINGS)
    visitor.post(STAFF, SETTINGS, remove=accepted[0].id)
    assert "Grace" not in visitor.get(SETTINGS)
    assert visitor.post(STAFF, SETTINGS, role="assistant", days="91").status_code == 422


def test_who_accepts_is_signed_in_and_reads_the_token_once(app: Flask, store: Store) -> None:
    path = invite(app, store, Invitation(Role.INSTRUCTOR, author="Prof. <L>"))
    browser = app.test_client()
    page = browser.get(path, headers=HTML).text
    assert "Prof. &lt;L&gt;" in page
    assert "invites you to teach" in page
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match is not None
    assert browser.post(path, headers=HTML, data={"csrf_token": match[1], "name": " "}).status_code == 422
    accepted = browser.post(path, headers=HTML, data={"csrf_token": match[1], "name": "Hedy"}).text
    secret = re.search(r'value="(bmk_[^"]+)"', accepted)
    assert secret is not None
    token = store.tokens.verify(secret[1])
    assert token is not None
    assert (token.name, token.scopes) == ("Hedy", frozenset({Scope.STAFF}))
    assert browser.get(SETTINGS, headers=HTML).status_code == 200
    # The page has no button to remove oneself, and takes no such form.
    guard = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(SETTINGS, headers=HTML).text)
    assert guard is not None
    assert browser.post(STAFF, headers=HTML, data={"csrf_token": guard[1], "remove": token.id}).status_code == 409
    again = browser.get(path, headers=HTML)
    assert again.status_code == 410
    assert "ask its sender for another" in again.text


def test_an_invitation_needs_the_form_of_its_page(app: Flask, store: Store) -> None:
    path = invite(app, store, Invitation())
    assert app.test_client().post(path, data={"name": "Mallory"}).status_code == 400
    assert len(store.staff.invitations("course")) == 1


def test_a_course_that_nothing_is_stored_of_has_no_settings(administrator: Visitor, store: Store) -> None:
    administrator.get("/courses/no-such/settings", 404)
    store.course_records.create(replace(Course("nn"), title="Networks"), "root")
    assert "Networks" in administrator.get("/courses/nn/settings")


def test_the_first_who_is_invited_is_an_instructor_unless_another_role_is_chosen(app: Flask, store: Store) -> None:
    administrator = Visitor(app, store, "house", Scope.ADMIN)
    administrator.post("/courses", "/courses", id="brand-new", zone="UTC")
    settings = "/courses/brand-new/settings"
    assert re.search(r'value="instructor" checked', administrator.get(settings))
    store.tokens.create("Grace", "brand-new", {Scope.STAFF})
    assert re.search(r'value="assistant" checked', administrator.get(settings))
