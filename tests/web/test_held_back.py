"""While marks are held back, a student reads the same whatever becomes of a file: by every route, in every form.

One submission is accepted, and the store is copied. From that copy the file meets each of its fates; all else, its id
and its links too, is the same. What a student or a portal can ask for is asked for after each, and compared byte by
byte.
"""

import io
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Job, Kind, State
from backmark.grader.model.regrades import Mode, Selection, Which
from backmark.grader.model.result import read_verdict
from backmark.grader.model.terms import Policy
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.registry import FORMATS
from backmark.grader.store.store import Store
from backmark.grader.web import links, streaming
from tests.store.regrading import apply_regrade, finish_step, unit_graded, waiting_units
from tests.web.asking import SOURCE, Asker
from tests.web.test_pages import HTML, SECRET, make_link
from tests.web.verdicts import failing_verdict, passing_verdict

pytestmark = pytest.mark.service(secret=SECRET)

COURSE, ASSIGNMENT, STUDENT = "course", "udl-7.2", "ada"
HELD = Policy(due=1_000_000_000.0, late=10.0, attempts=2, held_back=True)
#: The same request as the first, to be sent again.
ONCE = {"Idempotency-Key": "only-once"}
#: Parts of a stream that are read: one that says nothing more beats, and one that ends has fewer.
_PARTS = 4

#: What differs from one answer to the next, whatever is asked for: nonces, and the seconds since or until something.
_PASSING = [
    (re.compile(rb'(name="(?:csrf_token|once)" value=")[^"]*'), rb"\1"),
    (re.compile(rb'(data-(?:left|closing)=")[^"]*'), rb"\1"),
]
#: Of headers too: a cookie is signed with the time, and files of the server may be kept until a time.
_OWN_HEADERS = frozenset({"X-Request-ID", "traceparent", "Set-Cookie", "Date", "Expires", "Content-Length"})


