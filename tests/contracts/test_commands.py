"""What an author does at a terminal: begin a folder, list what ships, check one of these."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from backmark.grader.contracts import gallery
from backmark.grader.contracts.cases.values import KINDS as KINDS_OF_VALUES
from backmark.grader.contracts.language.assignment import VALUES
from backmark.grader.contracts.language.reading import parse, read, read_text
from backmark.grader.contracts.language.tables import SLIP_WANTED, WANTED
from backmark.worker.cli.main import main
from backmark.worker.grading.revisions import draw

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "instructor"
GALLERY = ROOT / "grader" / "assignments" / "gallery"


def command(*words: str | Path) -> tuple[int, str, str]:
    outcome = CliRunner().invoke(main, [*map(str, words)])
    return outcome.exit_code, outcome.stdout, outcome.stderr


@pytest.mark.usefixtures("jail")
def test_a_new_folder_is_sound_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mine"
    assert command("assignment", "new", folder)[0] == 0
    status, text, _ = command("assignment", "check", folder)
    assert (status, text.splitlines()[-1]) == (0, "Sound: every known mistake is caught.")
    slip, file = (line.split(maxsplit=1) for line in text.splitlines()[1:3])
    assert (int(slip[0]) > 10, slip[1]) == (True, "averages the bias gradient over the batch")
    assert (int(file[0]) > 10, file[1]) == (True, "leaves the upstream gradient out of dw")
    status, text, _ = command("grade", folder / "template.py", "--assignment", folder, "--json")
    assert json.loads(text)["error"]["type"] == "unfilled"
    half = tmp_path / "half.py"
    template = (folder / "template.py").read_text()
    half.write_text(template.replace("return None\n", "return x @ w + b\n", 1))
    _, text, _ = command("grade", half, "--assignment", folder, "--json")
    assert json.loads(text)["score"] == 1
    _, text, _ = command(
        "assignment",
        "template",
        folder / "template.py",
        "--function",
        "linear_backward",
        "--function",
        "linear_forward",
    )
    assert len(text.strip()) == 64


@pytest.mark.parametrize(("folder", "id_"), [("mine", "mine"), ("week 3: LSTM", "week-3-LSTM"), ("ä", "linear-layer")])
def test_a_new_folder_has_an_id_of_its_own(folder: str, id_: str, tmp_path: Path) -> None:
    assert command("assignment", "new", tmp_path / folder)[0] == 0
    assert f'id = "{id_}"' in (tmp_path / folder / "assignment.toml").read_text().splitlines()


@pytest.mark.usefixtures("jail")
def test_another_solution_that_does_not_pass_is_refused_with_the_row_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    folder, other_solution = tmp_path / "mine", tmp_path / "other.py"
    command("assignment", "new", folder)
    other_solution.write_text((folder / "solution.py").read_text())
    assert command("assignment", "check", folder, "--right", other_solution)[0] == 0
    other_solution.write_text((folder / "solution.py").read_text().replace("axis=0", "axis=0, keepdims=True"))
    status, text, _ = command("assignment", "check", folder, "--right", other_solution)
    assert status == 1
    assert "does not pass (failed): The gradient by the biases: Wrong on all 60 cases." in text


@pytest.mark.usefixtures("jail")
def test_an_author_sees_how_many_edits_of_each_statement_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "mine"
    command("assignment", "new", folder)
    solution = (folder / "solution.py").read_text()
    line = "db = np.sum(dout, axis=0)"
    (folder / "solution.py").write_text(solution.replace(line, f"{line}  # row: sum"))
    toml = (folder / "assignment.toml").read_text()
    (folder / "assignment.toml").write_text(f'{toml}\n[rows.sum]\ntitle = "The sum"\nmarks = 10\n')
    number = next(at for at, text in enumerate(solution.splitlines(), 1) if line in text)
    status, text, _ = command("assignment", "check", folder)
    assert status == 0
    lines = text.splitlines()
    header = lines.index(" line  row  edits  caught  by one case only")
    assert lines[header + 1].split()[:2] == [str(number), "sum"]
    assert f"No case catches line {number} changed to `db = np.sum(dout, axis=0).T`." in lines
    _, text, _ = command("assignment", "check", folder, "--json")
    (statement,) = json.loads(text)["statements"]
    assert (statement["file"], statement["line"], statement["rows"]) == ("solution.py", number, ["sum"])
    assert statement["caught"] == statement["edits"] - 1


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    status, _, text = command("assignment", "new", tmp_path)
    assert (status, "is not empty" in text) == (2, True)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]


def test_the_assignments_that_ship_are_listed_with_course_and_convention() -> None:
    status, text, _ = command("assignment", "list", "--json")
    entries = json.loads(text)
    assert status == 0
    assert [entry["id"] for entry in entries] == [entry.id for entry in gallery.list_gallery()]
    assert all(entry["course"] for entry in entries)
    assert all(entry["convention"] for entry in entries)
    _, text, _ = command("assignment", "list")
    assert all(entry["id"] in text for entry in entries)


def test_each_entry_of_the_gallery_has_the_id_of_its_folder() -> None:
    assert [entry.folder.name for entry in gallery.list_gallery()] == [entry.id for entry in gallery.list_gallery()]


def test_an_entry_is_found_by_the_names_that_it_had() -> None:
    (linear,) = (entry for entry in gallery.list_gallery() if entry.id == "cmu-linear")
    assert list(linear.other_names) == ["cmu-linear-mean"]
    folder = gallery.find_folder("cmu-linear-mean")
    assert folder is not None
    text = read_text(folder)
    assignment = parse(text, "cmu-linear-mean")
    assert (assignment.id, assignment.counting) == ("cmu-linear-mean", linear.other_names["cmu-linear-mean"])
    assert gallery.is_shipped("cmu-linear-mean", text)


def test_a_folder_that_names_itself_as_its_entry_is_refused(tmp_path: Path) -> None:
    (tmp_path / "assignment.toml").write_text(f'id = "mine"\nentry = "{tmp_path.name}"\n')
    status, _, text = command("assignment", "check", tmp_path)
    assert (status, "names another folder beside it" in text) == (2, True)


@pytest.mark.parametrize("name", ["nothing", "../start", "", "."])
def test_a_name_that_is_none_has_no_folder(name: str) -> None:
    assert gallery.find_folder(name) is None


def test_what_is_no_assignment_is_wrong_usage() -> None:
    status, _, text = command("assignment", "check", "cs231n-nothing")
    assert (status, "is not a file, a folder or an ID" in text) == (2, True)


@pytest.mark.parametrize(
    "words", [("grade", __file__, "--assignment"), ("assignment", "check"), ("assignment", "publish")]
)
@pytest.mark.parametrize(
    ("name", "meant"),
    [("cs231-affine", "cs231n-affine"), ("udl7.2", "udl-7.2"), ("nothing-like-it", None), ("x" * 200, None)],
)
def test_the_id_that_was_meant_is_suggested(words: tuple[str, ...], name: str, meant: str | None) -> None:
    status, _, text = command(*words, name)
    assert status == 2
    assert ("did you mean" in text, meant is None or f"did you mean {meant}?" in text) == (meant is not None, True)


@pytest.mark.skipif(sys.platform != "linux", reason="there are jails on Linux")
def test_where_no_jail_starts_that_is_the_first_thing_said(tmp_path: Path) -> None:
    """Before any case is drawn, which a jail is for."""
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    solution = GALLERY / "cs231n-affine" / "solution.py"
    environment = {**os.environ, "BACKMARK_BWRAP": str(refusing), "BACKMARK_CACHE": str(tmp_path / "cache")}
    words = [sys.executable, "-m", "backmark", "grade", "--assignment", "cs231n-affine", str(solution)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=False)
    lines = done.stderr.splitlines()
    assert done.returncode == 3
    assert lines[0].startswith("backmark: the cases of cs231n-affine are drawn by running its reference and solutions")
    assert "No permissions to create new namespace" in lines[0]
    assert "`backmark assignment check --no-jail` draws and keeps them" in lines[0]
    assert lines[1:] == ["backmark: run `backmark doctor` to see what is missing on this machine"]
    words[words.index("cs231n-affine")] = "udl-7.2"
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.stderr.splitlines() == [
        "backmark: the jail did not start: bwrap: No permissions to create new namespace",
        "backmark: run `backmark doctor` to see what is missing on this machine",
    ]


@pytest.mark.usefixtures("jail")
def test_cases_that_are_drawn_need_no_jail_to_grade_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the package's page says of other systems."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    folder, drawn = tmp_path / "mine", tmp_path / "mine.npz"
    command("assignment", "new", folder)
    assert command("assignment", "draw", folder, "-o", drawn)[0] == 0
    monkeypatch.setenv("BACKMARK_BWRAP", str(tmp_path / "none"))
    status, _, _ = command("grade", "--no-jail", "--assignment", drawn, folder / "solution.py")
    assert status == 0


@pytest.mark.nightly
def test_an_owner_without_a_jail_checks_an_assignment_and_grades_a_file_and_a_folder_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cases are drawn without one, which is said, and then kept."""
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BACKMARK_BWRAP", str(tmp_path / "none"))
    folder, answers = tmp_path / "mine", tmp_path / "answers"
    command("assignment", "new", folder)
    solution = folder / "solution.py"
    status, text, said = command("assignment", "check", "--no-jail", folder, "--right", solution)
    assert (status, text.splitlines()[-1]) == (0, "Sound: every known mistake is caught.")
    assert "UNISOLATED" in said
    drawing = "drawing the cases of mine without a jail: its own code runs with all of your permissions"
    assert drawing in said
    answers.mkdir()
    shutil.copy(solution, answers / "right.py")
    (answers / "wrong.py").write_text(solution.read_text().replace("axis=0", "axis=0, keepdims=True"))
    assert command("grade", "--no-jail", "--assignment", folder, answers / "right.py")[0] == 0
    status, text, said = command("grade", "--no-jail", "--json", "--assignment", folder, answers)
    outcomes = [json.loads(line)["outcome"] for line in text.splitlines()]
    assert (status, outcomes, drawing in said) == (1, ["passed", "failed"], False)
    words = ("--seed", "5", "--assignment", folder, answers / "right.py")
    status, _, said = command("grade", "--no-jail", *words)
    assert (status, drawing in said) == (0, True)


