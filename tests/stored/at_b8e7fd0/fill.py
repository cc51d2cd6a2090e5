"""Fills a Redis by the service's own code as it was at commit b8e7fd0 (version 0.1.0), and writes what it then holds.

It ran once, with the files of that commit and a Redis server of its own:

    cd <a clone at b8e7fd0, after make setup> && .venv/bin/python <this file>

It made `keys.json.gz` (every key, by type) and `known.json` (what the tests must know: plain tokens, links, ids).
It is kept to be read. It is never run again: what it made is what a service of that time left behind.
"""

import base64
import gzip
import io
import json
import tempfile
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from grader.settings.service import ServiceSettings
from grader.store.callbacks import Event, Result
from grader.store.records import Job, Kind, Scope
from grader.store.regrade import Mode, Selection, Which
from grader.store.store import Store
from grader.store.submissions import New
from grader.web import create_app
from grader.web.pages import links
from worker.jails import Jails
from worker.sandbox.policy import jailed
from worker.service.context import Context
from worker.service.fitness import Fitness
from worker.service.graders import Graders
from worker.service.stop import Stop
from worker.service.tasks import perform
from worker.serving.embedded import EmbeddedRedis, free_port

HERE = Path(__file__).parent
SECRET = "the secret of a service that was stored at b8e7fd0"  # noqa: S105 - it guards nothing
COURSE, OTHER, UDL = "backprop", "maths: 50 %", "udl-7.2"
EXAMPLES = {path.name: path.read_bytes() for path in Path("examples").iterdir() if path.is_file()}
RIGHT = b"""import numpy as np
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    delta = 2 * (all_f[-1] - y)
    d_weights, d_biases = [], []
    for k in range(len(all_weights) - 1, -1, -1):
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
"""
WRONG = RIGHT.replace(b"(all_f[k - 1] > 0) * ", b"")

SMALL = """
networks = 40
[ranges]
depth = [0, 3]
widths = [1, 4]
inputs = [1, 2]
outputs = [2, 3]
[home]
depth = 2
width = 3
outputs = 2
networks = 8
"""
LIMITS = "[limits]\nseconds_per_call = 1.0\nseconds = 3.0\nmemory_mib = 512\noutput_kib = 16\n"
#: By id: an assignment's own keys, its tables, and its fresh networks.
PUBLISHED = {
    "limited": ("", LIMITS + "[rubric]\npure = 3\nfinite_differences = 1\n", 0),
    "tanh": ('activation = "tanh"\nloss = "binary_cross_entropy"\n', "", 0),
    "hint": ("seed = 3\n", '[feedback]\nlevel = "hint"\nstrong_hint_after = 1\nfull_after = 2\n', 0),
    "score": ("seed = 4\n", '[feedback]\nlevel = "score"\n', 0),
    "hidden": ("seed = 5\n", '[feedback]\nhidden = ["relu_derivative", "any_shape"]\n', 0),
    "fresh": ("seed = 6\nrtol = 1e-6\n", "", 4),
}
HEAD = b"import numpy as np\ndef backward_pass(all_weights, all_biases, all_f, all_h, y):\n"
ENDINGS = {
    "passed": RIGHT,
    "failed": RIGHT.replace(b"(0, delta)", b"(0, 2 * delta)"),
    "error": EXAMPLES["raises.py"],
    "timeout": HEAD + b"    while True:\n        pass\n",
    "memory": HEAD + b"    return bytearray(1 << 31)\n",
    "output_limit": HEAD + b"    while True:\n        print('x' * 1000)\n",
    "crashed": HEAD + b"    import os\n    os._exit(3)\n",
    "rejected": b"def another(): pass\n",
    "changes its arguments": RIGHT.replace(b"d_weights", b"d_w") + b"\nprint('hello \xe2\x82\xac')\n",
    "returns nothing": HEAD + b"    return None\n",
}


class Nobody:
    """Sends no messages: each job is done here when it is its turn."""

    def send(self, job: Job) -> None: ...

    def send_again(self, job: Job) -> None: ...