@dataclass(frozen=True, slots=True)
class World:
    """A class whose marks are held back, with one submission, and those who may not know its verdict."""

    app: Flask
    store: Store
    #: A portal's token.
    portal: Asker
    #: The student's browser, which has handed in by the link.
    browser: FlaskClient
    submission: str
    hand_in: str
    verdict: str

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the names in routes; a route with another name needs one."""
        revision = self.store.assignments.current(COURSE, ASSIGNMENT)
        assert revision is not None
        return {
            **dict.fromkeys(("submission_id", "submission"), self.submission),
            **dict.fromkeys(("assignment_id", "assignment"), ASSIGNMENT),
            **dict.fromkeys(("revision_id", "revision"), revision.id),
            "course": COURSE,
            "student": STUDENT,
            **dict.fromkeys(("slug", "filename", "name"), "app.css"),
            # Of these there is none that a student could see.
            **dict.fromkeys(("notification_id", "outage_id", "publication_id", "publication", "regrade_id"), "0" * 32),
            **dict.fromkeys(("regrade", "token_id", "note_id", "note", "question_id", "question"), "0" * 32),
            **dict.fromkeys(("invitation", "member", "action"), "none"),
        }


#: The values of the parameters in queries of operations that a portal may call.
_QUERIES: Mapping[str, tuple[str, ...]] = {
    "wait": ("0.05",),
    "format": ("json", *FORMATS),
    "outcome": tuple(Outcome),
    "state": tuple(State),
    "assignment": (ASSIGNMENT,),
    "student": (STUDENT,),
    "course": (COURSE,),
    "limit": ("1",),
    "cursor": (),
    "search": ("c",),
    "archived": ("true",),
}


def _finish(verdict: Mapping[str, Any], *, reused: bool = False) -> Callable[[World], None]:
    def end(world: World) -> None:
        claim = world.store.jobs.claim(Job(Kind.SUBMISSION, world.submission))
        assert claim is not None
        assert world.store.submissions.finish(claim, read_verdict(dict(verdict)), reused=reused)

    return end


def _run(world: World) -> None:
    assert world.store.jobs.claim(Job(Kind.SUBMISSION, world.submission)) is not None


def _fail_once(world: World) -> None:
    claim = world.store.jobs.claim(Job(Kind.SUBMISSION, world.submission))
    assert claim is not None
    assert world.store.jobs.record_failure(claim, "no jail") is State.QUEUED


def _regrade(first: Mapping[str, Any], second: Verdict) -> Callable[[World], None]:
    def end(world: World) -> None:
        _finish(first)(world)
        store = world.store
        revision = store.assignments.current(COURSE, ASSIGNMENT)
        assert revision is not None
        chosen = Selection(course=COURSE, assignment=ASSIGNMENT, revision=revision.id, which=Which.ALL)
        regrade = store.regrades.request(chosen).regrade.id
        finish_step(store, regrade)
        for unit in waiting_units(store):
            claim = store.jobs.claim(unit)
            assert claim is not None
            assert unit_graded(store, claim, second)
        apply_regrade(store, regrade, Mode.WHOLE)

    return end


RIGHT, WRONG = passing_verdict(), failing_verdict()
_ENDED = replace(read_verdict(WRONG), counterexample=None)
FATES: Mapping[str, Callable[[World], None]] = {
    "it waits": lambda _: None,
    "it runs": _run,
    "it is tried again": _fail_once,
    "it is right": _finish(RIGHT),
    "it is wrong": _finish(WRONG),
    "it is right as one before": _finish(RIGHT, reused=True),
    "it is wrong as one before": _finish(WRONG, reused=True),
    **{
        f"it ends as {outcome}": _finish(replace(_ENDED, outcome=outcome).as_dict())
        for outcome in Outcome
        if outcome not in {Outcome.PASSED, Outcome.FAILED, Outcome.REJECTED}
    },
    "a regrade finds it wrong": _regrade(RIGHT, read_verdict(WRONG)),
    "a regrade finds it right": _regrade(WRONG, read_verdict(RIGHT)),
}


@pytest.fixture
def world(app: Flask, store: Store, portal: Asker, monkeypatch: pytest.MonkeyPatch) -> World:
    """The class, right after the submission was accepted. Streams that wait beat at once."""
    monkeypatch.setattr(streaming, "_LOOK", 0.01)
    monkeypatch.setattr(streaming, "_HEARTBEAT", 0.02)
    store.courses.set_policy(COURSE, ASSIGNMENT, HELD, "prof")
    browser = app.test_client()
    hand_in = make_link(app, lambda: links.hand_in(COURSE, ASSIGNMENT, STUDENT))
    accepted = portal.submit(STUDENT, headers=ONCE)
    assert accepted.status_code == 202
    submission = accepted.get_json()["id"]
    again = browser.post(hand_in, headers=HTML, data={"file": (io.BytesIO(SOURCE.encode()), "answer.py")})
    assert again.status_code == 303
    return World(app, store, portal, browser, submission, hand_in, again.headers["Location"].partition("?")[0])


@pytest.fixture
def begin(world: World) -> Callable[[], None]:
    """Put the store back to where the file was accepted."""
    redis = world.store.redis
    # What is made when it is first asked for, such as the keys for an LMS, is the same then.
    read_all(world, addresses(world))
    copied = [(key, max(0, redis.pttl(key)), redis.dump(key) or b"") for key in redis.scan_iter()]

    def begin_again() -> None:
        redis.flushall()
        for key, lifetime, content in copied:
            redis.restore(key, lifetime, content)

    return begin_again


def read(answer: TestResponse) -> tuple[int, dict[str, str], bytes]:
    """All that a client gets, without what differs each time."""
    body = b"".join(islice(answer.iter_encoded(), _PARTS))
    answer.close()
    for pattern, instead in _PASSING:
        body = pattern.sub(instead, body)
    return (
        answer.status_code,
        {name: value for name, value in answer.headers if name not in _OWN_HEADERS},
        body,
    )


def addresses(world: World) -> list[str]:
    """The addresses of all routes, with each of the queries that they take."""
    paths = world.app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    return [
        address
        for rule in world.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        for address in addresses_of(world, rule, paths)
    ]


def addresses_of(world: World, rule: Rule, paths: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of a route. `paths` are those of the API's document."""
    values = dict(world.values)
    if "token" in rule.arguments:
        page = {"submit_form": world.hand_in, "verdicts": world.verdict, "invitations": "/none"}
        values["token"] = page[rule.endpoint.partition(".")[0]].rpartition("/")[2]
    address = rule.rule
    for name in rule.arguments:
        address = re.sub(rf"<(\w+:)?{name}>", values[name], address)
    yield address
    operation = paths.get(re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), {}).get("get", {})
    if re.search(r"Needs the scope `(submit|read)`", operation.get("description", "")):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query":
                yield from (f"{address}?{parameter['name']}={value}" for value in _QUERIES[parameter["name"]])


