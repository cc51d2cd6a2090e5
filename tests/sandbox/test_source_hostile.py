"""Legal and illegal monsters: each ends in a slice or a refusal, soon."""

import json
import time

import pytest

from backmark.worker.sandbox.inside.reading.source import Rejected, extract
from tests.local import entry_of

#: Seconds of processor time within which any of these must be through; the jail's own limits stand behind.
PATIENCE = 30
F = "def f():\n  return x\n"


def reason(source: str, filename: str = "homework.py") -> str:
    """Give the reason for the refusal, or "slice"."""
    start = time.process_time()
    refusal = Rejected("slice", "")
    try:
        extract(source.encode("utf-8", "surrogatepass"), filename, entry_of("f"))
    except Rejected as error:
        refusal = error
    assert time.process_time() - start < PATIENCE
    assert len(refusal.message) < 1200
    return refusal.reason


def cells(source: str) -> str:
    """Make a notebook with one code cell."""
    return json.dumps({"cells": [{"cell_type": "code", "source": source}]})


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "(" * 300 + ")" * 300,
        "x = " + "-" * 100_000 + "1",
        "x = " + "not " * 100_000 + "1",
        "x = 1" + "+1" * 100_000,
        "x = a" + ".b" * 100_000,
        "x = a" + "()" * 100_000,
        "x = " + "lambda:" * 50_000 + "0",
        "if a: pass\n" + "elif a: pass\n" * 20_000,
        "\n".join(" " * depth + "if a:" for depth in range(150)) + " pass",
    ],
)
def test_what_is_nested_too_deeply_is_too_complex(source: str) -> None:
    assert reason(F + source) == "too_complex"
    assert reason(cells(F + source), "a.ipynb") == "too_complex"


def test_deep_json_is_too_complex() -> None:
    assert reason('{"cells":' + "[" * 200_000, "a.ipynb") == "too_complex"


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "-" * 2_000 + "1",
        "x = 1" + "+1" * 2_000,
        "x = " + "[i for i in " * 60 + "a" + "]" * 60,
        "x = " + "lambda:" * 300 + "0",
    ],
)
def test_what_the_parser_takes_may_nest_deeper_than_python_recurses(source: str) -> None:
    assert reason(F + source) in {"slice", "too_complex"}


@pytest.mark.parametrize(
    "source",
    [
        "x = " + "f'{a!r:>{b}}' " * 4_000,
        "x = 1\n" * 25_000,
        "x = [" + "1," * 250_000 + "]",
        "x = 0x" + "f" * 1_000_000,
        "x = '" + "a" * 1_000_000 + "'",
        "x = 1" + " \\\n" * 100_000 + "\n",
        "def g(): return g\nx = g()\n" * 5_000,
        "".join(f"def g{i}(): return g{i + 1}\nt{i} = g{i}()\ndef g{i}(): return t{i + 1}\n" for i in range(2_500)),
    ],
)
def test_what_is_only_long_is_sliced(source: str) -> None:
    assert reason(F + source) == "slice"


@pytest.mark.parametrize(
    "source",
    [
        "!" + "'" * 400_000,
        "!x\n" + "'''\\" * 90_000,
        "!x\n" + "a = (" * 90_000,
        "!x\n" + " " * 400_000 + "x",
        "%\n" * 90_000,
    ],
)
def test_the_reader_of_magics_takes_linear_time(source: str) -> None:
    assert reason(cells(source + "\n= 1"), "a.ipynb") in {"no_such_function", "too_complex"}


def test_thousands_of_broken_cells_are_read_and_summed_up() -> None:
    document = {"cells": [{"cell_type": "code", "source": "(x"}] * 5_000}
    assert reason(json.dumps(document), "a.ipynb") == "no_such_function"


def test_a_function_with_an_enormous_name_is_quoted_short() -> None:
    assert reason(f"def {'g' * 500_000}(): pass\n") == "no_such_function"


@pytest.mark.parametrize(
    "source", ["x\x1a\n", "\x0c\x0c\x0c", "\\", "\\\n", "'''", "\ufeff\ufeff", "x = \x00", "\x1b[2J"]
)
def test_odd_characters_are_refused_with_a_sentence(source: str) -> None:
    assert reason(source) in {"syntax_error", "empty", "binary"}
