"""Assignments and blocks that change what the function uses run on trial; what is left out is named where missed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.worker.sandbox.inside.student import Student
from tests.sandbox.test_source import slice_source

#: Programs whose `f` returns 7.
CHANGES = {
    "a name that is deleted": "T = 7\ndef g(): return T\ndef f(): return g()\ndel T\n",
    "a with": "T = {}\nwith np.errstate(all='ignore'):\n  T['a'] = 7\ndef f(): return T['a']\n",
    "an if": "T = {}\nif True: T['a'] = 7\ndef f(): return T['a']\n",
    "an if that binds it anew": "T = 1\nif True: T = 7\ndef f(): return T\n",
    "an else that binds it anew": "T = 1\nif not T: pass\nelse:\n  T = 7\ndef f(): return T\n",
    "an if that binds it first": "if True: T = 1\nT = 7\ndef f(): return T\n",
    "an if that needs others": "A = 7\nT = None\nif T is None: T = A\ndef f(): return T\n",
    "a try that binds it anew": "T = 1\ntry: import nowhere as T\nexcept ImportError: T = 7\ndef f(): return T\n",
    "a match that binds it anew": "T = 1\nmatch T:\n  case 1: T = 7\ndef f(): return T\n",
    "a pattern that binds it anew": "T = 1\nmatch (7, 2):\n  case (T, _): pass\ndef f(): return T\n",
    "a condition that binds it anew": "T = 1\nif (T := 7) < 1: pass\ndef f(): return T\n",
    "an import in an if": "sqrt = None\nif True: from math import sqrt\ndef f(): return sqrt(49)\n",
    "a definition in an if": "def g(): return 1\nif True:\n  def g(): return 7\ndef f(): return g()\n",
    "a definition in a with": "def g(): return 1\nwith np.errstate():\n  def g(): return 7\ndef f(): return g()\n",
    "a try": "T = {}\ntry: T['a'] = 7\nexcept ValueError: pass\ndef f(): return T['a']\n",
}

#: Programs whose `f` returns 7 though a statement that may change what it uses cannot be run.
SURVIVED = {
    "a plot kept in a table": "import matplotlib.pyplot as plt\nT = {'a': 7}\nT['p'] = plt.figure()\n",
    "a file": "T = {'a': 7}\nwith open('/nowhere/x') as line: T['a'] = line\n",
    "an exit": "T = {'a': 7}\nif True:\n  T['b'] = 8\n  exit()\n",
    "an endless loop": "T = {'a': 7}\nwhile True: T['b'] = 1\n",
    "an endless call": "T = {'a': 7}\ndef g():\n  while True: T['b'] = 1\ng()\n",
    "await": "T = {'a': 7}\nT.update(a=await 8)\n",
    "training": "T = {'a': 7}\nfor _ in range(9): T['a'] = f()\n",
    "an if that raises": "T = {'a': 7}\nif True: T = nothing\n",
    "an import of what is not there": "import nowhere\nT = {'a': 7}\ndef plot(): nowhere.plot()\nT['p'] = plot\n",
    "a test": "T = {'a': 7}\nif True: T['a'] = f()\n",
    "prints": "T = {'a': 7}\nif True:\n  T['b'] = 8; print(8)\n",
    "a block that binds K": "T = {'a': 4}\nwith np.errstate():\n  K = 9\n  T['b'] = K\nT['a'] += K\n",
}

#: Programs whose `f` misses what their second line would have done, by the reason for which it did not.
MISSED = {
    "it raised FileNotFoundError": "T = {}\nif True: T['a'] = open('/nowhere/x')\ndef f(): return T['a']\n",
    "it calls the graded function": "T = {}\nif True: T['a'] = f()\ndef f(): return T['a']\n",
    "is not graded": "a = {}\nif __name__ == '__main__': b = 1\ndef f(): return b\n",
    "no part": "T = {}\nif __name__ == '__main__': T['a'] = 1\ndef f(): return T['a']\n",
    "does not mention what it defines": "T = {}\ndef relu(): return 7\ndef f(): return __builtins__['eval']('relu')\n",
}

#: Programs of which a call or a loop on the second line is missed.
NOT_RUN = {
    "a method": "T = {}\nT.update(a=7)\ndef f(): return T['a']\n",
    "append": "T = []\nT.append(7)\ndef f(): return T[0]\n",
    "a loop": "T = {}\nfor n in 'ab': T[n] = 7\ndef f(): return T['a']\n",
    "a loop that appends": "T = []\nfor n in 'ab': T.append(n)\ndef f(): return T[0]\n",
    "an endless loop": "T = {}\nwhile True: T[0] = 0\ndef f(): return T['a']\n",
    "a loop's own name": "a = 1\nfor g in (1, 7): pass\ndef f(): return g\n",
    "a call": "T = {}; put = lambda t: t.update(a=7)\nput(T)\ndef f(): return T['a']\n",
    "setattr": "class T: pass\nsetattr(T, 'a', 7)\ndef f(): return T.a\n",
    "a name bound by an assertion": "a = 1\nassert (T := 7)\ndef f(): return T\n",
    "await": "T = {}\nT.update(a=await 8)\ndef f(): return T['a']\n",
}


def call_function(student: Student, layers: int = 3) -> object:
    """What `f()` returns with so many hidden layers."""
    return student.names((layers,), {"K": layers})["f"]()


@pytest.mark.parametrize("kind", CHANGES)
def test_what_changes_a_name_that_the_function_uses_is_executed(kind: str) -> None:
    assert call_function(Student(slice_source(CHANGES[kind]))) == 7


@pytest.mark.parametrize("kind", SURVIVED)
def test_a_change_that_cannot_be_run_is_no_fault_of_the_function(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call_function(Student(slice_source(SURVIVED[kind] + "def f(): return T['a']\n"))) == 7
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", MISSED)
def test_an_exception_names_what_was_left_out_and_why(name: str) -> None:
    student = Student(slice_source(MISSED[name]))
    with pytest.raises((LookupError, NameError)) as error:
        call_function(student)
    description = student.describe(error.value)
    reason = "is not graded" if name == "no part" else name
    assert f"`{MISSED[name].splitlines()[1]}` on line 2 was left out: " in description["message"]
    assert reason in description["message"]
    assert description["traceback"].endswith(description["message"].partition(". ")[2])
    assert (0, 2) in description["lines"]


@pytest.mark.parametrize("kind", NOT_RUN)
def test_a_call_or_a_loop_that_is_missed_is_named(kind: str) -> None:
    student = Student(slice_source(NOT_RUN[kind]))
    with pytest.raises((LookupError, NameError, AttributeError)) as error:
        call_function(student)
    description = student.describe(error.value)
    line = NOT_RUN[kind].splitlines()[1]
    assert (
        f"`{line}` on line 2 was left out: calls and loops outside of functions are not run." in description["message"]
    )
    assert (0, 2) in description["lines"]


@pytest.mark.parametrize(
    "source", ["def f(): return {}['a']\n", "def f(): return nothing\n", "def f(): return 1 / 0\n"]
)
def test_an_exception_that_misses_nothing_is_as_it_was(source: str) -> None:
    student = Student(slice_source("print('plots')\nfor i in range(3): pass\n" + source))
    with pytest.raises(Exception, match=r"'a'|nothing|zero") as error:
        call_function(student)
    assert student.describe(error.value)["message"] == str(error.value)


@pytest.mark.parametrize("statement", ["del SCALE", "SCALE: float", "if False: del SCALE"])
def test_a_statement_that_gives_a_name_no_value_is_not_missed(statement: str) -> None:
    student = Student(slice_source(f"{statement}\ndef half(x): return x / SCALE\ndef f(): return half(14)\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    assert student.describe(error.value)["message"] == "name 'SCALE' is not defined"


def test_what_raises_in_one_module_is_tried_in_the_others() -> None:
    student = Student(slice_source("T = [1] * K\nT[2] = 7\ndef f(): return T[2]\n"))
    with pytest.raises(IndexError) as error:
        call_function(student, 2)
    assert "`T[2] = 7` on line 2 was left out: it raised IndexError." in student.describe(error.value)["message"]
    assert call_function(student, 3) == 7
    with pytest.raises(IndexError) as error:
        call_function(student, 0)
    assert "was left out" in student.describe(error.value)["message"]


@given(st.permutations(range(5)))
def test_what_is_given_up_depends_on_no_module_that_was_made_before(order: list[int]) -> None:
    source = "T = [1] * K\nT[2] = 7\nT[0] = 1 / (K - 3)\nfor k in range(K): T[k] += T[1]\ndef f(): return T\n"
    student = Student(slice_source(source))
    assert [call_function(student, layers) for layers in order] == [
        call_function(Student(slice_source(source)), layers) for layers in order
    ]


def test_what_was_left_out_of_another_module_is_not_said_of_this_one() -> None:
    student = Student(slice_source("T = {}\nT[1 / K] = 7\ndef f(): return T['a']\n"))
    for layers, said in ((0, True), (1, False)):
        with pytest.raises(KeyError) as error:
            call_function(student, layers)
        assert ("was left out" in student.describe(error.value)["message"]) is said


@pytest.mark.parametrize("line", ["import scipy", "from scipy import special as scipy"])
def test_a_missing_module_that_is_used_says_what_may_be_imported_and_where_it_is(line: str) -> None:
    student = Student(slice_source(f"{line}\ndef g(): return scipy\ndef f(): return g()\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    description = student.describe(error.value)
    assert description["type"] == "ModuleNotFoundError"
    assert description["message"].startswith(
        "No module named 'scipy'. Only NumPy and Python's standard library can be imported here"
    )
    # The lines that miss it come last: they are mended.
    assert description["frames"] == [(0, 1), (0, 3), (0, 2)]


def test_a_framework_that_is_missing_is_no_file_of_the_students() -> None:
    student = Student(slice_source("import torch.nn as nn\ndef f(): return nn\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    said = "Write this homework with NumPy: PyTorch is not available here."
    assert student.describe(error.value)["message"].endswith(said)


@pytest.mark.filterwarnings("ignore:can't resolve package:ImportWarning")
@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("from .im2col import g", ".im2col"),
        ("from ..parts.im2col import g", "..parts.im2col"),
        ("from . import g", ".g"),
        ("def f(): from .im2col import (g,\n h)", ".im2col"),
    ],
)
def test_a_second_file_that_is_missing_is_named_as_it_stands(line: str, module: str) -> None:
    student = Student(slice_source(line if line.startswith("def") else f"{line}\ndef f(): return g()\n"))
    with pytest.raises((ImportError, NameError)) as error:
        call_function(student)
    description = student.describe(error.value)
    assert description["type"] == "ModuleNotFoundError"
    assert description["message"].startswith(f"No module named {module!r}. Only NumPy and Python's")
    assert description["frames"][0] == (0, 1)


def test_of_a_deep_chain_that_misses_a_module_the_innermost_lines_are_named() -> None:
    source = "import scipy\ndef g(n):\n    return scipy if n == 0 else g(n - 1)\ndef f():\n    return g(60)\n"
    student = Student(slice_source(source))
    with pytest.raises(NameError) as error:
        call_function(student)
    first, *missing = student.describe(error.value)["frames"]
    assert (first, set(missing)) == ((0, 1), {(0, 3), (0, 5)})
    assert len(missing) <= 16


def test_of_all_that_a_missing_module_might_have_no_name_is_certain() -> None:
    student = Student(slice_source("from scipy import *\ndef f(): return spam\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    description = student.describe(error.value)
    assert description["message"].startswith("name 'spam' is not defined. `from scipy import *` on line 1 was left out")
    assert description["frames"] == [(0, 2)]


def test_a_missing_module_that_the_module_itself_uses_is_named() -> None:
    student = Student(slice_source("import scipy\nT = scipy.pi\ndef f(): return T\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    assert student.describe(error.value)["message"].startswith("No module named 'scipy'. Only NumPy")


def test_a_missing_module_is_not_named_for_another_name() -> None:
    student = Student(slice_source("import scipy\ndef g(): scipy.pi\ndef f(): return g and spicy\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    assert student.describe(error.value)["message"] == "name 'spicy' is not defined"


@pytest.mark.parametrize("name", ["[]", "None", "type('T', (str,), {'__hash__': lambda self: 1 / 0})('scipy')"])
def test_a_name_error_that_is_made_by_hand_misses_no_module(name: str) -> None:
    student = Student(slice_source(f"import scipy\ndef f():\n  raise NameError('no', name={name})\n  scipy\n"))
    with pytest.raises(NameError) as error:
        call_function(student)
    assert student.describe(error.value)["type"] == "NameError"


def test_a_name_that_a_module_lacks_is_named_as_python_does() -> None:
    source = "from collections import nothing\ndef f(): return nothing\n"
    student = Student(slice_source(source))
    with pytest.raises(NameError) as error:
        call_function(student)
    assert student.describe(error.value)["message"].startswith("cannot import name 'nothing' from 'collections'")


def test_the_notebooks_tests_and_plots_stay_out() -> None:
    source = (
        "import matplotlib.pyplot as plt\nw = [None] * (K + 1)\nfor k in range(K): w[k] = np.ones(3)\n"
        "def run(x, w): return np.sum(x)\nprint('out', run(1, w))\nout = run(2, w)\nplt.plot(out)\n"
        "def f(w): return w\n"
    )
    assert slice_source(source).code == "def f(w): return w\n"


def test_a_change_too_deep_to_compile_is_no_fault_of_the_function() -> None:
    deep = "".join(f"{' ' * depth}for i{depth} in 'a':\n" for depth in range(25)) + " " * 25 + "T['b'] = 1\n"
    assert call_function(Student(slice_source(f"T = {{'a': 7}}\n{deep}def f(): return T['a']\n"))) == 7
