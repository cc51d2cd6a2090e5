"""The output and exit status of `backmark submit` and `backmark status` in every state."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from backmark.worker.serve.embedded import free_port
from tests.client.running import command
from tests.client.scripted import TOKEN, Answer, Scripted, problem, serve_script, submission
from tests.service.parts import until

#: The assignments of a server, as one of an earlier version lists them.
ASSIGNMENTS = Answer(
    200,
    {
        "items": [
            {
                "id": "udl-7.2",
                "title": "T",
                "revision": {
                    "id": "r",
                    "assignment": "udl-7.2",
                    "title": "T",
                    "networks_sha256": "0",
                    "fresh": 0,
                    "published_at": None,
                },
            }
        ],
        "next": None,
    },
)


def at(server: Scripted) -> dict[str, str]:
    """Variables that name a server."""
    return {"BACKMARK_URL": server.url, "BACKMARK_TOKEN": TOKEN}


@pytest.mark.parametrize(
    ("state", "fields", "line", "status"),
    [
        ("queued", {"queue": {"position": 0, "estimated_seconds": 0.2}}, "waiting, next, about 1 s", 1),
        ("queued", {"queue": {"position": 7, "estimated_seconds": None}}, "waiting, 7 ahead of this one", 1),
        ("running", {}, "being graded", 1),
        ("superseded", {"superseded_by": "s2"}, "replaced by s2, a later submission of the same student", 1),
        ("cancelled", {}, "cancelled", 1),
        ("service_failed", {"failure": "no jail"}, "the service failed, which is not the student's fault: no jail", 3),
    ],
)
def test_each_state_is_told_in_a_line(state: str, fields: dict[str, object], line: str, status: int) -> None:
    with serve_script(Answer(200, submission(state, **fields))) as server:
        process = command(at(server), "status", "s1")
    assert process.returncode == status, process.stderr
    assert process.stdout.startswith("a.py (s1)  ")
    assert process.stdout.endswith(f"{line}\n")


def test_a_name_cannot_do_more_on_a_terminal_than_be_read() -> None:
    with serve_script(Answer(200, submission("running", filename="\x9b2J\u202e.py"))) as server:
        process = command(at(server), "status", "s1")
    assert "\\x9b2J\\u202e.py" in process.stdout


def test_json_has_all_that_the_server_says() -> None:
    cancelled_record = submission("cancelled")
    with serve_script(Answer(200, cancelled_record)) as server:
        process = command(at(server), "status", "s1", "s1", "--json")
    assert [json.loads(line) for line in process.stdout.splitlines()] == [cancelled_record, cancelled_record]


def test_submit_as_json_prints_result_objects_only(tmp_path: Path) -> None:
    """States without a verdict are reported on standard error."""
    (tmp_path / "a.py").touch()
    with serve_script(Answer(202, submission("queued")), Answer(200, submission("superseded"))) as server:
        process = command(at(server), "submit", tmp_path / "a.py", "--json")
    assert process.returncode == 1
    assert process.stdout == ""
    assert "replaced by" in process.stderr


def test_a_wait_that_takes_too_long_ends_and_says_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    with serve_script(Answer(202, submission("queued"))) as server:
        words = ("submit", tmp_path / "a.py", "--timeout", "0.5")
        process = command(at(server), *words)
    assert process.returncode == 3
    assert "s1 is still queued" in process.stderr
    assert "backmark status s1" in process.stderr


def test_who_stops_waiting_is_told_what_goes_on_and_how_to_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    with serve_script(Answer(202, submission("queued"))) as server:
        words = [sys.executable, "-m", "backmark.worker.cli.main", "submit", str(tmp_path / "a.py")]
        environment = {**os.environ, **at(server), "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=environment) as process:
            until(lambda: len(server.asked) > 1, "it waits")
            process.send_signal(signal.SIGINT)
            _, error_text = process.communicate()
    assert process.returncode == 130
    assert "to see the verdicts: backmark status s1" in error_text
    assert "interrupted" in error_text


def test_one_file_that_is_refused_does_not_keep_back_the_others(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).touch()
    refusal = problem(413, "too-large", "the body may have 1 byte")
    other_record = submission("cancelled", id="s2")
    with serve_script(
        ASSIGNMENTS, refusal, ASSIGNMENTS, Answer(202, other_record), Answer(200, other_record)
    ) as server:
        process = command(at(server), "submit", tmp_path)
    assert process.returncode == 2
    assert "a.py was refused: too large: the body may have 1 byte" in process.stderr
    assert "b.py (s2)  cancelled" in process.stdout


@pytest.mark.parametrize(
    "refusal", [problem(422, "invalid", "no such file"), problem(404, "not-found", "no such file")]
)
def test_a_refused_file_keeps_its_reason_and_no_other_back_if_the_token_may_not_read(
    tmp_path: Path, refusal: Answer
) -> None:
    files = [tmp_path / name for name in ("a.py", "b.py")]
    for file in files:
        file.write_text("x = 1")
    script = (refusal, problem(403, "forbidden", "lacks the scope read"), Answer(202, submission("queued")))
    with serve_script(*script) as server:
        process = command(at(server), "submit", "--no-wait", *files)
    assert (process.returncode, process.stdout) == (2, "s1  b.py\n")
    assert "a.py was refused: " in process.stderr
    assert "no such file" in process.stderr
    assert "scope" not in process.stderr


def test_two_files_that_would_be_the_same_students_are_refused_before_any_is_sent(tmp_path: Path) -> None:
    for name in ("a b.py", "a_b.py"):
        (tmp_path / name).touch()
    with serve_script(ASSIGNMENTS) as server:
        process = command(at(server), "submit", tmp_path)
    assert process.returncode == 2
    assert "the same student (a_b)" in process.stderr
    # Only whether the assignment takes folders as packages.
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("variables", "sentence", "status"),
    [
        ({"BACKMARK_TOKEN": ""}, "BACKMARK_TOKEN is not set", 2),
        ({"BACKMARK_URL": "http://backmark.example"}, "plain http", 2),
        ({"BACKMARK_URL": "nonsense"}, "nonsense is not a valid address", 2),
        ({"BACKMARK_TOKEN": "two words"}, "characters that no token has", 2),
        ({"BACKMARK_CA": "/no/such/file"}, "the certificate authority /no/such/file cannot be read", 2),
    ],
)
def test_settings_that_cannot_work_are_wrong_usage(variables: dict[str, str], sentence: str, status: int) -> None:
    process = command({"BACKMARK_URL": "http://127.0.0.1:1", "BACKMARK_TOKEN": TOKEN, **variables}, "status", "s1")
    assert process.returncode == status, process.stderr
    assert sentence in process.stderr


def test_a_server_that_is_no_backmark_is_said_to_be_none() -> None:
    with serve_script(Answer(404, b"<html>", {"Content-Type": "text/html"})) as server:
        process = command(at(server), "status", "s1")
    assert process.returncode == 3
    assert f"{server.url} is not a Backmark server" in process.stderr


def test_no_server_at_all_is_said_with_its_address() -> None:
    url = f"http://127.0.0.1:{free_port()}"
    process = command({"BACKMARK_URL": url, "BACKMARK_TOKEN": TOKEN}, "status", "s1")
    assert process.returncode == 3
    assert f"no Backmark server was reached at {url}" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_missing_http_client_is_said_with_what_installs_it() -> None:
    code = "import sys; sys.modules['httpx'] = None; from backmark.worker.cli.main import main; main(['status', 's1'])"
    root = Path(__file__).parents[2]
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert process.returncode == 2
    assert "httpx, which is not installed: install 'backmark[client]'" in process.stderr
