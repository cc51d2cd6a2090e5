"""The values that the student's function computed on its way: the notebook's lists of derivatives, read from its frame.

Asked only when something is wrong, to give marks for the lines that are right. The lists are taken when the function
returns (`sys.monitoring`, or `sys.setprofile` before Python 3.12) or, where it raised, from the traceback's last frame
of that function. A student's code can forge them: they buy marks for single steps and never decide the outcome.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import combinations, islice, pairwise
from operator import is_
from types import CodeType, FrameType, TracebackType
from typing import Any, NamedTuple

import numpy as np

from .forms import (
    BIASES_REVERSED,
    MISTAKEN,
    MORE,
    NAMED,
    NONE,
    OTHER_FORM,
    PAIRS,
    PLAIN,
    REVERSED,
    SWAPPED,
    TWICE,
    WEIGHTS_REVERSED,
)

#: The notebook's names for its lists, in the order in which their entries travel.
LISTS = ("all_dl_dweights", "all_dl_dbiases", "all_dl_df", "all_dl_dh")
#: How an entry was found.
ABSENT = "0"
FOUND = "1"
#: As many numbers as were asked for, in another shape.
RESHAPED = "2"
#: Anything else.
OTHER = "3"

_FLOAT = np.dtype("<f8")
#: NumPy's kinds that are real numbers: bool, integers, floats.
_REAL = "biuf"
#: Members of an iterator that are read at most; a list of a network's layers has a few.
_MOST_MEMBERS = 10_000
#: Places that are tried at most to find one number in two arrays.
_WORK = 1000
#: Tool ids of `sys.monitoring` that no kind of tool claims.
_TOOLS = (3, 4)
_NAME = "backmark"

Shape = tuple[int, int]


def named_code(code: CodeType, name: str) -> Iterator[CodeType]:
    """Yield every code object of this name within `code`: behind a decorator the function's own is another."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_name == name:
                yield constant
            yield from named_code(constant, name)


class Taken(NamedTuple):
    """The notebook's lists at the end of a call, all its names, and its other lists if it has none of the former."""

    lists: dict[str, Any]
    scope: dict[str, Any]
    own: dict[str, list[Any]]
    #: The frame where it raised; None if it did not.
    frame: FrameType | None
    #: The line at which the function's frame ended.
    line: int = 0


class Watch:
    """The lists of the frame in which one of the code objects returned last."""

    def __init__(self, codes: frozenset[CodeType]) -> None:
        self._codes = codes
        self._ended = Taken({}, {}, {}, None)

    def take(self, traceback: TracebackType | None = None) -> "Taken":
        """Return what is known of the call that just ended."""
        ended, self._ended = self._ended, Taken({}, {}, {}, None)
        frame = None
        while traceback is not None:
            if traceback.tb_frame.f_code in self._codes:
                frame = traceback.tb_frame
            traceback = traceback.tb_next
        return ended if frame is None else _read_frame(frame)._replace(frame=frame)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch the calls made within this."""
        if sys.version_info >= (3, 12):
            stop = self._monitor()
        else:
            stop = self._profile()
        try:
            yield
        finally:
            stop()

    def _keep(self, frame: FrameType) -> None:
        try:
            self._ended = _read_frame(frame)
        except Exception:  # noqa: BLE001 - an exception here would be raised in the student's call
            self._ended = Taken({}, {}, {}, None)

    if sys.version_info >= (3, 12):

        def _monitor(self) -> Callable[[], None]:
            monitoring = sys.monitoring
            tool = next((number for number in _TOOLS if monitoring.get_tool(number) is None), None)
            if tool is None:
                return lambda: None
            event = monitoring.events.PY_RETURN

            def on_return(_code: CodeType, _offset: int, _value: object) -> None:
                self._keep(sys._getframe(1))  # noqa: SLF001 - the frame that returns

            monitoring.use_tool_id(tool, _NAME)
            monitoring.register_callback(tool, event, on_return)
            for code in self._codes:
                monitoring.set_local_events(tool, code, event)

            def stop() -> None:
                # The student's code may have taken the tool away.
                if monitoring.get_tool(tool) != _NAME:
                    return
                for code in self._codes:
                    monitoring.set_local_events(tool, code, 0)
                monitoring.register_callback(tool, event, None)
                monitoring.free_tool_id(tool)

            return stop

    def _profile(self) -> Callable[[], None]:
        def on_event(frame: FrameType, event: str, _value: object) -> None:
            if event == "return" and frame.f_code in self._codes:
                self._keep(frame)

        sys.setprofile(on_event)
        return lambda: sys.setprofile(None)


def _read_frame(frame: FrameType) -> Taken:
    code, known = frame.f_code, dict(frame.f_locals)
    # Copied one level deep: entries that are replaced later stay as they were.
    lists = {name: _members(known[name]) for name in LISTS if name in known}
    filled: dict[str, list[Any]] = {}
    if not lists:
        given = code.co_varnames[: code.co_argcount]
        arguments = [_members(known[name]) for name in given if name in known]
        own = {name: _members(value) for name, value in known.items() if name not in given}
        filled = {name: entries for name, entries in own.items() if entries and not _is_copied(entries, arguments)}
    return Taken(lists, {**frame.f_globals, **known}, filled, None, frame.f_lineno)


def _is_copied(entries: list[Any], arguments: Sequence[list[Any]]) -> bool:
    """Return True if an entry holds the numbers of an argument's: a list of these is none of derivatives."""
    pairs = (pair for argument in arguments for pair in zip(entries, argument, strict=False))
    return any(_is_float(entry) and _is_float(given) and _has_numbers_of(entry, given) for entry, given in pairs)


