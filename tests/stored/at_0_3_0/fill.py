"""Fills a Redis by the service's own code as it is in version 0.3.0, and writes what it then holds.

It runs with the files of this checkout and a Redis server of its own:

    PYTHONPATH=. .venv/bin/python tests/stored/at_0_3_0/fill.py

It makes `keys.json.gz` (every key, by type), `answers.json.gz` (what the API says of them) and `known.json` (what the
tests must know: plain tokens, links, ids). Until version 0.3.0 is out it runs again when something else is stored;
after that it is kept to be read, and is never run again: what it made is what a service of 0.3.0 left behind.

One course is run by its staff, one is an LMS's, and of the third there is nothing but its record, a token and
submissions.
"""

import base64
import gzip
import io
import json
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import HttpUrl, SecretStr
from werkzeug.wrappers import Request, Response

from backmark.grader.contracts.language.folder import join
from backmark.grader.lti.identity import course_name, line_item_id, platform_id
from backmark.grader.model.lti import Platform
from backmark.grader.model.messages import Answer, Note
from backmark.grader.model.notifications import Event, Notification
from backmark.grader.model.records import Job, Kind, Scope
from backmark.grader.model.regrades import Mode, Selection, Which
from backmark.grader.model.terms import Override
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.notifications import Result
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import create_app
from backmark.grader.web import links
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import plan_jailed
from backmark.worker.serve.embedded import EmbeddedRedis, lasting_port
from backmark.worker.service.context import Context
from backmark.worker.service.graders import Graders
from backmark.worker.service.isolation import Isolation
from backmark.worker.service.lease import hold_lease
from backmark.worker.service.rosters import RosterReader
from backmark.worker.service.score_sources import recorded_sources
from backmark.worker.service.scores import GradebookScores
from backmark.worker.service.stop import Stop
from backmark.worker.service.tasks import _work
from tests.lti.browsing import PUBLIC, LtiBrowser
from tests.lti.platform.gradebook import Gradebook, Member, MoodleRules
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms, Tool
from tests.lti.platform.wire import connect, make_pair, verifier

HERE = Path(__file__).parent
SECRET = "the secret of a service of version 0.3.0"  # noqa: S105 - it guards nothing
ISSUER = "https://lms.example"
PLATFORM = platform_id(ISSUER, "client-1")
COURSE, OTHER = "backprop", "maths: 50 %"
LMS = course_name(PLATFORM, "deployment-1", "course-1")
PAIR, UDL = "pair", "udl-7.2"
TEN_YEARS = timedelta(days=3650)
#: The beginnings of keys of the shipped assignment, which whoever finds it missing stores again.
SHIPPED = (b"bm:assignments:*", b"bm:revision:*", b"bm:revisions:*")
#: Those of arrays, which are half a megabyte if they are of what ships.
ARRAYS = (b"bm:networks:", b"bm:pool:")

RIGHT = b"def backward(x, w):\n    dx = 2 * w * x\n    dw = x**2\n    return dx, dw\n"
WRONG_X, WRONG_W = RIGHT.replace(b"2 * ", b""), RIGHT.replace(b"x**2", b"3 * x**2")
HEAD = b"def backward(x, w):\n"
ENDINGS = {
    "passed": RIGHT,
    "failed": WRONG_X,
    "error": HEAD + b"    return x @ np.zeros((7, 2)), w\n",
    "timeout": HEAD + b"    while True:\n        pass\n",
    "memory": HEAD + b"    return bytearray(1 << 31)\n",
    "output_limit": HEAD + b"    while True:\n        print('x' * 1000)\n",
    "crashed": HEAD + b"    import os\n    os._exit(3)\n",
    "rejected": b"def another(): pass\n",
}
UDL_RIGHT = Path("examples/right.ipynb").read_bytes()
UDL_WRONG = Path("examples/no_relu_derivative.ipynb").read_bytes()
FILES = {
    "reference.py": 'def forward(tap, x, w):\n    return {"loss": (w * x**2).sum()}\n',
    "solution.py": RIGHT.decode(),
}
TOML = """language = 1
id = "{name}"
title = "Title of {name}"
cases = 30

[inputs]
x = {{ shape = "4" }}
w = {{ shape = "4" }}

[call]
code = "dx, dw = backward(x, w)"

[results]
dx = {{ grad = "x" }}
dw = {{ grad = "w" }}

[limits]
seconds_per_call = 1.0
seconds = 3.0
memory_mib = 512
output_kib = 16

[[slips]]
id = "factor_forgotten"
title = "forgets the factor two"
hint = "What is the derivative of a square?"
change = [{{ old = "2 * w * x", new = "w * x" }}]
{tables}"""


