"""Tables that Canvas and Moodle export: one column is filled, and every other byte stays."""

import csv
import io
import math
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.courses.gradebook import (
    ColumnNotChosen,
    FilledGradebook,
    Gradebook,
    Lms,
    choose_column,
    fill,
    read_gradebook,
)
from backmark.grader.courses.gradebook_table import GradebookError, GradebookTable

CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Backprop (4711),Quiz (12),Current Score,Final Score (2026)\r\n"
    ",,,,,,Manual Posting,,,\r\n"
    "    Points Possible,,,,,,20.00,5.00,(read only),(read only)\r\n"
    '"Lovelace, Ada",101,s1,ada,"A ""one""",,,3.00,60.00,60.00\r\n'
    '"Hopper, Grace",102,s2,grace,A,,7.00,,,\r\n'
    '"Turing, Alan",103,s3,alan,A,,EX,,,\r\n'
    '"Kay, Alan",104,s4,kay,A,,N/A,,,\r\n'
    '"Student, Test",999,,test,A,,,,,\r\n'
)
MOODLE = (
    '\ufeffIdentifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed"\n'
    '"Participant 101","Ada Lovelace",ada@example.org,"Submitted for grading",,50.00,Yes\n'
    '"Participant 102","Grace Hopper",grace@example.org,"No submission",-,50.00,Yes\n'
    '"Participant 103","Alan Turing",alan@example.org,"Submitted for grading",,50.00,No\n'
)


def read_filled(text: str, shares: dict[str, float], column: str | None = None) -> dict[str, dict[str, str]]:
    """The rows of the filled table by their second or first cell, as another CSV reader has them."""
    gradebook = read_gradebook(text.encode())
    data = fill(gradebook, choose_column(gradebook, column), shares).data.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(data, newline=""))
    return {row.get("ID") or row.get("Identifier") or "": row for row in rows}


def test_a_mark_is_a_share_of_the_columns_maximum_and_goes_to_the_row_of_that_id() -> None:
    rows = read_filled(CANVAS, {"102": 0.8, "101": 1 / 3}, "Backprop")
    assert [rows[student]["Backprop (4711)"] for student in ("101", "102")] == ["6.67", "16"]
    assert rows["101"]["Quiz (12)"] == "3.00"
    assert read_filled(MOODLE, {"101": 0.25})["Participant 101"]["Grade"] == "12.5"


def test_who_is_excused_or_locked_or_the_test_student_is_left_alone() -> None:
    all_shares = dict.fromkeys(("101", "102", "103", "104", "999"), 0.5)
    gradebook = read_gradebook(CANVAS.encode())
    result = fill(gradebook, choose_column(gradebook, "4711"), all_shares)
    assert [(student.id, student.locked) for student in result.kept] == [
        ("103", "excused in Canvas"),
        ("104", "not assigned to this student in Canvas"),
    ]
    assert result.unknown == ("999",)
    rows = read_filled(CANVAS, all_shares, "4711")
    assert [rows[student]["Backprop (4711)"] for student in ("103", "104", "999")] == ["EX", "N/A", ""]
    assert read_filled(MOODLE, all_shares)["Participant 103"]["Grade"] == ""


def test_who_is_in_one_of_the_two_only_is_said() -> None:
    gradebook = read_gradebook(MOODLE.encode())
    result = fill(gradebook, choose_column(gradebook), {"101": 1.0, "77": 1.0})
    assert [student.name for student in result.filled] == ["Ada Lovelace"]
    assert [student.name for student in result.unmarked] == ["Grace Hopper", "Alan Turing"]
    assert result.unknown == ("77",)


def test_a_mark_that_replaces_another_one_is_said_and_one_that_is_there_already_is_not_written() -> None:
    gradebook = read_gradebook(CANVAS.encode())
    column = choose_column(gradebook, "4711")
    assert [student.id for student in fill(gradebook, column, {"101": 1.0, "102": 1.0}).replaced] == ["102"]
    repeat = fill(gradebook, column, {"102": 7 / 20})
    assert (repeat.data, repeat.replaced) == (CANVAS.encode(), ())


@pytest.mark.parametrize("name", ["Backprop (4711)", "Backprop", "4711"])
def test_a_column_is_named_by_its_header_its_title_or_its_number(name: str) -> None:
    column = choose_column(read_gradebook(CANVAS.encode()), name)
    assert (column.header, column.maximum) == ("Backprop (4711)", 20.0)


@pytest.mark.parametrize("name", [None, "Essay", "Current Score", "Final Score (2026)"])
def test_a_column_that_is_not_clear_is_not_guessed_and_totals_are_none(name: str | None) -> None:
    with pytest.raises(ColumnNotChosen) as refusal:
        choose_column(read_gradebook(CANVAS.encode()), name)
    assert refusal.value.columns == ("Backprop (4711)", "Quiz (12)")


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ("0.00", "no maximum above 0"),
        ("", "no maximum above 0"),
        ("many", "no maximum above 0"),
        # A comma before three digits may separate thousands, or be the point of a decimal.
        ("1,000", "the maximum '1,000' .* can be read as two numbers"),
        ("1,00,000.00", "the maximum '1,00,000.00'"),
        ("9" * 400, "the maximum '9{40}'"),
    ],
)
def test_without_a_maximum_that_is_sure_nothing_is_scaled_and_the_reason_is_true(points: str, reason: str) -> None:
    text = CANVAS.replace("20.00", f'"{points}"')
    with pytest.raises(GradebookError, match=reason):
        choose_column(read_gradebook(text.encode()), "4711")


