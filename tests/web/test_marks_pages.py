"""Pages of marks and policies: what staff give holds, what they mistype is refused, and students read what applies."""

import re
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from flask import Flask

from backmark.grader.model.lti import LtiContext, Platform
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Counts, Extension, Outage, Override, Policy
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import links
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict, passing_verdict
from tests.web.visitor import HTML, Visitor

SECRET = "only for tests, and as long as a real one is"  # noqa: S105 - it guards nothing
pytestmark = pytest.mark.service(secret=SECRET)

COURSE, ASSIGNMENT = "course", "udl-7.2"
HERE = f"/courses/{COURSE}/assignments/{ASSIGNMENT}"
MARKS, POLICY = f"{HERE}/marks", f"{HERE}/policy"
DAY = 86_400
REASON = "=cmd() <b>ill</b>"
#: The beginning of the sentence about an override.
SET = "The staff of your course set your mark to"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def attempt(store: Store, student: str, *, is_passing: bool = True) -> str:
    """A submission with its verdict: all of the marks, or some."""
    revision = store.assignments.current(COURSE, ASSIGNMENT)
    assert revision is not None
    new = NewSubmission(COURSE, ASSIGNMENT, revision.id, student, "a.py", student.encode())
    name = store.submissions.accept(new).id
    conclude(store, name, passing_verdict() if is_passing else failing_verdict())
    return name


def hand_in_link(app: Flask, student: str | None) -> str:
    with app.test_request_context():
        return links.hand_in(COURSE, ASSIGNMENT, student, lifetime=timedelta(days=9))


def students(page: str) -> list[str]:
    """Who is listed, in the order of the page."""
    return re.findall(rf'<th scope="row"><a class="student" href="{MARKS}/([^"]+)"', page)


def test_everybody_of_the_roster_has_a_row_also_who_handed_in_nothing(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("ada", "Lovelace"), RosterEntry("bo", "Andersson")], "csv", "staff")
    attempt(store, "cy")
    page = visitor.get(MARKS)
    assert students(page) == ["ada", "bo", "cy"]
    assert page.count("handed in nothing</span>") == 2
    assert "not in the roster" in page
    assert students(visitor.get(f"{MARKS}?show=nothing&way=down")) == ["bo", "ada"]
    assert students(visitor.get(f"{MARKS}?name=LOVE")) == ["ada"]
    assert students(visitor.get(f"{MARKS}?order=mark&way=down")) == ["cy", "ada", "bo"]
    assert students(visitor.get(f"{MARKS}?show=no&order=such&page=0x")) == ["ada", "bo", "cy"]


def test_lists_of_submissions_name_students_as_the_roster_does(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("7", "Ada <Lovelace>"), RosterEntry("8")], "csv", "staff")
    submission = attempt(store, "7")
    attempt(store, "8")
    attempt(store, "guest")
    for path in ("", "/submissions", f"/submissions/{submission}", f"/assignments/{ASSIGNMENT}/marks/7"):
        assert "Ada &lt;Lovelace&gt;" in visitor.get(f"/courses/{COURSE}{path}"), path


def test_the_test_student_of_an_lms_is_not_listed(visitor: Visitor, store: Store) -> None:
    attempt(store, f"test-student-{'0' * 24}")
    attempt(store, "ada")
    assert students(visitor.get(MARKS)) == ["ada"]


def chart_rows(page: str) -> dict[str, str]:
    """The numbers beside the chart of the marks that are not 0."""
    chart = page[page.index('id="marks"') : page.index('id="attempts"')]
    rows = re.findall(r'<th scope="row">([^<]+)</th>\s*<td class="number">(\d+)</td>', chart)
    return {name: count for name, count in rows if count != "0"}


def statistics(page: str) -> dict[str, list[str]]:
    """The cells of each row of the statistics, by what the row is of."""
    table = page[page.index('id="statistics"') : page.index('id="outcomes"')]
    rows = re.findall(r'<th scope="row".*?</th>(?:\s*<td class="number[^>]*>[^<]*</td>)+', table, re.DOTALL)
    return {re.sub("<[^>]+>", "", row[: row.index("</th>")]): re.findall(r"<td[^>]*>([^<]*)", row) for row in rows}


