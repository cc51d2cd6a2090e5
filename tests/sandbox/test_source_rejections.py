"""Every reason for which a submission is refused, and what the student is told."""

import json
import re

import pytest

from backmark.worker.sandbox.inside.reading.source import NOTEBOOK_LIMIT, SOURCE_LIMIT, Rejected, extract
from tests.local import entry_of


def read_named_lines(message: str) -> list[tuple[int, int]]:
    """The lines that a message names, each with its cell."""
    places = re.findall(r"\bline (\d+)\b(?! column)(?: of code cell (\d+))?", message, re.IGNORECASE)
    return [(int(cell or 0), int(line)) for line, cell in places]


def rejection(source: str | bytes, filename: str = "homework.py") -> Rejected:
    """Why the submission is refused."""
    with pytest.raises(Rejected) as error:
        extract(source.encode() if isinstance(source, str) else source, filename, entry_of("backward_pass"))
    assert error.value.message.encode()
    assert set(error.value.lines) == set(read_named_lines(error.value.message))
    return error.value


@pytest.mark.parametrize("source", ["", " \n\t\n", "# nothing\n", "\ufeff# nothing"])
def test_a_file_without_code_is_empty(source: str) -> None:
    assert rejection(source).reason == "empty"


def test_a_notebook_of_blank_cells_is_empty() -> None:
    cells = [{"cell_type": "code", "source": "# nothing"}, {"cell_type": "code", "source": []}]
    assert rejection(json.dumps({"cells": cells}), "a.ipynb").reason == "empty"
    assert rejection("  ", "a.ipynb").reason == "empty"


def test_a_nul_byte_is_binary() -> None:
    error = rejection(b"x = 1\n\0")
    assert error.reason == "binary"
    assert "bytes that no notebook" in error.message


@pytest.mark.parametrize("name", ["homework.py", "homework.ipynb"])
def test_text_of_two_byte_characters_is_an_encoding(name: str) -> None:
    error = rejection("def backward_pass(): pass".encode("utf-16"), name)
    assert error.reason == "encoding"
    assert "Save it again as UTF-8" in error.message


def test_an_undecodable_byte_is_named_with_its_place_even_in_a_comment() -> None:
    error = rejection(b"x = 1\r\n# caf\xe9\n")
    assert error.reason == "encoding"
    assert "byte 12 (0xe9), on line 2" in error.message


def test_a_notebook_that_is_not_utf_8_is_an_encoding() -> None:
    assert rejection(b'{"cells": ["\xe9"]}', "a.ipynb").reason == "encoding"


@pytest.mark.parametrize(
    "name",
    [
        "rot13",
        "utf-7",
        "idna",
        "punycode",
        "zlib",
        "hex",
        "unicode_escape",
        "raw_unicode_escape",
        "utf-16",
        "cp037",
        "no-such",
    ],
)
def test_a_codec_that_is_no_encoding_of_ascii_is_refused(name: str) -> None:
    error = rejection(f"# coding: {name}\ndef backward_pass(): pass\n")
    assert error.reason == "encoding"
    assert name in error.message


def test_a_declared_encoding_must_decode() -> None:
    assert "ASCII" in rejection(b"\n# coding: ascii\nx = '\xe9'\n").message


def test_a_byte_order_mark_and_another_encoding_contradict_each_other() -> None:
    assert "byte order mark" in rejection(b"\xef\xbb\xbf# coding: latin-1\nx = 1\n").message


def test_only_the_first_two_lines_declare_an_encoding() -> None:
    assert rejection("x = 1\n# coding: rot13\n").reason == "no_such_function"
    assert rejection("\n\n# coding: rot13\nx = 1\n").reason == "no_such_function"


@pytest.mark.parametrize("source", ["def backward_pass(): pass", '{"cells": [', "[" + "{}," * 9])
def test_an_ipynb_that_is_no_json_is_not_a_notebook(source: str) -> None:
    error = rejection(source, "homework.ipynb")
    assert error.reason == "not_a_notebook"
    assert "it is not JSON (line 1" in error.message


@pytest.mark.parametrize(
    "document",
    [
        [],
        1,
        None,
        "cells",
        {},
        {"a": 1},
        {"cells": 3},
        {"cells": [3]},
        {"worksheets": {}},
        {"worksheets": [{"cells": 1}]},
        {"cells": [{"cell_type": "code", "source": 3}]},
        {"cells": [{"cell_type": "code", "source": ["a", 3]}]},
    ],
)
def test_json_of_another_shape_is_not_a_notebook(document: object) -> None:
    assert rejection(json.dumps(document), "homework.ipynb").reason == "not_a_notebook"


def test_a_python_file_above_the_limit_is_too_large() -> None:
    error = rejection("#" * (SOURCE_LIMIT + 1))
    assert error.reason == "too_large"
    assert "1,048,577 bytes, but the limit is 1,048,576" in error.message


