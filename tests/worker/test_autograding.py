"""A submission graded for a platform: what ends it, and what of it is refused."""

import signal
from pathlib import Path, PurePosixPath

import pytest

from backmark.grader.errors import ServiceError, SubmissionError
from backmark.worker.cli import autograding
from backmark.worker.cli.downloads import DownloadedFile


def test_where_time_is_up_it_is_our_failure_and_the_alarm_is_put_back() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(ServiceError, match="not graded within 600 s"), autograding._deadline(600):
        signal.raise_signal(signal.SIGALRM)
    assert signal.getsignal(signal.SIGALRM) is before


def found(*names: str) -> list[DownloadedFile]:
    """Files of a folder."""
    return [DownloadedFile(Path("/s", name), PurePosixPath(name), PurePosixPath(name)) for name in names]


@pytest.mark.parametrize(
    ("names", "reason", "said"),
    [
        ((), "no_file", "There is no notebook"),
        (("notes.txt", "plot.png"), "no_file", "among notes.txt, plot.png"),
        (("a.py", "b.ipynb", "c.txt"), "several_files", "a.py, b.ipynb."),
    ],
)
def test_it_is_said_which_files_there_are(names: tuple[str, ...], reason: str, said: str) -> None:
    with pytest.raises(SubmissionError, match=said) as caught:
        autograding._choose(found(*names))
    assert caught.value.reason == reason


def test_one_file_among_others_that_cannot_be_graded_is_meant() -> None:
    assert autograding._choose(found("data.csv", "hw.ipynb", "readme.md")).name == PurePosixPath("hw.ipynb")


def test_a_link_within_the_students_folder_is_a_file_of_it(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub/hw.py").touch()
    (root / "hw.py").symlink_to("sub/hw.py")
    (tmp_path / "elsewhere.py").touch()
    (root / "out.py").symlink_to("../elsewhere.py")
    autograding._refuse_link(root / "hw.py", root)
    with pytest.raises(SubmissionError, match=r"out\.py is a link"):
        autograding._refuse_link(root / "out.py", root)
    # What a workflow names elsewhere is its own choice.
    autograding._refuse_link(tmp_path / "elsewhere.py", root)
    # Nor is it one if the folder itself is reached by a link.
    (tmp_path / "alias").symlink_to(root)
    autograding._refuse_link(tmp_path / "alias/hw.py", tmp_path / "alias")