class Filling:
    """The service, in one process."""

    def __init__(self, url: str) -> None:
        self.settings = ServiceSettings(
            redis_url=SecretStr(url), secret=SecretStr(SECRET), tries=2, link_days=3650, callback_http=True
        )
        self.store = Store.connect(self.settings)
        jails = Jails(jailed())
        graders = Graders(self.store.assignments, jails, SECRET.encode())
        self.context = Context(self.settings, self.store, Nobody(), graders, jails, Stop(), Fitness(None))
        self.app = create_app(self.settings, self.store, Nobody())
        self.known: dict[str, Any] = {"commit": "b8e7fd0", "secret": SECRET, "course": COURSE, "other": OTHER}

    def api(self, token: str, method: str, path: str, **how: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **how.pop("headers", {})}
        answer = self.app.test_client().open(f"/api/v1{path}", method=method, headers=headers, **how)
        assert answer.status_code < 400, answer.text
        return answer.get_json()

    def accept(self, assignment: str, source: bytes, name: str, student: str, course: str = COURSE) -> str:
        revision = self.store.assignments.current(course, assignment)
        return self.store.submissions.accept(New(course, assignment, revision.id, student, name, source)).id

    def graded(self, assignment: str, source: bytes, name: str, student: str, course: str = COURSE) -> str:
        submission = self.accept(assignment, source, name, student, course)
        perform(self.context, Job(Kind.SUBMISSION, submission))
        return submission

    def fail(self, job: Job) -> None:
        while (claim := self.store.jobs.claim(job)) is not None:
            self.store.jobs.failed(claim, "JailFailed: the jail lost its way")

    def tokens(self) -> None:
        scopes = {
            "submit": {Scope.SUBMIT},
            "read": {Scope.READ},
            "portal": {Scope.SUBMIT, Scope.READ},
            "staff": {Scope.STAFF},
            "admin": {Scope.ADMIN},
            "revoked": {Scope.STAFF},
        }
        made = {name: self.store.tokens.create(name, COURSE, given) for name, given in scopes.items()}
        made["expired"] = self.store.tokens.create("expired", COURSE, {Scope.STAFF}, 1_000_000_000)
        made["lasting"] = self.store.tokens.create("lasting", OTHER, {Scope.STAFF}, 9_000_000_000)
        self.store.tokens.revoke(made["revoked"][0].id)
        self.known["tokens"] = {name: secret for name, (_, secret) in made.items()}

    def publish(self) -> None:
        revisions = {UDL: self.store.assignments.current(COURSE, UDL).id}
        staff = self.known["tokens"]["staff"]
        for name, (top, tables, fresh) in PUBLISHED.items():
            head, ranges = SMALL.split("[ranges]")
            toml = f'id = "{name}"\ntitle = "Title of {name}"\n{top}{head}[ranges]{ranges}{tables}'
            asked = self.api(staff, "POST", "/publications", json={"toml": toml, "fresh": fresh})
            perform(self.context, Job(Kind.PUBLICATION, asked["id"]))
            done = self.store.publications.get(asked["id"])
            assert done.revision, done
            revisions[name] = done.revision
        # A second revision of one, so that an older one is kept beside the current.
        again = toml.replace("fresh", "limited").replace("seed = 6", "seed = 7")
        again += "[rubric]\nrelu_derivative = 9\n"
        asked = self.api(staff, "POST", "/publications", json={"toml": again, "fresh": 0})
        revisions["limited, first"] = revisions["limited"]
        perform(self.context, Job(Kind.PUBLICATION, asked["id"]))
        revisions["limited, second"] = self.store.publications.get(asked["id"]).revision
        other = self.store.publications.request(OTHER, "limited", again).id
        perform(self.context, Job(Kind.PUBLICATION, other))
        refused = 'id = "blind"\ntitle = "X"\nnetworks = 1\n[home]\nnetworks = 1\n'
        states = {"done": asked["id"]}
        states["refused"] = self.api(staff, "POST", "/publications", json={"toml": refused})["id"]
        perform(self.context, Job(Kind.PUBLICATION, states["refused"]))
        assert self.store.publications.get(states["refused"]).refusal
        states["service_failed"] = self.store.publications.request(COURSE, "blind", refused).id
        self.fail(Job(Kind.PUBLICATION, states["service_failed"]))
        states["queued"] = self.store.publications.request(COURSE, "blind", refused).id
        del revisions["limited"]
        self.known |= {"revisions": revisions, "publications": states}

    def submit(self) -> None:
        first = self.known["revisions"]["limited, first"]
        done = {}
        for ending, source in ENDINGS.items():
            done[ending] = self._against(first, source, f"{ending}.py", f"student {ending}")
        for name in ("right.ipynb", "no_relu_derivative.ipynb", "missing_factor_two.py", "weight_template.py"):
            done[name] = self.graded(UDL, EXAMPLES[name], name, "ada")
        done["reused"] = self.graded(UDL, EXAMPLES["right.ipynb"], "right.ipynb", "bob: 100 %")
        for assignment in ("tanh", "hint", "score", "hidden", "fresh"):
            for number, source in enumerate((WRONG, WRONG, WRONG, RIGHT)):
                done[f"{assignment} {number + 1}"] = self.graded(assignment, source, "answer.py", "eve")
        done["elsewhere"] = self.graded("limited", RIGHT, "answer.py", "ada", OTHER)
        states = {"done": done}
        states["superseded"] = self.accept(UDL, WRONG, "first.py", "sue")
        states["waiting"] = self.accept(UDL, RIGHT + b"# waits\n", "second.py", "sue")
        states["waiting for fresh networks"] = self.accept("fresh", RIGHT + b"# waits\n", "second.py", "sue")
        states["waiting for an old revision"] = self.store.submissions.accept(
            New(COURSE, "limited", first, "sue", "answer.py", WRONG + b"# waits\n")
        ).id
        states["cancelled"] = self.accept(UDL, RIGHT, "answer.py", "cal")
        self.store.submissions.cancel(states["cancelled"])
        states["service_failed"] = self.accept(UDL, RIGHT + b"# fails\n", "answer.py", "flo")
        self.fail(Job(Kind.SUBMISSION, states["service_failed"]))
        self.known["submissions"] = states

    def _against(self, revision: str, source: bytes, filename: str, student: str) -> str:
        new = New(COURSE, "limited", revision, student, filename, source)
        name = self.store.submissions.accept(new).id
        perform(self.context, Job(Kind.SUBMISSION, name))
        return name

    def idempotency(self) -> None:
        body = {"assignment": UDL, "student": "kay", "filename": "a.py", "source": RIGHT.decode()}
        token = self.known["tokens"]["portal"]
        made = self.api(token, "POST", "/submissions", json=body, headers={"Idempotency-Key": "kept"})
        perform(self.context, Job(Kind.SUBMISSION, made["id"]))
        self.known["idempotency"] = {"key": "kept", "body": body, "id": made["id"]}

    def regrades(self) -> None:
        """Each of an assignment's two revisions, over the students of its own."""
        found = {}
        steps = {
            "preparing": 0,
            "previewing": 1,
            "previewed": 2,
            "applied": 3,
            "applied, never lower": 3,
            "rolled back": 4,
            "cancelled": 1,
            "failed": 0,
            "applying": 2,
        }
        regraded = {}
        for name, reached in steps.items():
            students = [f"{name} {number}" for number in range(3)]
            first = self.known["revisions"]["limited, first"]
            sources = (RIGHT, WRONG + b"# of a regrade\n", ENDINGS["failed"])
            regraded[name] = [
                self._against(first, source, "answer.py", student)
                for student, source in zip(students, sources, strict=True)
            ]
            # Marks that the second revision does not give: some rise, some fall.
            chosen = Selection(
                COURSE,
                "limited",
                self.known["revisions"]["limited, second"],
                students=tuple(students),
                which=Which.ALL,
                outcomes=("passed", "failed") if name == "previewed" else (),
                since=1_000_000_000.0 if name == "previewed" else None,
            )
            found[name] = self.store.regrades.request(chosen).regrade.id
            self._advance(found[name], name, reached)
        self.known["regrades"] = found
        self.known["regraded"] = regraded

    def _advance(self, regrade: str, name: str, reached: int) -> None:
        step = Job(Kind.REGRADE, regrade)
        if name == "failed":
            self.fail(step)
        if reached >= 1:
            perform(self.context, step)
        units = [raw.decode().partition(":")[2] for raw in self.store.redis.zrange("bm:waiting:regrade", 0, -1)]
        mine = [unit for unit in units if unit.startswith(regrade)]
        if name == "previewing":
            perform(self.context, Job(Kind.UNIT, mine[0]))
        if name == "cancelled":
            self.store.regrades.cancel(regrade)
        if reached >= 2:
            for unit in mine:
                perform(self.context, Job(Kind.UNIT, unit))
        if reached >= 3:
            self.store.regrades.apply(regrade, Mode.NEVER_LOWER if "lower" in name else Mode.WHOLE)
            perform(self.context, step)
        if reached >= 4:
            self.store.regrades.roll_back(regrade)
            perform(self.context, step)
        if name == "applying":
            self.store.regrades.apply(regrade, Mode.WHOLE)

    def callbacks(self) -> None:
        callbacks = self.store.callbacks
        url = "https://portal.example.edu/hook"
        first, secret = callbacks.create(COURSE, url)
        second, _ = callbacks.create(COURSE, url + "?2", [Event.DONE, Event.REGRADED])
        gone, _ = callbacks.create(COURSE, url + "?3", [Event.SERVICE_FAILED])
        rotated = callbacks.rotate(first.id, 168)
        self.known["callbacks"] = {"first": first.id, "second": second.id, "gone": gone.id}
        self.known["callback secrets"] = [secret, rotated]
        callbacks.move(40)
        results = [(Result.DELIVERED, 200), (Result.RETRY, 503), (Result.DROP, None), (Result.RETRY, None)]
        for number in range(3):
            for attempt in callbacks.claim(12, 12, 60.0):
                result, status = results[(number + attempt.number) % len(results)]
                if "?3" in attempt.url:
                    result, status = Result.GONE, 410
                callbacks.conclude(attempt, result, status=status, error="" if status == 200 else "no", pause=3600.0)
        callbacks.claim(3, 3, 60.0)

    def last(self) -> None:
        """What a worker was at when the service ended, and links that hold for ten years."""
        states = self.known["submissions"]
        states["running"] = self.accept(UDL, RIGHT + b"# runs\n", "answer.py", "rob")
        assert self.store.jobs.claim(Job(Kind.SUBMISSION, states["running"]))
        with self.app.test_request_context():
            done = {name: self.store.submissions.get(id_) for name, id_ in states["done"].items()}
            self.known["links"] = {
                "class": links.hand_in(COURSE, UDL, None, 3650),
                "personal": links.hand_in(COURSE, "hint", "eve", 3650),
                "verdicts": {name: links.verdict(submission) for name, submission in done.items()},
            }