class Nobody:
    """Sends no messages: each job is done here when it is its turn."""

    def nudge(self, times: int = 1) -> None: ...


class Filling:
    """The service, in one process."""

    def __init__(self, url: str) -> None:
        self.settings = ServiceSettings(
            redis_url=SecretStr(url),
            secret=SecretStr(SECRET),
            tries=2,
            link_days=3650,
            callback_http=True,
            public_url=HttpUrl(PUBLIC),
        )
        self.store = Store.connect(self.settings)
        jails = Jails(plan_jailed())
        graders = Graders(self.store.assignments, jails, SECRET.encode())
        self.context = Context(self.settings, self.store, Nobody(), graders, jails, Stop(), Isolation(None))
        self.app = create_app(self.settings, self.store, Nobody())
        self.known: dict[str, Any] = {"version": "0.3.0", "secret": SECRET, "public_url": PUBLIC}
        self.known |= {"course": COURSE, "other": OTHER, "lms": LMS, "platform": PLATFORM}

    def api(self, token: str, method: str, path: str, **options: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.known['tokens'][token]}", **options.pop("headers", {})}
        answer = self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **options)
        assert answer.status_code < 400, answer.text
        return answer.get_json()

    def accept(self, assignment: str, source: bytes, student: str, course: str = COURSE, revision: str = "") -> str:
        named = revision or self.store.assignments.current(course, assignment).id
        return self.store.submissions.accept(
            NewSubmission(course, assignment, named, student, "answer.py", source)
        ).id

    def grade(self, assignment: str, source: bytes, student: str, course: str = COURSE, revision: str = "") -> str:
        name = self.accept(assignment, source, student, course, revision)
        perform(self.context, Job(Kind.SUBMISSION, name))
        return name

    def fail(self, job: Job) -> None:
        while (claim := self.store.jobs.claim(job)) is not None:
            self.store.jobs.record_failure(claim, "JailFailed: the jail lost its way")

    def fill_tokens(self) -> None:
        scopes = {
            "submit": {Scope.SUBMIT},
            "read": {Scope.READ},
            "portal": {Scope.SUBMIT, Scope.READ},
            "staff": {Scope.STAFF},
            "author": {Scope.AUTHOR, Scope.STAFF},
            "admin": {Scope.ADMIN},
            "revoked": {Scope.STAFF},
        }
        made = {name: self.store.tokens.create(name, COURSE, given) for name, given in scopes.items()}
        made["expired"] = self.store.tokens.create("expired", COURSE, {Scope.STAFF}, 1_000_000_000)
        made["elsewhere"] = self.store.tokens.create("elsewhere", OTHER, {Scope.STAFF}, 9_000_000_000)
        made["lms staff"] = self.store.tokens.create("lms staff", LMS, {Scope.STAFF})
        self.store.tokens.revoke(made["revoked"][0].id)
        self.known["tokens"] = {name: secret for name, (_, secret) in made.items()}

    def fill_publications(self) -> None:
        revisions, states = {UDL: self.store.assignments.current(COURSE, UDL).id}, {}
        for name, course, fresh, tables in (
            ("pair, first", COURSE, 0, "[rubric]\ndx = 2\ndw = 2\n"),
            ("pair, second", COURSE, 0, "[rubric]\ndx = 1\ndw = 3\n"),
            ("fresh", COURSE, 4, '[feedback]\nlevels = ["hint", "hint", "full"]\n'),
            ("lms", LMS, 0, ""),
        ):
            assignment = "fresh" if name == "fresh" else PAIR
            toml = join(TOML.format(name=assignment, tables=tables), FILES)
            request = self.store.publications.request(NewPublication(course, assignment, toml, fresh, author="staff"))
            perform(self.context, Job(Kind.PUBLICATION, request.id))
            done = self.store.publications.get(request.id)
            assert done.revision, done
            revisions[name] = done.revision
            states[name] = request.id
        # Its own solution does not pass.
        reference = FILES["reference.py"].replace("x**2", "x**3")
        blind = join(TOML.format(name=PAIR, tables=""), FILES | {"reference.py": reference})
        states["refused"] = self.api("author", "POST", "/publications", json={"toml": blind, "fresh": 0})["id"]
        perform(self.context, Job(Kind.PUBLICATION, states["refused"]))
        assert self.store.publications.get(states["refused"]).refusal
        states["service_failed"] = self.store.publications.request(NewPublication(COURSE, PAIR, blind)).id
        self.fail(Job(Kind.PUBLICATION, states["service_failed"]))
        toml = join(TOML.format(name="later", tables=""), FILES)
        states["queued"] = self.store.publications.request(NewPublication(COURSE, "later", toml)).id
        del states["lms"]
        self.known |= {"revisions": revisions, "publications": states}

    def fill_terms(self) -> None:
        """What staff set: it is late since 2026, but for whom has more time, and two outages move it."""
        home, pair = f"/courses/{COURSE}", f"/courses/{COURSE}/assignments/{PAIR}"
        terms = {"opens": "2026-01-01T00:00:00Z", "due": "2026-06-01T12:00:00Z", "closes": "2100-01-01T00:00:00Z"}
        marks = {"grace": 600, "late": 0.1, "floor": 50, "attempts": 40, "counts": "last"}
        self.api("staff", "PUT", f"{pair}/policy", json=terms | marks)
        self.api("staff", "PUT", f"{home}/assignments/fresh/policy", json={"attempts": 3})
        self.api("staff", "PUT", f"{home}/assignments/{UDL}/policy", json={"late": 10})
        self.api("staff", "DELETE", f"{home}/assignments/{UDL}/policy")
        more = {"due": "2099-12-24T00:00:00Z", "closes": None, "attempts": 50, "reason": "ill"}
        for student in ("ada", "eve", "nobody"):
            self.api("staff", "PUT", f"{pair}/extensions/{student}", json=more)
        self.api("staff", "DELETE", f"{pair}/extensions/nobody")
        for start, end in (("2026-05-31T00:00:00Z", "2026-05-31T05:00:00Z"), ("2026-02-01T00:00:00Z",) * 2):
            ends = end.replace("00:00Z", "30:00Z") if start == end else end
            body = {"start": start, "end": ends, "reason": "no power"}
            outage = self.api("staff", "POST", f"{pair}/outages", json=body)
        self.api("staff", "DELETE", f"{pair}/outages/{outage['id']}")
        text = "student,name,lms_id\nada,Ada Lovelace,17\nbob,Bob,18\ngone,Gone,19\neve,Eve,20\n"
        for line in (text, text.replace("gone,Gone,19\n", "")):
            self.api("staff", "PUT", f"{home}/roster", data=line, content_type="text/csv")
        self.api("staff", "PUT", f"{home}/roster/guest", json={"name": "Guest"})
        for student, share in (("bob", 0.5), ("ada", 0.75), ("guest", 1.0)):
            self.api("staff", "PUT", f"{pair}/overrides/{student}", json={"share": share, "reason": "orally"})
        self.api("staff", "DELETE", f"{pair}/overrides/guest")

    def fill_submissions(self) -> None:
        first, done, states = self.known["revisions"]["pair, first"], {}, {}
        for outcome, source in ENDINGS.items():
            done[outcome] = self.grade(PAIR, source, f"student {outcome}".replace(" ", "-"), revision=first)
        for number, source in enumerate((WRONG_X, WRONG_W, RIGHT)):
            done[f"ada {number}"] = self.grade(PAIR, source, "ada")
            done[f"eve {number}"] = self.grade("fresh", source, "eve")
        done["late"] = self.grade(PAIR, WRONG_W, "bob")
        done["reused"] = self.grade(PAIR, WRONG_X, "gone")
        done["notebook"] = self.grade(UDL, UDL_WRONG, "ada")
        for student, source in (("ada", UDL_RIGHT), ("42", UDL_WRONG)):
            done[f"elsewhere {student}"] = self.grade(UDL, source, student, OTHER)
        states["cancelled"] = self.accept(PAIR, RIGHT, "cal")
        self.store.submissions.cancel(states["cancelled"])
        for name, course, assignment in (("service_failed", COURSE, PAIR), ("service_failed elsewhere", OTHER, UDL)):
            states[name] = self.accept(assignment, RIGHT + b"# fails\n", "flo", course)
            self.fail(Job(Kind.SUBMISSION, states[name]))
        self.known["submissions"] = {"done": done, **states}
        body = {"assignment": PAIR, "student": "kay", "filename": "a.py", "source": RIGHT.decode()}
        sent = self.api("portal", "POST", "/submissions", json=body, headers={"Idempotency-Key": "kept"})
        perform(self.context, Job(Kind.SUBMISSION, sent["id"]))
        self.known["idempotency"] = {"key": "kept", "body": body, "id": sent["id"]}

    def fill_messages(self) -> None:
        """A note, a question with an answer, and one that waits for it."""
        messages, done = self.store.messages, self.known["submissions"]["done"]
        messages.add_note(done["ada 0"], Note("Look at `w`.", "staff"))
        for name in ("ada 0", "late"):
            question, _ = messages.ask(self.store.submissions.get(done[name]), "Why is `dx` wrong?")
            if name == "ada 0":
                messages.answer(done[name], question.id, Answer("The derivative of a square.", "staff"))

    def fill_regrades(self) -> None:
        """From the first revision to the second, each over students of its own: one's mark rises, another's falls."""
        ids, regraded = {}, {}
        revisions = self.known["revisions"]
        for name, steps in {
            "applied": 3,
            "applied, never lower": 3,
            "rolling back": 3,
            "rolled back": 4,
            "previewed": 2,
            "applying": 2,
            "failed": 0,
            "cancelled": 1,
            "previewing": 1,
            "preparing": 0,
        }.items():
            students = [f"{name} {number}".replace(" ", "-").replace(",", "") for number in range(3)]
            regraded[name] = [
                self.grade(PAIR, source + f"# {name}\n".encode(), student, revision=revisions["pair, first"])
                for student, source in zip(students, (RIGHT, WRONG_X, WRONG_W), strict=True)
            ]
            selection = Selection(
                COURSE, PAIR, revisions["pair, second"], students=tuple(students), which=Which.ALL
            )
            ids[name] = self.store.regrades.request(selection, author="staff").regrade.id
            self._advance(ids[name], name, steps)
        self.known |= {"regrades": ids, "regraded": regraded}

    def _advance(self, regrade: str, name: str, steps: int) -> None:
        """Take it so many steps far. Units are graded in turn: only the last but one leaves some of its own waiting."""
        step = Job(Kind.REGRADE, regrade)
        if name == "failed":
            self.fail(step)
        if steps >= 1:
            perform(self.context, step)
        if name == "previewing":
            perform(self.context, waiting_unit(self.store))
        if name == "cancelled":
            self.store.regrades.cancel(regrade, "staff")
        if steps >= 2:
            while self.store.redis.exists("bm:waiting:regrade"):
                perform(self.context, waiting_unit(self.store))
            if name != "previewed":
                mode = Mode.NEVER_LOWER if "lower" in name else Mode.WHOLE
                self.store.regrades.apply(regrade, mode, "staff")
        if steps >= 3:
            perform(self.context, step)
        if name.startswith("roll"):
            self.store.regrades.roll_back(regrade, "staff")
        if steps >= 4:
            perform(self.context, step)

    def fill_lms(self) -> None:
        """Launches, a roster, and marks on their way: sent, failed, nothing to send, waiting, and under way."""
        lms = Lms(ISSUER)
        lms.tool = Tool("client-1", f"{PUBLIC}/lti/login", f"{PUBLIC}/lti/launch", f"{PUBLIC}/lti/keys")
        lms.enrol("2", "Tina Teacher", INSTRUCTOR)
        columns = {PAIR: f"{ISSUER}/course-1/lineitems/1", "removed": f"{ISSUER}/course-1/lineitems/2"}
        for number, column in enumerate(columns.values()):
            lms.add_link(Link(f"link-{number}", "course-1", custom={"assignment": PAIR}, line_item=column))
        key_pair = make_pair()
        token_url = f"{ISSUER}/token"
        book = Gradebook(MoodleRules(), verifier(key_pair[1], token_url), self.store.time)
        book.columns["/course-1/lineitems/1"] = 20.0
        book.enrol(Member("2", "Tina Teacher", (INSTRUCTOR,)), *(Member(str(n), f"Student {n}") for n in range(11, 18)))
        platform = Platform(
            PLATFORM, ISSUER, "client-1", f"{ISSUER}/auth", token_url, f"{ISSUER}/keys", name="Our Moodle",
            family="moodle", registered=self.store.time(),
        )  # fmt: skip
        self.store.platforms.add(platform)
        self.store.platforms.keep_key_set(PLATFORM, json.dumps({"keys": [lms.key.public()]}), 10 * 365 * 86_400)
        for person in ("2", *map(str, range(11, 19))):
            if person != "2":
                lms.enrol(person, f"Student {person}")
            assert LtiBrowser.open_new(self.app, lms).launch(person, "link-0").status_code in {200, 303}
        services = connect(book, key_pair)
        reader = RosterReader(self.store, services)
        run_due(reader.start_due)
        del book.members["17"]
        self.store.rosters.request(LMS, "Tina Teacher")
        run_due(reader.start_due)
        sources = recorded_sources(self.store, self.settings)
        sender = GradebookScores(self.store.scores, services, sources)
        submissions = {student: self.grade(PAIR, RIGHT, student, LMS) for student in ("2", "11", "18")}
        submissions["12"] = self.grade(PAIR, WRONG_X, "12", LMS)
        self.store.courses.set_override(LMS, PAIR, Override("13", 0.5, "Tina Teacher", "a talk"))
        while run_due(sender.start_due):
            pass
        # The same marks in a column that the LMS has removed since.
        assert LtiBrowser.open_new(self.app, lms).launch("11", "link-1").status_code == 303
        while run_due(sender.start_due):
            pass
        book.intercept = lambda request: Response(status=503) if request.path.endswith("/scores") else None
        submissions["14"] = self.grade(PAIR, WRONG_W, "14", LMS)
        run_due(sender.start_due)
        submissions["12, again"] = self.grade(PAIR, RIGHT, "12", LMS)
        submissions["15"] = self.grade(PAIR, RIGHT, "15", LMS)
        self.known["lms submissions"] = submissions
        self.known["line items"] = {name: line_item_id(PLATFORM, url) for name, url in columns.items()}
        items = self.known["line items"]
        self.known["scores"] = {
            name: {score.student: [score.state, score.reason] for score in self.store.scores.of(item)}
            for name, item in items.items()
        }

    def fill_callbacks(self) -> None:
        callbacks, url = self.store.notifications, "https://portal.example.edu/hook"
        first, secret = callbacks.create(COURSE, Notification(url), "staff")
        second, _ = callbacks.create(COURSE, Notification(f"{url}?2", events=(Event.DONE, Event.REGRADED)), "staff")
        gone, _ = callbacks.create(COURSE, Notification(f"{url}?3", events=(Event.SERVICE_FAILED,)), "staff")
        rotated = callbacks.rotate(first.id, 168, "staff")
        self.known["callbacks"] = {"first": first.id, "second": second.id, "gone": gone.id}
        self.known["callback secrets"] = [secret, rotated]
        callbacks.move(60)
        results = [(Result.DELIVERED, 200), (Result.RETRY, 503), (Result.DROP, None), (Result.RETRY, None)]
        for number in range(4):
            for attempt in callbacks.claim(12, 12, 60.0):
                result, status = results[(number + attempt.number) % len(results)]
                if "?3" in attempt.url:
                    result, status = Result.GONE, 410
                callbacks.conclude(attempt, result, status=status, error="" if status == 200 else "no", pause=3600.0)
        callbacks.claim(3, 3, 60.0)
        assert callbacks.unsent()

    def fill_links(self) -> None:
        """They hold for ten years; one has been ended."""
        done = self.known["submissions"]["done"]
        with self.app.test_request_context():
            self.known["links"] = {
                "class": links.hand_in(COURSE, PAIR, lifetime=TEN_YEARS),
                "until it closes": links.hand_in(COURSE, PAIR, "ada"),
                "personal": links.hand_in(COURSE, "fresh", "eve", lifetime=TEN_YEARS),
                "elsewhere": links.hand_in(OTHER, UDL, lifetime=TEN_YEARS),
                "ended": links.hand_in(COURSE, PAIR, "bob", lifetime=TEN_YEARS),
            }
            self.known["verdict links"] = {
                name: links.verdict(self.store.submissions.get(done[name]))
                for name in ("ada 0", "eve 1", "rejected", "elsewhere 42")
            }
            links.end(COURSE, PAIR, "bob", "staff")

    def fill_queue(self) -> None:
        """What waited, and what a worker was at, when the service ended."""
        states, first = self.known["submissions"], self.known["revisions"]["pair, first"]
        self.known["lms submissions"]["16"] = self.accept(PAIR, RIGHT, "16", LMS)
        states["waiting"] = self.accept(PAIR, RIGHT + b"# waits\n", "sue")
        states["waiting for fresh cases"] = self.accept("fresh", WRONG_X + b"# waits\n", "sue")
        states["waiting for an old revision"] = self.accept(PAIR, WRONG_X + b"# waits\n", "old", revision=first)
        states["running"] = self.accept(PAIR, RIGHT + b"# runs\n", "rob")
        assert self.store.jobs.claim(Job(Kind.SUBMISSION, states["running"]))
        states["superseded"] = self.accept(UDL, UDL_WRONG, "sue", OTHER)
        states["waiting elsewhere"] = self.accept(UDL, UDL_RIGHT + b"\n", "sue", OTHER)

    def answers(self) -> dict[str, dict[str, Any]]:
        """Return the answers of the API of then, by course and path."""
        courses = {"staff": COURSE, "elsewhere": OTHER, "lms staff": LMS}
        answers: dict[str, dict[str, Any]] = {}
        for token, course in courses.items():
            place = f"/courses/{course}"
            # What ships changes with the version.
            assignments = {COURSE: [PAIR, "fresh"], LMS: [PAIR]}.get(course, [])
            paths = ["/token", "/submissions?limit=100", "/publications"]
            paths += ["/regrades", "/callbacks", *self._more_paths(token)]
            if course != OTHER:
                paths += [f"{place}/roster", f"{place}/audit"]
                for assignment in assignments:
                    at = f"{place}/assignments/{assignment}"
                    paths += [f"{at}/{noun}" for noun in ("extensions", "outages", "overrides", "marks")]
                    paths += [f"/assignments/{assignment}", f"/assignments/{assignment}/revisions"]
                if course == COURSE:
                    paths += [f"{place}/assignments/{name}/policy" for name in (PAIR, "fresh")]
                else:
                    paths += [f"{place}/roster-reading"]
                    states = ("waiting", "sent", "nothing", "failed")
                    paths += [f"{place}/assignments/{PAIR}/scores?state={state}" for state in states]
            answers[token] = {path: self.api(token, "GET", path) for path in paths}
        return answers

    def _more_paths(self, token: str) -> list[str]:
        if token != "staff":
            return []
        done = self.known["submissions"]["done"]
        paths = [f"/submissions/{name}" for name in done.values()][:-2]
        paths += [f"/courses/{COURSE}/questions?state={state}" for state in ("open", "answered")]
        for regrade in self.known["regrades"].values():
            paths += [f"/regrades/{regrade}", f"/regrades/{regrade}/report"]
        for callback in self.known["callbacks"].values():
            paths += [f"/callbacks/{callback}/deliveries?state={state}" for state in ("pending", "delivered", "failed")]
        return paths


