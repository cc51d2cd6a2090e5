"""A contract through all of it: the command line, the API with its scope, a worker, the page and a verdict."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.language import folder
from backmark.grader.model.records import Scope, State
from backmark.grader.store.publications import NewPublication
from backmark.grader.store.submissions import NewSubmission
from backmark.grader.web import create_app
from backmark.worker.cli.main import main
from backmark.worker.service.context import Context
from backmark.worker.service.tasks import perform
from tests.contracts.making import LINEAR, MISTAKE, REFERENCE, RIGHT
from tests.service.conftest import Making, context, making, redis_server
from tests.web.visitor import Visitor

__all__ = ["Making", "context", "making", "redis_server"]

pytestmark = pytest.mark.usefixtures("jail")

SHAPED = RIGHT.replace("x.T @ dout", "(x.T @ dout)[None]")
TEMPLATE = RIGHT.replace("dout @ w.T, x.T @ dout", "None, None")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A contract's folder; what is drawn of it is kept in a folder of the test's own."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    home = tmp_path / "linear"
    (home / "mistakes").mkdir(parents=True)
    (home / "assignment.toml").write_text(LINEAR)
    (home / "reference.py").write_text(REFERENCE)
    (home / "solution.py").write_text(RIGHT)
    (home / "template.py").write_text(TEMPLATE)
    (home / "mistakes" / "upstream.py").write_text(MISTAKE)
    return home


def command(*words: str | Path) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, [*map(str, words)])
    return outcome.exit_code, outcome.stdout, outcome.stderr


def test_the_command_line_checks_a_folder_and_grades_by_it(home: Path, tmp_path: Path) -> None:
    status, text, _ = command("assignment", "check", home)
    assert (status, text.splitlines()[-1]) == (0, "Sound: every known mistake is caught.")
    wrong = tmp_path / "wrong.py"
    wrong.write_text(MISTAKE)
    status, text, _ = command("grade", wrong, "--assignment", home, "--json")
    result = json.loads(text)
    assert (status, result["outcome"], result["score"], result["max_score"]) == (1, "failed", 3, 5)
    assert result["counterexample"]["kind"] == "contract"


def test_a_template_is_refused_as_unfilled(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(TEMPLATE)
    _, text, _ = command("grade", file, "--assignment", home, "--json")
    result = json.loads(text)
    assert (result["outcome"], result["error"]["type"]) == ("rejected", "unfilled")


@pytest.mark.parametrize(
    ("body", "outcome"),
    [("while True: pass", "timeout"), ("return bytearray(1 << 33)", "memory"), ("import os; os._exit(3)", "crashed")],
)
def test_what_ends_a_submission_is_its_outcome(body: str, outcome: str, home: Path, tmp_path: Path) -> None:
    (home / "assignment.toml").write_text(f"{LINEAR}\n[limits]\nseconds_per_call = 0.5\n")
    file = tmp_path / "mine.py"
    file.write_text(RIGHT.replace("    return dout", f"    {body}\n    return dout"))
    _, text, _ = command("grade", file, "--assignment", home, "--json")
    assert json.loads(text)["outcome"] == outcome


def test_a_reference_that_does_not_end_is_refused_with_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backmark.worker.grading import workshop  # noqa: PLC0415 - whose limits are lowered here alone
    from backmark.worker.sandbox.policy import JailLimits  # noqa: PLC0415 - as above

    monkeypatch.setattr(workshop, "LIMITS", JailLimits(0.5, 1.0, 1 << 30, 1 << 20))
    (home / "reference.py").write_text("def forward(tap, x, w):\n    while True: pass\n")
    status, _, text = command("assignment", "check", home)
    assert status == 2
    assert "reference.py ended before it had answered" in text


def test_a_worker_publishes_a_folder_and_grades_by_it(home: Path, making: Making) -> None:
    context = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    toml = folder.bundle(home)
    request = context.store.publications.request(NewPublication("calculus", "linear", toml, 0))
    perform(context)
    publication = context.store.publications.get(request.id)
    assert publication is not None
    assert (publication.state, publication.refusal) == (State.DONE, None)
    revision = context.store.assignments.current("calculus", "linear")
    assert revision is not None
    assert revision.catches == (("upstream", 30),)
    submission = NewSubmission("calculus", "linear", revision.id, "ada", "mine.py", MISTAKE.encode())
    receipt = context.store.submissions.accept(submission)
    perform(context)
    verdict = context.store.submissions.verdict(receipt.id)
    assert verdict is not None
    visitor = Visitor(create_app(context.settings, context.store), context.store, "calculus")
    shown_page = visitor.get("/courses/calculus/assignments/linear")
    assert "A linear map" in shown_page
    page = visitor.get(f"/courses/calculus/submissions/{receipt.id}")
    assert "Wrong on" in page
    assert "dw" in page
    assert '<details class="maps-fine">' in page
    # Where the wrong result has no numbers, the right ones are not in its place.
    shaped = NewSubmission("calculus", "linear", revision.id, "bob", "mine.py", SHAPED.encode())
    receipt = context.store.submissions.accept(shaped)
    perform(context)
    page = visitor.get(f"/courses/calculus/submissions/{receipt.id}")
    assert "<code>dw</code> as an array of shape" in page
    assert '<details class="maps-fine">' in page


def test_an_author_whose_mistake_is_right_is_asked_about_it(home: Path, context: Context) -> None:
    (home / "mistakes" / "upstream.py").write_text(f'"""is right"""\n{RIGHT}')
    request = context.store.publications.request(NewPublication("calculus", "linear", folder.bundle(home), 0))
    perform(context)
    publication = context.store.publications.get(request.id)
    assert publication is not None
    assert "would pass: upstream (is right). If they are meant to be wrong, run" in str(publication.refusal)


def test_a_reference_that_fails_refuses_the_publication(home: Path, context: Context) -> None:
    (home / "reference.py").write_text(REFERENCE.replace("x @ w", "x @ v"))
    request = context.store.publications.request(NewPublication("calculus", "linear", folder.bundle(home), 0))
    perform(context)
    publication = context.store.publications.get(request.id)
    assert publication is not None
    assert "reference.py raised NameError" in str(publication.refusal)


def test_only_an_author_publishes_code(home: Path, context: Context) -> None:
    client = create_app(context.settings, context.store).test_client()

    def ask(scopes: set[Scope]) -> tuple[int, str]:
        _, secret = context.store.tokens.create("mine", "calculus", scopes, None)
        answer = client.post(
            "/api/v1/publications",
            json={"toml": folder.bundle(home), "fresh": 0},
            headers={"Authorization": f"Bearer {secret}"},
        )
        return answer.status_code, str(answer.get_json().get("detail", ""))

    status, detail = ask({Scope.STAFF})
    assert (status, "needs the scope author" in detail) == (403, True)
    assert detail.endswith("backmark service token create NAME --course calculus --scope staff --scope author")
    assert ask({Scope.STAFF, Scope.AUTHOR})[0] == 202
    assert ask({Scope.ADMIN})[0] == 202


def test_staff_publish_what_ships_but_only_to_the_letter(context: Context) -> None:
    client = create_app(context.settings, context.store).test_client()
    headers = {"Authorization": f"Bearer {context.store.tokens.create('mine', 'calculus', {Scope.STAFF}, None)[1]}"}
    shipped = find_folder("cs231n-relu")
    assert shipped is not None

    def publish(toml: str) -> int:
        return client.post("/api/v1/publications", json={"toml": toml, "fresh": 0}, headers=headers).status_code

    text = folder.bundle(shipped)
    assert publish(text) == 202
    assert publish(text.replace("np.maximum(x, 0)", "np.maximum(x, -0)")) == 403
    # The text of one under another's id is not what ships.
    assert publish(text.replace('id = "cs231n-relu"', 'id = "cs231n-affine"')) == 403


def test_staff_publish_a_folder_on_the_page(home: Path, making: Making) -> None:
    context = making(secret="a secret for tests, as long as others")  # noqa: S106 - it guards nothing
    app = create_app(context.settings, context.store)
    names = ["assignment.toml", "reference.py", "solution.py", "mistakes/upstream.py", "template.py", "notes.txt"]
    (home / "notes.txt").write_text("not part of it")

    def send(visitor: Visitor) -> str:
        files = [(BytesIO((home / name).read_bytes()), f"linear/{name}") for name in names]
        answer = visitor.post("/courses/calculus/publish", "/courses/calculus/publish", toml="", fresh="", folder=files)
        return answer.headers.get("Location", "") or answer.text

    assert "needs the scope author" in send(Visitor(app, context.store, "calculus"))
    author = Visitor(app, context.store, "calculus", Scope.STAFF, Scope.AUTHOR)
    assert "/courses/calculus/publications/" in send(author)
    (publication,) = context.store.publications.list("calculus", 10).items
    assert publication.toml == folder.bundle(home)
