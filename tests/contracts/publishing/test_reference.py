"""The derivatives of a reference, by extended precision or double, and what is noticed of it."""

import json
from typing import Any

import numpy as np
import pytest

from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.source import extract
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import Frame, Parser

X = [0.5, -1.25, 2.0]


def ask(source: str, asks: str, x: list[float] | None = None, **case_keys: Any) -> Frame:
    """The reply about one case of a vector `x`, with an upstream `dout` of ones if `out` is asked for."""
    values = X if x is None else x
    case = {"inputs": {"x": {"array": [len(values)]}}, "upstreams": {}, "places": [], **case_keys}
    header = {"function": "forward", "reference": asks, "arguments": ["x"], "cases": [case]}
    question = read_request(json.loads(json.dumps(header)), np.array(values).tobytes())
    student = Student(extract(source.encode(), "reference.py", Entry("forward")))
    (data,) = question.answers(student)
    (frame,) = Parser(payload_cap=1 << 16).feed(data)
    return frame


def derivatives(body: str, x: list[float] | None = None, name: str = "x") -> "np.ndarray[Any, Any]":
    """The loss's derivatives, and their uncertainty."""
    values = X if x is None else x
    source = f"def forward(tap, x):\n    return {{'loss': {body}}}\n"
    frame = ask(source, "derivatives", x, places=[[name, [], [len(values)]]])
    assert frame.header["kind"] == "returned", frame.header
    return np.frombuffer(frame.payload).reshape(2, len(values))


@pytest.mark.parametrize(
    ("body", "right"),
    [
        ("np.sum(x ** 3)", lambda x: 3 * x**2),
        ("np.log(np.sum(np.exp(x)))", lambda x: np.exp(x) / np.exp(x).sum()),
        ("np.var(x)", lambda x: 2 * (x - x.mean()) / len(x)),
        ("np.sqrt(np.sum(x * x))", lambda x: x / np.sqrt((x * x).sum())),
        ("np.sum(np.abs(x))", np.sign),
        ("np.sum(np.tanh(x)) * 1e6", lambda x: 1e6 / np.cosh(x) ** 2),
        ("np.sum(np.zeros(3))", lambda x: 0 * x),
    ],
)
def test_the_derivative_is_that_of_calculus(body: str, right: Any) -> None:
    total, uncertainty = derivatives(body)
    derivative = right(np.array(X))
    assert np.allclose(total, derivative, rtol=1e-11, atol=1e-11 * max(1, np.abs(derivative).max()))
    assert (np.abs(total - derivative) <= uncertainty + 1e-15).all()


def test_a_pass_that_falls_back_to_double_precision_is_still_differentiated() -> None:
    total, uncertainty = derivatives("float(np.sum(np.sin(x.astype(np.float64))))")
    assert np.allclose(total, np.cos(X), rtol=1e-8)
    assert (np.abs(total - np.cos(X)) <= uncertainty).all()


@pytest.mark.parametrize("body", ["np.sum(np.maximum(x, 0))", "np.max(x)", "np.sum(np.abs(x))"])
def test_a_kink_has_no_derivative(body: str) -> None:
    _, uncertainty = derivatives(body, [0.0, 0.0])
    assert np.isnan(uncertainty).all()


def test_rounding_in_a_sum_that_cancels_is_no_kink() -> None:
    """The loss is small beside its terms, which round each by themselves."""
    x = [0.1, -1.3, 2.7]
    terms = " + ".join(f"({number} / 3 + x) - {number} / 3" for number in range(9000, 9040))
    total, uncertainty = derivatives(f"np.sum({terms}) - {40 * sum(x)}", x)
    assert np.allclose(total, 40, rtol=1e-9)
    assert (uncertainty < 1e-6).all()


def test_a_tapped_value_is_differentiated_by_too() -> None:
    source = "def forward(tap, x):\n    h = tap('h', x * 3)\n    return {'loss': np.sum(h ** 2)}\n"
    frame = ask(source, "derivatives", places=[["h", [], [3]]])
    assert np.allclose(np.frombuffer(frame.payload).reshape(2, 3)[0], 2 * 3 * np.array(X))


def test_the_terms_of_a_loss_are_differentiated_together() -> None:
    total, _ = derivatives("{'data': np.sum(x), 'reg': np.sum(x * x)}")
    assert np.allclose(total, 1 + 2 * np.array(X))


def test_the_outputs_of_several_upstream_gradients_are_differentiated_together() -> None:
    source = "def forward(tap, x):\n    return {'h': x, 'c': x * x}\n"
    upstreams = {"inputs": {"x": {"array": [3]}, "dh": {"array": [3]}, "dc": {"array": [3]}}}
    case = {"upstreams": {"dh": "h", "dc": "c"}, "places": [["x", [], [3]]], **upstreams}
    frame = ask(source, "derivatives", [*X, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], **case)
    assert np.allclose(np.frombuffer(frame.payload)[:3], np.array([1, 2, 3]) + np.array([4, 5, 6]) * 2 * np.array(X))


def test_a_pass_that_writes_into_its_input_is_told() -> None:
    frame = ask("def forward(tap, x):\n    x[0] = 7\n    return {'loss': np.sum(x)}\n", "length")
    assert frame.header["changed"] == ["x"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import random\ndef forward(tap, x): return {'loss': random.random()}\n", "other numbers"),
        ("def forward(tap, x): return np.sum(x)\n", "must return a dictionary"),
        ("def forward(tap, x): return {'loss': object()}\n", "returned a object"),
        ("def forward(tap, x): return {'loss': x[9]}\n", "out of bounds"),
        ("def forward(tap, x): raise SystemExit('bye')\n", "bye"),
    ],
)
def test_a_pass_that_cannot_be_used_says_why(source: str, message: str) -> None:
    frame = ask(source, "length")
    assert frame.header["kind"] == "raised"
    assert message in frame.header["message"]


def test_a_loss_that_is_an_array_is_refused() -> None:
    frame = ask("def forward(tap, x): return {'loss': x}\n", "derivatives", places=[["x", [], [3]]])
    assert "must be a number" in frame.header["message"]
