"""A contract whose homework is a package: from the archive, in real jails, to verdict, page and commands."""

import json
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Self
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.contracts.language import folder
from backmark.grader.errors import BadAssignment
from backmark.grader.model.counterexample import CaseCounterexample
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.records import Scope, State
from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.publications import NewPublication
from backmark.grader.web import create_app, links
from backmark.worker.cli.main import main
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.service.tasks import perform
from tests.contracts.making import LINEAR, MISTAKE, REFERENCE, RIGHT, build, contract
from tests.sandbox.packages import LINK, pack
from tests.service.conftest import Making, making, redis_server
from tests.web.visitor import Visitor

__all__ = ["making", "redis_server"]

PATH = "cs231n/linear.py"
SUBMISSION = (
    f'[submission]\nfile = "{PATH}"\nhelpers = "helpers.py"\nmodules = [".tools"]\nstand_ins = ["matplotlib"]\n'
)
PACKAGE = LINEAR.replace("[call]", f"{SUBMISSION}\n[call]")
HELPERS = "def product(a, b):\n    return a @ b\n"
USING = """
import numpy as np
import matplotlib.pyplot as plt
from builtins import range
from .tools import *
from .backward import *


def linear(x, w):
    return product(x, w)
"""
BACKWARD = "def linear_backward(dout, x, w):\n    return dout @ w.T, x.T @ dout\n"
CALLING = f"{USING}\n\ndef linear_backward(dout, x, w):\n    return gradients(dout, x, w)\n"
GRADIENTS = BACKWARD.replace("linear_backward", "gradients")


@pytest.fixture(scope="module")
def revision() -> ContractRevision:
    return build(contract(PACKAGE, helpers=HELPERS))


def grade(revision: ContractRevision, jails: Jails, source: bytes) -> tuple[Verdict, bool]:
    grading = Grader(Judge(revision), jails).grading(source, "hw.zip")
    return grading.verdict(), grading.repeatable


def test_a_package_is_graded_by_its_file_and_those_beside_it(revision: ContractRevision, jails: Jails) -> None:
    verdict, _ = grade(revision, jails, pack({f"hw/{PATH}": CALLING, "hw/cs231n/backward.py": GRADIENTS}))
    assert verdict.outcome is Outcome.PASSED
    wrong = GRADIENTS.replace("x.T @ dout", "x.T @ np.ones_like(dout)")
    verdict, _ = grade(revision, jails, pack({PATH: CALLING, "cs231n/backward.py": f"import numpy as np\n{wrong}"}))
    assert verdict.outcome is Outcome.FAILED
    assert [mistake.id for diagnosis in verdict.diagnosis for mistake in diagnosis.mistakes][:1] == ["upstream"]


def test_an_error_names_its_file_and_line(revision: ContractRevision, jails: Jails) -> None:
    source = GRADIENTS.replace("return", "raise ValueError(")
    verdict, _ = grade(revision, jails, pack({PATH: CALLING, "cs231n/backward.py": f"{source.rstrip()})\n"}))
    assert verdict.error is not None
    calling_line = next(number for number, line in enumerate(CALLING.split("\n"), 1) if "return gradients" in line)
    assert verdict.error.frames == (SourceLine(None, calling_line, PATH), SourceLine(None, 2, "cs231n/backward.py"))
    assert "line 2 of cs231n/backward.py, in gradients" in verdict.error.traceback
    assert verdict.as_dict()["error"]["frames"][1] == {"cell": None, "line": 2, "file": "cs231n/backward.py"}


def test_a_stand_in_that_is_used_is_named_in_the_verdict(revision: ContractRevision, jails: Jails) -> None:
    plotting = f"import matplotlib.pyplot as plt\n{RIGHT}".replace("    return", "    plt.plot(w)\n    return")
    verdict, _ = grade(revision, jails, plotting.encode())
    assert verdict.error is not None
    assert verdict.error.message.startswith(
        "The graded code uses `matplotlib.pyplot.plot`, but this assignment does not provide"
    )


def test_a_message_that_is_a_sentence_has_one_full_stop(revision: ContractRevision, jails: Jails) -> None:
    """The stand-in's own sentence ends with one, and another sentence follows."""
    plotting = f"import matplotlib.pyplot as plt\nshape = plt.figure().size\n{RIGHT}".replace("return", "shape; return")
    verdict, _ = grade(revision, jails, plotting.encode())
    assert verdict.error is not None
    assert "importing the module does no harm. This happened before your function was called" in verdict.error.message
    returned = f"import matplotlib.pyplot as plt\n{RIGHT}".replace("return x @ w", "return plt.size")
    verdict, _ = grade(revision, jails, returned.encode())
    assert isinstance(verdict.counterexample, CaseCounterexample)
    assert str(verdict.counterexample.instead).endswith("importing the module does no harm.)")


