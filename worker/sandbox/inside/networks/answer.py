"""Networks in, the student's derivatives out: the way of asking that layered networks have of their own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from operator import is_
from typing import Any, NamedTuple

import numpy as np

from worker.sandbox.inside.results import FLOAT, MalformedError, describe, numbers
from worker.sandbox.inside.student import Student
from worker.sandbox.inside.wire import encode_header, pack, pack_encoded

from .forms import OTHER_FORM, PLAIN, REPLACED

NAMES = ("all_weights", "all_biases", "all_f", "all_h", "y")
_PARTS = ("all_dl_dweights", "all_dl_dbiases")


class NetworksQuestion:
    """A request: a function, the loss, and networks, each with its numbers."""

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self.function: str = header["function"]
        self.loss: str = header["loss"]
        #: True if the lists that the function writes on its way are wanted, rather than what it returns.
        self.evidence: bool = header.get("evidence", False)
        self.networks: list[tuple[_Form, _Array]] = []
        flat = np.frombuffer(payload, FLOAT)
        start = 0
        for network in header["networks"]:
            form = _form(tuple(network["sizes"]), network["columns"])
            stop = start + form.cut.itemsize // FLOAT.itemsize
            self.networks.append((form, flat[start:stop]))
            start = stop

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each network, each as soon as it is made."""
        if self.evidence:
            yield from _evidence(student, self)
            return
        for form, block in self.networks:
            yield _answer(student, self, form, block)


def function_of(student: Student, name: str, depth: int, loss: str) -> Callable[..., Any]:
    """Return the function for K = `depth`; raises what executing the slice raised, each time."""
    return student.function(name, (depth, loss), _make_globals(depth, loss))


@cache
def _make_globals(depth: int, loss: str) -> dict[str, Any]:
    """Return the names that the notebook defines before the function."""
    return {"K": depth, "d_loss_d_output": _LOSSES[loss], "indicator_function": _indicator}


def _evidence(student: Student, question: NetworksQuestion) -> Iterator[bytes]:
    """Yield one frame for each network with the lists that the function wrote on its way."""
    # Right submissions are never asked, and need none of this.
    from . import evidence, raised_statement  # noqa: PLC0415

    codes = [code for part in student.lines.parts for code in evidence.named_code(part.compiled, question.function)]
    watch = evidence.Watch(frozenset(codes))
    with watch.running():
        for form, original in question.networks:
            shapes = dict(zip(evidence.LISTS, form.shapes, strict=False))
            given = _arguments(original.copy(), form)
            came_back = ended = False
            raised, result, returned = None, None, None
            misshapen = None
            taken = evidence.Taken({}, {}, {}, None)
            try:
                function = function_of(student, question.function, len(form.shapes[0]) - 1, question.loss)
                result = function(*given[:4], given[4][0])
                came_back = True
                taken = watch.take()
                returned = evidence.unroll(result)
                ended = True
                misshapen = evidence.misshapen(returned, shapes)
            except BaseException as error:  # noqa: BLE001 - as above
                taken = watch.take(error.__traceback__)
                if taken.frame is not None:
                    known = _join_lists(given, taken.lists)
                    raised = raised_statement.describe(error.__traceback__, taken.frame, student.lines, known)
                    misshapen = evidence.first_misshapen(taken.lists, shapes)
                elif codes and result is None and isinstance(error, TypeError):
                    raised = raised_statement.describe_call(codes[-1], student.lines)
            name, given_back = evidence.returned_lists(returned, shapes, taken.lists)
            if returned is not result and name == PLAIN:
                # Iterators over the right arrays are no lists.
                name = OTHER_FORM
            if replaced := evidence.find_replaced(returned, shapes, taken.own):
                name, given_back = REPLACED, replaced
            if returned is None and not taken.lists:
                given_back = evidence.recognize(taken.own, shapes)
            status, payload, shared, within = evidence.read({**taken.lists, **given_back}, shapes)
            early = ended and raised_statement.returns_in_loop(student.lines.code, taken.line)
            wrote = None
            if misshapen is not None and codes:
                known = _join_lists(given, taken.lists)
                wrote = raised_statement.describe_write(misshapen, codes[-1], student.lines, taken.scope, known)
            header = {"kind": "evidence", "returned": came_back, "ended": ended, "early": early, "form": name}
            header |= {"status": status, "shared": shared, "within": within, "raised": raised, "wrote": wrote}
            yield pack(header, payload)


