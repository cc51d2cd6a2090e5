"""A regrade from its preview to its rollback, by the client and by `backmark course regrade`, on a real service."""

import json
import os
import pty
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from backmark.grader.client import Client
from backmark.grader.client.records import Regrade, reader
from backmark.grader.contracts.gallery import find_folder
from backmark.grader.contracts.language.folder import NAME, join
from backmark.grader.model.records import Scope, State
from backmark.grader.model.regrades import AT_REST, Phase, Which
from backmark.worker.cli.commands.course import regrade
from tests.client.running import Running, command
from tests.service.parts import until
from tests.worker.test_cli import EXAMPLES

#: Marks of the gradients of the weights, at first and then.
FEW, MANY = 5, 13


class Regrading(NamedTuple):
    """The service, the client and the submissions of a test on regrades."""

    variables: dict[str, str]
    client: Client
    #: The assignment's id: no other test hands in anything for it.
    assignment: str
    #: The id of each student's submission.
    handed: dict[str, str]


def write_toml(assignment: str, marks: int) -> str:
    """Return the text of the assignment that ships with fewer cases, and with marks for its results alone."""
    folder = find_folder("udl-7.2")
    assert folder is not None
    tables = (folder / NAME).read_text(encoding="utf-8").partition("[rubric]")[0]
    tables = tables.replace('id = "udl-7.2"', f'id = "{assignment}"').replace("cases = 200", "cases = 60")
    files = {
        name: re.sub(" *# row:.*", "", (folder / name).read_text(encoding="utf-8"))
        for name in ("reference.py", "solution.py", "helpers.py")
    }
    return join(f"{tables}[rubric]\nall_dl_dweights = {marks}\nall_dl_dbiases = 5\n", files)


def publish_assignment(client: Client, assignment: str, marks: int) -> str:
    """The revision as which it is published, with these marks for the gradients of the weights."""
    request = client.publish(write_toml(assignment, marks), fresh=0)
    until(lambda: client.publication(request.id).state.terminal, "it is published", patience=180)
    publication = client.publication(request.id)
    assert publication.state is State.DONE, publication.failure
    assert publication.revision, publication.refusal
    return publication.revision


@pytest.fixture(scope="module")
def regrade_setup(service: Running) -> Iterator[Regrading]:
    """Three students' submissions, graded; then a revision in which one of the results counts for more."""
    token = service.token(Scope.STAFF, Scope.AUTHOR)
    # The module's tests need not follow one another on a process: then this is made anew, on the same service.
    assignment = f"mine-{secrets.token_hex(4)}"
    with Client(service.url, token) as client:
        publish_assignment(client, assignment, FEW)
        ids_by_student = {}
        for student, name in (
            ("ada", "right_loops.py"),
            ("alan", "weight_template.py"),
            ("eve", "bias_template.py"),
        ):
            ids_by_student[student] = client.submit(EXAMPLES / name, assignment=assignment, student=student).id
        assert all(client.wait(submission_id).state is State.DONE for submission_id in ids_by_student.values())
        publish_assignment(client, assignment, MANY)
        yield Regrading({"BACKMARK_URL": service.url, "BACKMARK_TOKEN": token}, client, assignment, ids_by_student)


def test_a_regrade_is_previewed_reported_applied_and_rolled_back(regrade_setup: Regrading) -> None:
    """Nobody's verdict changes before it is applied; applied never lower, only those that gain."""
    variables, client, assignment, ids_by_student = regrade_setup
    start = command(variables, "course", "regrade", "start", "--assignment", assignment)
    assert start.returncode == 0, start.stderr
    number = start.stdout.split()[0]
    assert "3 submissions, 3 sources: 1 up, 1 down, 1 the same" in start.stdout
    assert client.verdict(ids_by_student["alan"])["score"] == 5  # type: ignore[index]

    report = command(variables, "course", "regrade", "report", number)
    assert re.search(r"^alan +weight_template.py +down +failed 5/10 +failed 5/18 ", report.stdout, re.MULTILINE)
    assert re.search(r"^eve +bias_template.py +up +failed 5/10 +failed 13/18 ", report.stdout, re.MULTILINE)
    reported_down = command(variables, "course", "regrade", "report", number, "--change", "down", "--json").stdout
    assert [json.loads(line)["student"] for line in reported_down.splitlines()] == ["alan"]
    table = command(variables, "course", "regrade", "report", number, "--csv").stdout.splitlines()
    assert len(table) == 4
    assert table[0].startswith("submission,student,")

    apply = command(variables, "course", "regrade", "apply", number, "--never-lower", "--yes")
    assert apply.returncode == 0, apply.stderr
    assert "2 applied, 1 skipped" in apply.stdout
    scores = {student: client.verdict(submission_id)["score"] for student, submission_id in ids_by_student.items()}  # type: ignore[index]
    assert scores == {"ada": 18, "alan": 5, "eve": 13}
    assert client.submission(ids_by_student["eve"]).regrade == number

    rollback = command(variables, "course", "regrade", "rollback", number, "--yes", "--json")
    assert json.loads(rollback.stdout)["phase"] == "rolled_back"
    assert client.verdict(ids_by_student["eve"])["score"] == 5  # type: ignore[index]


