"""`backmark init`: the files are complete, name one version or commit, and do what they are for."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # it has no types
from click.testing import CliRunner, Result

from backmark.grader.contracts.judging.revision import load
from backmark.worker.cli.main import main
from backmark.worker.cli.starters import pin
from tests.services import require
from tests.worker.test_cli import RELU
from tests.worker.test_gradescope import make_wheels

ROOT = Path(__file__).parents[2]
COMMIT = "0123456789abcdef0123456789abcdef01234567"
ACTION = f"ada/backmark@{COMMIT}"


def init(platform: str, folder: Path, *options: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["init", platform, str(folder), *options])


def list_files(folder: Path) -> set[str]:
    return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}


def read_workflow(folder: Path) -> dict[str, Any]:
    workflow = yaml.safe_load((folder / ".github/workflows/backmark.yml").read_text(encoding="utf-8"))
    assert isinstance(workflow, dict)
    return workflow


@pytest.mark.parametrize("platform", ["classroom50", "github", "nbgrader"])
def test_each_path_and_the_next_step_are_printed_and_nothing_is_overwritten(tmp_path: Path, platform: str) -> None:
    folder = tmp_path / "made"
    options = ("--action", ACTION) if platform != "nbgrader" else ()
    made = init(platform, folder, *options)
    assert made.exit_code == 0, made.output
    *paths, last = made.output.splitlines()
    assert {Path(path).relative_to(folder).as_posix() for path in paths} == list_files(folder)
    assert "README.md" in list_files(folder)
    assert last.startswith("Next: ")
    written = {name: (folder / name).read_bytes() for name in list_files(folder)}
    assert not any(f"@{word}@".encode() in text for text in written.values() for word in ("FILE", "ACTION", "MARKS"))
    again = init(platform, folder, *options)
    assert (again.exit_code, "is not empty; name a folder that does not exist yet" in again.output) == (2, True)
    assert {name: (folder / name).read_bytes() for name in list_files(folder)} == written


def test_the_workflow_names_the_commit_that_grades_and_one_of_each_other_action(tmp_path: Path) -> None:
    assert init("github", tmp_path, "--action", ACTION, "--file", "hw/one.py").exit_code == 0
    steps = read_workflow(tmp_path)["jobs"]["grade"]["steps"]
    used = [step["uses"] for step in steps]
    assert ACTION in used
    assert all(len(name.partition("@")[2]) == 40 for name in used)
    (own,) = [step for step in steps if step["uses"] == ACTION]
    assert own["with"] == {"file": "hw/one.py", "assignment": "udl-7.2", "junit": "backmark.xml"}


def test_the_workflow_gives_the_action_what_it_takes(tmp_path: Path) -> None:
    assert init("github", tmp_path, "--action", ACTION).exit_code == 0
    (own,) = [step for step in read_workflow(tmp_path)["jobs"]["grade"]["steps"] if step["uses"] == ACTION]
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    assert set(own["with"]) <= set(action["inputs"])
    assert {name for name, value in action["inputs"].items() if value.get("required")} <= set(own["with"])


@pytest.mark.parametrize(
    ("option", "value", "reason"),
    [
        ("--action", "ada/backmark@main", "a branch or a tag can be moved to other code"),
        ("--action", "ada/backmark@v1.2", "a branch or a tag can be moved to other code"),
        ("--action", f"ada/backmark@{COMMIT[:12]}", "is not a commit of 40 hexadecimal digits"),
        ("--action", f"https://github.com/ada/backmark@{COMMIT}", "is not OWNER/REPOSITORY@COMMIT"),
        ("--file", "../solution.py", "is not the path of a notebook"),
        ("--file", "homework.txt", "is not the path of a notebook"),
        ("--file", "${{ github.token }}.py", "is not the path of a notebook"),
        ("--assignment", "udl-7.3", "did you mean udl-7.2?"),
    ],
)
def test_what_would_not_stay_the_same_or_not_work_is_refused(
    tmp_path: Path, option: str, value: str, reason: str
) -> None:
    options = {"--action": ACTION, option: value}
    refused = init("github", tmp_path / "made", *(word for pair in options.items() for word in pair))
    assert refused.exit_code == 2
    assert reason in " ".join(refused.output.split())
    assert not (tmp_path / "made").exists()


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout that Backmark runs from, whose commit is on GitHub."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    (folder / "action.yml").write_text("name: Backmark\n", encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "action.yml")
    git(folder, "commit", "--quiet", "--message", "Begin")
    git(folder, "remote", "add", "origin", "git@github.com:ada/backmark.git")
    git(folder, "update-ref", "refs/remotes/origin/main", "HEAD")
    monkeypatch.setattr(pin, "_ROOT", folder)
    return folder


def git(folder: Path, *words: str) -> str:
    program = require(shutil.which("git"), "git")
    author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    process = subprocess.run([program, "-C", str(folder), *author, *words], capture_output=True, text=True, check=True)
    return process.stdout.strip()


@pytest.mark.parametrize("address", ["git@github.com:ada/backmark.git", "https://github.com/ada/backmark"])
def test_a_checkout_names_its_own_commit(tmp_path: Path, checkout: Path, address: str) -> None:
    git(checkout, "remote", "set-url", "origin", address)
    made = init("github", tmp_path / "made")
    assert made.exit_code == 0, made.output
    used = [step["uses"] for step in read_workflow(tmp_path / "made")["jobs"]["grade"]["steps"]]
    assert f"ada/backmark@{git(checkout, 'rev-parse', 'HEAD')}" in used


@pytest.mark.parametrize(
    "change",
    [
        ("commit", "--quiet", "--allow-empty", "--message", "Not pushed"),
        ("remote", "set-url", "origin", "/srv/backmark.git"),
        ("remote", "remove", "origin"),
    ],
    ids=["not pushed", "elsewhere", "no remote"],
)
def test_a_commit_that_no_runner_can_fetch_has_to_be_named(
    tmp_path: Path, checkout: Path, change: tuple[str, ...]
) -> None:
    git(checkout, *change)
    refused = init("github", tmp_path / "made")
    assert refused.exit_code == 2
    assert "--action OWNER/REPOSITORY@COMMIT" in " ".join(refused.output.split())


def test_gradescope_gets_the_archive_that_is_exported_and_the_steps(tmp_path: Path) -> None:
    folder, wheels = tmp_path / "made", make_wheels(tmp_path / "wheels")
    made = init("gradescope", folder, "--public-cases", "--wheels", str(wheels))
    assert made.exit_code == 0, made.output
    assert list_files(folder) == {"autograder.zip", "README.md"}
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        assert load(archive.read("revision.npz")).assignment.id == "udl-7.2"
    steps = (folder / "README.md").read_text(encoding="utf-8")
    assert "with 10 points" in steps
    assert "public cases alone" in steps


def test_gradescope_gets_fresh_cases_by_a_secret_that_is_kept_beside_it(tmp_path: Path, relu: Path) -> None:
    folder, wheels = tmp_path / "made", make_wheels(tmp_path / "wheels")
    made = init("gradescope", folder, "--assignment", str(relu), "--wheels", str(wheels))
    assert made.exit_code == 0, made.output
    assert list_files(folder) == {"autograder.zip", "autograder.secret", "README.md"}
    assert (folder / "autograder.secret").stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        assert load(archive.read("revision.npz")).fresh is not None


def test_what_fails_leaves_nothing_in_the_way_of_the_next_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, wheels = tmp_path / "made", make_wheels(tmp_path / "wheels")
    monkeypatch.setenv("BACKMARK_BWRAP", str(tmp_path / "nowhere"))
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    failed = init("gradescope", folder, "--wheels", str(wheels))
    assert failed.exit_code == 3, failed.output
    again = init("gradescope", folder, "--wheels", str(wheels), "--public-cases")
    assert again.exit_code == 0, again.output


@pytest.fixture
def relu(jail: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: ARG001 - drawing takes one
    """An assignment whose cases are drawn at once."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    return RELU