def test_the_chart_and_the_statistics_of_a_class_have_the_marks_of_the_table(visitor: Visitor, store: Store) -> None:
    entries = [RosterEntry("ada", section="A"), RosterEntry("bo", section="A"), RosterEntry("cy", section="B <b>")]
    store.courses.put_roster(COURSE, [*entries, RosterEntry("dee", section="A"), RosterEntry("gone")], "csv", "staff")
    store.courses.put_roster(COURSE, [*entries, RosterEntry("dee", section="A")], "csv", "staff")
    for student in ("ada", "bo", "cy"):
        attempt(store, student)
    # Two started days late, and a mark that staff set.
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(due=time.time() - 1.5 * DAY, late=20), "staff")
    store.courses.set_override(COURSE, ASSIGNMENT, Override("bo", 0.25, "staff", "x"))
    page = visitor.get(HERE)
    assert chart_rows(page) == {"20-29%": "1", "60-69%": "2"}
    assert statistics(page) == {
        "everybody": ["60", "42.5 to 60", "48.33", "3", "1"],
        "A": ["42.5", "33.75 to 51.25", "42.5", "2", "1"],
        "B &lt;b&gt;": ["60", "60 to 60", "60", "1", "0"],
    }
    assert f"{MARKS}?section=B%20%3Cb%3E" in page
    assert [row.split(",")[4] for row in visitor.get(f"{MARKS}.csv").splitlines()[1:]] == ["60", "25", "60", "", ""]


def test_a_mark_that_staff_set_is_in_the_chart_before_anybody_hands_in(visitor: Visitor, store: Store) -> None:
    store.courses.set_override(COURSE, ASSIGNMENT, Override("bo", 0.25, "staff", "x"))
    page = visitor.get(HERE)
    assert "Nobody has handed in yet." in page
    assert "Students by their marks" in page


def test_a_class_is_shown_in_pages(visitor: Visitor, store: Store) -> None:
    entries = [RosterEntry(f"s{number:03}") for number in range(150)]
    store.courses.put_roster(COURSE, entries, "csv", "staff")
    first = visitor.get(MARKS)
    assert (len(students(first)), "page=2" in first) == (100, True)
    assert students(visitor.get(f"{MARKS}?page=2"))[-1] == "s149"


