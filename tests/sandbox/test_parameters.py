"""Parameters of a submission's function that the call has no value for: what they are given, and what is refused."""

import json
import warnings
from typing import Any

import numpy as np
import pytest

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.source import Rejected, Slice, extract
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import Parser
from tests.sandbox.packages import pack
from tests.sandbox.test_source_notebook import notebook
from tests.sandbox.test_source_rejections import read_named_lines

CALL = "y = f(x, w)"
#: The cases have these; the module is given `N` and the course's `scale`.
NAMES = frozenset({"N", "x", "w", "K"})


def read(source: str | bytes, call: str = CALL, filename: str = "mine.py", package: str = "") -> Slice:
    """Read a submission whose `f` and `g` are called."""
    given, fixed = frozenset({"N", "scale"}), frozenset({"N"})
    entry = Entry("f", ("g",), given=given, fixed=fixed, arguments=NAMES, call=call, package=package, classes=True)
    entry = Entry.of(json.loads(json.dumps(entry.header())))
    return extract(source.encode() if isinstance(source, str) else source, filename, entry)


def refusal(source: str, call: str = CALL) -> Rejected:
    """Return why a submission is refused, with the lines that the sentence names."""
    with pytest.raises(Rejected) as error:
        read(source, call)
    assert set(error.value.lines) == set(read_named_lines(error.value.message))
    assert error.value.reason == "extra_parameter"
    return error.value


def answer(lines: Slice, call: str = CALL) -> tuple[dict[str, Any], float]:
    """Return what comes back for `x = 1`, `w = 2`, `K = 3` and `N = 4`, of a result `y` that is a number."""
    inputs = {"x": {"array": []}, "w": {"array": []}, "K": {"value": 3}, "N": {"value": 4}}
    case = {"inputs": inputs, "results": [["y", []]], "given": {"N": 4}}
    header = {"functions": ["f", "g"], "code": call, "partial": True, "cases": [case]}
    header |= {"helpers": "def scale(x): return 10 * x", "helping": ["scale"]}
    question = read_request(json.loads(json.dumps(header)), np.array([1.0, 2.0]).tobytes())
    with warnings.catch_warnings(action="ignore"):
        parser = Parser(payload_cap=64)
        (frame,) = [frame for data in question.answers(Student(lines)) for frame in parser.feed(data)]
    return frame.header, float(np.frombuffer(frame.payload)[0])


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x, w, K): return x + w + K", 6),
        # A case's own value goes before one of the submission's.
        ("K = 7\ndef f(x, w, K): return K", 3),
        ("N = 9\ndef f(x, w, N): return N", 4),
        ("def f(a, b, x): return a + b + x", 4),
        ("lr = 0.5\nold = lr\ndef f(x, w, lr, K): return lr * K", 1.5),
        ("size = 5\nlr = size + 1\ndef f(x, w, lr): return lr", 6),
        ("lr = {}\nlr['a'] = 8\nlr['a'] += 3\ndef f(x, w, lr): return lr['a']", 11),
        ("def relu(x): return x * (x > 0)\ndef f(x, w, relu): return relu(x)", 1),
        ("def f(x, w, scale, np): return np.sum(scale(w))", 20),
        ("def scale(x): return 3 * x\ndef f(x, w, scale): return scale(w)", 6),
        ("def f(x, w, *, K, b=5): return K + b", 8),
        ("def f(x, w, K, *rest, N, **more): return K + N + len(rest) + len(more)", 7),
        ("from math import *\ndef f(x, w, pi): return round(pi)", 3),
        # It may stand before or among those that are supplied, if these bear the arguments' names.
        ("def f(K, x, w): return K + 10 * x + 100 * w", 213),
        ("def f(x, K, w, N=1): return K + 10 * x + 100 * w + 1000 * N", 1213),
        ("lr = 7\ndef f(x, lr, w, *, N): return lr + 10 * x + 100 * w + 1000 * N", 4217),
        ("def f(w, x, K): return K + 10 * x + 100 * w", 123),
        # A default is the submission's own choice.
        ("lr = 5\ndef f(x, w, lr=1, K=None): return lr", 1),
        ("def f(x, *rest): return len(rest)", 1),
    ],
)
def test_a_parameter_is_given_what_bears_its_name(source: str, expected: float) -> None:
    assert answer(read(source)) == ({"kind": "returned", "changed": []}, expected)