def _is_float(entry: object) -> bool:
    return isinstance(entry, np.ndarray) and entry.dtype == _FLOAT


def _has_numbers_of(entry: Any, given: Any) -> bool:
    # Of a subclass, methods of the student's own are not called.
    first, second = (np.ndarray.view(array, np.ndarray) for array in (entry, given))
    return bool(first.any() and np.array_equal(first, second))


def read(lists: Mapping[str, Any], shapes: Mapping[str, list[Shape]]) -> tuple[str, bytes, str, str]:
    """Return how each requested entry was found, the entries' numbers, and which of them share memory.

    Numbers of an entry that was not found are NaN. The last but one text holds a 1 for each k where dh[k] and df[k-1]
    are views of the same numbers, so that one of them was changed with the other; the last one a 1 for each list in
    which two entries are.
    """
    status, numbers = [], []
    arrays: dict[tuple[str, int], Any] = {}
    for name in LISTS:
        entries = lists.get(name) or []
        for index, shape in enumerate(shapes[name]):
            entry = entries[index] if index < len(entries) else None
            kind, array = _entry(entry, shape)
            arrays[name, index] = array
            status.append(kind)
            if array is None:
                numbers.append(b"\xff" * (8 * shape[0] * shape[1]))
            else:
                numbers.append((array if array.dtype is _FLOAT else np.asarray(array, _FLOAT)).tobytes())
    shared = [_overlap(arrays["all_dl_dh", k], arrays["all_dl_df", k - 1]) for k in range(1, len(shapes["all_dl_dh"]))]
    within = [_overlap_within((lists.get(name) or [])[: len(shapes[name])]) for name in LISTS]
    return (
        "".join(status),
        b"".join(numbers),
        "0" + "".join("01"[same] for same in shared),
        "".join("01"[same] for same in within),
    )


def unroll(returned: object) -> object:
    """Return the same object with lists for iterators: itself, and its parts. Raises what their members raise."""
    whole = _unroll(returned)
    parts = _members(whole)
    unrolled = [_unroll(part) for part in parts]
    return whole if all(map(is_, parts, unrolled)) else unrolled


def _unroll(value: object) -> object:
    return list(islice(value, _MOST_MEMBERS)) if isinstance(value, Iterator) else value