def perform(context: Context, job: Job) -> None:
    """Do this job until it is at its end, whosever turn it is, and nothing that waits behind it."""
    while (claim := context.store.jobs.claim(job)) is not None:
        with hold_lease(context, claim) as lease:
            _work(context, lease)


def waiting_unit(store: Store) -> Job:
    """Return the unit that is next."""
    (member,) = store.redis.zrange("bm:waiting:regrade", 0, 0)
    return Job(Kind.UNIT, member.decode().partition(":")[2])


def run_due(start: Callable[..., Any]) -> int:
    """Do what is due, and return how much it was."""
    with ThreadPoolExecutor(4) as pool:
        due = start(pool, 4)
    for task in due:
        task.result()
    return len(due)


def dump(redis: Any) -> dict[str, Any]:
    """Return every key with its type, its value, and the milliseconds that it has left if it has an end."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": lambda key: sorted(redis.smembers(key)),
        b"zset": lambda key: [[member, repr(score)] for member, score in redis.zrange(key, 0, -1, withscores=True)],
        b"list": lambda key: redis.lrange(key, 0, -1),
    }
    keys = {}
    for key in sorted(redis.scan_iter("*", 1000)):
        kind = redis.type(key)
        is_shipped = key.startswith(SHIPPED) or (key.startswith(ARRAYS) and redis.strlen(key) > 100_000)
        if kind == b"none" or is_shipped or key.startswith(b"bm:limits"):
            continue
        ends = redis.pttl(key)
        keys[key.decode()] = {"type": kind.decode(), "value": plain(readers[kind](key))} | (
            {"ends": ends} if ends > 0 else {}
        )
    return keys


def plain(value: Any) -> Any:
    """Return a value as JSON has it: bytes as text if they are UTF-8, else as base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name.decode(): plain(content) for name, content in sorted(value.items())}
    return [plain(item) for item in value] if isinstance(value, list) else value