def test_a_parameter_is_given_its_value_in_a_notebook_and_in_a_package() -> None:
    cells = ("lr = 6", "print(lr)", "def f(x, w, K, lr):\n    return K + lr", "f(1, 2, 3, lr)")
    assert answer(read(notebook(*cells), filename="mine.ipynb"))[1] == 9
    main = "from .rates import *\ndef f(x, w, K, lr):\n    return K + lr"
    lines = read(pack({"part/f.py": main, "part/rates.py": "lr = 5"}), package="part/f.py")
    assert lines.extra["f"].names == ("K", "lr")


def test_a_parameter_that_is_changed_in_place_is_an_input_that_is_changed() -> None:
    assert answer(read("def f(a, b, x):\n    x += 1\n    return a"))[0]["changed"] == ["x"]


def test_a_parameter_with_no_value_is_refused_by_a_sentence() -> None:
    error = refusal("import numpy as np\n\ndef f(x, w, K, rate):\n    return x")
    assert error.message == (
        "`f` on line 3 needs a value for its parameter `rate`, but is called as `f(x, w)`. Nothing in the assignment"
        " is named `rate`, and no `=` at the top level of the submission sets it. Remove the parameter, or give it a"
        " default value."
    )
    assert "parameter `rate`, but is called" in refusal("def f(x, rate, w): return x").message
    error = refusal("def f(x, w, rate, *, step): return x")
    assert "parameters `rate` and `step`, but is called" in error.message
    assert error.message.endswith("Remove the parameters, or give them default values.")


@pytest.mark.parametrize("name", ["sum", "print", "y", "f2", "__name__"])
def test_names_of_builtins_and_of_the_call_are_no_values(name: str) -> None:
    assert f"`{name}`" in refusal(f"def f(x, w, {name}): return x\n").message


def test_a_name_within_a_function_is_not_at_the_top_level() -> None:
    assert refusal("def g(x):\n    rate = 1\n    return rate\ndef f(x, w, rate): return x").lines == ((0, 4),)


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("class f:\n    def __init__(self, x, w, rate): pass", CALL),
        ("f = lambda x, w, rate: x", CALL),
        ("def wrap(f): return lambda x, w: f(x, w, 1)\n@wrap\ndef f(x, w, rate): return x", CALL),
        ("def g(x, w, rate): return x\nf = lambda x, w: g(x, w, 1)", CALL),
        ("def f(x, w, rate): return x", "y = f(*[x, w, 1])"),
        ("def f(x, w, rate): return x", "y = f(x, **{'w': w, 'rate': 1})"),
        ("def f(x, w, rate): return x", "y = f(x, w, rate=1)"),
        ("def f(x, w, rate): return x", "y = f(x, rate=1, w=w)"),
        ("def f(x, w, rate): return x", "h = f\ny = h(x, w, 1)"),
        # Two ways to call it: the lines themselves try which one is the submission's.
        ("def f(x, w, rate): return x", "try: y = f(x, w)\nexcept TypeError: y = f(x, w, 1)"),
    ],
)
def test_what_the_text_does_not_say_is_left_as_it_is(source: str, call: str) -> None:
    assert read(source, call).extra == {}


def test_a_call_that_a_submission_cannot_take_raises_as_before() -> None:
    assert answer(read("def f(x): return x"))[0]["raised"]["type"] == "TypeError"
    for parameters in ("x, w, K, /", "K, x, /, w", "w, x", "x, w, K, /, N"):
        assert answer(read(f"def f({parameters}): return None"))[0]["kind"] == "partial"
    # A star import may bind it, and does not.
    assert answer(read("from math import *\ndef f(x, w, rate): return x"))[0]["raised"]["type"] == "TypeError"


def test_a_right_submission_is_called_as_it_stands() -> None:
    lines = read("import sys\ndef f(x, w): return len(sys._getframe(1).f_code.co_filename)\n")
    assert (lines.extra, answer(lines)[1]) == ({}, len("<call>"))