@pytest.mark.parametrize(
    ("points", "maximum"),
    [("1,000.00", 1000.0), ("1.000,00", 1000.0), ("1,234,567.5", 1234567.5), ("1,50", 1.5), ("1000", 1000.0)],
)
def test_a_maximum_with_separators_of_thousands_is_read_where_it_is_one_number(points: str, maximum: float) -> None:
    text = CANVAS.replace("20.00", f'"{points}"')
    assert choose_column(read_gradebook(text.encode()), "4711").maximum == maximum


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("first", ["", "sep={}\r\n", '"sep={}"\n'])
def test_cells_may_be_separated_by_commas_semicolons_or_tabs_also_after_a_line_that_says_so(
    delimiter: str, first: str
) -> None:
    head = first.format(delimiter)
    text = head + MOODLE.removeprefix("\ufeff").replace(",", delimiter)
    assert fill_file(text.encode(), {"101": 1.0}).data.decode() == text.replace(
        f'grading"{delimiter}{delimiter}50.00{delimiter}Yes', f'grading"{delimiter}50{delimiter}50.00{delimiter}Yes'
    )


@pytest.mark.parametrize("first", ["sep=|\n", "sep=\n"])
def test_another_separator_is_the_reason_of_a_refusal(first: str) -> None:
    with pytest.raises(GradebookError, match="its first line is 'sep="):
        read_gradebook((first + MOODLE).encode())


@pytest.mark.parametrize(
    ("header", "yes", "no"),
    [
        ("Grade can be changed", "Yes", "No"),
        ("Grade can be changed", "Ja", "Nein"),
        ("Bewertung kann geändert werden", "Ja", "Nein"),
        ("La note peut être modifiée", "Oui", "Non"),
    ],
)
def test_a_grade_that_cannot_be_changed_is_left_alone_in_any_language(header: str, yes: str, no: str) -> None:
    text = MOODLE.replace("Grade can be changed", header).replace("50.00,Yes", f"50.00,{yes}")
    gradebook = read_gradebook(text.replace("50.00,No", f"50.00,{no}").encode())
    result = fill(gradebook, choose_column(gradebook), dict.fromkeys(("101", "103"), 1.0))
    assert [student.id for student in result.kept] == ["103"]
    assert [student.id for student in result.filled] == ["101"]


def test_a_word_that_is_neither_yes_nor_no_is_the_reason_of_a_refusal() -> None:
    with pytest.raises(GradebookError, match="'Grade can be changed' contains 'perhaps'"):
        read_gradebook(MOODLE.replace("50.00,No", "50.00,Perhaps").encode())


def test_a_canvas_export_with_semicolons_and_decimal_commas_is_read() -> None:
    text = CANVAS.replace(",", ";").replace("20.00", "20,00").replace('"Lovelace; Ada"', '"Lovelace, Ada"')
    gradebook = read_gradebook(text.encode())
    assert choose_column(gradebook, "Backprop").maximum == 20.0
    assert gradebook.students[0].name == "Lovelace, Ada"


def test_first_and_last_names_may_have_columns_of_their_own() -> None:
    head = "LastName,FirstName,ID,SIS Login ID,Section,Backprop (4711)\n    Points Possible,,,,,10.00\n"
    gradebook = read_gradebook(f"{head}Lovelace,Ada,101,ada,A,\nStudent,Test,999,test,A,\n".encode())
    assert [(student.id, student.name) for student in gradebook.students] == [("101", "Lovelace, Ada")]


def test_a_worksheet_in_another_language_needs_its_column_named() -> None:
    text = 'ID,Name,Status,Bewertung,Bestwertung\nTeilnehmer/in 7,Ada,Abgegeben,,"10,00"\n'
    gradebook = read_gradebook(text.encode())
    with pytest.raises(ColumnNotChosen):
        choose_column(gradebook)
    assert fill(gradebook, choose_column(gradebook, "Bewertung"), {"7": 0.85}).data.decode() == text.replace(
        ",,", ",8.5,"
    )


