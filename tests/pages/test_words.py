"""What templates write: a student's text harmless, and numbers short."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.reports.plaintext import cap
from grader.web.pages.numbers import number
from grader.web.pages.words import block, duration, line, mark_code, size

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text())
def test_no_text_keeps_what_commands_or_turns_about(text: str) -> None:
    for shown in (line(text), block(text)):
        assert not {char for char in shown if char not in "\n\t" and unicodedata.category(char) in HARMFUL}


@given(st.text())
def test_a_name_is_one_line(text: str) -> None:
    assert "\n" not in line(text)


@given(st.text(alphabet="<>&\"'ab[]_ "))
def test_sentences_with_code_in_them_are_escaped(text: str) -> None:
    rest = mark_code(text).replace("<code>", "").replace("</code>", "")
    assert not set("<>\"'") & set(rest)


def test_names_of_the_notebook_are_set_as_code() -> None:
    assert mark_code("all_h[layer].T < 1, np.zeros_like.") == (
        "<code>all_h[layer].T</code> &lt; 1, <code>np.zeros_like</code>."
    )


def test_ten_megabytes_in_a_line_are_cut_before_they_are_looked_at() -> None:
    shown = cap("x" * 10_000_000, lines=400, characters=400)
    assert len(shown) < 500
    assert shown.endswith("which is not shown here")


def test_too_many_lines_are_cut() -> None:
    shown = cap("a\r\n" * 100, lines=3, characters=10)
    assert shown == "a\na\na\n… and more, which is not shown here"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1.0, "1"),
        (-4.0, "\u22124"),
        (0.796306610, "0.7963"),
        (195968.25, "195968"),
        (None, "nan"),
        (1e-9, "1e\u221209"),
    ],
)
def test_numbers_are_short(value: float | None, written: str) -> None:
    assert number(value) == written


def test_times_and_sizes_are_for_people() -> None:
    assert [duration(each) for each in (0.2, 59, 200, 9000, 200_000)] == ["1 s", "59 s", "3 min", "2 h", "2 days"]
    assert [size(each) for each in (12, 2048, 8 << 20)] == ["12 bytes", "2.0 KiB", "8.0 MiB"]