def test_an_override_holds_and_says_when_another_mark_is_computed(visitor: Visitor, store: Store) -> None:
    attempt(store, "ada", is_passing=False)
    answer = visitor.post(f"{MARKS}/ada/override", f"{MARKS}/ada", share="62,5", reason=REASON)
    assert answer.status_code == 303
    override = store.courses.overrides(COURSE, ASSIGNMENT)["ada"]
    assert (override.share, override.author, override.reason) == (0.625, "test", REASON)
    assert "computed now" not in visitor.get(MARKS)
    attempt(store, "ada")
    page = visitor.get(MARKS)
    assert "computed now: 100" in page
    assert "<strong>62.5</strong>" in page
    assert "&lt;b&gt;ill&lt;/b&gt;" in visitor.get(f"{MARKS}/ada")
    table = visitor.get(f"{MARKS}.csv")
    assert "ada,,,,62.5,100," in table
    assert "'=cmd()" in table
    visitor.post(f"{MARKS}/ada/override", f"{MARKS}/ada", remove="1")
    assert store.courses.overrides(COURSE, ASSIGNMENT) == {}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"share": "", "reason": "x"}, "Mark in per cent is missing"),
        ({"share": "-5", "reason": "x"}, "&#34;-5&#34; is not a number"),
        ({"share": "150", "reason": "x"}, "0 to 100"),
        ({"share": "50", "reason": " "}, "Reason is missing"),
    ],
)
def test_an_override_that_is_mistyped_is_refused_at_its_field(
    visitor: Visitor, store: Store, fields: dict[str, str], sentence: str
) -> None:
    attempt(store, "ada")
    answer = visitor.post(f"{MARKS}/ada/override", f"{MARKS}/ada", **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert store.courses.overrides(COURSE, ASSIGNMENT) == {}


def test_an_extension_is_read_in_the_zone_of_the_form(visitor: Visitor, store: Store) -> None:
    attempt(store, "ada")
    fields = {"zone": "Europe/Zurich", "due": "2027-03-05T18:00", "reason": "ill"}
    assert visitor.post(f"{MARKS}/ada/extension", f"{MARKS}/ada", **fields).status_code == 303
    extension = store.courses.extensions(COURSE, ASSIGNMENT)["ada"]
    assert extension.due == datetime(2027, 3, 5, 17, tzinfo=UTC).timestamp()
    assert 'value="2027-03-05T17:00"' in visitor.get(f"{MARKS}/ada")
    response = visitor.post(f"{MARKS}/ada/extension", f"{MARKS}/ada", **fields | {"due": "2027-03-28T02:30"})
    assert response.status_code == 422
    assert "does not exist in Europe/Zurich" in response.text
    assert "<option selected>Europe/Zurich</option>" in response.text
    zone_refusal = visitor.post(f"{MARKS}/ada/extension", f"{MARKS}/ada", **fields | {"zone": "Zurich"})
    assert zone_refusal.status_code == 422
    (help_,) = re.findall(r'<p class="help" id="extension-zone-help">(.*?)</p>', zone_refusal.text)
    assert "&#39;Zurich&#39; is not a time zone" in help_
    assert zone_refusal.text.count("is not a time zone") == 1
    assert "changes nothing" in visitor.post(f"{MARKS}/ada/extension", f"{MARKS}/ada", reason="ill").text
    visitor.post(f"{MARKS}/ada/extension", f"{MARKS}/ada", remove="1")
    assert store.courses.extensions(COURSE, ASSIGNMENT) == {}


def test_the_mark_of_a_group_is_copied_to_all_or_to_nobody(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("bo"), RosterEntry("cy")], "csv", "staff")
    assert (
        "bo has no mark to copy yet"
        in visitor.post(f"{MARKS}/bo/group", MARKS, students="cy", reason="same group").text
    )
    attempt(store, "ada")
    form = f"{MARKS}/ada/group"
    refusal = visitor.post(form, f"{MARKS}/ada", students="bo cyy", reason="same group")
    assert "cyy: not in the roster" in refusal.text
    assert store.courses.overrides(COURSE, ASSIGNMENT) == {}
    fields = {"students": "bo, cy", "kind": "at_least", "reason": "same group"}
    assert visitor.post(form, f"{MARKS}/ada", **fields).status_code == 303
    overrides = store.courses.overrides(COURSE, ASSIGNMENT)
    assert {name: (override.share, override.kind, override.reason) for name, override in overrides.items()} == {
        "bo": (1.0, "at_least", "same group"),
        "cy": (1.0, "at_least", "same group"),
    }


def test_a_student_whom_nobody_knows_has_no_page(visitor: Visitor) -> None:
    assert "There is nothing here" in visitor.get(f"{MARKS}/nobody", 404)
    assert visitor.post(f"{MARKS}/nobody/override", MARKS, share="1", reason="x").status_code == 404


@pytest.mark.parametrize("family", ["canvas", "moodle"])
def test_the_policy_of_a_course_in_canvas_warns_of_lateness_taken_off_twice(
    visitor: Visitor, store: Store, family: str
) -> None:
    store.platforms.add(Platform("p", "https://lms.example", "1", "", "", "", family=family))
    store.launches.record_context(LtiContext(COURSE, "p", "1", "c"))
    assert ("Canvas may take off marks for lateness a second time" in visitor.get(POLICY)) is (family == "canvas")


