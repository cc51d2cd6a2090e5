"""A contract's reference forward pass, run and differentiated, at its publication.

The derivative of an objective by an entry is the central difference with Richardson's extrapolation,
(4 d(h/2) - d(h)) / 3 with d(h) = (L(x + h) - L(x - h)) / 2h, where |x| or 1 scales h. The pass runs in extended
precision, if what it makes of such inputs has it; else in double precision with larger steps. Its uncertainty is the
gap between the extrapolated and the plain difference, and the rounding of L. At a kink the differences to the left and
to the right do not come together as the step halves.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from backmark.worker.sandbox.inside.inputs import Inputs, count
from backmark.worker.sandbox.inside.results import FLOAT
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.wire import pack

from .trees import UnknownValueError, flatten

_Array = np.ndarray[Any, Any]

#: Steps in units of an entry's scale: in extended precision, and the two that are tried in double precision.
_EXTENDED_STEP, _STEPS = 1e-5, (1e-3, 1e-4)
#: The part of a one-sided disagreement that is left when the step halves: half of it where it is smooth, all of it at a
#: kink.
_KINKED = 0.7
#: The part of a derivative (or of 1) below which one-sided derivatives that disagree are only uncertain: outputs whose
#: sum cancels round by more than the sum shows.
_NEGLIGIBLE = 1e-9
#: Rounding errors of a computed objective, in units of its last place.
_ROUNDINGS = 64.0


class _MovedArray(NamedTuple):
    """An array to differentiate by: an input's name and the indices in it, or the name of a tapped value."""

    name: str
    path: list[int | str]
    shape: tuple[int, ...]


class _ReferenceCase(NamedTuple):
    """A case: inputs, and what is asked of the pass; of derivatives, the upstreams and the places."""

    inputs: Inputs
    #: By upstream the output that it belongs to; none if the pass has a loss of its own.
    upstreams: dict[str, str]
    places: list[_MovedArray]


class ReferencePass(NamedTuple):
    """The outputs and tapped values of a run of the pass."""

    outputs: dict[str, Any]
    taps: dict[str, Any]


