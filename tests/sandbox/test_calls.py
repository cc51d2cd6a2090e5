"""Cases that are asked by lines that call: what goes in, what comes out, and what is noticed of it."""

import json
import warnings
from typing import Any

import numpy as np
import pytest

from backmark.worker.sandbox.inside import results
from backmark.worker.sandbox.inside.calls import CallsQuestion
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.source import extract
from backmark.worker.sandbox.inside.results import MalformedError
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import Frame, Parser

INPUTS = {
    "x": {"array": [2]},
    "params": {"list": [{"array": [1, 2]}, {"array": []}]},
    "config": {"value": {"stride": 2}},
}
NUMBERS = [1.0, 2.0, 3.0, 4.0, 5.0]


def ask(source: str, *cases: dict[str, Any], code: str = "y = f(x, params, config)") -> list[Frame]:
    """What comes back for cases of the inputs above, one of a result `y` of two numbers unless told."""
    case_headers = [{"inputs": INPUTS, "results": [["y", [2]]], **case} for case in cases or ({},)]
    header = {"function": "f", "code": code, "cases": case_headers}
    question = read_request(json.loads(json.dumps(header)), np.array(NUMBERS * len(case_headers)).tobytes())
    assert isinstance(question, CallsQuestion)
    student = Student(extract(source.encode(), "mine.py", Entry("f", given=frozenset({"N"}), fixed=frozenset({"N"}))))
    parser = Parser(payload_cap=1 << 16)
    with warnings.catch_warnings(action="ignore"):
        return [frame for data in question.answers(student) for frame in parser.feed(data)]


def numbers(frame: Frame) -> list[float]:
    return np.frombuffer(frame.payload).tolist()


def test_inputs_are_arrays_lists_of_them_and_whatever_json_has() -> None:
    source = "def f(x, params, config): return x * params[0][0] + params[1] * config['stride']\n"
    (frame,) = ask(source)
    assert (frame.header, numbers(frame)) == ({"kind": "returned", "changed": []}, [13.0, 18.0])


def test_a_result_is_an_expression_and_may_have_no_axis_or_three() -> None:
    source = "def f(x, params, config): return {'a': x.sum(), 'b': np.ones((1, 2, 1))}\n"
    (frame,) = ask(source, {"results": [["y['a']", []], ["y['b']", [1, 2, 1]]]})
    assert numbers(frame) == [3.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("line", "changed_names"),
    [
        ("x[0] = 7", ["x"]),
        ("x.shape = (2, 1)", ["x"]),
        ("params[0][0, 0] += 1", ["params"]),
        ("params.append(1)", ["params"]),
        ("config['stride'] = 3", ["config"]),
        ("x = x + 1; params = []", []),
    ],
)
def test_what_is_changed_in_place_is_named(line: str, changed_names: list[str]) -> None:
    (frame,) = ask(f"def f(x, params, config):\n    {line}\n    return np.zeros(2)\n")
    assert frame.header == {"kind": "returned", "changed": changed_names}


def test_what_one_case_changes_is_as_it_was_for_the_next() -> None:
    source = "def f(x, params, config):\n    config['stride'] += 1; x += 1\n    return x * config['stride']\n"
    assert [numbers(frame) for frame in ask(source, {}, {})] == [[6.0, 9.0], [6.0, 9.0]]


def test_the_module_is_executed_once_for_each_set_of_given_names() -> None:
    """And a name of ours keeps our value, whatever the submission binds."""
    source = "calls = []\nN = 9\ndef f(x, params, config):\n    calls.append(N)\n    return np.array([N, len(calls)])\n"
    cases = [{"given": {"N": n}} for n in (3, 3, 4)]
    assert [numbers(frame) for frame in ask(source, *cases)] == [[3.0, 1.0], [3.0, 2.0], [4.0, 1.0]]


@pytest.mark.parametrize("value", ["None", "np.zeros(3)", "[[1.0], [2.0]]", "np.array(['a', 'b'])", "1j * np.ones(2)"])
def test_what_is_no_real_array_of_the_shape_is_named(value: str) -> None:
    (frame,) = ask(f"def f(x, params, config): return {value}\n")
    assert (frame.header["kind"], frame.header["status"], frame.header["raised"]) == ("partial", "1", None)
    assert [form["where"] for form in frame.header["malformed"]] == ["y"]
    assert np.isnan(numbers(frame)).tolist() == [True, True]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("raise ValueError('no')", "ValueError"),
        ("raise SystemExit", "SystemExit"),
    ],
)
def test_whatever_is_raised_is_an_answer(body: str, kind: str) -> None:
    (frame, other_frame) = ask(f"def f(x, params, config): {body}\n", {}, {})
    assert (frame.header["kind"], frame.header["status"], frame.header["raised"]["type"]) == ("partial", "2", kind)
    assert frame.header["completed"] is False
    assert frame.header == other_frame.header


def test_a_traceback_has_the_students_own_lines_and_none_of_ours() -> None:
    (frame,) = ask("\n\ndef f(x, params, config):\n    return 1 / 0\n")
    assert frame.header["raised"]["frames"] == [[0, 4]]
    assert "<call>" not in frame.header["raised"]["traceback"]


@pytest.mark.parametrize(
    ("returned", "result"),
    [("{}", "y['a']"), ("(n for n in x)", "y[0]"), ("[]", "y[0]"), ("np", "y.dw"), ("None", "y[0]")],
)
def test_a_result_that_is_not_in_what_came_back_is_told_from_a_call_that_raised(returned: str, result: str) -> None:
    (frame,) = ask(f"def f(x, params, config): return {returned}\n", {"results": [[result, []]]})
    assert (frame.header["kind"], frame.header["status"]) == ("partial", "2")
    assert (frame.header["raised"], frame.header["completed"]) == (None, True)
    assert [form["where"] for form in frame.header["malformed"]] == [result]


def test_an_object_of_the_students_that_raises_when_it_is_read_has_raised() -> None:
    own = "class Own(dict):\n    def __getitem__(self, name): raise KeyError(name)\n"
    (frame,) = ask(f"{own}def f(x, params, config): return Own()\n", {"results": [["y['a']", []]]})
    assert (frame.header["raised"]["type"], frame.header["completed"]) == ("KeyError", True)


def test_an_input_that_is_replaced_by_one_that_cannot_be_compared_is_changed() -> None:
    body = "config['stride'] = type('E', (int,), {'__eq__': lambda *_: 1 / 0})(2); return np.zeros(2)"
    (frame, _) = ask(f"def f(x, params, config): {body}\n", {}, {})
    assert (frame.header["kind"], frame.header["changed"]) == ("returned", ["config"])


def test_a_list_that_contains_itself_is_no_array_and_is_not_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    endless: list[Any] = [1.0]
    endless.append(endless)
    monkeypatch.setattr(np, "asarray", lambda _: pytest.fail("it is read"))
    with pytest.raises(MalformedError) as raised:
        results.numbers(endless, "y", (2, 2))
    assert raised.value.found["length"] == 2
