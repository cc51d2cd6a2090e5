"""Fresh cases where there is no service: by a secret of the instructor's, which no student has."""

import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from backmark.grader.contracts.judging.revision import dump, join_cases, load
from backmark.grader.contracts.kits.kit import Kit
from backmark.grader.contracts.language.assignment import vary
from backmark.worker.grading import fresh_cases
from tests.contracts.cases.test_fresh_cases import choose, judge_with, make_own
from tests.contracts.judging.test_conventions import publish, toml
from tests.contracts.making import RIGHT, build_pool, contract, judge
from tests.worker.test_cli import RELU, SOLUTION, backmark, results
from tests.worker.test_gradescope import make_wheels

pytestmark = pytest.mark.usefixtures("jail")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a right submission, and one that is right in all cases that can be had."""
    folder = tmp_path_factory.mktemp("class")
    known = {case.values()["x"].tobytes() for case in join_cases(load(draw(folder, "own.npz"))).drawn}
    right = SOLUTION.read_text(encoding="utf-8")
    cheat = right.replace("    x = cache\n", "    x = cache if cache.tobytes() in KNOWN else -cache\n")
    (folder / "right.py").write_text(right, encoding="utf-8")
    (folder / "cheat.py").write_text(f"KNOWN = {known!r}\n{cheat}", encoding="utf-8")
    return folder


def run(folder: Path, *words: str | Path) -> "subprocess.CompletedProcess[str]":
    return backmark(*words, cwd=folder, BACKMARK_CACHE=str(folder / "cache"))


def draw(folder: Path, name: str, *options: str | Path) -> bytes:
    process = run(folder, "assignment", "draw", RELU, "-o", name, *options)
    assert process.returncode == 0, process.stderr
    return (folder / name).read_bytes()


def grade(folder: Path, *options: str | Path) -> dict[str, str]:
    """Return by file its outcome."""
    process = run(folder, "grade", "--json", "right.py", "cheat.py", *options)
    assert process.returncode in {0, 1}, process.stderr
    return {verdict["submission"]["filename"]: verdict["outcome"] for verdict in results(process)}


def test_a_table_passes_on_the_cases_that_anybody_has_and_fails_by_a_secret(folder: Path) -> None:
    assert grade(folder, "--assignment", "own.npz") == {"right.py": "passed", "cheat.py": "passed"}
    secret = ("--assignment", "own.npz", "--secret", "ours.secret")
    assert grade(folder, *secret) == {"right.py": "passed", "cheat.py": "failed"}
    assert (folder / "ours.secret").stat().st_mode & 0o777 == 0o600
    again = run(folder, "grade", "--json", "cheat.py", *secret)
    # The secret is there, and what it tells is drawn.
    assert again.stderr == ""
    (verdict,) = results(again)
    assert [flag["id"] for flag in verdict["flags"]] == ["fails_fresh_cases", "mostly_numbers"]
    assert {path.stat().st_mode & 0o777 for path in (folder / "cache/pools").iterdir()} == {0o600}


def test_drawn_cases_carry_what_a_secret_adds_and_another_one_adds_others(folder: Path) -> None:
    ours = load(draw(folder, "ours.npz", "--secret", "one.secret"))
    theirs = load(draw(folder, "theirs.npz", "--secret", "two.secret"))
    own = load(draw(folder, "own.npz"))
    assert ours.fresh is not None
    assert theirs.fresh is not None
    assert len(ours.fresh.cases) == len(own.cases) // 10
    assert len({revision.id for revision in (own, ours, theirs)}) == 3
    assert ours.fresh.sha256 != theirs.fresh.sha256
    assert grade(folder, "--assignment", "ours.npz") == {"right.py": "passed", "cheat.py": "failed"}


def test_gradescope_grades_by_a_secret_that_is_not_in_its_file(folder: Path) -> None:
    wheels = make_wheels(folder / "wheels")
    export = ("assignment", "export", "gradescope", RELU, "--wheels", wheels)
    process = run(folder, *export)
    assert process.returncode == 0, process.stderr
    assert "autograder.secret is a new secret" in process.stderr
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        (folder / "bundled.npz").write_bytes(archive.read("revision.npz"))
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert (folder / "autograder.secret").read_bytes().strip() not in everything
    assert grade(folder, "--assignment", "bundled.npz") == {"right.py": "passed", "cheat.py": "failed"}
    before = (folder / "autograder.zip").read_bytes()
    assert run(folder, *export).returncode == 0
    assert (folder / "autograder.zip").read_bytes() == before
    assert run(folder, *export, "--public-cases", "-o", "public.zip").returncode == 0
    with zipfile.ZipFile(folder / "public.zip") as archive:
        assert load(archive.read("revision.npz")).fresh is None
    both = run(folder, *export, "--public-cases", "--secret", "autograder.secret")
    assert (both.returncode, "--public-cases and --secret cannot be combined" in both.stderr) == (2, True)


def test_a_workflow_grades_by_a_secret(folder: Path) -> None:
    command = ("autograde", "github", "--assignment", RELU, "--secret", "ours.secret")
    statuses = [run(folder, *command, name).returncode for name in ("right.py", "cheat.py")]
    assert statuses == [0, 1]


def test_a_secret_that_can_be_guessed_is_refused(folder: Path) -> None:
    (folder / "short.secret").write_text("hello\n", encoding="utf-8")
    process = run(folder, "grade", "right.py", "--secret", "short.secret")
    assert process.returncode == 2
    assert "the secret in short.secret is too short: write 16 characters or more, or name a new file" in process.stderr


def test_stored_cases_are_those_that_were_added_by_every_convention() -> None:
    published, pool = publish(), build_pool(vary(contract(toml()), 99, 60))
    fresh = fresh_cases.choose(published, pool, 6, range(60))
    loaded = load(dump(replace(published, fresh=fresh)))
    assert loaded.fresh is not None
    assert loaded.fresh.sha256 == fresh.sha256
    assert {name: len(cases) for name, cases in loaded.fresh.conventions.items()} == {"mean": 6, "order": 6}
    assert loaded.conventions.keys() == published.conventions.keys()
    assert loaded.contract.cases.expected.tobytes() == published.cases.expected.tobytes()
    assert judge_with(loaded.fresh, RIGHT, loaded) == judge_with(fresh, RIGHT, published)


def test_no_kit_holds_them() -> None:
    revision = replace(make_own(), fresh=choose("0"))
    assert Kit.of(revision, with_solution=True).contents.fresh is None
    assert judge(revision, RIGHT).statistics == judge(make_own(), RIGHT).statistics
