"""`backmark submit`, `backmark status` and `backmark service rerun` against a real service."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from backmark.grader.model.records import Scope
from backmark.grader.store.store import Store
from backmark.grader.store.submissions import NewSubmission
from tests.client.running import COURSE, Running, command
from tests.corpus.examples import OUTCOMES
from tests.web.concluding import fail_submission
from tests.worker.test_cli import EXAMPLES, backmark, results


@pytest.fixture(scope="module")
def variables(service_like_commands: Running) -> dict[str, str]:
    """The URL of the service, and a student's token."""
    return {
        "BACKMARK_URL": service_like_commands.url,
        "BACKMARK_TOKEN": service_like_commands.token(Scope.SUBMIT, Scope.READ),
    }


def timeless(text: str) -> str:
    """Without the seconds that grading took, nor the blank lines at its ends."""
    return re.sub(r"\d+\.\d\d s", "", text).strip()


@pytest.mark.parametrize("name", ["no_relu_derivative.ipynb", "right_loops.py", "raises.py", "unfilled.ipynb"])
def test_a_submission_gets_the_same_words_and_status_as_from_grade(variables: dict[str, str], name: str) -> None:
    # A first attempt is not told what to change.
    command(variables, "submit", EXAMPLES / name)
    here_process, there_process = backmark("grade", EXAMPLES / name), command(variables, "submit", EXAMPLES / name)
    assert (there_process.returncode, timeless(there_process.stdout)) == (
        here_process.returncode,
        timeless(here_process.stdout),
    ), there_process.stderr
    assert there_process.stderr == ""


def test_a_file_of_another_format_is_refused_in_the_words_of_grade_and_keeps_back_no_other(
    variables: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "a.ipynb").write_bytes(b"%PDF-1.7\n1 0 obj")
    (tmp_path / "b.py").write_bytes((EXAMPLES / "right_loops.py").read_bytes())
    sentence = "This is a PDF. Hand in the notebook itself: the .ipynb file, as Jupyter or Colab saves it."
    graded_here = backmark("grade", "--json", tmp_path / "a.ipynb")
    assert (graded_here.returncode, results(graded_here)[0]["error"]["message"]) == (1, sentence)
    submit_process = command(variables, "submit", tmp_path)
    assert submit_process.returncode == 2
    assert f"a.ipynb was refused: A file of this format cannot be graded: {sentence}" in submit_process.stderr
    assert "b.py (udl-7.2)  passed" in submit_process.stdout


def test_a_folder_gets_the_same_verdicts_as_from_grade(variables: dict[str, str]) -> None:
    """Each file as a student's of its name, in order, one result object a line."""
    process = command(variables, "submit", "--json", EXAMPLES)
    assert process.returncode == 1, process.stderr
    there, here = (
        {
            result["submission"]["filename"]: (
                result["outcome"],
                result["score"],
                [(row["name"], row["outcome"]) for row in result["properties"]],
            )
            for result in results(graded)
        }
        for graded in (process, backmark("grade", "--json", EXAMPLES))
    )
    assert there == here
    assert {*there} == {*OUTCOMES}
    assert list(there) == sorted(there)


def test_several_files_end_with_a_summary_that_tells_them_apart(variables: dict[str, str], tmp_path: Path) -> None:
    """By their folders, where they are called the same."""
    for student, name in (("ada", "right_loops.py"), ("alan", "bias_template.py")):
        (tmp_path / student).mkdir()
        (tmp_path / student / "hw.py").write_bytes((EXAMPLES / name).read_bytes())
    process = command(variables, "submit", "ada", "alan/hw.py", cwd=tmp_path)
    assert process.returncode == 1, process.stderr
    assert "1 of 2 passed" in process.stdout
    assert re.search(r"^ada/hw.py +passed +10/10$", process.stdout, re.MULTILINE)
    assert re.search(r"^alan/hw.py +failed +8/10$", process.stdout, re.MULTILINE)