def test_a_policy_is_set_shown_changed_and_removed(visitor: Visitor, store: Store) -> None:
    fields = {"zone": "UTC", "due": "2027-03-05T18:00", "closes": "2027-03-09T18:00", "grace": "10", "late": "12.5"}
    fields |= {"floor": "40", "attempts": "3", "counts": "last"}
    assert visitor.post(POLICY, POLICY, **fields).status_code == 303
    due = datetime(2027, 3, 5, 18, tzinfo=UTC).timestamp()
    expected = Policy(due=due, closes=due + 4 * DAY, grace=600, late=12.5, floor=40, attempts=3, counts=Counts.LAST)
    assert store.courses.policy(COURSE, ASSIGNMENT) == expected
    page = visitor.get(POLICY)
    written = {name: value for name, value in fields.items() if name not in {"counts", "zone"}}
    inputs = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page) for name in written}
    assert {name: match and match[1] for name, match in inputs.items()} == written
    refusal = visitor.post(POLICY, POLICY, **fields | {"closes": "2027-03-05T17:00", "late": "ten", "attempts": "1.5"})
    assert refusal.status_code == 422
    for sentence in ("close before it is due", "&#34;ten&#34; is not a number", "&#34;1.5&#34; is not a whole number"):
        assert sentence in refusal.text
    assert store.courses.policy(COURSE, ASSIGNMENT) == expected
    visitor.post(POLICY, POLICY, remove="1")
    assert store.courses.policy(COURSE, ASSIGNMENT) is None


def test_an_outage_moves_what_students_read(visitor: Visitor, store: Store) -> None:
    due = datetime(2027, 3, 5, 18, tzinfo=UTC).timestamp()
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(due=due), "staff")
    outage = {"zone": "UTC", "start": "2027-03-05T12:00", "end": "2027-03-05T14:30", "reason": "a disk was full"}
    assert visitor.post(f"{HERE}/outages", POLICY, **outage).status_code == 303
    assert "5 March 2027, 20:30 UTC" in visitor.get(POLICY)
    assert "end must be later" in visitor.post(f"{HERE}/outages", POLICY, **outage | {"end": outage["start"]}).text
    (outage_record,) = store.courses.outages(COURSE, ASSIGNMENT)
    visitor.post(f"{HERE}/outages", POLICY, remove=outage_record.id)
    assert store.courses.outages(COURSE, ASSIGNMENT) == ()


def test_a_late_student_reads_what_it_costs(app: Flask, store: Store) -> None:
    rules = Policy(due=time.time() - 1.5 * DAY, late=10, attempts=3)
    store.courses.set_policy(COURSE, ASSIGNMENT, rules, "staff")
    attempt(store, "ada")
    page = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    for sentence in (
        "Your mark so far: <strong>1.6 of 2</strong>. Attempt 1 has 2 of 2; 0.4 are taken off for 2 days late.",
        "2 of 3",
        "0.2 marks off for each started day",
        "2 days late",
        "loses up to 0.4 marks",
        "Later attempts cannot lower it.",
    ):
        assert sentence in page
    store.courses.set_extension(COURSE, ASSIGNMENT, Extension("ada", time.time() + 3 * DAY, None, 9, "staff", "ill"))
    page = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    assert "8 of 9" in page
    assert "days late" not in page


