"""Calls of which a statement raises: what else is judged, and what may not be judged by an older value."""

import json
import warnings
from typing import Any

import numpy as np
import pytest

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.source import extract
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import Frame, Parser

#: `f` raises an error of its argument's kind, `g` does not.
SOURCE = """
def f(x, kind=ValueError):
    raise kind("no")


def g(x):
    return 2 * x


class Layer:
    def forward(self, x):
        self.x = x
        return x

    def backward(self, x):
        self.dx = 3 * x
        raise ValueError("not yet")
"""


def ask(code: str, *results: str, source: str = SOURCE, **header: Any) -> Frame:
    """Return the answer in parts about one case with `x = [1, 2]`, whose results have two numbers each."""
    functions = ("f", "g", "h", "Layer")
    case = {"inputs": {"x": {"array": [2]}}, "results": [[result, [2]] for result in results]}
    asked = {"functions": functions, "code": code, "partial": True, "cases": [case], **header}
    question = read_request(json.loads(json.dumps(asked)), np.array([1.0, 2.0]).tobytes())
    entry = Entry("f", functions[1:], classes=True, arguments=frozenset("x"), call=code)
    student = Student(extract(source.encode(), "mine.py", entry))
    parser = Parser(payload_cap=1 << 16)
    with warnings.catch_warnings(action="ignore"):
        (frame,) = [frame for data in question.answers(student) for frame in parser.feed(data)]
    return frame


def numbers(frame: Frame) -> list[list[float]]:
    return np.frombuffer(frame.payload).reshape(-1, 2).tolist()


def test_the_call_goes_on_after_a_statement_that_raised() -> None:
    frame = ask("a = f(x)\nb = g(x)\nc = g(a)\nd = g(b)", "a", "b", "c", "d")
    assert (frame.header["status"], numbers(frame)[1::2]) == ("2020", [[2.0, 4.0], [4.0, 8.0]])
    assert (frame.header["raised"]["type"], frame.header["raised"]["message"]) == ("ValueError", "no")
    assert frame.header["causes"] == [["ValueError", "", [0, 2]]]


def test_the_first_exception_is_told_and_each_result_has_its_own_cause() -> None:
    frame = ask("a = f(x)\nb = f(x, KeyError)\nc = g(b)", "a", "b", "c")
    assert frame.header["raised"]["type"] == "ValueError"
    assert frame.header["causes"] == [["ValueError", "", [0]], ["KeyError", "", [1, 2]]]


@pytest.mark.parametrize(
    "statement",
    [
        "a = f(a)",
        "a += f(x)",
        "a[0] = f(x)",
        "a.shape = f(x)",
        "b, a = f(x)",
        "b, a = g(x), f(x)",
        "a, b = x, f(x); a = f(x)",
        "for a in [g(x), f(x)]: pass",
        "for b in [x]: a = f(x)",
        "b = g(a := f(x))",
        "with f(x) as a: pass",
        "del a, b",
        "f(x, SystemExit)\na = g(x)",
        "f(x, MemoryError)\na[0] = 0",
    ],
)
def test_nothing_is_judged_by_a_value_that_a_statement_that_raised_would_have_replaced(statement: str) -> None:
    frame = ask(f"a = g(x)\n{statement}", "a", "a + 0")
    assert (frame.header["status"], frame.header["causes"][0][2]) == ("22", [0, 1])


def test_a_name_that_a_later_statement_binds_again_has_that_value() -> None:
    loops = "for i in range(2): c = f(x)\nfor i in range(2): d = g(x)"
    frame = ask(f"a, _ = f(x)\nb, _ = g(x), 1\n{loops}", "b", "_ * b", "d")
    assert numbers(frame) == [[2.0, 4.0]] * 3


def test_values_that_are_bound_together_are_judged_apart() -> None:
    frame = ask("a, b, c = g(x), f(x), g(x)\nd = g(c)", "a", "b", "c", "d")
    assert frame.header["status"] == "0200"


def test_values_that_are_bound_together_are_all_evaluated_before_a_name_is_bound() -> None:
    code = "a, b = x, g(x)\na, b = b, a\n(a, c), b = (b, a), a\n(d, *e), f = (a, b), c"
    frame = ask(code, "a", "b", "c", "d", "e[0]")
    assert numbers(frame) == [[1.0, 2.0], [2.0, 4.0], [2.0, 4.0], [1.0, 2.0], [2.0, 4.0]]
    assert frame.header["kind"] == "returned"


def test_an_object_whose_method_raised_is_judged_as_it_is() -> None:
    frame = ask("layer = Layer()\nout = layer.forward(x)\ndx = layer.backward(x)", "out", "dx", "layer.dx", "layer.x")
    assert (frame.header["status"], numbers(frame)[2]) == ("0200", [3.0, 6.0])


@pytest.mark.parametrize("kind", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "MemoryError"])
def test_an_exit_and_the_end_of_memory_end_the_call(kind: str) -> None:
    frame = ask(f"a = g(x)\nb = f(x, {kind})\nc = g(x)", "a", "b", "c")
    assert (frame.header["status"], frame.header["raised"]["type"]) == ("022", kind)
    assert frame.header["causes"] == [[kind, "", [1, 2]]]


def test_the_end_of_memory_is_told_also_if_something_else_raised_before() -> None:
    frame = ask("a = f(x)\nb = f(x, MemoryError)", "a", "b")
    assert frame.header["raised"]["type"] == "MemoryError"


def test_a_function_that_the_submission_lacks_is_named_for_each_result_that_needs_it() -> None:
    frame = ask("a = h(x)\nb = g(x)\nc = g(a)\nd = f(x)", "a", "b", "c", "d", "h(x)")
    assert (frame.header["status"], frame.header["raised"]["message"]) == ("20222", "name 'h' is not defined")
    assert frame.header["causes"] == [["NameError", "h", [0, 2, 4]], ["ValueError", "", [3]]]


def test_a_module_that_is_not_there_is_the_cause_of_what_needs_it_alone() -> None:
    source = SOURCE.replace('raise kind("no")', "return torch.ones(2)")
    frame = ask("a = f(x)\nb = g(x)\nc = g(a)", "a", "b", "c", source=f"import torch\n{source}")
    assert (frame.header["status"], frame.header["raised"]["type"]) == ("202", "ModuleNotFoundError")
    assert frame.header["causes"] == [["ModuleNotFoundError", "", [0, 2]]]


@pytest.mark.parametrize("name", ["[]", "None", "1j", "type('T', (str,), {'__hash__': lambda self: 1 / 0})('h')"])
def test_a_name_error_that_is_made_by_hand_names_nothing(name: str) -> None:
    source = SOURCE.replace('raise kind("no")', f'raise NameError("no", name={name})')
    frame = ask("a = f(x)\nb = g(x)", "a", "b", source=source)
    assert frame.header["causes"] == [["NameError", "", [0]]]


def test_lines_that_raise_nothing_are_answered_as_before() -> None:
    frame = ask("a, b = g(x), g(x)\nfor i in range(2):\n    a = a + b", "a", "b")
    assert (frame.header, numbers(frame)) == ({"kind": "returned", "changed": []}, [[6.0, 12.0], [2.0, 4.0]])