def test_an_id_can_be_asked_for_later(variables: dict[str, str]) -> None:
    submit_process = command(variables, "submit", EXAMPLES / "right_loops.py", "--student", "ada", "--no-wait")
    assert submit_process.returncode == 0, submit_process.stderr
    number, name = submit_process.stdout.split()
    assert name == "right_loops.py"
    status_process = command(variables, "status", number, "--wait")
    assert status_process.returncode == 0, status_process.stderr
    assert "right_loops.py (udl-7.2)  passed  10 of 10 marks" in status_process.stdout
    record = json.loads(command(variables, "status", number, "--json").stdout)
    assert (record["student"], record["state"], record["verdict"]["outcome"]) == ("ada", "done", "passed")


def test_somebody_at_a_terminal_sees_what_is_waited_for(variables: dict[str, str]) -> None:
    """On standard error, and nothing of it is left in the end."""
    terminal_end, process_end = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "backmark.worker.cli.main", "submit", EXAMPLES / "endless_loop.py"],
        stderr=process_end,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(EXAMPLES.parent), "TERM": "xterm", **variables},
    ) as process:
        os.close(process_end)
        terminal_output = b""
        while portion := _portion(terminal_end):
            terminal_output += portion
        assert process.stdout is not None
        stdout_text = process.stdout.read()
    assert process.returncode == 1
    assert "endless_loop.py (udl-7.2)  takes too long" in stdout_text
    assert "\x1b" not in stdout_text
    assert re.search(rb"endless_loop.py \(\w+\)  being graded", terminal_output)


def _portion(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        # So Linux says that nobody writes there any more.
        return b""


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("submit", EXAMPLES / "right.ipynb", "--assignment", "udl-9"), "has no assignment 'udl-9'; it has udl-7.2"),
        (("submit", EXAMPLES, "--student", "ada"), "--student takes a single file"),
        (("submit", EXAMPLES / "right.ipynb", "--student", "two words"), "/student"),
        (("status", "no-such-id"), "there is no submission no-such-id"),
        (("course", "regrade", "show"), "scope assist"),
        (("service", "rerun", "--all"), "staff"),
        (("service", "rerun"), "use --all"),
        (("service", "rerun", "x", "--all"), "use --all"),
        (("service", "rerun", "x", "--assignment", "mine"), "--assignment works only with --all"),
    ],
)
def test_what_the_server_refuses_is_wrong_usage(
    variables: dict[str, str], words: tuple[str | Path, ...], sentence: str
) -> None:
    process = command(variables, *words)
    assert process.returncode == 2, process.stderr
    assert sentence in process.stderr
    assert process.stdout == ""


def fail_on_our_side(service: Running, student: str) -> str:
    """A right submission that ended as service_failed."""
    # With one try it has ended before a worker hears of it.
    store, file = Store.connect(service.store.settings.model_copy(update={"tries": 1})), EXAMPLES / "right_loops.py"
    revision = store.assignments.current(COURSE, "udl-7.2")
    assert revision is not None
    new = NewSubmission(COURSE, "udl-7.2", revision.id, student, file.name, file.read_bytes())
    name = fail_submission(store, store.submissions.accept(new).id)
    store.close()
    return name


def test_what_failed_on_our_side_is_graded_again(service: Running) -> None:
    staff = {"BACKMARK_URL": service.url, "BACKMARK_TOKEN": service.token(Scope.STAFF)}
    first_id, *other_ids = (fail_on_our_side(service, student) for student in ("one", "two", "three"))
    assert command(staff, "status", first_id).returncode == 3
    process = command(staff, "service", "rerun", first_id, "--wait")
    assert (process.returncode, "passed" in process.stdout) == (0, True), process.stderr
    assert command(staff, "service", "rerun", "--all", "--assignment", "other").stdout == ""
    process = command(staff, "service", "rerun", "--all")
    assert (process.returncode, set(process.stdout.split())) == (0, set(other_ids)), process.stderr
    assert command(staff, "status", "--wait", *other_ids).returncode == 0


def test_a_token_that_the_server_does_not_know_is_wrong_usage_and_not_repeated(variables: dict[str, str]) -> None:
    process = command({**variables, "BACKMARK_TOKEN": "bmk_000000000000_secret"}, "status", "x")
    assert process.returncode == 2
    assert "did not accept the token in BACKMARK_TOKEN" in process.stderr
    assert "secret" not in process.stderr