@pytest.mark.parametrize(
    ("rules", "student", "sentence"),
    [
        (Policy(opens=4e9), "ada", "not open yet"),
        (Policy(closes=1.7e9), "ada", "has closed"),
        (Policy(attempts=1), "ada", "used all your attempts"),
        (Policy(attempts=9), None, "link for the whole class"),
    ],
)
def test_what_is_not_taken_is_said_before_and_after(
    app: Flask, store: Store, rules: Policy, student: str | None, sentence: str
) -> None:
    attempt(store, "ada")
    link, browser = hand_in_link(app, student), app.test_client()
    # By a link of one's own the link itself is the proof.
    proof = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(link, headers=HTML).text) or ("", "")
    store.courses.set_policy(COURSE, ASSIGNMENT, rules, "staff")
    page = browser.get(link, headers=HTML).text
    assert sentence in page
    assert 'type="file"' not in page
    file = (BytesIO(b"x = 1\n"), "a.py")
    answer = browser.post(
        link, headers=HTML, data={"csrf_token": proof[1], "once": "x", "student": "ada", "file": file}
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "It used up no attempt." in answer.text
    assert sum(map(len, store.courses.attempts(COURSE, ASSIGNMENT).values())) == 1


def test_a_verdict_says_where_its_student_stands(app: Flask, store: Store) -> None:
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(due=time.time() - DAY / 2, late=10, attempts=5), "staff")
    name = attempt(store, "ada")
    record = store.submissions.get(name)
    assert record is not None
    with app.test_request_context():
        link = str(links.verdict(record))
    page = app.test_client().get(link, headers=HTML).text
    says = "Your mark so far: <strong>1.8 of 2</strong>. This attempt has 2 of 2; 0.2 are taken off for 1 day late."
    assert f"<p>{says} Later attempts cannot lower it.</p>" in page
    assert "0.2 marks off for each started day" in page
    assert "4 of 5" in page
    store.courses.set_override(COURSE, ASSIGNMENT, Override("ada", 0.5, "staff", "a secret"))
    page = app.test_client().get(link, headers=HTML).text
    assert f"<p>{SET} <strong>1 of 2</strong>. Further attempts do not change it.</p>" in page
    assert "a secret" not in page


def test_a_student_reads_of_an_override_if_a_better_attempt_raises_it(
    app: Flask, store: Store, visitor: Visitor
) -> None:
    attempt(store, "ada", is_passing=False)
    visitor.post(f"{MARKS}/ada/override", f"{MARKS}/ada", share="50", kind="at_least", reason="oral")
    form = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    assert f"<p>{SET} at least <strong>1 of 2</strong>. A better attempt raises it.</p>" in form
    assert "override: at least 50</span>" in visitor.get(MARKS)
    attempt(store, "ada")
    form = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    says = "Your mark so far: <strong>2 of 2</strong> (attempt 2). Later attempts cannot lower it."
    assert f"<p>{says} {SET} at least <strong>1 of 2</strong>.</p>" in form
    assert ">counts</span>" in form
    listed = visitor.get(MARKS)
    assert ("<strong>100</strong>" in listed, "an attempt is better</span>" in listed) == (True, True)
    assert "the attempt's mark holds" in visitor.get(f"{MARKS}/ada")


def test_a_student_without_a_submission_and_without_a_policy_reads_an_override(app: Flask, store: Store) -> None:
    store.courses.set_override(COURSE, ASSIGNMENT, Override("ada", 0.75, "staff", "same group"))
    page = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    assert f"<p>{SET} <strong>75%</strong>. Further attempts do not change it.</p>" in page
    assert "cannot lower" not in page


def post_file(app: Flask, source: bytes, student: str = "ada") -> str:
    """Hand in by a student's own link, and return the address to which that leads."""
    link = hand_in_link(app, student)
    answer = app.test_client().post(link, data={"once": str(time.time_ns()), "file": (BytesIO(source), "a.py")})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


@pytest.mark.parametrize("rules", [None, Policy(attempts=2), Policy(attempts=2, counts=Counts.LAST)])
def test_the_same_file_again_is_the_same_attempt_and_says_so(app: Flask, store: Store, rules: Policy | None) -> None:
    if rules is not None:
        store.courses.set_policy(COURSE, ASSIGNMENT, rules, "staff")
    first = post_file(app, b"x = 1\n")
    again = post_file(app, b"x = 1\n")
    assert again.partition("?")[0] == first
    assert "You have handed in this file before" in app.test_client().get(again).text
    (attempt_,) = store.courses.attempts_of(COURSE, ASSIGNMENT, "ada")
    conclude(store, attempt_.submission, failing_verdict())
    assert post_file(app, b"x = 1\n").partition("?")[0] == first
    assert "same file as before" not in app.test_client().get(first).text
    assert post_file(app, b"x = 2\n") != first
    assert len(store.courses.attempts_of(COURSE, ASSIGNMENT, "ada")) == 2
    # Of nobody else.
    assert "repeated" not in post_file(app, b"x = 1\n", "bo")


