"""action.yml and the examples for GitHub: run by the commands that a runner would run."""

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import parse

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types

from backmark.worker.sandbox.policy import Launch

ROOT = Path(__file__).parents[1]
#: What a Classroom 50 runner sets.
CLASSROOM = {
    "CLASSROOM": "ml-2026",
    "ASSIGNMENT": "backprop",
    "ASSIGNMENT_TYPE": "individual",
    "OWNER": "ada",
    "SUBMISSION_TAG": "submit/2026-11-29T10-00-00Z-a1b2c3d",
    "COMMIT_URL": "https://github.example/ada/backprop/commit/1",
    "RELEASE_URL": "https://github.example/ada/backprop/releases/tag/1",
}
CLASSROOM_FIELDS = {
    "schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release", "review",
    "datetime", "graded_at", "score", "max-score", "tests",
}  # fmt: skip


@dataclass
class Runner:
    """A runner's folders, with Backmark where the action installs it, and the steps of the action."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the folders."""
        for name in ("workspace", "temp/backmark/bin"):
            (self.folder / name).mkdir(parents=True)
        program = self.folder / "temp/backmark/bin/backmark"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m backmark "$@"\n', encoding="utf-8")
        program.chmod(0o755)

    def put(self, example: str) -> str:
        """Have a file of the examples in the repository; its path there."""
        (self.folder / "workspace/hw").mkdir(exist_ok=True)
        (self.folder / "workspace/hw" / example).write_bytes((ROOT / "examples" / example).read_bytes())
        return f"hw/{example}"

    def run(self, step: str, **inputs: str) -> "subprocess.CompletedProcess[str]":
        """Run a step of the action as a runner does."""
        action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
        (steps,) = [part for part in action["runs"]["steps"] if part["name"] == step]
        given = {name: str(value.get("default", "")) for name, value in action["inputs"].items()} | inputs
        given = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
        given["${{ github.action_path }}"] = str(ROOT)
        environment = {name: given[value] for name, value in steps.get("env", {}).items()}
        return self.call(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps["run"]], environment)

    def call(self, command: list[str], environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run a command in the checkout."""
        files = {
            "GITHUB_WORKSPACE": "workspace",
            "GITHUB_STEP_SUMMARY": "summary.md",
            "GITHUB_OUTPUT": "output",
            "RUNNER_TEMP": "temp",
        }
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "BACKMARK_CACHE") if name in os.environ}
        named = {name: str(self.folder / path) for name, path in files.items()}
        return subprocess.run(
            command,
            cwd=self.folder / "workspace",
            env={**kept, "PYTHONPATH": str(ROOT), **named, **self.variables, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def read(self, name: str) -> str:
        """A file that was written."""
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def runner(tmp_path: Path, jail: Launch) -> Runner:  # noqa: ARG001 - where none can be had there is nothing to try
    """A runner."""
    return Runner(tmp_path)


def test_preparing_asks_for_nothing_where_a_jail_can_be_had(runner: Runner) -> None:
    step = runner.run("Prepare the jail")
    assert (step.returncode, step.stderr) == (0, "")


def test_a_wrong_line_is_annotated_and_the_job_fails(runner: Runner) -> None:
    path = runner.put("weights_from_previous_activation.py")
    step = runner.run("Grade", file=path, junit="rows.xml")
    assert step.returncode == 1, step.stderr
    (annotation,) = [line for line in step.stdout.splitlines() if line.startswith("::error ")]
    source = (ROOT / "examples/weights_from_previous_activation.py").read_text(encoding="utf-8").splitlines()
    number = int(annotation.partition("line=")[2].partition(",")[0])
    assert annotation.startswith(f"::error file={path},line={number},title=")
    assert "all_h[layer-1]" in source[number - 1].replace(" ", "")
    outputs = dict(line.split("=") for line in runner.read("output").splitlines())
    assert outputs == {"outcome": "failed", "score": "8", "max_score": "10", "isolation": "jail"}
    suite = parse(runner.folder / "workspace/rows.xml").getroot()  # noqa: S314 - our own document
    assert suite.get("failures") != "0"
    summary = runner.read("summary.md")
    assert "### What to change" in summary
    assert source[number - 1].strip() in summary


def test_a_right_one_passes_with_a_notice(runner: Runner) -> None:
    step = runner.run("Grade", file=runner.put("right_loops.py"))
    assert step.returncode == 0, step.stderr
    assert "::notice file=hw/right_loops.py,title=" in step.stdout
    assert "outcome=passed" in runner.read("output")


def test_a_notebook_is_annotated_at_the_line_of_its_file(runner: Runner) -> None:
    """The message names cell and line."""
    path = runner.put("no_relu_derivative.ipynb")
    step = runner.run("Grade", file=path)
    (annotation,) = [line for line in step.stdout.splitlines() if line.startswith("::error ")]
    assert "code cell" in annotation
    lines = (ROOT / "examples/no_relu_derivative.ipynb").read_text(encoding="utf-8").splitlines()
    number = int(annotation.partition("line=")[2].partition(",")[0])
    assert annotation.startswith(f"::error file={path},line={number},title=")
    assert "all_dl_df[layer-1] = all_dl_dh[layer]" in lines[number - 1]


def test_what_a_submission_prints_commands_no_runner(runner: Runner) -> None:
    attack = "print('\\n::set-output name=score::10\\n::error::x\\n::add-mask::8\\n```\\n# done\\n<script>')"
    source = (ROOT / "examples/right_loops.py").read_text(encoding="utf-8")
    file = runner.folder / "workspace/hw.py"
    head = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n"
    assert head in source
    file.write_text(source.replace(head, f"{head}    {attack}\n"), encoding="utf-8")
    step = runner.run("Grade", file="hw.py")
    commands = [line for line in step.stdout.splitlines() if line.startswith("::")]
    assert not any(word in command for command in commands for word in ("set-output", "add-mask"))
    assert runner.read("output").count("score=") == 2
    assert "````text\n\n::set-output" in runner.read("summary.md")


@pytest.mark.parametrize("name", ["hw.py", "hw.zip"])
def test_a_link_out_of_the_repository_is_no_submission(runner: Runner, name: str) -> None:
    right = (ROOT / "examples/right_loops.py").read_bytes()
    (runner.folder / "right.py").write_bytes(right)
    with zipfile.ZipFile(runner.folder / "right.zip", "w") as archive:
        archive.writestr("hw.py", right)
    (runner.folder / "workspace" / name).symlink_to(f"../right{Path(name).suffix}")
    step = runner.run("Grade", file=name)
    assert step.returncode == 1
    assert "outcome=rejected" in runner.read("output")
    assert "is a link" in step.stdout


def test_a_damaged_archive_is_a_rejected_submission(runner: Runner) -> None:
    (runner.folder / "workspace/hw.zip").write_bytes(b"PK\3\4, cut off")
    step = runner.run("Grade", file="hw.zip")
    assert step.returncode == 1, step.stderr
    assert "outcome=rejected" in runner.read("output")
    (annotation,) = [line for line in step.stdout.splitlines() if line.startswith("::error ")]
    assert annotation.startswith("::error file=hw.zip")
    assert "it is damaged or no ZIP archive" in annotation
    assert "Hand in the notebook (.ipynb) or Python file (.py) itself." in annotation


def test_an_assignment_of_the_students_own_is_not_taken_for_one_that_ships(runner: Runner) -> None:
    """Under its ID in the checkout."""
    folder = runner.folder / "workspace/udl-7.2"
    shutil.copytree(ROOT / "grader/assignments/start", folder)
    step = runner.run("Grade", file=runner.put("weights_from_previous_activation.py"))
    assert step.returncode == 1, step.stderr
    assert "max_score=10" in runner.read("output")


def test_no_module_of_the_students_is_run_while_it_is_prepared() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    scripts = "\n".join(step["run"] for step in action["runs"]["steps"])
    assert re.findall(r"python3? (-\S+)", scripts) == ["-I"]


#: A stand-in for Python, whose `-m venv` makes a folder with a pip that records what it is asked for.
PYTHON = """#!/bin/sh
mkdir -p "$4/bin"
printf '#!/bin/sh\\necho "$@" >> "%s/asked"\\n' "$RUNNER_TEMP" > "$4/bin/pip"
chmod +x "$4/bin/pip"
"""


def list_installs(runner: Runner, **inputs: str) -> list[list[str]]:
    """Return the words of each `pip install` by which the action installs Backmark, without those about its output."""
    programs = runner.folder / "programs"
    programs.mkdir()
    (programs / "python3").write_text(PYTHON, encoding="utf-8")
    (programs / "python3").chmod(0o755)
    runner.variables["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    step = runner.run("Install Backmark", **inputs)
    assert step.returncode == 0, step.stderr
    words = [line.split() for line in runner.read("temp/asked").splitlines()]
    return [line[3:] for line in words if line[:3] == ["install", "--quiet", "--disable-pip-version-check"]]


def test_what_the_action_takes_from_the_network_has_a_hash_in_the_lock(runner: Runner) -> None:
    locked = ["--require-hashes", "--only-binary", ":all:", "-r", f"{ROOT}/locks/run.txt"]
    own = ["--no-deps", "--no-build-isolation", f"{ROOT}", f"{ROOT}/setup/gallery"]
    assert list_installs(runner) == [locked, own]


def test_another_distribution_is_installed_where_one_is_named(runner: Runner) -> None:
    assert list_installs(runner, package="backmark==9")[-1] == ["backmark==9"]


#: A stand-in for `backmark` that records its words, its environment, and the file that a secret is in.
BACKMARK = """#!/bin/sh
printf '%s\\n' "$@" > "$RUNNER_TEMP/words"
env > "$RUNNER_TEMP/environment"
while [ $# -gt 0 ]; do [ "$1" != --secret ] || { cat "$2"; stat -c %a "$2"; } > "$RUNNER_TEMP/kept"; shift; done
"""


def test_a_secret_reaches_the_command_in_a_file_that_nobody_else_reads_and_nothing_prints_it(runner: Runner) -> None:
    (runner.folder / "temp/backmark/bin/backmark").write_text(BACKMARK, encoding="utf-8")
    words = "a secret with spaces, 'quotes' and $HOME"
    step = runner.run("Grade", file="hw.py", secret=words)
    assert (step.returncode, step.stdout, step.stderr) == (0, "", "")
    assert runner.read("temp/kept").splitlines() == [words, "600"]
    assert words not in runner.read("temp/words") + runner.read("temp/environment")
    # With the step the file is gone.
    assert not list((runner.folder / "temp").glob("backmark-secret*"))


def test_without_a_secret_the_command_is_given_none(runner: Runner) -> None:
    (runner.folder / "temp/backmark/bin/backmark").write_text(BACKMARK, encoding="utf-8")
    assert runner.run("Grade", file="hw.py").returncode == 0
    assert runner.read("temp/words").splitlines() == ["autograde", "github", "hw.py", "--assignment", "udl-7.2"]


def test_a_missing_file_is_wrong_usage_and_no_result(runner: Runner) -> None:
    step = runner.run("Grade", file="nowhere.py")
    assert step.returncode == 2
    assert not (runner.folder / "output").exists()


def check_classroom(result: dict[str, Any]) -> None:
    """The contract of `classroom50/result/v1`, as its collector checks it."""
    assert set(result) == CLASSROOM_FIELDS
    assert result["schema"] == "classroom50/result/v1"
    assert result["submission"].startswith("submit/")
    for name in CLASSROOM_FIELDS - {"score", "max-score", "tests"}:
        assert isinstance(result[name], str)
        assert result[name]
    for part in (result, *result["tests"]):
        assert type(part["score"]) is type(part["max-score"]) is int
        assert 0 <= part["score"] <= part["max-score"]
    assert all(test["test-name"] and type(test["passed"]) is bool for test in result["tests"])
    assert sum(test["score"] for test in result["tests"]) == result["score"]
    assert sum(test["max-score"] for test in result["tests"]) == result["max-score"]


@pytest.mark.parametrize(("example", "score"), [("right_loops.py", 10), ("weights_from_previous_activation.py", 8)])
def test_a_classroom_50_runner_gets_its_result(runner: Runner, example: str, score: int) -> None:
    runner.variables.update(CLASSROOM)
    runner.run("Grade", file=runner.put(example), classroom50="result.json")
    result = json.loads(runner.read("workspace/result.json"))
    check_classroom(result)
    assert (result["score"], result["owner"], result["review"]) == (score, "ada", CLASSROOM["COMMIT_URL"])


def test_outside_of_such_a_runner_no_result_is_made_up(runner: Runner) -> None:
    step = runner.run("Grade", file=runner.put("right_loops.py"), classroom50="result.json")
    assert step.returncode == 2
    assert "CLASSROOM" in step.stderr
    assert not (runner.folder / "workspace/result.json").exists()


#: Runs an autograder where nothing is installed, and writes which commands it called to the file `called`.
HARNESS = """
import json, runpy, subprocess, sys
from pathlib import Path

real, called = subprocess.run, []

def run(words, **options):
    called.append(words)
    if "autograde" in words:
        return real([sys.executable, "-m", "backmark", *words[words.index("autograde"):]], **options)
    return subprocess.CompletedProcess(words, 0)

subprocess.run = run
try:
    runpy.run_path(sys.argv[1], run_name="__main__")
finally:
    Path("called").write_text(json.dumps(called))
"""


def test_the_autograder_for_classroom_50_writes_what_the_runner_reads_and_ends_well_if_it_graded(
    runner: Runner,
) -> None:
    """With what it installs here already, and the machine left as it is."""
    path = runner.put("weights_from_previous_activation.py")
    commit = "0123456789abcdef0123456789abcdef01234567"
    made = runner.folder / "made"
    words = ["init", "classroom50", str(made), "--file", path, "--action", f"ada/backmark@{commit}"]
    assert runner.call([sys.executable, "-m", "backmark", *words], {}).returncode == 0
    runner.variables.update(CLASSROOM)
    step = runner.call([sys.executable, "-c", HARNESS, str(made / "autograder.py")], {})
    assert step.returncode == 0, step.stderr
    check_classroom(json.loads(runner.read("workspace/result.json")))
    body = runner.read("workspace/release-body.md")
    assert "### What to change" in body
    # The runner puts the text of the release into the summary.
    assert not (runner.folder / "summary.md").exists()
    called = json.loads(runner.read("workspace/called"))
    assert [*called[-6][-2:]] == ["https://github.com/ada/backmark", commit]
    assert called[-5][-1] == commit
    assert called[-4][1:4] == ["-I", "-m", "venv"]
    (locked, own) = [words for words in called if "install" in words]
    assert "--require-hashes" in locked
    assert "--no-deps" in own


def test_no_input_is_pasted_into_a_script() -> None:
    """It could end the command: inputs are variables."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert all("${{" not in step["run"] for step in action["runs"]["steps"])
