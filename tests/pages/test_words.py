"""What templates write: a student's text harmless, and numbers short."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.reports.html.text import block, line, mark_code, number
from backmark.grader.reports.plaintext import cap
from backmark.grader.web.pages.words import duration, size

HARMFUL = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text())
def test_no_text_keeps_what_commands_or_turns_about(text: str) -> None:
    for shown_text in (line(text), block(text)):
        assert not {char for char in shown_text if char not in "\n\t" and unicodedata.category(char) in HARMFUL}


@given(st.text())
def test_a_name_is_one_line(text: str) -> None:
    assert "\n" not in line(text)


@given(st.text(alphabet="<>&\"'ab[]_ "))
def test_sentences_with_code_in_them_are_escaped(text: str) -> None:
    remainder = mark_code(text).replace("<code>", "").replace("</code>", "")
    assert not set("<>\"'") & set(remainder)


def test_what_stands_between_backticks_is_set_as_code() -> None:
    assert mark_code("`all_h[layer].T` < 1, `np.zeros_like`.") == (
        "<code>all_h[layer].T</code> &lt; 1, <code>np.zeros_like</code>."
    )


def test_ten_megabytes_in_a_line_are_cut_before_they_are_looked_at() -> None:
    shown_text = cap("x" * 10_000_000, lines=400, characters=400)
    assert len(shown_text) < 500
    assert shown_text.endswith("which is not shown here")


def test_too_many_lines_are_cut() -> None:
    shown_text = cap("a\r\n" * 100, lines=3, characters=10)
    assert shown_text == "a\na\na\n… and more, which is not shown here"


@pytest.mark.parametrize(
    ("value", "written_number"),
    [
        (1.0, "1"),
        (-4.0, "\u22124"),
        (0.796306610, "0.7963"),
        (195968.25, "195968"),
        (None, "nan"),
        (1e-9, "1e\u221209"),
    ],
)
def test_numbers_are_short(value: float | None, written_number: str) -> None:
    assert number(value) == written_number


def test_times_and_sizes_are_for_people() -> None:
    assert [duration(duration_seconds) for duration_seconds in (0.2, 59, 200, 9000, 200_000)] == [
        "1 s",
        "59 s",
        "3 min",
        "2 h",
        "2 days",
    ]
    assert [size(byte_count) for byte_count in (12, 2048, 8 << 20)] == ["12 bytes", "2.0 KiB", "8.0 MiB"]