def write(name: str, values: dict[str, Any]) -> None:
    """Write an object as JSON, an entry a line, in a compressed file."""
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in values.items())
    file = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(f"{{\n{lines}\n}}\n".encode())
    (HERE / name).write_bytes(file.getvalue())
    print(name, len(values), "entries,", len(file.getvalue()), "bytes")


def main() -> None:
    """Fill, and write."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), lasting_port())
        server.start()
        try:
            filling = Filling(server.url)
            for fill in (
                *(filling.fill_tokens, filling.fill_publications, filling.fill_terms, filling.fill_submissions, filling.fill_messages),
                *(filling.fill_regrades, filling.fill_lms, filling.fill_callbacks, filling.fill_links),
                filling.fill_queue,
            ):
                fill()
                print(fill.__name__, flush=True)
            for name, submission in filling.known["submissions"]["done"].items():
                record = filling.store.submissions.get(submission)
                print(f"{name:30} {record.state} {record.outcome} {record.score}/{record.max_score} {record.reused}")
            for name, regrade in filling.known["regrades"].items():
                state = filling.store.regrades.get(regrade)
                print(name, state.phase, state.counts)
            print(filling.known["scores"])
            keys = dump(filling.store.redis)
            answers = filling.answers()
            filling.context.jails.close()
        finally:
            server.stop()
    write("keys.json.gz", keys)
    write("answers.json.gz", answers)
    (HERE / "known.json").write_text(json.dumps(filling.known, indent=1) + "\n")


if __name__ == "__main__":
    main()