def test_asking_twice_for_the_same_is_one_regrade_that_can_be_cancelled_and_resumed(regrade_setup: Regrading) -> None:
    variables, client, assignment, _ = regrade_setup
    words = (
        "course",
        "regrade",
        "start",
        "--assignment",
        assignment,
        "--student",
        "alan",
        "--student",
        "ada",
        "--which",
        "latest",
    )
    first, second = (json.loads(command(variables, *words, "--json").stdout) for _ in range(2))
    assert first["id"] == second["id"]
    assert (second["phase"], second["counts"]["submissions"]) == ("previewed", 2)
    assert "cancelled" in command(variables, "course", "regrade", "cancel", first["id"]).stdout
    assert "previewed" in command(variables, "course", "regrade", "resume", first["id"]).stdout
    listing = command(variables, "course", "regrade", "show").stdout
    assert listing.splitlines()[0].startswith(f"{first['id']}  {assignment}, revision ")
    assert client.regrades.wait(first["id"]).phase == "previewed"


def test_nothing_is_applied_unless_somebody_says_so(regrade_setup: Regrading) -> None:
    variables, client, assignment, ids_by_student = regrade_setup
    start = command(variables, "course", "regrade", "start", "--assignment", assignment, "--student", "eve")
    number = start.stdout.split()[0]
    refusal = command(variables, "course", "regrade", "apply", number)
    assert refusal.returncode == 2
    assert "--yes" in refusal.stderr
    assert client.regrades.get(number).phase == "previewed"
    assert client.submission(ids_by_student["eve"]).regrade is None


@pytest.mark.parametrize(("answer", "status", "phase"), [("n", 1, "previewed"), ("y", 0, "applied")])
def test_somebody_at_a_terminal_is_asked_first(regrade_setup: Regrading, answer: str, status: int, phase: str) -> None:
    variables, client, assignment, _ = regrade_setup
    number = client.regrades.wait(client.regrades.start(assignment, students=["eve"], outcomes=["failed"]).id).id
    terminal_end, process_end = pty.openpty()
    os.write(terminal_end, f"{answer}\n".encode())
    words = [sys.executable, "-m", "backmark.worker.cli.main", "course", "regrade", "apply", number]
    environment = {**os.environ, **variables, "PYTHONPATH": str(EXAMPLES.parent)}
    process = subprocess.run(words, stdin=process_end, capture_output=True, text=True, check=False, env=environment)
    os.close(terminal_end)
    os.close(process_end)
    assert process.returncode == status, process.stderr
    assert "Apply this regrade (1 up, 0 down)? [y/N]" in process.stderr
    assert client.regrades.get(number).phase == phase
    if phase == "applied":
        client.regrades.wait(client.regrades.roll_back(number).id)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("show", "unknown"), "there is no regrade unknown"),
        (("start", "--assignment", "udl-9"), "there is no assignment udl-9"),
        (("start", "--since", "yesterday"), "yesterday is neither a day"),
        (("start", "--outcome", "fine"), "'fine'"),
        (("report", "x", "--csv", "--json"), "--csv and --json cannot be combined"),
    ],
)
def test_what_cannot_be_is_wrong_usage(regrade_setup: Regrading, words: tuple[str, ...], sentence: str) -> None:
    process = command(regrade_setup.variables, "course", "regrade", *words)
    assert process.returncode == 2, process.stderr
    assert sentence in process.stderr


def test_the_bar_says_how_many_are_chosen_so_far_and_no_total_that_nobody_knows(regrade_setup: Regrading) -> None:
    _, client, assignment, _ = regrade_setup
    body = dict(client.regrades.start(assignment, fresh=True).body)
    counts = {**body["counts"], "sources": 12, "submissions": 40}
    progress = {"total": None, "done": 3, "failed": 0}
    selecting_regrade = reader(Regrade)(
        {**body, "phase": "preparing", "progress": progress, "eta_seconds": None, "counts": counts}
    )
    assert regrade.format_progress(selecting_regrade) == "preparing, 12 sources of 40 submissions chosen so far"
    progress = {"total": 12, "done": 3, "failed": 0}
    grading = reader(Regrade)(
        {**body, "phase": "previewing", "progress": progress, "eta_seconds": 4.4, "counts": counts}
    )
    assert regrade.format_progress(grading) == "previewing, 4 s left"


def test_what_can_be_chosen_and_waited_for_is_what_the_server_has() -> None:
    """The client knows no Redis, so it names them itself."""
    moving_phases = {Phase.PREPARING, Phase.PREVIEWING, Phase.APPLYING, Phase.ROLLING_BACK}
    assert set(Phase) - moving_phases == AT_REST
    assert list(regrade.SELECTIONS) == list(Which)
