"""What a Python file's slice holds, and where its lines come from."""

import pytest

from backmark.worker.sandbox.inside.reading.source import Slice, extract
from tests.local import entry_of


def slice_source(source: str | bytes, filename: str = "homework.py") -> Slice:
    """Slice text or bytes for `f`."""
    return extract(source.encode() if isinstance(source, str) else source, filename, entry_of("f"))


def execute(source: str | bytes, depth: int = 2) -> object:
    """Return what `f()` returns when the slice is executed with `K` as the harness sets it."""
    module: dict[str, object] = {"K": depth}
    exec(compile(slice_source(source).code, "<submission>", "exec"), module)  # noqa: S102 - our own test programs
    function = module["f"]
    assert callable(function)
    return function()


def test_the_slice_holds_the_function_and_what_it_names() -> None:
    code = slice_source("import math\nimport os\na = 1\nb = 2\ndef g(): return a\ndef f(): return g() + math.pi\n").code
    assert code == "import math\na = 1\ndef g(): return a\ndef f(): return g() + math.pi\n"


def test_the_last_definition_wins() -> None:
    assert execute("def f(): return 1\ndef f(): return 2\n") == 2


def test_an_assignment_counts_as_a_definition() -> None:
    assert execute("def mine(): return 3\ndef f(): return 1\nf = mine\n") == 3


def test_a_lambda_counts_as_a_definition() -> None:
    assert execute("f = lambda: 4\n") == 4


def test_an_annotated_assignment_counts_as_a_definition() -> None:
    assert execute("from typing import Callable\nf: Callable[[], int] = lambda: 4\n") == 4


def test_a_wrapped_definition_keeps_what_it_wraps() -> None:
    assert execute("def f(): return 5\ng = lambda inner: (lambda: inner() + 1)\nf = g(f)\n") == 6


@pytest.mark.parametrize("head", ["if True:", "with open('x'):", "try:"])
def test_a_definition_in_a_block_is_found_where_it_is_the_only_one(head: str) -> None:
    tail = "except ImportError:\n  pass\n" if head == "try:" else ""
    code = slice_source(f"{head}\n  def f(): return 1\n{tail}").code
    assert code.startswith(head)


def test_a_definition_at_the_margin_beats_one_in_a_block() -> None:
    assert execute("def f(): return 1\nif True:\n  def f(): return 2\n") == 1


def test_a_guarded_import_is_kept_whole() -> None:
    source = "try:\n  import nothing as m\nexcept ImportError:\n  import math as m\ndef f(): return m.floor(2.5)\n"
    assert execute(source) == 2


def test_calls_loops_asserts_and_the_main_guard_stay_out() -> None:
    source = "a = 1\nprint(a)\nfor a in []: pass\nassert a\nif __name__ == '__main__': a = 9\ndef f(): return a\n"
    assert slice_source(source).code == "a = 1\ndef f(): return a\n"


def test_a_local_name_is_no_global_one() -> None:
    source = "y = 1 / 0\nall_f = y\ndef f(all_f=1):\n  y = all_f\n  return [i for i in range(y)]\ni = 1 / 0\n"
    assert execute(source) == [0]


@pytest.mark.parametrize(
    "body",
    [
        "return [x for _ in '1']",
        "return (lambda y=x: y)()",
        "def inner():\n    return x\n  return inner()",
        "class C:\n    x = x\n  return C.x",
        "global x\n  x = x\n  return x",
        "return f'{x}'",
        "match x:\n    case y: return y",
    ],
)
def test_a_global_name_is_found_wherever_it_hides(body: str) -> None:
    assert "x = 1\n" in slice_source(f"x = 1\ndef f():\n  {body}\n").code


def test_decorators_defaults_and_annotations_are_names_used() -> None:
    source = "a = 1\nb = int\ndef wrap(g): return g\n@wrap\ndef f(n: b = a): return n\n"
    assert slice_source(source).code == source


def test_a_base_class_is_a_name_used() -> None:
    source = "class A: x = 1\nclass B(A): pass\ndef f(): return B.x\n"
    assert slice_source(source).code == source


def test_every_assignment_of_a_needed_name_is_kept_in_order() -> None:
    assert execute("a = 1\na = a + 1\na += 1\na: int = a * 10\n(a, b), *c = (a + 1, 2), 3\ndef f(): return a\n") == 31


def test_changes_of_a_needed_table_are_kept() -> None:
    source = "t = {}\nt['a'] = 1\nclass N: pass\nn = N()\nn.b = 2\nu = {}\nu[0] = 1\n"
    source += "def f(): return t['a'] + n.b\n"
    assert execute(source) == 3
    assert "u = {}" not in slice_source(source).code


def test_a_helper_defined_twice_is_kept_once() -> None:
    assert slice_source("def g(): return 1\ndef g(): return 2\ndef f(): return g()\n").code.count("def g") == 1


def test_an_earlier_helper_is_kept_where_something_kept_called_it() -> None:
    assert execute("def g(): return 1\na = g()\ndef g(): return 2\ndef f(): return a, g()\n") == (1, 2)


def test_a_helper_below_the_function_is_kept() -> None:
    assert execute("def f(): return g()\ndef g(): return 7\n") == 7


def test_a_numpy_star_import_is_kept() -> None:
    assert "from numpy import *" in slice_source("from numpy import *\nfrom os import *\ndef f(): return 1\n").code


