"""Networks in, the student's answers out: numbers of the shape that was asked for, else what was wrong."""

import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from operator import is_
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from .raised import clean, describe
from .source import Slice
from .wire import pack

NAMES = ("all_weights", "all_biases", "all_f", "all_h", "y")
_PARTS = ("all_dl_dweights", "all_dl_dbiases")
_FLOAT = np.dtype("<f8")
#: NumPy's kinds that are real numbers: bool, integers, floats.
_REAL = "biuf"


class Malformed(Exception):
    """What came back has not the structure that was asked for."""

    def __init__(self, where: str, index: int | None, found: dict[str, Any]) -> None:
        super().__init__(where)
        self.where = where
        self.index = index
        self.found = found


class Student:
    """The student's function, executed anew for each depth and kept."""

    def __init__(self, code: CodeType, lines: Slice) -> None:
        self._code = code
        self.lines = lines
        self._modules: dict[tuple[int, str], ModuleType | BaseException] = {}

    def function(self, name: str, depth: int, loss: str) -> Callable[..., Any]:
        """Return the function for K = `depth`; raises what executing the slice raised, each time."""
        module = self._modules.get((depth, loss))
        if module is None:
            module = self._modules[depth, loss] = self._execute(depth, loss)
        if isinstance(module, BaseException):
            raise module
        function: Callable[..., Any] = vars(module)[name]
        return function

    def _execute(self, depth: int, loss: str) -> ModuleType | BaseException:
        # Registered, since dataclasses look their module up when annotations are postponed.
        module = ModuleType(f"submission_{depth}")
        sys.modules[module.__name__] = module
        vars(module).update(np=np, K=depth, d_loss_d_output=_LOSSES[loss], indicator_function=_indicator)
        random.seed(0)
        if "random" in self.lines.code:
            # Its import costs ten milliseconds, and few need it.
            np.random.seed(0)  # noqa: NPY002 - the students' notebooks use the old generator
        try:
            exec(self._code, vars(module))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the student's
            return error
        return module


def answers(student: Student, header: dict[str, Any], payload: bytes) -> Iterator[bytes]:
    """Yield one frame for each network of the request, each as soon as it is made."""
    numbers = np.frombuffer(payload, _FLOAT)
    start = 0
    for network in header["networks"]:
        shapes, size = _shapes(tuple(network["sizes"]), network["columns"])
        stop = start + size
        yield _answer(student, header, shapes, numbers[start:stop])
        start = stop


def _answer(student: Student, header: dict[str, Any], shapes: "_Shapes", numbers: "_Array") -> bytes:
    depth = len(shapes[0]) - 1
    # Bound at the start, so that what the student does to its module can cost no more than an answer.
    block = numbers.copy()
    given = _arguments(block, shapes)
    kept = [list(group) for group in given[:4]]
    try:
        returned = student.function(header["function"], depth, header["loss"])(*given[:4], given[4][0])
        payload = _numbers(returned, shapes)
    except Malformed as error:
        return pack({"kind": "malformed", "where": error.where, "index": error.index, "found": error.found})
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are answers too
        return pack({"kind": "raised", **describe(error, student.lines)})
    return _returned(tuple(_changed(block, numbers, given, kept, shapes)), len(payload)) + payload


@cache
def _returned(changed: tuple[str, ...], size: int) -> bytes:
    """A frame's beginning, up to so many bytes of payload: most answers of a size have the same."""
    frame = pack({"kind": "returned", "changed": changed}, bytes(size))
    return frame[: len(frame) - size]


_Array = np.ndarray[Any, np.dtype[np.float64]]
_Shapes = list[list[tuple[int, int]]]


@cache
def _shapes(sizes: tuple[int, ...], columns: int) -> tuple[_Shapes, int]:
    """Return the shapes of W, b, f, h and y, in the order of the arguments, and how many numbers they hold."""
    above, below = sizes[1:], sizes[:-1]
    shapes = [
        list(zip(above, below, strict=True)),
        [(rows, 1) for rows in above],
        [(rows, columns) for rows in above],
        [(rows, columns) for rows in below],
        [(sizes[-1], columns)],
    ]
    return shapes, sum(rows * width for group in shapes for rows, width in group)


def _arguments(block: _Array, shapes: _Shapes) -> list[list[_Array]]:
    """Cut the block (W[0], b[0], W[1] and so on, then all of f, of h, and y) into the arguments."""
    weights, biases, *others = shapes
    order = [pair for layer in zip(weights, biases, strict=True) for pair in layer]
    order += [shape for group in others for shape in group]
    cut = []
    start = 0
    for rows, columns in order:
        stop = start + rows * columns
        cut.append(block[start:stop].reshape(rows, columns))
        start = stop
    count = len(weights)
    return [
        cut[: 2 * count : 2],
        cut[1 : 2 * count : 2],
        cut[2 * count : 3 * count],
        cut[3 * count : 4 * count],
        cut[4 * count :],
    ]


