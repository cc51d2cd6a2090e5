"""The command line starts on macOS and Windows, as far as Linux without what they lack can show."""

import shutil
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.revision import dump
from backmark.grader.contracts.language.reading import read
from tests.client.scripted import TOKEN, Answer, serve_script, submission
from tests.contracts.making import build_shared
from tests.made import RIGHT
from tests.night import by_day
from tests.worker.test_cli import EXAMPLES, results

ELSEWHERE = Path(__file__).with_name("elsewhere.py")

systems = pytest.mark.parametrize("system", by_day(["win32", "darwin"], 2))


def backmark(system: str, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as on that system."""
    return subprocess.run(
        [sys.executable, ELSEWHERE, system, *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", **variables},
    )


def test_what_is_taken_away_is_away_in_children_too() -> None:
    """Or the other tests would show nothing."""
    child = "print(sys.platform, hasattr(__import__('os'), 'fork')); import resource"
    code = "import elsewhere, subprocess, sys; elsewhere.become('win32'); "
    code += f"subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ELSEWHERE.parent
    )
    assert process.stdout == "win32 False\n"
    assert "No module named 'resource'" in process.stderr


@systems
def test_help_lists_every_command(system: str) -> None:
    process = backmark(system, "--help")
    assert process.returncode == 0, process.stderr
    for command in ("grade", "submit", "status", "serve", "doctor"):
        assert f"\n  {command} " in process.stdout


@systems
def test_a_submission_is_graded_without_a_jail(system: str) -> None:
    process = backmark(system, "grade", "--no-jail", "--json", EXAMPLES / "right.ipynb")
    assert process.returncode == 0, process.stderr
    assert results(process)[0]["outcome"] == "passed"


@systems
def test_a_mistake_is_named_without_a_jail(system: str) -> None:
    """With shrinking, which asks the process again."""
    process = backmark(system, "grade", "--no-jail", EXAMPLES / "no_relu_derivative.ipynb")
    assert process.returncode == 1, process.stderr
    assert "Your code ignores the derivative of every ReLU." in " ".join(process.stdout.split())
    assert "leaves out the factor" in process.stdout


@pytest.mark.nightly
@systems
def test_a_shipped_assignment_draws_its_cases_without_a_jail(system: str, tmp_path: Path) -> None:
    """That of a course, with code of its own."""
    answer = EXAMPLES.parent / "grader" / "assignments" / "gallery" / "mit-tanh" / "solution.py"
    process = backmark(
        system, "grade", "--no-jail", "--json", "--assignment", "mit-tanh", answer, BACKMARK_CACHE=str(tmp_path)
    )
    assert process.returncode == 0, process.stderr
    assert results(process)[0]["outcome"] == "passed"
    assert "drawing the cases of mit-tanh without a jail" in process.stderr


@pytest.mark.nightly
@pytest.mark.parametrize("entry", gallery.list_gallery(), ids=lambda entry: entry.id)
def test_every_shipped_assignment_grades_a_folder_without_a_jail(entry: gallery.GalleryEntry, tmp_path: Path) -> None:
    """Both right solutions pass, and a mistake is named."""
    assignment = read(entry.folder)
    mistake = assignment.mistakes[zlib.crc32(entry.id.encode()) % len(assignment.mistakes)]
    drawn, answers = tmp_path / "drawn.npz", tmp_path / "answers"
    drawn.write_bytes(dump(build_shared(assignment)))
    answers.mkdir()
    for name in ("other_solution.py", "solution.py"):
        shutil.copy(entry.folder / name, answers)
    (answers / "wrong.py").write_text(mistake.source, encoding="utf-8")
    process = backmark("win32", "grade", "--no-jail", "--json", "--assignment", drawn, answers)
    assert process.returncode == 1, process.stderr
    verdicts = results(process)
    assert [verdict["outcome"] for verdict in verdicts] == ["passed", "passed", "failed"]
    assert verdicts[-1]["diagnosis"][0]["id"] == mistake.id


@systems
def test_a_process_that_ends_by_itself_is_the_submissions_end(system: str, tmp_path: Path) -> None:
    file = tmp_path / "leaves.py"
    file.write_text("import os\ndef backward_pass(all_weights, all_biases, all_f, all_h, y):\n    os._exit(7)\n")
    process = backmark(system, "grade", "--no-jail", "--json", file)
    assert process.returncode == 1, process.stderr
    assert results(process)[0]["outcome"] == "crashed"


@systems
def test_grading_in_a_jail_is_refused_in_a_sentence(system: str) -> None:
    process = backmark(system, "grade", EXAMPLES / "right.ipynb")
    assert process.returncode == 3
    assert "Isolation needs Linux" in process.stderr
    assert "Traceback" not in process.stderr


@systems
def test_a_file_is_submitted_and_its_state_shown(system: str) -> None:
    """Over HTTP, to a server that is elsewhere."""
    with serve_script(Answer(202, submission("queued")), Answer(200, submission("cancelled"))) as server:
        variables = {"BACKMARK_URL": server.url, "BACKMARK_TOKEN": TOKEN}
        submit_process = backmark(system, "submit", EXAMPLES / "right.ipynb", **variables)
        status_process = backmark(system, "status", "s1", **variables)
    assert "right.ipynb (s1)  cancelled" in submit_process.stdout, submit_process.stderr
    assert "a.py (s1)  cancelled" in status_process.stdout, status_process.stderr


@systems
@pytest.mark.parametrize("command", ["serve", "service worker"])
def test_what_runs_students_code_in_jails_says_that_it_needs_linux(system: str, command: str) -> None:
    process = backmark(system, *command.split())
    assert process.returncode == 2
    assert f"`backmark {command}` needs Linux" in process.stderr
    assert backmark(system, *command.split(), "--help").returncode == 0


def test_the_web_server_says_that_it_does_not_run_on_windows() -> None:
    process = backmark("win32", "service", "web")
    assert process.returncode == 2
    assert "does not run on Windows" in process.stderr


@systems
def test_functions_are_checked_in_another_process(system: str, tmp_path: Path) -> None:
    """As in a notebook: right, wrong, and one that ends its process."""
    own = RIGHT.replace("range(K", "range(len(all_f) - 1")
    endings = {
        "right": own,
        "wrong": own.replace("2 * ", ""),
        "ends": own.replace("delta = 2", "exit()\n    delta = 2"),
    }
    for name, text in endings.items():
        (tmp_path / f"{name}.py").write_text(f"import numpy as np\n{text}", encoding="utf-8")
    code = (
        f"import sys; sys.path[:0] = [{str(ELSEWHERE.parents[2])!r}, {str(tmp_path)!r}, {str(ELSEWHERE.parent)!r}]\n"
        f"import elsewhere; elsewhere.become({system!r})\n"
        "from backmark import check\nimport right, wrong, ends\n"
        "print(*(check('udl-7.2', module.backward_pass).verdict.outcome for module in (right, wrong, ends)))\n"
        "print(check('udl-7.2', right.backward_pass).notes)\n"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.stderr == ""
    assert process.stdout == "passed failed error\n()\n"