def test_a_worksheet_names_its_groups() -> None:
    text = MOODLE.replace("Status", "Group").replace("No submission", "")
    assert read_gradebook(text.encode()).groups == {"Submitted for grading"}
    assert not read_gradebook(MOODLE.encode()).groups


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "neither a Canvas gradebook"),
        ("a,b,c\n1,2,3\n", "Its columns: a, b, c"),
        ("Student,ID,Section,X (1)\nAda,1,A,\n", "Points Possible"),
        (CANVAS.replace(",102,", ",101,"), "are both of the student 101"),
        (CANVAS + "Short,105\n", "has 2 cells, but the header has 10"),
        (CANVAS + '"never closed,105\n', "never closed"),
        ("PK\0\0", "not a CSV file"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(GradebookError, match=reason):
        read_gradebook(text.encode())


@pytest.mark.parametrize("share", [-0.1, 1.1, math.nan, math.inf])
def test_what_is_no_share_of_the_maximum_is_written_nowhere(share: float) -> None:
    gradebook = read_gradebook(MOODLE.encode())
    with pytest.raises(GradebookError, match="between 0 and 1"):
        fill(gradebook, choose_column(gradebook), {"101": share})


#: A cell as it stands in a file: quoted or bare. Those of `free` say nothing about marks.
free = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n,;\t"()'), max_size=6).map(
    lambda text: f"x{text}"
)
quoted_cell = st.text(st.characters(codec="utf-8", exclude_characters="\0()"), max_size=6).map(
    lambda text: '"x' + text.replace('"', '""') + '"'
)
cell = free | quoted_cell | st.just("") | st.just('""')
mark = st.sampled_from(["", '""', "7.00", '"3"', "-"])
shares = st.dictionaries(st.integers(1, 12).map(str), st.floats(0, 1), max_size=12)


@dataclass(frozen=True)
class RawTable:
    """The raw cells of a Canvas gradebook, and the form of its file."""

    rows: list[list[str]]
    delimiter: str
    end: str
    encoding: str
    last_line_ends: bool

    def write(self) -> bytes:
        """Return the file."""
        lines = self.end.join(self.delimiter.join(row) for row in self.rows)
        return (lines + self.end * self.last_line_ends).encode(self.encoding)

    def fill(self, shares_by_id: dict[str, float]) -> FilledGradebook:
        """Return it filled by what is tested."""
        return fill_file(self.write(), shares_by_id)


def fill_file(data: bytes, shares_by_id: dict[str, float]) -> FilledGradebook:
    gradebook = read_gradebook(data)
    return fill(gradebook, choose_column(gradebook), shares_by_id)


@st.composite
def tables(draw: st.DrawFn) -> RawTable:
    extra = draw(st.integers(0, 2))
    head = ["Student", "ID", "Section", *["Notes"] * extra, "Backprop (4711)", "Total"]
    points = ["    Points Possible", *[""] * (extra + 2), draw(st.sampled_from(["10.00", '"100"'])), "(read only)"]
    ids = draw(st.lists(st.integers(1, 9), unique=True, max_size=6))
    rows = [
        [draw(cell), str(number), draw(cell), *[draw(cell) for _ in range(extra)], draw(mark), draw(cell)]
        for number in ids
    ]
    return RawTable(
        [head, points, *rows],
        draw(st.sampled_from([",", ";", "\t"])),
        draw(st.sampled_from(["\n", "\r\n", "\r"])),
        # UTF-8 without a byte order mark, with one, and what spreadsheets call Unicode.
        draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])),
        draw(st.booleans()),
    )


@given(tables(), shares)
def test_every_other_cell_stays_byte_for_byte(table: RawTable, shares_by_id: dict[str, float]) -> None:
    expected = [list(row) for row in table.rows]
    for row in expected[2:]:
        if row[1] in shares_by_id:
            maximum = float(expected[1][-2].strip('"'))
            new = f"{shares_by_id[row[1]] * maximum:.2f}".rstrip("0").rstrip(".")
            old = row[-2].strip('"')
            if old in {"", "-"} or float(old) != float(new):
                row[-2] = f'"{new}"' if row[-2].startswith('"') else new
    assert table.fill(shares_by_id).data == replace(table, rows=expected).write()


@given(tables(), shares)
def test_filling_twice_is_filling_once_and_everybody_is_in_one_list(
    table: RawTable, shares_by_id: dict[str, float]
) -> None:
    once = table.fill(shares_by_id)
    refill = fill_file(once.data, shares_by_id)
    assert (refill.data, refill.replaced) == (once.data, ())
    listed_ids = [student.id for part in (once.filled, once.kept, once.unmarked) for student in part]
    assert sorted(listed_ids) == sorted(row[1] for row in table.rows[2:])
    assert set(once.unknown) == set(shares_by_id) - set(listed_ids)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_table_that_is_written_as_it_was_or_are_refused_with_a_sentence(data: bytes) -> None:
    try:
        table = GradebookTable.read(data)
    except GradebookError:
        return
    assert table.replace({}) == data


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")), min_size=2), min_size=1))
def test_cells_are_those_that_another_reader_finds(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["a", "b", "c"], *rows])
    table = GradebookTable.read(text.getvalue().encode("utf-8-sig"))
    csv_rows = [row for row in csv.reader(io.StringIO(text.getvalue(), newline="")) if any(map(str.strip, row))]
    assert [[cell.text for cell in row] for row in table.rows] == csv_rows


def test_the_lms_of_a_table_is_known() -> None:
    tables_of: dict[Lms, Gradebook] = {gradebook.lms: gradebook for gradebook in map(_read, (CANVAS, MOODLE))}
    assert tables_of.keys() == set(Lms)


def _read(text: str) -> Gradebook:
    return read_gradebook(text.encode())
