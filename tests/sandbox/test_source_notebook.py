"""What is taken from a notebook."""

import json

import pytest

from backmark.worker.sandbox.inside.reading.notebook import find_beginning
from backmark.worker.sandbox.inside.reading.source import Rejected, Slice, extract
from tests.local import entry_of
from tests.sandbox.test_source_rejections import read_named_lines


def notebook(*cells: str | list[str], text_first: bool = False) -> bytes:
    """Make a notebook of nbformat 4."""
    document = [{"cell_type": "code", "source": cell} for cell in cells]
    head = [{"cell_type": "markdown", "source": "# Title"}] if text_first else []
    return json.dumps({"nbformat": 4, "cells": head + document}).encode()


def slice_cells(*cells: str | list[str]) -> Slice:
    """Slice the cells for `f`."""
    return extract(notebook(*cells), "homework.ipynb", entry_of("f"))


def rejection(*cells: str) -> Rejected:
    """Why the cells are refused."""
    with pytest.raises(Rejected) as error:
        slice_cells(*cells)
    assert set(error.value.lines) == set(read_named_lines(error.value.message))
    return error.value


def test_cells_are_one_program() -> None:
    assert slice_cells("a = 1\n", "print(a)", "def f(): return a").code == "a = 1\ndef f(): return a\n"


def test_code_cells_alone_are_counted_and_shown_with_their_first_line() -> None:
    part = extract(notebook("a = 1", "\ndef f(): return a", text_first=True), "homework.ipynb", entry_of("f"))
    assert [part.place(line) for line in (1, 2)] == [
        "line 1 of code cell 1 (begins `a = 1`)",
        "line 2 of code cell 2 (begins `def f(): return a`)",
    ]
    assert [part.spot(line) for line in (1, 2)] == [(1, 1), (2, 2)]
    assert part.text(2) == "def f(): return a"


@pytest.mark.parametrize(
    ("cell", "beginning"),
    [
        ("\n\n  # TODO\nx = 1", "# TODO"),
        ("", ""),
        ("s = `1`", "s = '1'"),
        ("x = '\x1b[31m'", "x = '\\x1b[31m'"),
        ("def backward_pass(all_weights, all_biases, all_f, all_h, y):", "def backward_pass(all_weights, all_bi..."),
    ],
)
def test_a_cells_first_line_that_is_not_empty_is_cut_and_printable(cell: str, beginning: str) -> None:
    assert find_beginning(cell) == beginning


def test_a_source_is_a_string_or_a_list_of_strings() -> None:
    assert slice_cells(["def f():\n", "  return 1"]).code == "def f():\n  return 1\n"


def test_the_third_format_is_read() -> None:
    sheets = [{"cells": [{"cell_type": "code", "input": ["a = 1"]}]}]
    sheets += [{"cells": [{"cell_type": "code", "input": "def f(): return a"}]}]
    part = extract(json.dumps({"nbformat": 3, "worksheets": sheets}).encode(), "old.ipynb", entry_of("f"))
    assert part.place(2) == "line 1 of code cell 2 (begins `def f(): return a`)"


@pytest.mark.parametrize("name", ["homework.py", "homework", "homework.json", "HOMEWORK.IPYNB"])
def test_a_notebook_is_known_by_its_content(name: str) -> None:
    assert extract(b"\xef\xbb\xbf \n" + notebook("def f(): return 1"), name, entry_of("f")).spot(1) == (1, 1)


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "%time x",
        "!pip install 'numpy",
        "?np.dot",
        "np.dot?",
        "np.dot??  # what",
        "files = !ls (",
        "a, b = %who",
        "pip install numpy",
        "!echo \\\n  (",
    ],
)
def test_commands_are_taken_out_line_for_line(line: str) -> None:
    part = slice_cells(f"{line}\ndef f():\n  return 1")
    assert part.code == "def f():\n  return 1\n"
    assert part.spot(1) == (1, 2 + line.count("\n"))