@pytest.mark.parametrize(("counts", "attempts"), [(Counts.BEST, 2), (Counts.LAST, 3)])
def test_an_earlier_file_again_is_an_attempt_only_where_the_last_counts(
    app: Flask, store: Store, counts: Counts, attempts: int
) -> None:
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(counts=counts), "staff")
    for source in (b"x = 1\n", b"x = 2\n", b"x = 1\n"):
        post_file(app, source)
    assert len(store.courses.attempts_of(COURSE, ASSIGNMENT, "ada")) == attempts


def test_what_has_no_verdict_or_was_refused_can_be_handed_in_again(app: Flask, store: Store) -> None:
    for state in ("cancelled", "rejected"):
        post_file(app, b"x = 1\n")
        (attempt_,) = store.courses.attempts_of(COURSE, ASSIGNMENT, "ada")
        if state == "cancelled":
            store.submissions.cancel(attempt_.submission)
        else:
            conclude(store, attempt_.submission, failing_verdict() | {"outcome": "rejected"})
    assert "repeated" not in post_file(app, b"x = 1\n")


def test_the_history_marks_what_counts_and_what_was_late_and_the_last_attempt_is_named(
    app: Flask, store: Store
) -> None:
    passing = attempt(store, "ada")
    post_file(app, b"x = 1\n")
    now = time.time()
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(due=now - DAY / 2, late=10, attempts=3), "staff")
    form = app.test_client().get(hand_in_link(app, "ada")).text
    assert "This is your last attempt." in form
    counted, *others = [row for row in form.split("<tr>") if ">counts</span>" in row]
    assert (">Attempt 1</a>" in counted, others) == (True, [])
    assert form.count("1 day late</span>") == 2
    assert "Attempt 1 has 2 of 2; 0.2 are taken off for 1 day late." in form
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(attempts=4), "staff")
    form = app.test_client().get(hand_in_link(app, "ada")).text
    assert ("last attempt" in form, "late</span>" in form) == (False, False)
    store.courses.set_override(COURSE, ASSIGNMENT, Override("ada", 0.5, "staff", "oral"))
    assert ">counts</span>" not in app.test_client().get(hand_in_link(app, "ada")).text
    assert store.submissions.get(passing) is not None


def test_staff_read_the_history_alike(visitor: Visitor, store: Store) -> None:
    attempt(store, "ada")
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(due=time.time() - DAY / 2, late=10), "staff")
    page = visitor.get(f"{MARKS}/ada")
    assert ('<span class="badge good">counts</span>' in page, "1 day late</span>" in page) == (True, True)
    assert "1.8 of 2 marks (90%)" in page


def test_without_a_policy_students_read_of_none(app: Flask, store: Store) -> None:
    store.courses.add_outage(COURSE, ASSIGNMENT, Outage(1, 2, "staff", "a disk was full"))
    page = app.test_client().get(hand_in_link(app, "ada"), headers=HTML).text
    assert "as often as you like" in page
    assert "What counts" not in page


@pytest.mark.service(secret=SECRET, public_url="http://backmark.example.edu")
def test_each_student_of_the_roster_gets_a_link_in_one_table(app: Flask, visitor: Visitor, store: Store) -> None:
    assert "to get a link for each student at once" in visitor.get(HERE)
    store.courses.put_roster(COURSE, [RosterEntry("ada", "=Ada"), RosterEntry("bo")], "csv", "staff")
    store.courses.put_roster(COURSE, [RosterEntry("ada", "=Ada")], "csv", "staff")
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(attempts=3), "staff")
    assert "This assignment has a policy, so each link must name a student:" in visitor.get(HERE)
    assert visitor.post(f"{HERE}/links", HERE, student="").status_code == 422
    header, row, *other_lines = visitor.get(f"{HERE}/links.csv").splitlines()
    assert (header, other_lines) == ("student,name,lms_id,link,hands_in_until,reads_until", [])
    assert row.startswith("ada,'=Ada,,http://backmark.example.edu/hand-in/")
    page = app.test_client().get(row.partition(".edu")[2].partition(",")[0], headers=HTML).text
    assert "3 of 3" in page


