"""`backmark grade --course`: the assignments that a file's functions are of."""

import json
import zipfile
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from backmark.grader.contracts.gallery import find_folder
from backmark.worker.cli.course_files import open_course
from backmark.worker.cli.main import main
from tests.made import notebook

RELU = """
import numpy as np

def relu_forward(x):
    return np.maximum(0, x), x

def relu_backward(dout, cache):
    return {dx}
"""
RIGHT, WRONG = (RELU.format(dx=dx) for dx in ("dout * (cache > 0)", "dout * cache"))
NETWORK = "class TwoLayerNet:\n    pass\n"


def find(course: str, *paths: Path) -> dict[str, list[str]]:
    """Return by assignment the paths of its files, as they are named in reports."""
    with open_course(paths, course) as found:
        return {one.assignment.id: [str(file.label) for file in one.files] for one in found}


def test_a_file_is_of_each_assignment_all_of_whose_functions_it_defines(tmp_path: Path) -> None:
    file = tmp_path / "work.ipynb"
    affine = "def affine_forward(x, w, b):\n    pass\n\n\n    def affine_backward(dout, cache): pass"
    file.write_bytes(notebook("import numpy as np", f"x = 1\n{RIGHT}", affine, "def conv_forward_naive(x): pass"))
    assert find("cs231n", file) == {"cs231n-affine": [str(file)], "cs231n-relu": [str(file)]}


def test_a_package_is_found_by_its_folder_its_archive_or_its_file(tmp_path: Path) -> None:
    path = "cs231n/classifiers/fc_net.py"
    folder, archive, alone = tmp_path / "ada", tmp_path / "alan.zip", tmp_path / "fc_net.py"
    (folder / path).parent.mkdir(parents=True)
    for file in (folder / path, alone):
        file.write_text(NETWORK)
    with zipfile.ZipFile(archive, "w") as members:
        members.writestr(f"homework/{path}", NETWORK)
    (tmp_path / "neural_net.py").write_text(NETWORK)
    found = find("cs231n", folder, archive, alone, tmp_path / "neural_net.py")
    assert found["cs231n-fc-two-layer-net"] == [str(folder), str(archive), str(alone)]


@pytest.mark.parametrize(
    ("course", "says"),
    [
        ("cs231", "there is no course cs231; an ID begins with one of these: cmu, coursera, cs224n, cs231n, "),
        ("cmu", "no file defines all functions that an assignment of cmu asks for"),
    ],
)
def test_what_is_not_found_is_said(tmp_path: Path, course: str, says: str) -> None:
    (tmp_path / "layers.py").write_text(RIGHT)
    with pytest.raises(click.UsageError, match=says), open_course([tmp_path], course):
        pass


def test_an_archive_that_is_not_unpacked_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "work.zip"
    file.write_bytes(b"PK\x03\x04 no more")
    with pytest.raises(click.UsageError, match=r"work\.zip is not unpacked"), open_course([file], "cs231n"):
        pass


@pytest.mark.usefixtures("jail")
def test_each_file_and_assignment_has_a_verdict_and_all_have_one_summary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BACKMARK_CACHE", str(tmp_path / "cache"))
    assert find_folder("cs231n-relu") is not None
    for name, source in (("ada.py", RIGHT), ("alan.py", WRONG)):
        (tmp_path / name).write_text(source)
    files = [str(tmp_path / name) for name in ("ada.py", "alan.py")]
    result = CliRunner().invoke(main, ["grade", "--course", "cs231n", *files])
    assert result.exit_code == 1, result.output
    assert "cs231n-relu: ada.py" in result.stdout
    assert "cs231n-relu: alan.py" in result.stdout
    result = CliRunner().invoke(main, ["grade", "--course", "cs231n", "--json", *files])
    verdicts = [json.loads(line) for line in result.stdout.splitlines()]
    outcomes = [(verdict["assignment"]["id"], verdict["outcome"]) for verdict in verdicts]
    assert outcomes == [("cs231n-relu", "passed"), ("cs231n-relu", "failed")]


def test_a_course_goes_with_no_option_about_one_assignment(tmp_path: Path) -> None:
    (tmp_path / "layers.py").write_text(RIGHT)
    words = ["grade", "--course", "cs231n", "--assignment", "cs231n-relu", str(tmp_path / "layers.py")]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "--course and --assignment cannot be combined; choose one" in result.output