def returned_lists(
    returned: object, shapes: Mapping[str, list[Shape]], lists: Mapping[str, Any]
) -> tuple[str, dict[str, Any]]:
    """Return the form of the returned value, and its two lists of derivatives.

    `plain` is two lists in the order that was asked for; `swapped` in the other; `reversed` two lists from the output
    down, `weights_reversed` and `biases_reversed` one of the two; `named` a dictionary of the two; `pairs` a list with
    both of each layer; `more` the two and something else; `mistaken` has all_dl_dh in the place of one of the two,
    which the frame's `lists` then stand for; `twice` is one list in both places; `other` is none of these. Two lists of
    the right lengths are given then, too, in the order in which more of their entries fit.
    """
    if returned is None:
        return NONE, {}
    weights, biases = (shapes[name] for name in LISTS[:2])
    both = _pair_by_name(returned) if type(returned) is dict else None
    named, both = both is not None, both or _members(returned)
    if len(both) == 2 and _is_mistaken(both, shapes, lists):
        return MISTAKEN, {}
    if len(both) == 2 and both[0] is both[1] and len(once := _members(both[0])) == len(weights):
        # The list of which more entries fit; the other one was lost.
        lost = [None] * len(once)
        kept = (once, lost) if _fitting(once, weights) >= _fitting(once, biases) else (lost, once)
        return TWICE, dict(zip(LISTS, kept, strict=False))
    readings = list(_readings(both, named=named))
    # Shapes that are those asked for say more than numbers that would fit.
    for fits, possible in (
        (_exact, readings),
        (_fits, [entry for entry in readings if _tolerates(entry[0], both)]),
    ):
        for form, first, second in possible:
            if fits(first, weights) and fits(second, biases):
                return form, dict(zip(LISTS, (first, second), strict=False))
    for form, first, second in readings:
        # The weights may be transposed, too, where the biases show the order.
        if form == REVERSED and _exact(second, biases) and _exact(first, [shape[::-1] for shape in weights]):
            return form, dict(zip(LISTS, (first, second), strict=False))
    return OTHER_FORM, _partly(both, weights, biases)


def _readings(both: list[Any], *, named: bool) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Yield each form with the lists of weights and biases that were returned, if it was that."""
    if len(both) == 2:
        first, second = (_members(part) for part in both)
        yield NAMED if named else PLAIN, first, second
        yield NAMED if named else SWAPPED, second, first
        if named and not any(entries[0] is not None for entries in (first, second) if entries):
            # The keys count the layers from 1.
            yield NAMED, first[1:], second[1:]
        yield REVERSED, first[::-1], second[::-1]
        yield WEIGHTS_REVERSED, first[::-1], second
        yield BIASES_REVERSED, first, second[::-1]
    layers = [_members(entry) for entry in both]
    if layers and all(len(layer) == 2 for layer in layers):
        first, second = ([layer[at] for layer in layers] for at in (0, 1))
        yield PAIRS, first, second
        yield PAIRS, second, first
    if len(both) > 2:
        for before, after in pairwise(layers):
            yield MORE, before, after


def _tolerates(form: str, both: list[Any]) -> bool:
    """Return True if a form may hold arrays in other shapes: two of two could also be the two lists of two layers."""
    return form in {PLAIN, SWAPPED, NAMED} or (form == PAIRS and len(both) != 2)


def recognize(own: Mapping[str, list[Any]], shapes: Mapping[str, list[Shape]]) -> dict[str, Any]:
    """Return the two lists among those of other names, by their entries' shapes; none if these fit several lists."""
    weights, biases = ([name for name in own if _is_filling(own[name], shapes[part])] for part in LISTS[:2])
    if len(biases) > 1:
        # A list of dl/df has the same shapes.
        biases = [name for name in biases if "b" in name.lower()]
    if len(weights) != 1 or len(biases) != 1 or weights == biases:
        return {}
    return {LISTS[0]: own[weights[0]], LISTS[1]: own[biases[0]]}


def _is_filling(entries: list[Any], shapes: list[Shape]) -> bool:
    """Return True if every entry present has the shape asked for; entries may be missing, also at the end."""
    if len(entries) > len(shapes):
        return False
    padded = [*entries, *[None] * (len(shapes) - len(entries))]
    return all(_entry(entry, shape)[0] in (ABSENT, FOUND) for entry, shape in zip(padded, shapes, strict=True))