def dumped(redis: Any) -> dict[str, Any]:
    """Every key with its type, its value, and the milliseconds that it has left if it has an end."""
    readers = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"set": lambda key: sorted(redis.smembers(key)),
        b"zset": lambda key: [[member, repr(score)] for member, score in redis.zrange(key, 0, -1, withscores=True)],
        b"list": lambda key: redis.lrange(key, 0, -1),
    }
    found = {}
    for key in sorted(redis.scan_iter("*", 1000)):
        kind = redis.type(key)
        if kind == b"none":
            # It ended meanwhile, such as a minute's limit of requests.
            continue
        ends = redis.pttl(key)
        found[key.decode()] = {"type": kind.decode(), "value": plain(readers[kind](key))} | (
            {"ends": ends} if ends > 0 else {}
        )
    return found


def plain(value: Any) -> Any:
    """As JSON has it: bytes as text if they are UTF-8, else as base64."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {name.decode(): plain(content) for name, content in sorted(value.items())}
    return [plain(item) for item in value] if isinstance(value, list) else value


def main() -> None:
    """Fill, and write."""
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedRedis(Path(folder), free_port())
        server.start()
        try:
            filling = Filling(server.url)
            for fill in (
                *(filling.tokens, filling.publish, filling.submit, filling.idempotency, filling.regrades),
                *(filling.callbacks, filling.last),
            ):
                fill()
                print(fill.__name__)
            for name, submission in filling.known["submissions"]["done"].items():
                found = filling.store.submissions.get(submission)
                print(f"{name:30} {found.state} {found.outcome} {found.score}/{found.max_score} {found.reused}")
            for name, regrade in filling.known["regrades"].items():
                found = filling.store.regrades.get(regrade)
                print(name, found.phase, found.counts)
            keys = dumped(filling.store.redis)
            filling.context.jails.close()
        finally:
            server.stop()
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}" for key, value in keys.items())
    file = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(f"{{\n{lines}\n}}\n".encode())
    (HERE / "keys.json.gz").write_bytes(file.getvalue())
    (HERE / "known.json").write_text(json.dumps(filling.known, indent=1) + "\n")
    print(len(keys), "keys,", len(file.getvalue()), "bytes")


if __name__ == "__main__":
    main()