def read_all(world: World, asked: Iterable[str]) -> dict[str, object]:
    """What is read at addresses by a browser, in a frame of an LMS, and by a portal."""
    portal, framed = {"Authorization": f"Bearer {world.portal.secret}"}, {**HTML, "Sec-Fetch-Dest": "iframe"}
    everybody = (
        ("browser", lambda address: not address.startswith("/api/"), world.browser, HTML),
        ("frame", lambda address: address.startswith(("/hand-in/", "/verdicts/")), world.browser, framed),
        ("portal", lambda address: not address.startswith("/courses/"), world.app.test_client(), portal),
    )
    return {
        f"{who} GET {address}": read(client.get(address, headers=headers, buffered=False))
        for address in asked
        for who, asks, client, headers in everybody
        if asks(address)
    }


#: The endpoints by which students and portals send something: `send_all` tries each. Others refuse them, or know of no
#: submission.
SENT = {
    *("submissions.submit", "submissions.cancel_submission", "questions.ask_question"),
    *("submit_form.take", "verdicts.ask"),
}
_WITHOUT_SUBMISSIONS = {"entrance", "invitations", "lti"}


def send_all(world: World) -> dict[str, object]:
    """The answers to all that is sent, in an order that makes sense, and what is read afterwards."""
    portal, browser, at = world.portal, world.browser, f"/submissions/{world.submission}"
    framed = {**HTML, "Sec-Fetch-Dest": "iframe"}

    def hand_in(source: str, headers: Mapping[str, str]) -> TestResponse:
        file = {"file": (io.BytesIO(source.encode()), "answer.py")}
        return browser.post(world.hand_in, headers=headers, data=file)

    answers = {
        "the same request": portal.submit(STUDENT, headers=ONCE),
        "the same file": hand_in(SOURCE, HTML),
        "the same file in a frame": hand_in(SOURCE, framed),
        "no file": browser.post(world.hand_in, headers=HTML, data={}),
        "a portal cancels": portal.post(f"{at}/cancel"),
        "a portal asks": portal.post(f"{at}/questions", json={"text": "Is it right?"}),
        "the student asks": browser.post(f"{world.verdict}/questions", headers=framed, data={"text": "Is it right?"}),
        "a second file": portal.submit(STUDENT, headers={"Idempotency-Key": "second"}, source="x = 2\n"),
        "a third file": portal.submit(STUDENT, source="x = 3\n"),
        "a third file by the link": hand_in("x = 3\n", HTML),
    }
    second = answers["a second file"].get_json()["id"]
    for address in (at, f"/submissions/{second}", f"/submissions/{second}?wait=0.05", "/submissions"):
        answers[f"then {address.replace(second, 'second')}"] = portal.get(address)
    answers["then the form"] = browser.get(world.hand_in, headers=HTML)
    # The id, the links and the times of the second are those of each time.
    own = re.compile(rf"{second}|/verdicts/[\w.-]+|\d{{4}}-\d\d-\d\dT[\d:.]+|W?/?\"[\w+/=-]{{20,}}\"|\d\d:\d\d(:\d\d)?")
    return {name: own.sub("", repr(read(answer))) for name, answer in answers.items()}


def refuse_all(world: World) -> dict[str, object]:
    """The answers to all that nobody but staff may send."""
    answers: dict[str, object] = {}
    for rule in world.app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if rule.endpoint in SENT:
                continue
            (address,) = addresses_of(world, rule, {})
            if rule.rule.startswith("/api/"):
                answer = world.portal.ask(method, f"/{address}")
                assert answer.status_code in {401, 403}, f"portals may send {rule.endpoint}: let send_all try it"
            else:
                is_known = rule.rule.startswith("/courses") or rule.endpoint.partition(".")[0] in _WITHOUT_SUBMISSIONS
                assert is_known, f"let send_all try {rule.endpoint}"
                answer = world.browser.open(address, method=method, headers=HTML)
            answers[f"{method} {address}"] = read(answer)
    return answers