@pytest.mark.nightly
@pytest.mark.usefixtures("jail")
def test_the_cases_of_an_assignment_are_the_same_without_a_jail(tmp_path: Path) -> None:
    """So that what is kept serves both."""
    command("assignment", "new", tmp_path / "mine")
    assignment = read(tmp_path / "mine")
    assert draw(assignment) == draw(assignment, jailed=False)


def test_every_key_of_a_contract_is_documented() -> None:
    text = (DOCS / "contracts.md").read_text()
    for key in (*WANTED, *SLIP_WANTED):
        last_part = key.rpartition(".")[2]
        assert (
            f"`{last_part}`" in text
            or f"`[{key}]`" in text
            or f"`[[{key}]]`" in text
            or f"`{key}`" in text
            or f"{key.partition('.')[0]}.*" in text
        ), key


def test_every_kind_of_values_is_documented_and_drawn() -> None:
    text = (DOCS / "contracts.md").read_text()
    assert tuple(KINDS_OF_VALUES) == VALUES
    assert all(f"`{kind}" in text for kind in VALUES)


def test_a_copy_that_lies_here_goes_before_what_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The docs say: copy a folder and change it."""
    shipped_folder = gallery.find_folder("cs231n-affine")
    assert shipped_folder is not None
    shutil.copytree(shipped_folder, tmp_path / "cs231n-affine")
    own = tmp_path / "cs231n-affine" / "assignment.toml"
    own.write_text(own.read_text().replace("[dims]", '[dims]\nQ = "nothing"', 1))
    monkeypatch.chdir(tmp_path)
    for words in (("assignment", "check", "cs231n-affine"), ("grade", "--assignment", "cs231n-affine", own)):
        status, _, text = command(*words)
        assert (status, 'dims.Q uses "nothing"' in text) == (2, True)