def test_staff_see_the_form_of_a_student_and_cannot_hand_in_by_it(visitor: Visitor, store: Store) -> None:
    store.courses.set_policy(COURSE, ASSIGNMENT, Policy(attempts=3), "staff")
    attempt(store, "ada")
    page = visitor.get(f"{HERE}/as-student?student=ada")
    assert "2 of 3" in page
    assert '<fieldset class="form" disabled>' in page
    assert visitor.post(f"{HERE}/as-student", POLICY).status_code == 405


CANVAS = (
    "Student,ID,SIS Login ID,Section,Backprop (4711),Quiz (12)\r\n"
    "    Points Possible,,,,20.00,5.00\r\n"
    '"Lovelace, Ada",101,ada,A,,3.00\r\n'
    '"Hopper, Grace",102,grace,A,,\r\n'
)


def test_the_column_of_an_exported_table_is_chosen_filled_and_downloaded(visitor: Visitor, store: Store) -> None:
    roster = [RosterEntry("s1", "Ada", "101"), RosterEntry("s2", "Bo", "109"), RosterEntry("s3", "Cy")]
    store.courses.put_roster(COURSE, roster, "csv", "staff")
    for student in ("s1", "s2", "s3"):
        attempt(store, student)
    page = f"{HERE}/gradebook"
    choice = visitor.post(page, page, file=(BytesIO(CANVAS.encode()), "2027 <Grades>.csv"))
    assert choice.status_code == 422
    assert re.findall(r"<option>([^<]+)", choice.text) == ["Backprop (4711)", "Quiz (12)"]
    hidden = dict(re.findall(r'type="hidden" name="(table|name)" value="([^"]*)"', choice.text))
    hidden["name"] = "Grades.csv"
    page_text = visitor.post(page, page, **hidden, column="Backprop (4711)").text
    assert "1 mark filled in" in page_text
    for sentence in ("Hopper, Grace", '<li class="student">s2</li>', '<li class="student">s3</li>'):
        assert sentence in page_text
    download = visitor.post(page, page, **hidden, column="Backprop (4711)", download="1")
    assert download.get_data(as_text=True) == CANVAS.replace("ada,A,,3.00", "ada,A,20,3.00")
    assert "Grades-filled.csv" in download.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (b"", "Choose the file"),
        (b"a,b\r\n1,2\r\n", "neither a Canvas gradebook"),
        (CANVAS.replace("102", "101").encode(), "are both of the student"),
    ],
)
def test_a_table_that_cannot_be_filled_says_why(visitor: Visitor, table: bytes, sentence: str) -> None:
    page = f"{HERE}/gradebook"
    answer = visitor.post(page, page, file=(BytesIO(table), "a.csv"))
    assert answer.status_code == 422
    assert sentence in answer.text


def test_two_students_with_one_id_of_the_lms_fill_nothing(visitor: Visitor, store: Store) -> None:
    store.courses.put_roster(COURSE, [RosterEntry("s1", "", "101"), RosterEntry("s2", "", "101")], "csv", "staff")
    for student in ("s1", "s2"):
        attempt(store, student)
    page = f"{HERE}/gradebook"
    table = CANVAS.replace(",Quiz (12)", ",Quiz")
    answer = visitor.post(page, page, file=(BytesIO(table.encode()), "a.csv"))
    assert "s1 and s2 have the same LMS id in the roster, 101" in answer.text.replace("&#39;", "'")


def test_a_table_is_filled_only_by_a_form_of_ours(visitor: Visitor) -> None:
    answer = visitor.client.post(f"{HERE}/gradebook", headers=HTML, data={"table": "x"})
    assert "too old" in answer.text
    refusal = visitor.post(f"{HERE}/gradebook", f"{HERE}/gradebook", table="AAAA", name="a.csv")
    assert refusal.status_code == 422
    assert "damaged" in refusal.text
