"""The functions that a program with sites calls: they run beside it as a course's helpers do, and know no answers."""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

#: The forms of additions.
_FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "*": operator.mul,
    "+": operator.add,
    "-": operator.sub,
    "/": operator.truediv,
    "@": operator.matmul,
    "@ before": lambda value, operand: operand @ value,
}
#: What the run is told, and what it has come to.
_now: dict[str, Any] = {}


class EndlessLoopError(BaseException):
    """A loop goes on for too long; no `except Exception` of the program's catches it."""


def backmark_begin(plan: Mapping[str, Any], arrays: Sequence[Any]) -> Any:
    """Begin a run by its plan; return the array into which the sites' values are written.

    What is random is the same in every run.
    """
    np.random.seed(0)  # noqa: NPY002 - the generator that submissions draw from
    given, start = {}, 0
    for site, count in plan["given"]:
        given[site] = arrays[start : start + count]
        start += count
    log = np.zeros(plan["room"])
    if len(log):
        log[0] = 3
    _now.clear()
    # Most sites are neither changed nor kept.
    changed = {*given, plan["disturbed"]}
    _now.update(plan, log=log, given=given, changed=changed, counts={}, raised=-1, turns=0)
    return log


def _note(site: int, value: Any) -> None:
    log, sites = _now["log"], _now["sites"]
    if not len(log) or log[2] or (sites is not None and abs(site) - 1 not in sites):
        return
    if not isinstance(value, (np.ndarray, float, np.floating)):
        return
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        return
    start = int(log[0])
    stop = start + 2 + array.ndim + array.size
    if stop > len(log):
        log[2] = 1
        return
    log[start : start + 2] = site, array.ndim
    log[start + 2 : start + 2 + array.ndim] = array.shape
    log[start + 2 + array.ndim : stop] = array.ravel()
    log[0] = stop


def backmark_value(site: int, make: Callable[[], Any]) -> Any:
    """Return the value of an expression, or what takes its place; `make` computes it."""
    if site in _now["given"]:
        raised = _now["raised"]
        try:
            value = make()
        except Exception:  # noqa: BLE001 - whatever it is, another value takes its place
            _raise_at(raised)
            return _substitute(site, None)
        return _substitute(site, value)
    try:
        value = make()
    except BaseException:
        if _now["raised"] < 0:
            _raise_at(site)
        raise
    return backmark_name(site, value)


def _raise_at(site: int) -> None:
    """Note the site that raised first; -1 for none."""
    _now["raised"] = site
    if len(_now["log"]):
        _now["log"][1] = site + 1


def backmark_name(site: int, value: Any) -> Any:
    """Return the value of a variable, or what takes its place."""
    if site in _now["changed"]:
        return _disturb(value) if site == _now["disturbed"] else _substitute(site, value)
    if _now["room"]:
        _note(site + 1, value)
    return value


def backmark_store(site: int, value: Any) -> Any:
    """Return what was written, changed in place if something takes its place."""
    if site not in _now["changed"]:
        return backmark_name(site, value)
    new = _disturb(value) if site == _now["disturbed"] else _substitute(site, value)
    if isinstance(value, np.ndarray) and value.ndim and isinstance(new, np.ndarray) and new.shape == value.shape:
        value[...] = new
        return value
    return new


def _substitute(site: int, value: Any) -> Any:
    if _now["raw"] and value is not None:
        _note(-site - 1, value)
    given, at = _now["given"][site], _now["counts"].get(site, 0)
    _now["counts"][site] = at + 1
    if at >= len(given):
        return value
    new = given[at].copy()
    if not _now["raw"]:
        _note(site + 1, new)
    return float(new) if isinstance(value, float) and new.ndim == 0 else new


def _disturb(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind == "b":
        return ~value
    if isinstance(value, (np.ndarray, float, np.floating)) and np.asarray(value).dtype.kind != "O":
        return value * 1.37 + 0.21
    return value


def backmark_variant(first: int, last: int | None = None) -> bool:
    """Return True if an edit is in force whose place is one of these."""
    return bool(first <= _now["variant"] <= (first if last is None else last))


def backmark_additions(first: int, table: Sequence[tuple[int, str, int]], operands: Sequence[Callable[[], Any]]) -> Any:
    """Return the addition that is in force, by its place from a first one: part, form and operand; None if none is."""
    place = _now["variant"] - first
    if not 0 <= place < len(table):
        return None
    part, form, operand = table[place]
    return part, form, None if operand < 0 else operands[operand]


def backmark_added(part: int, make: Callable[[], Any], addition: Any) -> Any:
    """Return a part of a statement with what is added to it, or comes in its place."""
    if addition is None or addition[0] != part:
        return make()
    _, form, operand = addition
    if form == "instead":
        return operand()
    value = make()
    if operand is None:
        return getattr(np, form)(value)
    return _FORMS[form](value, operand())


def backmark_zeros(value: Any) -> Any:
    """Return zeros in the place of a value."""
    return np.zeros_like(value) if isinstance(value, np.ndarray) else 0 * value


def backmark_turn(spot: int) -> None:
    """Count a turn of a loop that may not end; note where it stands if it goes on for too long."""
    _now["turns"] += 1
    if _now["turns"] > _now["most_turns"]:
        if len(_now["log"]):
            _now["log"][1] = -spot
        raise EndlessLoopError


def print(*_: Any, **__: Any) -> None:  # noqa: A001 - in the place of Python's own
    """Print nothing: a program is run many times."""


# A module's own statements may call its functions as well: there nothing is changed, kept or edited.
backmark_begin(
    {"given": [], "room": 0, "sites": None, "raw": False, "disturbed": -1, "variant": 0, "most_turns": 300_000}, []
)