def _join_lists(given: Sequence[Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Return the lists by which arrays are recognised: dl/df before the biases' derivatives, often the same arrays."""
    return {**dict(zip(NAMES, given, strict=True)), "y": given[4][0], **dict(list(lists.items())[::-1])}


def _answer(student: Student, question: NetworksQuestion, form: "_Form", original: "_Array") -> bytes:
    depth = len(form.shapes[0]) - 1
    # Bound at the start, so that what the student does to its module can cost no more than an answer.
    block = original.copy()
    given = _arguments(block, form)
    kept = [array for group in given for array in group]
    try:
        returned = function_of(student, question.function, depth, question.loss)(*given[:4], given[4][0])
        payload = _numbers(returned, form.shapes)
    except MalformedError as error:
        return pack({"kind": "malformed", "where": error.where, "index": error.index, "found": error.found})
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are answers too
        return pack({"kind": "raised", **student.describe(error)})
    if _is_untouched(given, kept, form) and block.tobytes() == original.tobytes():
        return pack_encoded(_encode_returned(()), payload)
    return pack_encoded(_encode_returned(tuple(_name_changed(block, original, given, kept, form))), payload)


@cache
def _encode_returned(changed: tuple[str, ...]) -> bytes:
    """Return the header, encoded: nearly all answers have the same."""
    return encode_header({"kind": "returned", "changed": changed})


_Array = np.ndarray[Any, np.dtype[np.float64]]
_Shapes = list[list[tuple[int, int]]]


class _Form(NamedTuple):
    """The properties that networks of the same sizes share."""

    #: Of W, b, f, h and y, in the order of the arguments.
    shapes: _Shapes
    #: The number of each, and the shapes one after the other.
    lengths: list[int]
    order: list[tuple[int, int]]
    #: One item that holds all of them, in the order of the block: W[0], b[0], W[1] and so on, f, h, y.
    cut: np.dtype[np.void]


@cache
def _form(sizes: tuple[int, ...], columns: int) -> _Form:
    above, below = sizes[1:], sizes[:-1]
    weights = list(zip(above, below, strict=True))
    biases = [(rows, 1) for rows in above]
    others = [[(rows, columns) for rows in above], [(rows, columns) for rows in below], [(sizes[-1], columns)]]
    shapes = [weights, biases, *others]
    block = [shape for layer in zip(weights, biases, strict=True) for shape in layer]
    block += [shape for group in others for shape in group]
    return _Form(
        shapes,
        [*map(len, shapes)],
        [shape for group in shapes for shape in group],
        np.dtype([("", FLOAT, shape) for shape in block]),
    )


def _arguments(block: _Array, form: _Form) -> list[list[_Array]]:
    """Cut the block into the arguments, each a view of it."""
    # An item of such a dtype as a tuple: all views in one call, where slices would be most of what we add to a call.
    cut = list(np.ndarray((), form.cut, block).item())
    count = len(form.shapes[0])
    return [
        cut[: 2 * count : 2],
        cut[1 : 2 * count : 2],
        cut[2 * count : 3 * count],
        cut[3 * count : 4 * count],
        cut[4 * count :],
    ]


def _is_untouched(given: list[list[_Array]], kept: list[_Array], form: _Form) -> bool:
    """Return True if the lists hold the same arrays in the same shapes: quick, as that is nearly always so."""
    now = [array for group in given for array in group]
    return (
        [*map(len, given)] == form.lengths
        and all(map(is_, now, kept))
        and [array.shape for array in kept] == form.order
    )


def _name_changed(
    block: _Array, original: _Array, given: list[list[_Array]], kept: list[_Array], form: _Form
) -> list[str]:
    """Name the arguments that differ now: in their entries, or in an entry's shape or bits."""
    same = []
    start = 0
    for group, wanted in zip(given, form.shapes, strict=True):
        before = kept[start : start + len(wanted)]
        start += len(wanted)
        intact = len(group) == len(before) and all(map(is_, group, before))
        same.append(intact and [array.shape for array in before] == wanted)
    if block.tobytes() != original.tobytes():
        fresh = _arguments(original, form)
        for place, group in enumerate(_arguments(block, form)):
            pairs = zip(group, fresh[place], strict=True)
            same[place] &= all(now.tobytes() == before.tobytes() for now, before in pairs)
    return [name for name, equal in zip(NAMES, same, strict=True) if not equal]


def _numbers(returned: object, shapes: _Shapes) -> bytes:
    """Return dW[0], db[0], dW[1] and so on as float64; raises Malformed."""
    if not isinstance(returned, tuple | list) or len(returned) != len(_PARTS):
        raise MalformedError("return", None, describe(returned))
    weights, biases = returned
    layers = zip(_entries(weights, _PARTS[0], shapes[0]), _entries(biases, _PARTS[1], shapes[1]), strict=True)
    return b"".join([piece for layer in layers for piece in layer])


def _entries(part: object, where: str, shapes: list[tuple[int, int]]) -> list[bytes]:
    entries = _members(part)
    if entries is None or len(entries) != len(shapes):
        raise MalformedError(where, None, describe(part))
    return [
        entry.tobytes()
        if type(entry) is np.ndarray and entry.dtype is FLOAT and entry.shape == shape
        else numbers(entry, where, index, shape)
        for index, (entry, shape) in enumerate(zip(entries, shapes, strict=True))
    ]


def _members(part: object) -> list[Any] | None:
    """Return a sequence's members, whatever its class says of its length and its members."""
    if isinstance(part, list):
        return [*list.__iter__(part)]
    if isinstance(part, tuple):
        return [*tuple.__iter__(part)]
    if isinstance(part, np.ndarray) and np.ndarray.view(part, np.ndarray).ndim > 0:
        return [*np.ndarray.view(part, np.ndarray)]
    return None


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


def _mean(summed: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def derivative(net_output: Any, y: Any) -> Any:
        return summed(net_output, y) / np.shape(y)[-1]

    return derivative


_SUMMED: dict[str, Callable[[Any, Any], Any]] = {
    "least_squares": _least_squares,
    "binary_cross_entropy": _binary_cross_entropy,
    "softmax_cross_entropy": _softmax_cross_entropy,
}
#: The derivative of a loss that is the sum over the columns, or their mean.
_LOSSES = _SUMMED | {f"mean_{loss}": _mean(derivative) for loss, derivative in _SUMMED.items()}
for _function, _name in (
    *((value, "d_loss_d_output") for value in _LOSSES.values()),
    (_indicator, "indicator_function"),
):
    # A student's traceback or help() names them as the notebook does.
    _function.__name__ = _function.__qualname__ = _name
