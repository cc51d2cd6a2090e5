"""The verbs of the Makefile that no other test runs, each on its smallest piece: what nobody runs goes stale."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import SHARES, SLOW_SHARES, find_changed, is_in_share
from tests.pages.browser import chromium
from tests.services import require, require_program

ROOT = Path(__file__).parents[1]
#: The smallest of the graders that `make bench` compares with.
PEER = "gradescope-utils"
#: Prints the graders that `make bench` found, each of which told a right submission from a wrong one.
CONTEST = """
import sys
from pathlib import Path
from bench.graders import prepare_contest
print(*prepare_contest(Path(sys.argv[1]), 1).turns, sep="\\n")
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The repository, in a folder in which the verbs leave nothing of a developer's changed."""
    for entry in ROOT.iterdir():
        if entry.name == ".venv" or not entry.name.startswith((".", "mutants", "screenshots")):
            (tmp_path / entry.name).symlink_to(entry)
    return tmp_path


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, as a shell of its own does; return what it prints."""
    # What runs this test has settings of its own, which are not the command's.
    variables = {name: text for name, text in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTEST_"))}
    variables["MUTATE_NICENESS"] = "0"
    process = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


@pytest.mark.parametrize(
    ("verb", "command"), [("mutate", "sh setup/mutate.sh {}"), ("bench-peers", "sh setup/peers.sh {}")]
)
def test_a_verb_passes_its_arguments_on(verb: str, command: str) -> None:
    assert run(ROOT, "make", "--dry-run", verb, "ARGS=one two").splitlines()[-1] == command.format("one two")


def test_a_missing_file_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    for name in ("Makefile", "setup", "locks", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    command = ["make", "run", "FILE=nowhere.ipynb"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert 'there is no file "nowhere.ipynb"' in process.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.usefixtures("redis_program", "jail")
def test_screenshots_are_taken(tmp_path: Path) -> None:
    require(chromium(), "browser")
    lines = run(ROOT, "make", "screenshots", f"ARGS={tmp_path} help").splitlines()
    pictures = [tmp_path / f"help-{scheme}-{width}.png" for scheme in ("light", "dark") for width in ("wide", "narrow")]
    assert lines == [str(picture) for picture in pictures]
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in pictures)


@pytest.mark.nightly
def test_changes_are_made_and_noticed(checkout: Path) -> None:
    output = run(checkout, "sh", "setup/mutate.sh", "grader/contracts/rows/wording.py")
    assert output == "grader/contracts/rows/wording.py: 30 of 30 noticed, 100.0 %\n"


@pytest.mark.usefixtures("jail")
def test_kits_are_drawn_once_and_what_an_assignment_was_goes(checkout: Path) -> None:
    (checkout / "grader").unlink()
    folder = checkout / "grader/assignments"
    for name in ("kits", "revisions"):
        (folder / name).mkdir(parents=True)
    (folder / "revisions/cs231n-relu-0123.npz").touch()
    run(checkout, "sh", "setup/kits.sh", "cs231n-relu", "cmu-mse-loss")
    drawn = {file.name.rpartition("-")[0]: file.stat().st_mtime_ns for file in (folder / "revisions").iterdir()}
    assert drawn.keys() == {"cs231n-relu", "cmu-mse-loss"}
    assert {file.stem for file in (folder / "kits").iterdir()} == drawn.keys()
    run(checkout, "sh", "setup/kits.sh", "cs231n-relu")
    assert {file.stat().st_mtime_ns for file in (folder / "revisions").iterdir()} == set(drawn.values())


@pytest.mark.nightly(0)
@pytest.mark.usefixtures("jail")
def test_a_grader_to_compare_with_is_installed_and_found(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    run(checkout, "sh", "setup/peers.sh", PEER)
    require((checkout / ".peers" / PEER).exists() or None, f"{PEER}, which is installed from the package index")
    # Not in the checkout: pytest is one of the graders, and would read our settings.
    folder = str(tmp_path_factory.mktemp("contest"))
    graders = run(checkout, ".venv/bin/python", "-c", CONTEST, folder).splitlines()
    assert PEER in graders
    assert "otter-grader is not installed: `make bench-peers`" in graders


@pytest.mark.parametrize("shares", [SLOW_SHARES, SHARES])
def test_every_test_that_is_shared_is_in_one_share_and_no_share_is_empty(shares: int) -> None:
    names = [f"tests/test_submissions.py::test_a_wall[single-{number}]" for number in range(40 * shares)]
    commits = [f"{number:040x}" for number in range(shares)]
    assert all(sum(is_in_share(name, commit, shares) for commit in commits) == 1 for name in names)
    assert all(any(is_in_share(name, commit, shares) for name in names) for commit in commits)


def test_the_tests_that_a_commit_or_the_working_tree_changes_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their slow tests are all run."""
    monkeypatch.setattr("tests.conftest.FOLDER", tmp_path)
    git = [require_program("git"), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    run(tmp_path, *git, "init", "--quiet")
    for name in ("test_old.py", "test_committed.py"):
        (tmp_path / name).touch()
        run(tmp_path, *git, "add", name)
        run(tmp_path, *git, "commit", "--quiet", "--message", name)
    (tmp_path / "test_new.py").touch()
    run(tmp_path, *git, "add", "test_new.py")
    assert find_changed(run(tmp_path, *git, "rev-parse", "HEAD").strip()) == {
        tmp_path / "test_committed.py",
        tmp_path / "test_new.py",
    }
    assert find_changed("0" * 40) == set()