def test_whatever_becomes_of_a_file_its_student_reads_the_same_by_every_route(
    world: World, begin: Callable[[], None]
) -> None:
    asked = addresses(world)
    seen: dict[str, dict[str, object]] = {}
    for fate, meet in FATES.items():
        begin()
        meet(world)
        seen[fate] = read_all(world, asked) | refuse_all(world)
    assert len(seen["it waits"]) > 200
    assert differing(seen) == {}


def differing(seen: Mapping[str, Mapping[str, object]]) -> dict[str, tuple[object, object]]:
    """The answers that are not as if the file waited."""
    expected = seen["it waits"]
    return {
        f"{fate}: {asked}": (answer, expected[asked])
        for fate, answers in seen.items()
        for asked, answer in answers.items()
        if answer != expected[asked]
    }


def test_whatever_becomes_of_a_file_its_student_is_answered_the_same(world: World, begin: Callable[[], None]) -> None:
    seen: dict[str, dict[str, object]] = {}
    for fate, meet in FATES.items():
        begin()
        meet(world)
        seen[fate] = send_all(world)
    assert "409" in str(seen["it waits"]["a third file"])
    assert differing(seen) == {}


def test_nobody_waits_for_a_verdict_that_is_held_back(world: World) -> None:
    """How long a wait or a stream lasts would tell how long grading takes."""
    at = f"/submissions/{world.submission}"
    for meet in (FATES["it waits"], FATES["it runs"]):
        meet(world)
        start = time.monotonic()
        assert world.portal.get(f"{at}?wait=60").get_json()["state"] == "done"
        streams = [world.portal.get(f"{at}/events").text, world.browser.get(f"{world.verdict}/events").text]
        assert time.monotonic() - start < 30
        assert [stream.count("event: ") for stream in streams] == [1, 1]
        assert all("event: done" in stream for stream in streams)


def test_a_portal_cannot_cancel_what_may_be_graded(world: World) -> None:
    """That it could would tell that it was not graded yet."""
    assert world.portal.post(f"/submissions/{world.submission}/cancel").get_json()["state"] == "done"
    record = world.store.submissions.get(world.submission)
    assert record is not None
    assert record.state is State.QUEUED


def test_once_published_the_times_of_grading_are_shown(world: World) -> None:
    FATES["it is wrong"](world)
    before = world.portal.get(f"/submissions/{world.submission}").get_json()
    assert [before[name] for name in ("started_at", "finished_at", "outcome", "verdict")] == [None] * 4
    world.store.courses.publish_marks(COURSE, ASSIGNMENT, "prof")
    after = world.portal.get(f"/submissions/{world.submission}").get_json()
    assert (after["state"], after["outcome"]) == ("done", "failed")
    assert None not in (after["started_at"], after["finished_at"], after["verdict"])


def test_staff_see_when_it_is_graded_though_marks_are_held_back(world: World, staff: Asker) -> None:
    states = []
    for meet in (FATES["it waits"], FATES["it runs"]):
        meet(world)
        states.append(staff.get(f"/submissions/{world.submission}").get_json()["state"])
    assert states == ["queued", "running"]


def test_what_gradebooks_show_to_students_is_the_same_for_staff_who_ask(world: World, staff: Asker) -> None:
    address = f"/submissions/{world.submission}?format=lti"
    before = staff.get(address).data
    FATES["it is wrong"](world)
    assert staff.get(address).data == before


def test_a_refused_file_is_shown_at_once_with_its_reason(world: World) -> None:
    """It is no attempt, so that its student has to hand in another one."""
    state = world.browser.get(f"{world.verdict}/state").get_json()
    _finish(replace(_ENDED, outcome=Outcome.REJECTED).as_dict())(world)
    assert world.portal.get(f"/submissions/{world.submission}").get_json()["outcome"] == "rejected"
    after = world.browser.get(f"{world.verdict}/state").get_json()
    assert [(told["state"], told["held_back"]) for told in (state, after)] == [("done", True), ("done", False)]
    assert "This file was refused, so it uses up no attempt" in world.browser.get(world.verdict, headers=HTML).text
