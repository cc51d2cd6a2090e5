"""From an exception to facts about the mistake behind it: a kind, and what stood in the expression that raised.

The kind says only what Python's own message says of an expression of that form. A student's own `raise` says nothing,
nor does what a function of somebody else's raised, but for the arguments that it was given.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from itertools import islice
from types import FunctionType, ModuleType, TracebackType
from typing import Any

import numpy as np

from backmark.worker.sandbox.inside.call_lines import CallLines
from backmark.worker.sandbox.inside.entry import LONGEST_WORD, MOST_WORDS
from backmark.worker.sandbox.inside.reading.listing import Slice
from backmark.worker.sandbox.inside.tracebacks import FILENAME, clean

from .expression import RaisedExpression, describe

Facts = dict[str, Any]
#: The part of a name that must be alike in one that may be meant, and of how many; characters of a message, frames of
#: an endless recursion, lines of a submission that are looked into, and how often each until something is sure.
_ALIKE, _NAMES, _MESSAGE, _ENDLESS, _LINES, _TRIES = 0.72, 2_000, 600, 100, 8, 8

_CALL, _ENTRY, _CHANGE, _ANY = (ast.Call,), (ast.Subscript,), (ast.AugAssign,), (ast.expr, ast.AugAssign)
_SHAPE, _NAME = r"(\((?:\d+(?:,\d+)*,?)?\))", r"([\w.<>]+)\(\)"
_COUNT = r"(?:positional )?arguments? (?:but |\()(\d+) (?:was |were )?given\)?"
_TYPES = (
    r"(?:unsupported operand type\(s\) for \S+: |'\S+' not supported between instances of )'([\w.]+)' and '([\w.]+)'"
)
#: By kind the nodes that it is said of, and the messages, whose groups are words of the facts.
_MESSAGES: Mapping[str, tuple[tuple[type[ast.AST], ...], str]] = {
    "argument_missing": (_CALL, rf"{_NAME} missing (?:\d+ )?required .*arguments?:? .+"),
    "argument_count": (_CALL, rf"{_NAME} takes (?:from (\d+) to |exactly )?(\w+) {_COUNT}"),
    "argument_unknown": (_CALL, rf"{_NAME} got an unexpected keyword argument '(\w+)'.*"),
    "not_callable": (_CALL, r"'[\w.]+' object is not callable"),
    "data_type": (_CALL, r"Cannot interpret '\S+' as a data type"),
    "condition": (_ANY, r"The truth value of an array with more than one element is ambiguous\..*"),
    "one_number": (_CALL, r"only .* can be converted to Python scalars"),
    "whole_number": (_CALL, r"'float' object cannot be interpreted as an integer"),
    "entry_range": (_ENTRY, r"(?:list|tuple) (?:assignment )?index out of range"),
    "array_range": (_ENTRY, r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)"),
    "many_indices": (_ENTRY, r"too many indices for array: array is (\d+)-dimensional, but (\d+) were indexed"),
    "mask": (_ENTRY, r"boolean index did not match .* along \w+ (\d+); size of \w+ is (\d+) but .* is (\d+)"),
    "list_indices": (_ENTRY, r"(?:list|tuple) indices must be integers or slices, not tuple"),
    "index_type": (_ENTRY, r"only integers, slices .*|(?:list|tuple) indices must be integers or slices, not .*"),
    "not_subscriptable": (_ENTRY, r"'(\w+)' object (?:is not subscriptable|does not support item assignment)"),
    "store": (_ENTRY, rf"could not broadcast input array from shape {_SHAPE} into shape {_SHAPE}"),
    "store_many": (_ENTRY, r"setting an array element with a sequence\."),
    "unpack": (_ANY, r"(?:too many|not enough) values to unpack \(expected (\d+)(?:, got \d+)?\)"),
    "not_unpackable": (_ANY, r"cannot unpack non-iterable ([\w.]+) object"),
    "not_iterable": (_ANY, r"'([\w.]+)' object is not iterable"),
    "matmul": (_ANY, r"matmul: Input operand 1 has a mismatch in .*\(size (\d+) is different from (\d+)\)"),
    "few_axes": (_ANY, r"matmul: Input operand ([01]) does not have enough dimensions \(has 0.*"),
    "dot": (_ANY, rf"shapes {_SHAPE} and {_SHAPE} not aligned: .*"),
    "broadcast": (_ANY, rf"operands could not be broadcast together with shapes {_SHAPE} {_SHAPE}(?: {_SHAPE})? *"),
    "whole_numbers": (_CHANGE, r"Cannot cast ufunc '\w+' output from dtype\('float\d+'\) to dtype\('(u?int\d+)'\).*"),
    "axis": (_CALL, r"axis (-?\d+) is out of bounds for array of dimension (\d+)"),
    "uneven": (_ANY, r"setting an array element with a sequence\. The requested array has an inhomogeneous shape .*"),
    "operands": (_ANY, rf"{_TYPES}|bad operand type for .*: '(\w+)'"),
    "repeated": (_ANY, r"can't multiply sequence by non-int of type '\S+'|can only concatenate .* to .*"),
    "string": (_ANY, r"ufunc .*|could not convert string to float: .*"),
    "zero": ((ast.BinOp, ast.AugAssign), r".*(?:by zero|modulo)"),
}
#: Names of Python 2, and of its dictionaries, with what has taken their place.
_OLD_NAMES = {
    "basestring": "str",
    "izip": "zip",
    "raw_input": "input",
    "reduce": "functools.reduce",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
_OLD_METHODS = {"iteritems": "items", "itervalues": "values", "iterkeys": "keys", "has_key": "in"}
#: NumPy's own words about what it no longer has, and what it says to use.
_OLD_NUMPY = re.compile(r"deprecated alias|was removed in the NumPy")
_WHOLE = re.compile(r"'float' object cannot be interpreted as an integer|slice indices must be integers")
_USE = re.compile(r"\b[Uu]se `([\w.]+)`")
_PATTERNS = {kind: re.compile(pattern) for kind, (_, pattern) in _MESSAGES.items()}
#: The kinds that may be said of what NumPy did below the expression; of which an argument may be the cause if a
#: function of the assignment's raised; and that are said of operators and NumPy's functions only.
_BELOW = frozenset({"uneven", "axis", "operands", "few_axes", "dot", "data_type", "whole_number"})
_GIVEN = frozenset({"uneven", "operands", "not_subscriptable", "broadcast"})
_NUMERIC = frozenset({"uneven", "operands", "repeated", "string", "broadcast", "matmul", "dot", "axis"})
#: The instructions that kinds are said of whose expressions others use as well.
_OPCODES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("store", "store_many"), ("STORE",)),
    **dict.fromkeys(("unpack", "not_unpackable"), ("UNPACK",)),
    "not_iterable": ("GET_ITER",),
    "condition": ("CALL", "COMPARE", "POP_JUMP", "JUMP", "TO_", "UNARY"),
}


class MistakeFinder:
    """The mistakes behind the exceptions of one submission, each line's first that is sure alone."""

    def __init__(self, lines: Slice) -> None:
        self._lines = lines
        self._tree = ast.parse(lines.code)
        self._tries: dict[tuple[str, int], int] = {}

    def find(self, error: BaseException, names: Mapping[str, Any]) -> Facts | None:
        """Return the mistake, or None if nothing is sure or it is known; `names` has what calls see."""
        links, link = list[TracebackType](), error.__traceback__
        while link is not None:
            links.append(link)
            link = link.tb_next
        own = [place for place, link in enumerate(links) if link.tb_frame.f_code.co_filename == FILENAME]
        line = links[own[-1]].tb_lineno if own else 0
        key = type(error).__name__, line
        tries = self._tries.get(key, 0)
        if tries >= _TRIES or (not tries and len(self._tries) >= _LINES):
            return None
        facts = self._find_at(error, links, own, names)
        # Of other sizes the same line may raise with a message that tells more.
        self._tries[key] = tries + 1 if facts is None else _TRIES
        return facts

    def _find_at(
        self, error: BaseException, links: list[TracebackType], own: list[int], names: Mapping[str, Any]
    ) -> Facts | None:
        message = str(error)[:_MESSAGE]
        if isinstance(error, RecursionError):
            return self._find_endless([links[place] for place in own[-_ENDLESS:]])
        if not own:
            return self._find_call(error, message, names) or self._find_returned(error, message, links[-1])
        place = RaisedExpression.find(links[own[-1] :], self._lines.code, self._tree)
        facts = None if place is None else self._find_division(error, place) or _find(error, message, place, names)
        return None if facts is None else {**facts, "spot": self._lines.spot(links[own[-1]].tb_lineno)}

    def _find_division(self, error: BaseException, place: RaisedExpression) -> Facts | None:
        """A float that a `/` gave where a whole number is needed: of whole numbers it gave one in Python 2."""
        if type(error) is not TypeError or not _WHOLE.search(str(error)[:_MESSAGE]):
            return None
        used = [node for node in ast.walk(place.node) if isinstance(node, ast.Name)]
        names = [node.id for node in used if type(value := place.value(node)) is float and value.is_integer()]
        made = {
            target.id
            for node in ast.walk(self._tree)
            if isinstance(node, ast.Assign) and _divides(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        name = next((name for name in names if name in made), None)
        return None if name is None else _facts("old_division", place, [], [name])

    def _find_endless(self, last: list[TracebackType]) -> Facts | None:
        """A function that is called within itself, again and again, by one line of its own."""
        calls = {(link.tb_frame.f_code.co_name, self._lines.spot(link.tb_lineno)) for link in last[:-1]}
        if len(last) < _ENDLESS or len(calls) != 1 or last[-1].tb_frame.f_code is not last[0].tb_frame.f_code:
            return None
        return {**_facts("endless", None, [], [calls.pop()[0]]), "spot": self._lines.spot(last[0].tb_lineno)}

    def _find_call(self, error: BaseException, message: str, names: Mapping[str, Any]) -> Facts | None:
        """A function that the lines that call give another number of arguments than it has parameters."""
        match = _PATTERNS["argument_count"].fullmatch(message)
        if type(error) is not TypeError or match is None:
            return None
        owner, _, name = match[1].rpartition(".")
        held = vars(names[owner]) if isinstance(names.get(owner), type) else {} if owner else names
        code: Any = getattr(held.get(name), "__code__", None)
        parameters = () if code is None else code.co_varnames[: code.co_argcount]
        known = code is not None and code.co_filename == FILENAME and len(parameters) < MOST_WORDS
        if not known or (owner and parameters[:1] != ("self",)):
            return None
        words = [str(int(match[4]) - bool(owner)), *parameters[bool(owner) :]]
        facts = {**_facts("call_count", None, [], words), "callee": clean(match[1], LONGEST_WORD)}
        return {**facts, "spot": self._lines.spot(code.co_firstlineno)}

    def _find_returned(self, error: BaseException, message: str, link: TracebackType) -> Facts | None:
        """A function that returned None, whose results the lines that call unpack."""
        match, whole = _PATTERNS["not_unpackable"].fullmatch(message), self._lines.whole
        if type(error) is not TypeError or match is None or match[1] != "NoneType" or whole is None:
            return None
        call = whole.entry.call
        if all(code != link.tb_frame.f_code for code in CallLines(call).statements):
            return None  # Other lines than these may have been asked about as well.
        place = RaisedExpression.find([link], call, ast.parse(call))
        made = None if place is None else next(iter(place.list_operands()), None)
        function = place.find_function(made.func) if place is not None and isinstance(made, ast.Call) else None
        if function is None:
            return None
        code = function.__code__
        facts = {**_facts("returns_none", None, [], []), "callee": clean(code.co_name, LONGEST_WORD)}
        return {**facts, "spot": self._lines.spot(code.co_firstlineno)}


def _divides(node: ast.AST) -> bool:
    return any(isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) for part in ast.walk(node))


def _facts(kind: str, place: RaisedExpression | None, operands: Iterable[list[Any]], words: Iterable[str]) -> Facts:
    node = None if place is None else place.node
    return {
        "kind": kind,
        "part": "" if place is None or node is None else place.text(node),
        "callee": place.text(node.func) if place is not None and isinstance(node, ast.Call) else "",
        "operands": [*operands][:MOST_WORDS],
        "words": [clean(word, LONGEST_WORD) for word in words][:MOST_WORDS],
    }


def _find(error: BaseException, message: str, place: RaisedExpression, names: Mapping[str, Any]) -> Facts | None:
    if isinstance(error, NameError):
        return _find_name(error, place, names)
    if type(error) is AttributeError:
        return _find_attribute(error, place)
    if type(error) is KeyError:
        return _find_key(error, place)
    known = type(error).__module__.partition(".")[0] in {"builtins", "numpy"}
    if not known or not isinstance(error, (TypeError, ValueError, IndexError, ZeroDivisionError)):
        return None
    for kind, (nodes, _) in _MESSAGES.items():
        match = _PATTERNS[kind].fullmatch(message)
        if match and isinstance(place.node, nodes) and (kind == "zero") is isinstance(error, ZeroDivisionError):
            return _describe(kind, place, [group or "" for group in match.groups()], message)
    return None


def _describe(kind: str, place: RaisedExpression, words: list[str], message: str) -> Facts | None:
    node, operands = place.node, [*map(place.operand, place.list_operands())]
    if not place.opcode.startswith(_OPCODES.get(kind, ("",))):
        return None
    if isinstance(node, ast.Call) and "CALL" in place.opcode:
        if kind.startswith("argument"):
            return _find_argument(kind, place, node, words, message) if place.direct else None
        if place.in_helper:
            return _facts(f"given_{kind}", place, operands, words) if kind in _GIVEN else None
        if kind in _NUMERIC and not place.is_numpy(node.func):
            return None
        operands = [place.operand(node.func)] if kind == "not_callable" else operands
    if kind in {"not_unpackable", "not_iterable", "not_subscriptable"}:
        # The message has the type of what is the result of a call, too.
        types = {"NoneType": "None", "int": "int", "float": "float", "numpy.float64": "number"}
        operands = [[text, word or types.get(words[0], ""), *rest] for text, word, *rest in operands[:1]]
    if kind == "few_axes":
        operands = operands[int(words[0]) :][:1]
    below = kind in _BELOW and place.in_numpy
    return _facts(kind, place, operands, words) if place.direct or below else None


def _find_alike(name: str, others: Iterable[str]) -> str:
    some = islice(dict.fromkeys(others), _NAMES)
    candidates = [other for other in some if other not in {name, other[:1]} and other[0] != "_"]
    close = get_close_matches(name, candidates, 2, _ALIKE) if len(name) > 1 else []
    return min(close, key=lambda other: other.lower() != name.lower(), default="")


def _find_name(error: NameError, place: RaisedExpression, names: Mapping[str, Any]) -> Facts | None:
    name, outside = getattr(place.node, "id", None), place.frame.f_globals
    if name is None or not place.direct or f"'{name}'" not in str(error):
        return None
    if isinstance(error, UnboundLocalError) or "free variable" in str(error):
        return _facts("unset_name", place, [], [name])
    if name in _OLD_NAMES:
        return _facts("old_name", place, [], [name, _OLD_NAMES[name]])
    alike = _find_alike(name, [*place.frame.f_locals, *outside, *names, *dir(builtins)])
    return None if name in outside or hasattr(builtins, name) else _facts("name", place, [], [name, alike])


def _find_attribute(error: AttributeError, place: RaisedExpression) -> Facts | None:
    node, whole, message = place.node, error.obj, str(error)[:_MESSAGE]
    if isinstance(node, ast.Attribute) and place.value(node.value) is np and _OLD_NUMPY.search(message):
        return _facts("old_numpy", place, [], [node.attr, *_USE.findall(message)[:1]])
    if not isinstance(node, ast.Attribute) or error.name != node.attr or not place.in_numpy:
        return None
    if type(whole) is dict and node.attr in _OLD_METHODS:
        return _facts("old_method", place, [], [node.attr, _OLD_METHODS[node.attr]])
    alike = _find_alike(node.attr, [*getattr(whole, "__dict__", ()), *dir(type(whole))])
    owner = place.text(node.value) if isinstance(whole, ModuleType) else ""
    text, _, _, *rest = place.operand(node.value)
    return _facts("attribute", place, [[text, *describe(whole), *rest]], [node.attr, alike and f"{owner}.{alike}"])


def _find_key(error: KeyError, place: RaisedExpression) -> Facts | None:
    node, key = place.node, error.args[0] if error.args else None
    if not place.direct or not isinstance(node, ast.Subscript) or type(key) not in (str, int):
        return None
    whole = place.value(node.value)
    if type(whole) is not dict or key in whole:
        return None
    alike = _find_alike(key, [other for other in whole if type(other) is str]) if type(key) is str else ""
    return _facts("key", place, [place.operand(node.value)], [repr(key), alike and repr(alike)])


def _find_argument(kind: str, place: RaisedExpression, node: ast.Call, words: list[str], message: str) -> Facts | None:
    """A call with too few, too many or unknown arguments, of the function that the message names."""
    if getattr(node.func, "attr", getattr(node.func, "id", "")) not in words[0].removesuffix(".__init__").split("."):
        return None
    function = place.value(node.func)
    code = function.__code__ if type(function) is FunctionType else None
    parameters = [] if code is None else [*code.co_varnames[: code.co_argcount]]
    if kind == "argument_missing":
        words = re.findall(r"'(\w+)'", message)
    elif kind == "argument_unknown":
        words = [words[1], _find_alike(words[1], parameters or ["axis", "keepdims", "dtype"])]
    elif any(isinstance(part, ast.Starred) for part in node.args):
        return None
    else:
        words = [str(len(node.args)), *words[1:], str(len(parameters)), *parameters]
    return _facts(kind, place, [], words)