def test_other_star_imports_are_kept_where_a_name_is_missing() -> None:
    source = "from math import *\ndef f(): return {}\n"
    assert "import" in slice_source(source.format("floor(2.5)")).code
    assert "import" not in slice_source(source.format("np.ones(K)")).code


def test_future_imports_come_first() -> None:
    source = "a = 1\nfrom __future__ import annotations\ndef f(x: nothing = a): return x\n"
    with pytest.raises(Exception, match="from __future__ imports must occur"):
        compile(source, "", "exec")
    assert slice_source(source).code.startswith("from __future__ import annotations\n")


def test_one_import_of_several_keeps_only_what_is_needed() -> None:
    assert execute("import math as m, matplotlib.pyplot as plt\ndef f(): return m.floor(2.5)\n") == 2


def test_statements_on_one_line_are_told_apart() -> None:
    part = slice_source("é = 1; print(é); a = é; 1/0\ndef f(): return a; \n")
    assert part.code == "é = 1\na = é\ndef f(): return a;\n"
    assert [part.place(line) for line in (1, 2, 3)] == ["line 1", "line 1", "line 2"]


@pytest.mark.parametrize("assignment", ["K = 9", "K: int = 9", "K = 2\nK += 7", "K = 9; D = 1"])
def test_assignments_to_k_are_taken_out(assignment: str) -> None:
    assert execute(f"{assignment}\nN = K + 1\ndef f(n=K): return n, N\n", depth=3) == (3, 4)


@pytest.mark.parametrize("assignment", ["K, D = 9, 6", "K = D = 6", "D = (K := 6)", "if True:\n  K = 9\n  D = 6"])
def test_k_stays_ours_where_it_is_set_together_with_another_name(assignment: str) -> None:
    assert execute(f"{assignment}\nN = K + 1\ndef f(): return K, D, N\n", depth=3) == (3, 6, 4)


def test_a_line_knows_its_place_and_the_students_text() -> None:
    part = slice_source("import os\n\n\ndef f():\n    return 1  # one\n")
    assert part.place(2) == "line 5"
    assert part.text(2) == "    return 1  # one"


def test_a_line_outside_of_the_submission_has_no_text() -> None:
    part = slice_source("def f(): return 1\n")
    assert [part.text(line) for line in (-1, 0, 2)] == ["", "", ""]
    assert part.place(0) == part.place(99) == "a line outside of the submission"


def test_decorators_in_brackets_and_with_blank_lines_are_whole() -> None:
    source = "@(\n  # why\n  lambda g: g\n)\n\n@staticmethod\n\ndef f(): return 1\n"
    assert slice_source("a = 1\n" + source).code == source


def test_a_string_of_many_lines_is_kept_as_it_is() -> None:
    assert execute("a = '''\n  x\n# y\n'''; b = 1\ndef f(): return a\n") == "\n  x\n# y\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_counts_lines_alike(end: str) -> None:
    part = slice_source(end.join(["a = 1", "", "def f():", "\treturn a", ""]))
    assert [part.place(line) for line in (1, 2, 3)] == ["line 1", "line 3", "line 4"]


def test_a_form_feed_ends_no_line() -> None:
    part = slice_source("a = 1\n\x0c\n\x0cdef f():\n  return '\x0c\u2028' + str(a)\n")
    assert part.place(3) == "line 4"
    assert part.text(3) == "  return '\\x0c\\u2028' + str(a)"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert execute(b"\xef\xbb\xbfdef f(): return 1") == 1


@pytest.mark.parametrize("name", ["latin-1", "cp1252", "iso-8859-15", "koi8-r", "gbk", "utf-8"])
def test_a_declared_encoding_is_followed(name: str) -> None:
    text = f"#!/usr/bin/python\n# -*- coding: {name} -*-\n"
    text += f"def f(): return 'д' if {name!r} in 'koi8-r gbk' else 'é'\n"
    assert execute(text.encode(name, "replace")) in {"д", "é"}


def test_warnings_about_the_students_text_are_kept_quiet() -> None:
    assert slice_source("def f(): return '\\d', 1 is 1\n").place(1) == "line 1"


def test_notebook_commands_copied_into_a_file_stay_out_of_it() -> None:
    source = "%matplotlib inline\n!pip install numpy\nimport math\ndef f():\n  %time\n  return math.pi\n"
    assert slice_source(source).place(2) == "line 4"
    assert execute(source) == pytest.approx(3.14159, abs=1e-4)


def test_a_file_that_is_python_keeps_what_looks_like_a_notebook_command() -> None:
    assert execute('def f():\n  return """\n%matplotlib inline\n"""\n') == "\n%matplotlib inline\n"


@pytest.mark.parametrize("table", [repr({2: "ab" * 3000}), repr(list(range(2000)))])
def test_numbers_and_texts_are_measured_where_a_file_is_large(table: str) -> None:
    table_slice = slice_source(f"T = {table}\ndef f(): return T\n")
    assert 2 * table_slice.literals > len(table_slice.code)
    described = slice_source(
        f'def f():\n  """{"Says a lot. " * 500}"""\n  x = 0\n' + "  x = x + 1\n" * 400 + "  return x\n"
    )
    assert 0 < described.literals < len(described.code) / 5
    assert slice_source("T = 'a table that is short'\ndef f(): return T\n").literals == 0