BOMB = pack({PATH: RIGHT, "cs231n/zeros.py": "#" * 50_000_000})


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (BOMB, "too_large"),
        (pack({PATH: "/etc/passwd"}, external_attr=LINK), "bad_archive"),
        (pack({PATH: RIGHT, "../../../worker/sandbox/inside/wire.py": "raise SystemExit"}), "bad_archive"),
        (pack({"other.py": RIGHT}), "no_such_file"),
        (pack({PATH: RIGHT})[:-30], "bad_archive"),
        (b"PK\x03\x04", "bad_archive"),
    ],
)
def test_a_hostile_archive_is_rejected_with_a_sentence_each_time(
    source: bytes, reason: str, revision: ContractRevision, jails: Jails
) -> None:
    verdict, repeatable = grade(revision, jails, source)
    assert verdict.error is not None
    assert (verdict.outcome, verdict.error.type, repeatable) == (Outcome.REJECTED, reason, True)
    assert verdict.error.message.endswith(".")


@pytest.mark.parametrize(
    "files",
    [
        {"numpy/__init__.py": "raise SystemExit", "numpy.py": "raise SystemExit", "json.py": "raise SystemExit"},
        {"worker/sandbox/inside/calls.py": "raise SystemExit", "worker/__init__.py": "raise SystemExit"},
        {"cs231n/tools.py": "def product(a, b):\n    return 0 * a @ b\n"},
        {"tools.py": "raise SystemExit", "cs231n/__init__.py": "linear = product = None\n1 / 0\n"},
    ],
)
def test_files_named_like_pythons_ours_or_the_courses_change_no_verdict(
    files: dict[str, str], revision: ContractRevision, jails: Jails
) -> None:
    verdict, _ = grade(revision, jails, pack({PATH: CALLING, "cs231n/backward.py": GRADIENTS, **files}))
    assert (verdict.outcome, verdict.error) == (Outcome.PASSED, None)
    wrong = GRADIENTS.replace("x.T @ dout", "0 * w")
    verdict, _ = grade(revision, jails, pack({PATH: CALLING, "cs231n/backward.py": wrong, **files}))
    assert {row.name: row.score for row in verdict.properties}["dw"] == 0


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('file = "/linear.py"', r"submission\.file is "),
        ('file = "../linear.py"', r"submission\.file is "),
        ('file = "cs231n/linear"', r"submission\.file is "),
        ('file = "numpy/linear.py"', "numpy is a package of Python's: rename the folder"),
        ('stand_ins = ["os.path"]', r"submission\.stand_ins names"),
        ('stand_ins = ["numpy"]', r"submission\.stand_ins names"),
        ('file = "a/b.py"\nstand_ins = ["..tools"]', "leads out of a/b.py's folders"),
    ],
)
def test_what_names_no_file_or_module_is_refused(line: str, complaint: str) -> None:
    with pytest.raises(BadAssignment, match=complaint):
        contract(LINEAR.replace("[call]", f"[submission]\n{line}\n\n[call]"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contract's folder; what is drawn of it is kept in a folder of the test's own."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "assignment"
    texts = {"assignment.toml": PACKAGE, "reference.py": REFERENCE, "solution.py": RIGHT, "helpers.py": HELPERS}
    for name, text in {**texts, "mistakes/upstream.py": MISTAKE}.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return home


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.usefixtures("jail")
def test_the_command_line_tells_a_folder_that_is_one_submission_from_one_of_submissions(
    home: Path, tmp_path: Path
) -> None:
    files = {PATH: CALLING, "cs231n/backward.py": GRADIENTS, "cs231n/__pycache__/x.py": "1 / 0", "data/notes.txt": "x"}
    class_folder = tmp_path / "handed in"
    write(class_folder / "ada" / "hw2", files)
    write(class_folder / "bob", {**files, "cs231n/backward.py": "def gradients(*_):\n    return None, None\n"})
    write(class_folder / "eve", {"cs231n/backward.py": GRADIENTS})
    (class_folder / "eve" / PATH).symlink_to(home / "reference.py")
    (class_folder / "joe.zip").write_bytes(pack(files))

    def grade(path: Path, *options: str) -> dict[str, str]:
        outcome = CliRunner().invoke(main, ["grade", "--assignment", str(home), "--json", str(path), *options])
        results = map(json.loads, outcome.stdout.splitlines())
        return {result["submission"]["filename"]: result["outcome"] for result in results}

    assert grade(class_folder / "ada" / "hw2") == {"hw2": "passed"}
    assert grade(class_folder / "joe.zip") == {"joe.zip": "passed"}
    # An archive of a class holds archives, which stay closed here.
    (tmp_path / "class.zip").write_bytes(pack({"joe_7_8_hw.zip": pack(files), "ann_9_10_hw.zip": b"PK\x03\x04"}))
    assert grade(tmp_path / "class.zip", "--student-from", "canvas") == {
        "joe_7_8_hw.zip": "passed",
        "ann_9_10_hw.zip": "rejected",
    }
    # A link out of the folder is never followed.
    assert grade(class_folder) == {"hw2": "passed", "bob": "failed", "eve": "rejected", "joe.zip": "passed"}


@pytest.mark.usefixtures("jail")
def test_an_archive_goes_through_the_service_where_the_assignment_takes_one(home: Path, making: Making) -> None:
    context = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    context.store.publications.request(NewPublication("calculus", "linear", folder.bundle(home), 0))
    perform(context)
    source = pack({PATH: CALLING, "cs231n/backward.py": "def gradients(*_):\n    raise KeyError\n"})
    app = create_app(context.settings, context.store)
    _, secret = context.store.tokens.create("mine", "calculus", {Scope.STAFF}, None)

    def send(assignment: str, data: bytes, name: str) -> tuple[int, dict[str, str]]:
        fields = {"assignment": assignment, "student": "ada", "file": (BytesIO(data), name)}
        answer = app.test_client().post(
            "/api/v1/submissions", data=fields, headers={"Authorization": f"Bearer {secret}"}
        )
        return answer.status_code, answer.get_json()

    status, problem = send("udl-7.2", source, "hw.zip")
    assert (status, problem["detail"][:21]) == (422, "This is a ZIP archive")
    status, problem = send("linear", b"Rar!\x1a\x07\x00", "hw.rar")
    assert (status, problem["detail"]) == (422, f"This is a RAR archive. Hand in a ZIP archive with {PATH} in it.")
    status, receipt = send("linear", source, "hw.zip")
    assert status == 202
    visitor = Visitor(app, context.store, "calculus")
    path = f"/courses/calculus/submissions/{receipt['id']}"
    assert "This is an archive" in visitor.get(path)
    perform(context)
    submission = context.store.submissions.get(receipt["id"])
    assert submission is not None
    assert (submission.state, submission.outcome) == (State.DONE, "failed")
    assert context.store.submissions.source(submission.id) == source
    shown_page = visitor.get(path)
    assert "raise KeyError" in shown_page
    assert "cs231n/backward.py" in shown_page
    with app.test_request_context():
        form = str(links.hand_in("calculus", "linear"))
    page = visitor.get(form)
    assert f"<code>{PATH}</code> in it" in page
    assert 'accept=".zip,' in page


class _Server:
    """A client of a server that has this assignment, and remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: dict[str, tuple[str, bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it as it is."""

    def assignments(self) -> list[SimpleNamespace]:
        """List the assignments as the server shows them to who may read."""
        revision = SimpleNamespace(settings={"package": PATH})
        return [SimpleNamespace(id="linear", revision=revision)]

    def submit(self, source: bytes, *, assignment: str, student: str, filename: str) -> SimpleNamespace:
        """Take in a file."""
        assert assignment == "linear"
        self.sent[student] = filename, source
        return SimpleNamespace(id=str(len(self.sent)))


def test_a_folder_is_sent_to_a_server_as_an_archive_of_its_python_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = _Server()
    monkeypatch.setattr("backmark.worker.cli.commands.submit.connect", lambda: server)
    write(tmp_path / "class" / "j.doe", {PATH: CALLING, "data.csv": "1,2", ".git/hooks/x.py": "1"})
    (tmp_path / "class" / "ada.zip").write_bytes(pack({PATH: CALLING}))
    outcome = CliRunner().invoke(main, ["submit", str(tmp_path / "class"), "--assignment", "linear", "--no-wait"])
    assert outcome.exit_code == 0, outcome.output
    assert {student: name for student, (name, _) in server.sent.items()} == {"ada": "ada.zip", "j.doe": "j.doe.zip"}
    with ZipFile(BytesIO(server.sent["j.doe"][1])) as archive:
        assert archive.namelist() == [PATH]