class ReferenceQuestion:
    """A request about a reference pass: the numbers of its outputs and taps, how many they are, or derivatives."""

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self.function: str = header["function"]
        #: `length`, `values` or `derivatives`.
        self.asks: str = header["reference"]
        #: The inputs that the pass takes: an upstream is not one of them.
        self.arguments: list[str] = header["arguments"]
        self.cases: list[_ReferenceCase] = []
        flat = np.frombuffer(payload, FLOAT)
        start = 0
        for case in header["cases"]:
            stop = start + sum(map(count, case["inputs"].values()))
            places = [_MovedArray(name, path, tuple(shape)) for name, path, shape in case["places"]]
            given = Inputs(case["inputs"], flat[start:stop])
            self.cases.append(_ReferenceCase(given, case["upstreams"], places))
            start = stop

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each case."""
        for case in self.cases:
            try:
                forward = student.names(("",), {})[self.function]
                given = case.inputs.make().values
                yield self._answer(forward, given, case)
            except UnknownValueError as error:
                described = student.describe(TypeError(f"forward() returned {error}"))
                yield pack({"kind": "raised", **described})
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is the reference's
                yield pack({"kind": "raised", **student.describe(error)})

    def _answer(self, forward: Callable[..., Any], given: dict[str, Any], case: _ReferenceCase) -> bytes:
        if self.asks == "derivatives":
            payload = _ReferenceDifferences(forward, self.arguments, given, case).payload()
            return pack({"kind": "returned", "changed": []}, payload)
        arguments = {name: given[name] for name in self.arguments}
        first = run(forward, arguments)
        changed = [name for name in case.inputs.list_changed(given) if name in arguments]
        numbers = flatten([first.outputs, first.taps])
        fresh = case.inputs.make().values
        second = run(forward, {name: fresh[name] for name in self.arguments})
        again = np.array(flatten([second.outputs, second.taps]))
        if not np.array_equal(again, np.array(numbers), equal_nan=True):
            raise RuntimeError("forward() returned other numbers when it was called again with the same inputs")
        answer = [float(len(numbers))] if self.asks == "length" else numbers
        return pack({"kind": "returned", "changed": changed}, np.array(answer, FLOAT).tobytes())


def run(forward: Callable[..., Any], arguments: Mapping[str, Any], moved: "Moved | None" = None) -> ReferencePass:
    """Run the pass once, with one tapped value moved if that is asked for."""
    taps: dict[str, Any] = {}

    def tap(name: str, value: Any) -> Any:
        if moved is not None and name == moved.name:
            value = np.asarray(value) + moved.by
        taps[name] = value
        return value

    outputs = forward(tap, **arguments)
    if not isinstance(outputs, dict):
        raise TypeError(f"forward() must return a dictionary of outputs, not a {type(outputs).__name__}")
    return ReferencePass(outputs, taps)


class Moved(NamedTuple):
    """A tapped value that is moved."""

    name: str
    by: _Array


class _ReferenceDifferences:
    """The derivatives of one case's objective: a sum of terms."""

    def __init__(
        self, forward: Callable[..., Any], arguments: list[str], given: dict[str, Any], case: _ReferenceCase
    ) -> None:
        self._forward = forward
        self._arguments = arguments
        self._case = case
        self._upstreams = {name: given[name] for name in case.upstreams}
        extended = {name: _widen(given[name]) for name in arguments}
        #: True if the pass keeps extended precision.
        self._extended = self._keeps(extended)
        self._given = extended if self._extended else {name: given[name] for name in arguments}

    def payload(self) -> bytes:
        """Return by place its derivatives of the objective, and their uncertainties."""
        parts = [self._differentiate(place) for place in self._case.places]
        return b"".join(np.asarray(part, FLOAT).tobytes() for part in parts)

    def _keeps(self, extended: Mapping[str, Any]) -> bool:
        if np.finfo(np.longdouble).eps >= np.finfo(np.float64).eps:
            return False
        first = run(self._forward, extended)
        return all(np.asarray(output).dtype == np.longdouble for output in self._list_outputs(first))

    def _list_outputs(self, outcome: ReferencePass) -> list[Any]:
        """Return the outputs that the terms are of: the upstreams' own, in their order, or the parts of the loss."""
        if self._upstreams:
            return [_walk(outcome.outputs, name) for name in self._case.upstreams.values()]
        loss = outcome.outputs["loss"]
        return [*loss.values()] if isinstance(loss, dict) else [loss]

    def _objective(self, moved: Moved | None = None) -> _Array:
        """Return the terms of the objective."""
        outcome = run(self._forward, self._given, moved)
        terms = [*map(np.asarray, self._list_outputs(outcome))]
        if self._upstreams:
            pairs = zip(self._upstreams.values(), terms, strict=True)
            return np.array([np.sum(np.asarray(upstream, output.dtype) * output) for upstream, output in pairs])
        for term in terms:
            if term.ndim:
                raise TypeError(f"the loss must be a number, not an array of shape {term.shape}")
        return np.array(terms)

    def _differentiate(self, place: _MovedArray) -> _Array:
        """Return derivatives by the entries of one place, as rows: of the objective, and their uncertainty."""
        size = int(np.prod(place.shape, dtype=np.int64))
        out = np.zeros((2, size))
        unmoved = self._objective()
        for entry in range(size):
            out[:, entry] = self._differentiate_entry(place, entry, unmoved)
        return out

    def _differentiate_entry(self, place: _MovedArray, entry: int, unmoved: _Array) -> _Array:
        steps = (_EXTENDED_STEP,) if self._extended else _STEPS
        estimates = [self._estimate(place, entry, step, unmoved) for step in steps]
        return min(estimates, key=lambda row: float(row[-1]) if np.isfinite(row[-1]) else np.inf)

    def _estimate(self, place: _MovedArray, entry: int, relative: float, unmoved: _Array) -> _Array:
        step = relative * max(1.0, abs(self._value(place, entry)))
        far = self._sides(place, entry, step)
        near = self._sides(place, entry, step / 2)
        plain = (near[0] - near[1]) / step
        better = (4 * plain - (far[0] - far[1]) / (2 * step)) / 3
        total = better.sum()
        precision = np.finfo(np.longdouble if self._extended else np.float64).eps
        rounding = _ROUNDINGS * precision * float(np.abs(unmoved).sum() + np.abs(far).sum()) / step
        gap = abs(float(total - plain.sum()))
        # To the left and to the right, at both steps: half as far apart at half the step, unless there is a kink.
        apart = [
            abs(float((side[0] + side[1] - 2 * unmoved).sum())) / size for side, size in ((far, step), (near, step / 2))
        ]
        kinked = apart[1] > _KINKED * apart[0] and apart[1] > 4 * rounding
        uncertainty = float(gap + rounding + (apart[1] if kinked else 0.0))
        if (kinked and apart[1] > _NEGLIGIBLE * max(1.0, abs(float(total)))) or not np.isfinite(float(total)):
            uncertainty = math.nan
        return np.array([total, uncertainty], np.float64)

    def _value(self, place: _MovedArray, entry: int) -> float:
        if place.name not in self._given:
            return 1.0
        return float(_follow(self._given[place.name], place.path).flat[entry])

    def _sides(self, place: _MovedArray, entry: int, step: float) -> _Array:
        """Return the objective's terms to the right and to the left."""
        move = self._move_input if place.name in self._given else self._move_tapped
        return np.array([move(place, entry, sign * step) for sign in (1.0, -1.0)])

    def _move_tapped(self, place: _MovedArray, entry: int, by: float) -> _Array:
        moves = np.zeros(place.shape, np.longdouble if self._extended else np.float64)
        moves.flat[entry] = by
        return self._objective(Moved(place.name, moves))

    def _move_input(self, place: _MovedArray, entry: int, by: float) -> _Array:
        array = _follow(self._given[place.name], place.path)
        before = array.flat[entry]
        array.flat[entry] = before + array.dtype.type(by)
        try:
            return self._objective()
        finally:
            array.flat[entry] = before


def _follow(value: Any, path: list[int | str]) -> Any:
    for index in path:
        value = value[index]
    return value


def _walk(outputs: Mapping[str, Any], name: str) -> Any:
    """Return an output by its name."""
    if name not in outputs:
        raise KeyError(f"forward() returned no output {name!r}")
    return outputs[name]


def _widen(value: Any) -> Any:
    """Return the value in extended precision; whole numbers and texts as they are."""
    if isinstance(value, np.ndarray):
        return value.astype(np.longdouble) if value.dtype.kind == "f" else value
    if isinstance(value, float):
        return np.longdouble(value)
    if isinstance(value, (list, tuple)):
        return type(value)(_widen(part) for part in value)
    if isinstance(value, dict):
        return {name: _widen(part) for name, part in value.items()}
    return value