def test_a_notebook_above_the_limit_is_too_large() -> None:
    assert rejection(b" " * (NOTEBOOK_LIMIT + 1), "a.ipynb").reason == "too_large"


def test_a_notebooks_code_above_the_limit_is_too_large() -> None:
    cells = [{"cell_type": "code", "source": "é" * (SOURCE_LIMIT // 4)}] * 3
    assert rejection(json.dumps({"cells": cells}), "a.ipynb").reason == "too_large"


def test_plots_do_not_count_as_code() -> None:
    cells = [{"cell_type": "code", "source": "x = 1", "outputs": ["." * (SOURCE_LIMIT + 1)]}]
    assert rejection(json.dumps({"cells": cells}), "a.ipynb").reason == "no_such_function"


def test_a_syntax_error_shows_line_text_and_caret() -> None:
    error = rejection("x = 1\ndef backward_pass(a)\n    return a\n")
    assert error.reason == "syntax_error"
    assert error.message.startswith("Line 2 is not valid Python: expected ':'.\n    def backward_pass(a)\n")
    assert error.message.splitlines()[2] == " " * 24 + "^"


def test_the_caret_stands_right_behind_tabs_and_escapes() -> None:
    lines = rejection("if 1:\n\tx = '\x1b' '\ud7ff' = 1\n").message.splitlines()
    assert lines[1] == "        x = '\\x1b' '\\ud7ff' = 1"
    assert lines[1][lines[2].index("^")] == "'"


def test_a_long_line_is_cut_around_the_caret() -> None:
    assert len(rejection("x = " + "a " * 100_000).message) < 400


def test_a_cell_magic_in_a_python_file_is_named() -> None:
    assert "notebook command" in rejection("%%writefile mine.py\ndef backward_pass(): pass\n").message


def test_a_fault_beside_a_notebook_command_is_named_at_its_own_line() -> None:
    assert "Line 2 is not valid" in rejection("!pip install numpy\ndef backward_pass() pass\n").message


@pytest.mark.parametrize(
    "code", ["  return 1\n  x = yield 1\n  nonlocal y", "  global y\n  y, z = 1, (yield)\n  break"]
)
def test_what_only_the_compiler_finds_is_a_syntax_error_too(code: str) -> None:
    error = rejection(f"import os\n\n\ndef backward_pass():\n{code}\n")
    assert error.reason == "syntax_error"
    assert error.message.startswith("Line 7") or error.message.startswith("Line 5")


def test_an_enormous_number_is_a_syntax_error() -> None:
    error = rejection(f"def backward_pass(): return {'9' * 5000}\n")
    assert error.reason == "syntax_error"
    assert "set_int_max_str_digits" not in error.message


def test_near_misses_are_named() -> None:
    assert (
        "If `backwardPass` is this function, rename it"
        in rejection("def backwardPass(): pass\ndef g(): pass\n").message
    )
    assert "If `backward_pas` is this function, rename it" in rejection("def backward_pas(): pass\n").message
    assert "rename it" not in rejection("def compute(): pass\n").message


def test_the_functions_that_were_found_are_listed() -> None:
    message = rejection("".join(f"def g{number}(): pass\n" for number in range(12))).message
    assert "`g0`, `g1`" in message
    assert "and 4 more" in message


@pytest.mark.parametrize(
    ("source", "holder"),
    [
        ("class Net:\n  def backward_pass(self): pass\n", "the class `Net` on line 2"),
        ("def g():\n  if 1:\n    def backward_pass(): pass\n", "the function `g` on line 3"),
        ("for i in 'a':\n  def backward_pass(): pass\n", "a loop on line 2"),
        ("if __name__ == '__main__':\n  def backward_pass(): pass\n", '`if __name__ == "__main__"` on line 2'),
    ],
)
def test_a_function_that_is_inside_of_something_is_pointed_out(source: str, holder: str) -> None:
    error = rejection(source)
    assert error.reason == "no_such_function"
    assert f"`backward_pass` is defined inside {holder}: move it out" in error.message


def test_a_notebook_of_another_chapter_is_asked_about() -> None:
    notebook = json.dumps({"cells": [{"cell_type": "code", "source": "def line_search(): pass"}]})
    assert "Is this the right notebook?" in rejection(notebook, "a.ipynb").message
    assert "Is this the right file?" in rejection("def line_search(): pass\n").message
    assert "Is this the right" not in rejection("def backwards_pass(): pass\n").message


def test_an_imported_function_is_not_handed_in() -> None:
    assert "only this file is graded" in rejection("from mine import backward_pass\n").message


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("async def backward_pass(): pass\n", "`async def`"),
        ("class backward_pass: pass\n", "a class"),
        ("def backward_pass(): pass\nbackward_pass = None\n", "a plain value"),
        ("backward_pass: list = []\n", "a plain value"),
    ],
)
def test_what_is_no_function_is_refused(source: str, kind: str) -> None:
    error = rejection(source)
    assert error.reason == "not_a_function"
    assert kind in error.message
