"""Whose a file is, by the names that Canvas and Moodle give."""

from pathlib import Path, PurePosixPath

import pytest

from backmark.worker.cli.downloads import DownloadedFile
from backmark.worker.cli.students import StudentSource, detect, group, list_ids


def files(folder: Path, *names: str, content: bytes = b"x = 1\n") -> list[DownloadedFile]:
    """Files of these names in a download."""
    downloads = []
    for number, name in enumerate(names):
        path = folder / str(number)
        path.write_bytes(content)
        downloads.append(DownloadedFile(path, PurePosixPath(name), PurePosixPath(name)))
    return downloads


CANVAS = ("lovelaceada_101_5001_hw.py", "hoppergrace_LATE_102_5002_7_2.ipynb", "LATE_anon_x7Kp2_5003_hw.py")
MOODLE = ("Ada Lovelace_101_assignsubmission_file_/hw.py", "Grace Hopper_102_assignsubmission_file/a/hw.ipynb")
FLAT_MOODLE = ("Ada Lovelace_101_assignsubmission_file_hw.py", "Participant_102_assignsubmission_file_hw_2.py")


@pytest.mark.parametrize(
    ("names", "source", "students"),
    [
        (CANVAS, StudentSource.CANVAS, [("anon_x7Kp2", ""), ("hoppergrace", "102"), ("lovelaceada", "101")]),
        (MOODLE, StudentSource.MOODLE, [("Ada Lovelace", "101"), ("Grace Hopper", "102")]),
        (FLAT_MOODLE, StudentSource.MOODLE, [("Ada Lovelace", "101"), ("Participant", "102")]),
        (("ada/hw.py", "grace/src/hw.py"), StudentSource.FOLDER, [("ada", ""), ("grace", "")]),
        (("ada.py", "grace.ipynb"), StudentSource.FILE, [("ada", ""), ("grace", "")]),
    ],
)
@pytest.mark.parametrize("wrapping_folder", ["", "submissions/"])
def test_a_download_is_known_by_its_names_also_in_a_folder_of_its_own(
    tmp_path: Path, names: tuple[str, ...], source: StudentSource, students: list[tuple[str, str]], wrapping_folder: str
) -> None:
    downloads = files(tmp_path, *(wrapping_folder + name for name in names))
    assert detect(downloads) is source
    assert [(owner.student, owner.id) for owner in group(downloads, source)] == students


def test_the_newest_of_a_students_files_has_the_highest_number_in_canvas(tmp_path: Path) -> None:
    """Canvas numbers files as they come, and calls a second hw.py hw-1.py."""
    downloads = files(tmp_path, "a_1_90_hw.py", "a_1_1200_hw-1.py", "a_1_800_zz.py", "a_1_1300_hw-1.pdf")
    (owner,) = group(downloads, StudentSource.CANVAS)
    assert [file.own_name for file in owner.files] == ["hw-1.py", "zz.py", "hw.py"]
    assert [file.own_name for file in owner.refused] == ["hw-1.pdf"]


def test_elsewhere_the_newest_is_the_last_copy(tmp_path: Path) -> None:
    downloads = files(tmp_path, *(f"ada/{name}" for name in ("hw (10).py", "hw.py", "hw (2).py")))
    (owner,) = group(downloads, StudentSource.FOLDER)
    assert [file.own_name for file in owner.files] == ["hw (10).py", "hw (2).py", "hw.py"]


def test_a_stray_file_in_the_folder_of_the_class_does_not_make_it_one_student(tmp_path: Path) -> None:
    downloads = files(tmp_path, "class/ada/hw.py", "class/grace/hw.py", "class/roster.csv")
    owners = group(downloads, detect(downloads))
    assert [(owner.student, len(owner.files)) for owner in owners] == [("ada", 1), ("grace", 1), ("roster", 0)]


def test_folders_of_any_depth_around_a_class_are_left_out(tmp_path: Path) -> None:
    downloads = files(tmp_path, *(f"{'a/' * 1500}{student}/hw.py" for student in ("ada", "grace")))
    assert [owner.student for owner in group(downloads, detect(downloads))] == ["ada", "grace"]


def test_late_is_what_canvas_says_and_no_part_of_a_name(tmp_path: Path) -> None:
    downloads = files(tmp_path, "lateada_101_1_LATE_2_3.py", "hopper_LATE_102_4_hw.py")
    assert [(owner.student, owner.late) for owner in group(downloads, StudentSource.CANVAS)] == [
        ("hopper", True),
        ("lateada", False),
    ]