def _changed(
    block: _Array, numbers: _Array, given: list[list[_Array]], kept: list[list[_Array]], shapes: _Shapes
) -> list[str]:
    """Name the arguments that differ now: in their entries, or in an entry's shape or bits."""
    same = [len(now) == len(before) and all(map(is_, now, before)) for now, before in zip(given[:4], kept, strict=True)]
    same.append(True)
    kept = [*kept, given[4]]
    for place, (group, wanted) in enumerate(zip(kept, shapes, strict=True)):
        if [array.shape for array in group] != wanted:
            same[place] = False
    if block.tobytes() != numbers.tobytes():
        fresh = _arguments(numbers, shapes)
        for place, group in enumerate(_arguments(block, shapes)):
            pairs = zip(group, fresh[place], strict=True)
            same[place] &= all(now.tobytes() == before.tobytes() for now, before in pairs)
    return [name for name, equal in zip(NAMES, same, strict=True) if not equal]


def _numbers(returned: object, shapes: _Shapes) -> bytes:
    """Return dW[0], db[0], dW[1] and so on as float64; raises Malformed."""
    if not isinstance(returned, tuple | list) or len(returned) != len(_PARTS):
        raise Malformed("return", None, _found(returned))
    weights, biases = (
        _entries(part, where, wanted)
        for part, where, wanted in zip(returned, _PARTS, shapes[: len(_PARTS)], strict=True)
    )
    return b"".join(piece for layer in zip(weights, biases, strict=True) for piece in layer)


def _entries(part: object, where: str, shapes: list[tuple[int, int]]) -> list[bytes]:
    entries = _members(part)
    if entries is None or len(entries) != len(shapes):
        raise Malformed(where, None, _found(part))
    return [_entry(entry, where, index, shapes[index]) for index, entry in enumerate(entries)]


def _members(part: object) -> list[Any] | None:
    """What a sequence holds, whatever its class says of its length and its members."""
    if isinstance(part, list):
        return [*list.__iter__(part)]
    if isinstance(part, tuple):
        return [*tuple.__iter__(part)]
    if isinstance(part, np.ndarray) and np.ndarray.view(part, np.ndarray).ndim > 0:
        return [*np.ndarray.view(part, np.ndarray)]
    return None


def _entry(entry: object, where: str, index: int, shape: tuple[int, int]) -> bytes:
    array = entry
    if type(entry) is np.ndarray and entry.dtype is _FLOAT and entry.shape == shape:
        return entry.tobytes()
    if type(entry) is not np.ndarray:
        # A subclass may lie about itself: its plain buffer does not.
        array = np.ndarray.view(entry, np.ndarray) if isinstance(entry, np.ndarray) else _array(entry)
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype.kind not in _REAL:
        raise Malformed(where, index, _found(entry))
    return np.ndarray.astype(array, _FLOAT, copy=False).tobytes()


def _array(entry: object) -> object:
    try:
        return np.asarray(entry)
    except (TypeError, ValueError):
        return None


def _found(value: object) -> dict[str, Any]:
    array = np.ndarray.view(value, np.ndarray) if isinstance(value, np.ndarray) else None
    return {
        "type": clean(str(type(value).__name__), 200),
        "shape": None if array is None else list(array.shape),
        "dtype": None if array is None else clean(str(array.dtype), 200),
        "length": len(value) if isinstance(value, tuple | list) else None,
    }


def _indicator(x: Any) -> Any:
    return np.where(np.asarray(x) > 0, 1.0, 0.0)


def _least_squares(net_output: Any, y: Any) -> Any:
    return 2 * (net_output - y)


def _binary_cross_entropy(net_output: Any, y: Any) -> Any:
    # The two halves, so that no exponential overflows.
    small = np.exp(-np.abs(net_output))
    return np.where(net_output >= 0, 1 / (1 + small), small / (1 + small)) - y


def _softmax_cross_entropy(net_output: Any, y: Any) -> Any:
    powers = np.exp(net_output - np.max(net_output, axis=0, keepdims=True))
    return powers / np.sum(powers, axis=0, keepdims=True) - y


_LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "least_squares": _least_squares,
    "binary_cross_entropy": _binary_cross_entropy,
    "softmax_cross_entropy": _softmax_cross_entropy,
}
for _function, _name in (
    *((value, "d_loss_d_output") for value in _LOSSES.values()),
    (_indicator, "indicator_function"),
):
    # A student's traceback or help() names them as the notebook does.
    _function.__name__ = _function.__qualname__ = _name