def _is_mistaken(both: list[Any], shapes: Mapping[str, list[Shape]], lists: Mapping[str, Any]) -> bool:
    """Return True if one of the two holds the frame's dl/dh, though the frame has the right list."""
    dh = lists.get("all_dl_dh") or []
    for name, part in zip(LISTS, both, strict=False):
        entries = _members(part)
        if len(dh) == len(shapes[name]) and _is_same(entries, dh) and _exact(lists.get(name) or [], shapes[name]):
            return True
    return False


def find_replaced(returned: object, shapes: Mapping[str, list[Shape]], own: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the two lists if a list with the activations' shapes was returned in the place of the weights' own one.

    Nothing if not. Where all arrays have the same shape, the lists' names decide.
    """
    both = [_members(part) for part in _members(returned)]
    if len(both) != 2 or not _exact(both[1], shapes[LISTS[1]]) or not _exact(both[0], shapes["all_dl_dh"]):
        return {}
    first, second = ({name for name, entries in own.items() if _is_same(entries, part)} for part in both)
    named = [name for name in own if "w" in name.lower() and _exact(own[name], shapes[LISTS[0]])]
    # Neither of the two is the weights' own list.
    replaced = bool(first) and len(named) == 1 and not (first | second).intersection(named)
    return {LISTS[0]: own[named[0]], LISTS[1]: both[1]} if replaced else {}


def _is_same(entries: list[Any], others: list[Any]) -> bool:
    return len(entries) == len(others) and all(map(is_, entries, others))


def _partly(both: list[Any], weights: list[Shape], biases: list[Shape]) -> dict[str, Any]:
    """Return two lists of which some entries are missing or in another shape; none if their lengths are others.

    One that is empty beside one that is not has no entry. Two that are both one short stand for the layers that their
    shapes fit: all but the first, or all but the last.
    """
    lists = [_members(part) for part in both]
    if [len(entries) + 1 for entries in lists] == [len(weights), len(biases)]:
        ends = [part for part in (slice(1, None), slice(None, -1)) if _exact(lists[0], weights[part])]
        ends = [part for part in ends if _exact(lists[1], biases[part])]
        if len(ends) == 1 and lists[0]:
            lists = [[None, *entries] if ends[0].start else [*entries, None] for entries in lists]
    if len(lists) == 2 and any(lists):
        lists = [entries or [None] * len(weights) for entries in lists]
    if [len(entries) for entries in lists] != [len(weights), len(biases)]:
        return {}
    orders = (lists, lists[::-1])
    fitting = [_fitting(first, weights) + _fitting(second, biases) for first, second in orders]
    return dict(zip(LISTS, orders[fitting[1] > fitting[0]], strict=False)) if any(fitting) else {}


def _fitting(entries: list[Any], shapes: list[Shape]) -> int:
    return sum(_entry(entry, shape)[0] == FOUND for entry, shape in zip(entries, shapes, strict=True))


def misshapen(returned: object, shapes: Mapping[str, list[Shape]]) -> tuple[str, Any, bool] | None:
    """Return the first of two returned lists of the right length that has an array of another shape, or None in it.

    Its name, the list itself, and whether only the output's array is one.
    """
    both = _members(returned)
    if len(both) != 2:
        return None
    for name, part in zip(LISTS, both, strict=False):
        members = _members(part)
        if len(members) != len(shapes[name]):
            return None
        bad = _bad(members, shapes[name]) or [at for at, member in enumerate(members) if member is None]
        if bad:
            return name, part, bad == [len(members) - 1]
    return None


def first_misshapen(lists: Mapping[str, Any], shapes: Mapping[str, list[Shape]]) -> tuple[str, Any, bool] | None:
    """Return the first list of dl/df and dl/dh with a misshapen array, as far as the function came."""
    bad = {name: _bad(lists.get(name) or [], shapes[name]) for name in ("all_dl_df", "all_dl_dh")}
    if not any(bad.values()):
        return None
    # From the output down, dl/df of a layer comes before its dl/dh.
    name = max(bad, key=lambda candidate: (max(bad[candidate], default=-1), candidate == "all_dl_df"))
    return name, lists[name], name == "all_dl_df" and max(bad[name]) == len(shapes[name]) - 1


def _bad(members: list[Any], shapes: list[Shape]) -> list[int]:
    """Return the places of arrays in another shape than these."""
    kinds = [_entry(entry, shape)[0] for entry, shape in zip(members, shapes, strict=False)]
    arrays = [isinstance(member, np.ndarray | np.generic) for member in members]
    return [at for at, kind in enumerate(kinds) if kind in (RESHAPED, OTHER) and arrays[at]]


def _pair_by_name(returned: dict[Any, Any]) -> list[Any] | None:
    """Return the values of a dictionary of two, weights first by their keys."""
    keys = [key for key in returned if type(key) is str]
    weights = [key for key in keys if "weight" in key.lower() or "dw" in key.lower() or key in ("W", "w")]
    biases = [key for key in keys if "bias" in key.lower() or "db" in key.lower() or key in ("B", "b")]
    if set(weights) & set(biases):
        return None
    if len(weights) == len(biases) == 1:
        return [returned[weights[0]], returned[biases[0]]]
    # A key for each array: dW0, db0, dW1 and so on.
    both = [_members({key: returned[key] for key in part}) for part in (weights, biases)]
    return both if all(both) else None


def _exact(entries: list[Any], shapes: list[Shape]) -> bool:
    return len(entries) == len(shapes) and _fitting(entries, shapes) == len(shapes)


def _fits(entries: list[Any], shapes: list[Shape]) -> bool:
    if len(entries) != len(shapes):
        return False
    return all(_entry(entry, shape)[0] in (FOUND, RESHAPED) for entry, shape in zip(entries, shapes, strict=True))


def _members(value: object) -> list[Any]:
    """Return the members of a list, tuple, dictionary by layer, or array of arrays; none of anything else."""
    if isinstance(value, list):
        return [*list.__iter__(value)]
    if isinstance(value, tuple):
        return [*tuple.__iter__(value)]
    if type(value) is dict:
        layers = {layer: member for key, member in value.items() if (layer := _layer(key)) is not None}
        # Two keys of one layer are two lists in one.
        most = max(layers, default=-1) if len(layers) == len(value) else -1
        return [layers.get(layer) for layer in range(min(most, _MOST_MEMBERS) + 1)]
    if isinstance(value, np.ndarray) and np.ndarray.view(value, np.ndarray).ndim > 0:
        return [*np.ndarray.view(value, np.ndarray)]
    return []


def _layer(key: object) -> int | None:
    """Return the layer that a dictionary's key names: a number, or a text that ends in one."""
    if type(key) is int:
        return key
    digits = key[len(key.rstrip("0123456789")) :] if type(key) is str else ""
    return int(digits) if digits.isdecimal() and len(digits) < 6 else None


def _entry(entry: object, shape: Shape) -> tuple[str, Any]:
    if entry is None:
        return ABSENT, None
    if not isinstance(entry, np.ndarray):
        return OTHER, None
    # Nearly all are plain arrays, of which a view would be half of what this takes.
    array = entry if type(entry) is np.ndarray else np.ndarray.view(entry, np.ndarray)
    if array.dtype.kind not in _REAL:
        return OTHER, None
    if array.shape == shape:
        return FOUND, array
    if 1 in shape and array.size == shape[0] * shape[1] and max(array.shape, default=1) == array.size:
        return RESHAPED, array.reshape(shape)
    return OTHER, None


def _overlap(first: Any, second: Any) -> bool:
    return first is not None and second is not None and bool(np.may_share_memory(first, second))


def _overlap_within(entries: list[Any]) -> bool:
    """Return True if two arrays, of any shapes, have a number in common; what takes long to find out is no."""
    arrays = [np.ndarray.view(entry, np.ndarray) for entry in entries if isinstance(entry, np.ndarray)]
    for first, second in combinations(arrays, 2):
        if np.may_share_memory(first, second):
            try:
                if np.shares_memory(first, second, max_work=_WORK):
                    return True
            except np.exceptions.TooHardError:
                continue
    return False