#: Names with two readings, as Canvas gives them where a student's name ends in a number, or a file's begins with one.
@pytest.mark.parametrize(
    ("names", "students"),
    [
        # Nothing tells the two readings apart: no id, and no student is taken for another.
        (("student_1_104_5004_hw.py",), [("student_1_104", "")]),
        (
            ("student_1_104_5004_hw.py", "student_2_105_5005_hw.py", "ada_101_5001_hw.py"),
            [("ada", "101"), ("student_1_104", ""), ("student_2_105", "")],
        ),
        (("student_1_104_text.html", "hedy_1_9_a.py"), [("hedy", "1"), ("student_1_104", "")]),
        # Canvas numbers each file, so two files with one number are a wrong reading.
        (
            ("ada_101_5001_7_2_Backpropagation.ipynb", "grace_102_5002_7_2_Backpropagation.ipynb"),
            [("ada", "101"), ("grace", "102")],
        ),
        (("ada_101_5001_7_2.py", "ada_101_5002_7_3.py"), [("ada", "101")]),
        (("ada_101_5001_5002_hw.py", "grace_102_5002_hw.py"), [("ada", "101"), ("grace", "102")]),
        (("student_1_104_5004_hw.py", "student_1_104_5005_hw-1.py"), [("student_1", "104")]),
        # Before the id there may be a word that no name has.
        (("student_1_LATE_104_5004_7_2.py",), [("student_1", "104")]),
        (("anon_x7Kp2_5004_7_2.py",), [("anon_x7Kp2", "")]),
    ],
)
def test_an_id_is_not_taken_from_a_name_that_cannot_be_told_apart(
    tmp_path: Path, names: tuple[str, ...], students: list[tuple[str, str]]
) -> None:
    owners = group(files(tmp_path, *names), StudentSource.CANVAS)
    assert [(owner.student, owner.id) for owner in owners] == students


def test_a_name_with_two_readings_may_mean_two_ids() -> None:
    assert list_ids("class/student_1_104_5004_hw.py") == ("1", "104")
    assert list_ids("ada_101_5001_hw.py") == list_ids("ada_LATE_101_5001_7_2.py") == ("101",)
    assert list_ids("anon_x7Kp2_5004_7_2.py") == list_ids("hw.py") == ()


def test_a_file_that_is_named_otherwise_is_a_student_of_its_own(tmp_path: Path) -> None:
    """Nobody is missing, and nobody gets a number that the LMS did not give."""
    downloads = files(tmp_path, "a_101_1_hw.py", "b_102_2_hw.py", "c_103_3_hw.py", "sent by mail.py", "101.py")
    owners = group(downloads, detect(downloads))
    assert [(owner.student, owner.id) for owner in owners] == [
        ("101", ""), ("a", "101"), ("b", "102"), ("c", "103"), ("sent by mail", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a_1_2_hw.pdf", b"%PDF-1.7", "is a PDF"),
        ("a_1_2_hw.ipynb.txt", b"{}", "is called neither .ipynb nor .py"),
        ("a_1_2_hw.zip", b"PK\x03\x04", "is a ZIP archive, or an Office document"),
        ("a_1_2_hw", b"", "is empty"),
        ("a_1_text.html", b"<p>x = 1</p>", "was typed into the LMS; only files are graded"),
        ("a_LATE_1_link.html", b"<p>x = 1</p>", "was typed into the LMS; only files are graded"),
    ],
)
def test_what_is_not_graded_has_a_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (owner,) = group(files(tmp_path, name, content=content), StudentSource.CANVAS)
    assert (owner.id, owner.files, [file.refusal for file in owner.refused]) == ("1", (), [reason])


def test_one_student_may_have_a_file_and_a_text_in_moodle(tmp_path: Path) -> None:
    downloads = files(
        tmp_path, "Ada_7_assignsubmission_onlinetext/onlinetext.html", "Ada_7_assignsubmission_file/hw.py"
    )
    (owner,) = group(downloads, detect(downloads))
    assert ([file.own_name for file in owner.files], len(owner.refused)) == (["hw.py"], 1)


def test_a_name_with_line_breaks_adds_no_line_to_what_staff_read(tmp_path: Path) -> None:
    downloads = files(tmp_path, "ada\nbob: passed\u2028_101_1_hw.py")
    assert [owner.student for owner in group(downloads, StudentSource.CANVAS)] == ["ada\ufffdbob: passed\ufffd"]
