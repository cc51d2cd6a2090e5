"""Cases in, the student's results out, by lines that call: for every subject that needs no way of its own.

The lines run in a namespace of their own that holds the function and the case's inputs; each result is an expression
in it. A student's code can reach that namespace, and finds no expectation there.
"""

from collections.abc import Hashable, Iterator
from copy import deepcopy
from typing import Any, NamedTuple

import numpy as np

from .results import FLOAT, MalformedError, numbers
from .student import Student
from .wire import pack


class _CalledCase(NamedTuple):
    """One case: names for the student's module, inputs as they are described, results with their shapes."""

    given: dict[str, Any]
    inputs: dict[str, Any]
    results: list[tuple[str, tuple[int, ...]]]
    payload: "np.ndarray[Any, np.dtype[np.float64]]"


class CallsQuestion:
    """A request: a function, the lines that call it, and cases, each with its numbers.

    An input is described by `{"array": shape}`, whose entries are the next of the payload, by `{"list": [...]}` of such
    descriptions, or by `{"value": ...}`, anything that JSON has.
    """

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self.function: str = header["function"]
        self.code = compile(header["code"], "<call>", "exec")
        self.cases: list[_CalledCase] = []
        flat = np.frombuffer(payload, FLOAT)
        start = 0
        for case in header["cases"]:
            stop = start + sum(map(_count, case["inputs"].values()))
            results = [(expression, tuple(shape)) for expression, shape in case["results"]]
            self.cases.append(_CalledCase(case.get("given", {}), case["inputs"], results, flat[start:stop]))
            start = stop

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each case, as soon as it is made."""
        for case in self.cases:
            yield _answer(student, self, case)


def _answer(student: Student, calls: CallsQuestion, case: _CalledCase) -> bytes:
    given, fresh = _inputs(case), _inputs(case)
    key: tuple[Hashable, ...] = tuple(f"{name}_{value}" for name, value in sorted(case.given.items())) or ("",)
    try:
        namespace = {**given, calls.function: student.function(calls.function, key, case.given)}
        exec(calls.code, namespace)
        parts = [numbers(_result(expression, namespace), expression, None, shape) for expression, shape in case.results]
        changed = [name for name in given if not _same(given[name], fresh[name])]
    except MalformedError as error:
        return pack({"kind": "malformed", "where": error.where, "index": error.index, "found": error.found})
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are answers too
        return pack({"kind": "raised", **student.describe(error)})
    return pack({"kind": "returned", "changed": changed}, b"".join(parts))


def _result(expression: str, namespace: dict[str, Any]) -> object:
    return eval(expression, namespace)  # noqa: S307 - in the jail, and the subject's own


def _inputs(case: _CalledCase) -> dict[str, Any]:
    """Make the inputs anew, in memory of their own."""
    rest = case.payload
    made = {}
    for name, described in case.inputs.items():
        made[name], rest = _make(described, rest)
    return made


def _make(described: dict[str, Any], rest: Any) -> tuple[Any, Any]:
    if "value" in described:
        return deepcopy(described["value"]), rest
    if "list" in described:
        items = []
        for entry in described["list"]:
            item, rest = _make(entry, rest)
            items.append(item)
        return items, rest
    count = _count(described)
    return rest[:count].copy().reshape(described["array"]), rest[count:]


def _count(described: dict[str, Any]) -> int:
    """Count the numbers of the payload that an input takes."""
    if "list" in described:
        return sum(map(_count, described["list"]))
    return int(np.prod(described["array"], dtype=np.int64)) if "array" in described else 0


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, list):
        return isinstance(now, list) and len(now) == len(before) and all(map(_same, now, before))
    if isinstance(before, np.ndarray):
        return isinstance(now, np.ndarray) and now.shape == before.shape and now.tobytes() == before.tobytes()
    return type(now) is type(before) and bool(now == before)