@pytest.mark.parametrize(
    "inner",
    [
        "x = (9\n%7)",
        "x = 9 \\\n%7",
        "x = '''\n!ls\n'''",
        "y = '(' # ''' [\nx = 1",
        "x = [')',\n'''\n%a''' '\\''\n]",
        'x = "it\'s"',
    ],
)
def test_what_only_looks_like_a_command_stays(inner: str) -> None:
    assert f"{inner.splitlines()[-1]}\n" in slice_cells(f"!ls\n{inner}\ndef f(): return x").code


def test_a_block_of_commands_still_has_a_body() -> None:
    assert "pass" in slice_cells("def f():\n  if 1:\n    !ls\n  return 1").code


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "\n%%prun -q"])
def test_a_timed_cell_is_kept(magic: str) -> None:
    assert slice_cells(f"{magic}\n%time 1\ndef f(): return 1").spot(1) == (1, 3 + magic.count("\n"))


@pytest.mark.parametrize("magic", ["%%bash", "%%html", "%%writefile f.py", "%%timeit", "%%"])
def test_a_cell_of_another_language_is_left_out(magic: str) -> None:
    assert slice_cells("def f(): return 1", f"{magic}\ndef f(): return 2").code == "def f(): return 1\n"


def test_a_function_that_a_magic_takes_away_is_named() -> None:
    assert (
        "Code cell 1 (begins `%%writefile f.py`) defines the function, but below a %% line"
        in rejection("%%writefile f.py\ndef f(): return 1").message
    )


def test_an_indented_cell_is_moved_to_the_margin_as_in_jupyter() -> None:
    part = slice_cells("  def f():\n    return 1\n")
    assert part.code == "def f():\n  return 1\n"
    assert part.text(2) == "    return 1"


def test_a_broken_cell_elsewhere_is_survived_and_named() -> None:
    part = slice_cells("x = = 1", "def f(): return 1", "for x in\n")
    assert part.code == "def f(): return 1\n"
    assert part.left_out == (
        "line 1 of code cell 1 (begins `x = = 1`): invalid syntax",
        "line 1 of code cell 3 (begins `for x in`): invalid syntax",
    )


def test_a_good_definition_beats_an_earlier_broken_one() -> None:
    assert slice_cells("def f(:\n", "def f(): return 1").spot(1) == (2, 1)


def test_a_broken_last_definition_is_a_syntax_error_that_names_the_earlier() -> None:
    error = rejection("def f(): return 1", "x = 1\n\ndef f()\n  return 2")
    assert error.reason == "syntax_error"
    assert error.message.startswith(
        "Line 3 of code cell 2 (begins `x = 1`) is not valid Python: expected ':'.\n    def f()\n           ^\n"
    )
    assert "An earlier `f` on line 1 of code cell 1 (begins `def f(): return 1`) is valid" in error.message


def test_a_broken_only_definition_is_a_syntax_error() -> None:
    assert rejection("  async def f(x: return").reason == "syntax_error"


def test_broken_cells_are_named_where_the_function_is_missing() -> None:
    error = rejection("x = = 1", "def g(): pass")
    assert error.reason == "no_such_function"
    assert "left out: line 1 of code cell 1 (begins `x = = 1`): invalid syntax" in error.message


def test_half_a_character_is_survived_elsewhere_and_refused_in_the_function() -> None:
    assert (
        slice_cells("x = '\ud800'", "def f(): return 1")
        .left_out[0]
        .endswith(": \\ud800 is half of a character (a lone surrogate)")
    )
    error = rejection("def f():\n  return '\ud800'")
    assert error.reason == "encoding"
    assert error.message.encode()


def test_a_nul_in_a_cell_is_a_fault_of_that_cell() -> None:
    assert len(slice_cells("x = 1\n\0", "def f(): return 1").left_out) == 1


def test_a_notebook_without_code_cells_says_so() -> None:
    assert "no code cells" in rejection().message


def test_numbers_in_outputs_may_have_any_length() -> None:
    source = notebook("def f(): return 1").replace(b'"nbformat": 4', b'"nbformat": ' + b"9" * 5000)
    assert extract(source, "a.ipynb", entry_of("f")).spot(1) == (1, 1)
