"""`python -m bench.real_lines`: lines and marks of a folder of made-up submissions, by text and by values."""

from pathlib import Path

import pytest

from bench.real_lines import main
from bench.ways import WAYS
from tests.test_real_homework import RIGHT, WITHOUT_MASK, write_class

pytestmark = pytest.mark.usefixtures("jail")


def test_each_file_that_a_teacher_has_marked_is_graded_in_each_way_but_right_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = write_class(
        tmp_path, (RIGHT, "right", {"teacher_of_10": 10}), (WITHOUT_MASK, "wrong", {"teacher_of_10": 5})
    )
    main(words[:-2])
    printed = capsys.readouterr().out
    assert printed.count("s0.py") == 0
    assert "s1.py: 5 of 10 by the teacher" in printed
    assert [printed.count(f"  {way}: failed, ") for way in WAYS] == [1, 1, 1]
    assert "| by values | 1 | 1 |" in printed
