"""The mistake behind an exception, in words that follow the place of its line.

The jail sends facts: a kind by Python's own message, and the texts, types and sizes of what stood in the expression.
Nothing is said unless they agree with one another: a sentence that is false is worse than none.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from backmark.grader.model.source_line import SourceLine
from backmark.grader.model.verdict import RETURNS_NONE, PythonMistake

_NUMBERS, _TEXTS, _NONE = {"int", "float", "number", "bool"}, {"str"}, {"None"}
_LISTS, _FUNCTIONS = {"list", "list of arrays", "tuple", "tuple of arrays"}, {"function", "method"}
_PHRASES = {"str": "a string", "dict": "a dictionary", **{name: f"a {name}" for name in _FUNCTIONS}}
#: The names in Python's messages of the types that nothing can be calculated with.
_TYPES = {name: name.partition(" ")[0] for name in (*_LISTS, "dict", "str", "function")}
_TYPES |= {"None": "NoneType", "method": "builtin_function_or_method"}


@dataclass(frozen=True, slots=True)
class _RaisingOperand:
    """An expression: its text, type, sizes and whole number, and its text with its index as a number."""

    text: str
    type: str
    sizes: Sequence[int]
    number: int | None
    resolved: str

    @property
    def name(self) -> str:
        return _code(self.text)

    @property
    def known(self) -> str:
        if self.type in _LISTS:
            noun = "array" if self.type.endswith("of arrays") else "item"
            return f"{self.name}, a {self.type.partition(' ')[0]} of {_count(self.sizes[0], noun)}"
        if self.type == "array":
            return f"{self.name}, an array of shape {_shape(self.sizes)}"
        return f"{self.name}, {'a single number' if self.type in _NUMBERS else _PHRASES[self.type]}"

    def of_shape(self, shape: Sequence[int]) -> str:
        name = self.name if self.text else "an array"
        return f"{name} of shape {_shape(shape)}" if shape else name

    @property
    def none(self) -> str:
        if self.text.endswith(")"):
            return f"uses the result of {self.name}, which is None. Does that function return anything?"
        if self.resolved != self.text:
            return f"uses {self.name}, but {_code(self.resolved)} is None: no line has given it a value yet."
        return f"uses {self.name}, which is None. Where should it get its value?"

    @property
    def misplaced(self) -> str:
        if self.type == "None":
            return self.none
        if self.type in _FUNCTIONS:
            return f"uses {self.known}, without calling it. Are its parentheses missing?"
        if self.type in _LISTS:
            return f"calculates with all of {self.known}. Which one do you mean?"
        return f"calculates with {self.known}."


class _Facts(NamedTuple):
    kind: str
    part: str
    callee: str
    operands: Sequence[_RaisingOperand]
    words: Sequence[str]


def read_mistake(header: Mapping[str, Any]) -> PythonMistake | None:
    """Return the mistake of which a jail sent these facts; None if nothing is sure."""
    kind, operands = header["kind"], [_RaisingOperand(*operand) for operand in header["operands"]]
    facts = _Facts(kind, header["part"], header["callee"], operands, header["words"])
    held = dict(zip("ab", operands, strict=False))
    for hint, rules in _RULES.items():
        for name, types, form in rules:
            if name == kind and all(letter in held and held[letter].type in types[letter] for letter in types):
                try:
                    text = _fill(form, facts, held) if isinstance(form, str) else form(facts)
                except (LookupError, ValueError):
                    return None  # Something is unknown, or facts have another form than this kind's.
                return PythonMistake(kind, SourceLine.of(*header["spot"]), text, hint) if text else None
    return None


def _fill(form: str, facts: _Facts, operands: Mapping[str, _RaisingOperand]) -> str:
    words = [_shape(_parse(word)) if word.startswith("(") else word for word in facts.words]
    names = {name: _code(text) for name, text in (("part", facts.part), ("callee", facts.callee)) if text}
    asked = f" Did you mean `{words[1]}`?" if len(words) > 1 and words[1] else ""
    return form.format(*words, **operands, **names, asked=asked, every=_list(words))


def _code(text: str) -> str:
    if not text:
        raise LookupError
    return f"`{text}`"


def _shape(sizes: Sequence[int]) -> str:
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


def _parse(text: str) -> list[int]:
    return [int(size) for size in text.strip("()").split(",") if size]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _list(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _count_arguments(facts: _Facts) -> str:
    given, least, most, counted, count, *parameters = facts.words
    takes, extra = int({"no": "0", "one": "1"}.get(most, most)), int(counted) - int(given)
    if extra == 1 and not takes:
        return f"calls {_code(facts.callee)}, whose definition lacks the parameter `self`."
    if extra not in {0, 1}:
        return ""
    names = f": {_list(parameters[extra:])}" if int(count) == len(parameters) == takes > extra else ""
    bounds = f"{int(least) - extra} to {takes - extra}" if least else takes - extra or "none"
    return f"calls {_code(facts.callee)} with {_count(int(given), 'argument')}; it takes {bounds}{names}."


def _compare_parameters(facts: _Facts) -> str:
    given, *parameters = facts.words
    listed, arguments = _list(parameters) or "none", _count(int(given), "argument")
    return f"defines {_code(facts.callee)} with these parameters: {listed}. The assignment calls it with {arguments}."


def _leave_range(facts: _Facts) -> str:
    whole, index = facts.operands
    if index.number is None or -whole.sizes[0] <= index.number < whole.sizes[0]:
        return ""
    where = f" with `{index.text}` = {index.number}" if index.text not in {"", str(index.number)} else ""
    size = whole.sizes[0]
    indices = f": the last index is {size - 1}" if size else ""
    return f"uses {_code(facts.part)}{where}, but {whole.name} has {_count(size, 'item')}{indices}."


def _multiply(facts: _Facts) -> str:
    """A product of matrices, told by both shapes, or by the rows of the second and the columns of the first."""
    if len(facts.operands) != 2:
        return ""
    shapes = [[*one.sizes] if one.type == "array" else [] for one in facts.operands]
    told = [_parse(word) for word in facts.words[:2]]
    if facts.words[0].startswith("("):
        if any(shape not in ([], word) for shape, word in zip(shapes, told, strict=True)):
            return ""
        shapes, told = told, [told[1][-2:][:1], told[0][-1:]]
    ((rows,), (columns,)), (first, second) = told, shapes
    if first[-1:] not in ([], [columns]) or second[-2:][:1] not in ([], [rows]):
        return ""
    left, right = map(_RaisingOperand.of_shape, facts.operands, shapes)
    if not first or not second or max(len(first), len(second)) > 2:
        return (
            f"multiplies {left} by {right}, but their inner sizes differ: {columns} in the first, {rows} in the second."
        )
    has, needs = _count(columns, "column" if len(first) > 1 else "number"), "needs" if columns == 1 else "need"
    wanted = _count(columns, "row" if len(second) > 1 else "number")
    return f"multiplies {left} by {right}: the {has} of the first {needs} {wanted} of the second."


def _combine(facts: _Facts) -> str:
    """Arrays that are combined entry by entry, or by a function that was given them."""
    shapes = [_parse(text) for text in facts.words[:3] if text.startswith("(")]
    known = [[*one.sizes] for one in facts.operands if one.type == "array"]
    if facts.callee:
        arrays = [_shape(shape) for shape in shapes if shape]
        # Of NumPy's functions it is the jail's word.
        sure = facts.kind == "broadcast" or (len(known) == len(facts.operands) and sorted(known) == sorted(shapes))
        said = f"passes arrays of shapes {' and '.join(arrays)} to {_code(facts.callee)}, but these shapes do not fit."
        return said if sure else ""
    for operand, shape in zip(facts.operands, shapes, strict=False):
        if operand.type.endswith("of arrays"):
            return operand.misplaced
        if operand.type and (operand.type != "array" or [*operand.sizes] != shape):
            return ""
    left, right = map(_RaisingOperand.of_shape, facts.operands, shapes)
    return f"combines {left} and {right} entry by entry, but these shapes do not fit."


def _misplace(facts: _Facts) -> str:
    """The operand that nothing can be calculated with: of a type that the message names, or the only list."""
    culprits = [one for one in facts.operands if _TYPES.get(one.type) in facts.words]
    if facts.kind.endswith("uneven"):
        lists = [one for one in facts.operands if one.type in _LISTS]
        culprits = lists if len(lists) == 1 and all(one.type for one in facts.operands) else []
    if facts.callee and culprits and culprits[0].type in _LISTS:
        return f"passes all of {culprits[0].known}, to {_code(facts.callee)}. Which one do you mean?"
    return culprits[0].misplaced if culprits else ""


def _ask_array(facts: _Facts) -> str:
    if facts.callee:
        instead = {"max": "np.maximum", "min": "np.minimum"}.get(facts.callee)
        return f"calls `{facts.callee}` on arrays. To compare entry by entry, call `{instead}`." if instead else ""
    if not any(one.type == "array" for one in facts.operands):
        return ""
    return f"uses the array {_code(facts.part)} as a condition, but it has several numbers. Which of them must be true?"


#: The kinds that show that a submission was written for Python 2, or for NumPy of its time.
OLD = frozenset({"old_name", "old_method", "old_numpy", "old_division"})

#: By what is said where nothing of the student's own is shown: the kinds, and their sentences for operands of these
#: types (`a` is the first), of which the first counts. None is said if anything that it names is unknown.
_RULES: Mapping[str, Sequence[tuple[str, Mapping[str, set[str]], str | Callable[[_Facts], str]]]] = {
    "uses a name that has no value there. Is the name misspelt, or not set yet?": (
        ("name", {}, "uses the name `{0}`, which is not defined.{asked}"),
        ("unset_name", {}, "uses `{0}`, which has no value there."),
    ),
    "asks for an attribute, a method or a key that does not exist.": (
        ("attribute", {"a": _NONE}, "{a.none}"),
        ("attribute", {"a": {"method"}}, "{a.misplaced}"),
        ("attribute", {"a": {"module"}}, "uses {part}, which does not exist.{asked}"),
        ("attribute", {"a": {"object"}}, "asks for `.{0}` of {a.name}, which has no such attribute.{asked}"),
        ("attribute", {}, "asks for `.{0}` of {a.known}, which has no such attribute.{asked}"),
        ("key", {}, "looks up the key `{0}` in {a.name}, which does not have it.{asked}"),
    ),
    "defines a function whose parameters do not match the assignment.": (("call_count", {}, _compare_parameters),),
    "defines a function that returned nothing. Does every path end with `return` and a value?": (
        (
            RETURNS_NONE,
            {},
            "defines {callee}, which returns nothing. Does every path end with `return` and a value?",
        ),
    ),
    "calls a function with the wrong arguments, or calls something that is not a function.": (
        ("argument_missing", {}, "calls {callee} without a value for {every}."),
        ("argument_count", {}, _count_arguments),
        ("argument_unknown", {}, "passes an argument `{0}` to {callee}, which does not take it.{asked}"),
        (
            "data_type",
            {},
            "passes something that is not a number type to {callee} as its `dtype`. A shape needs its own parentheses.",
        ),
        ("one_number", {}, "passes a whole array to {callee}, which needs one number."),
        ("whole_number", {}, "passes a float to {callee}, which needs a whole number."),
        ("not_callable", {"a": _NUMBERS}, "calls the number {a.name} like a function. Is a `*` missing?"),
        ("not_callable", {"a": {*_LISTS, "dict"}}, "calls {a.known}, like a function. Did you mean square brackets?"),
        (
            "not_callable",
            {"a": {"array"}},
            "calls {a.known}, like a function. Is a `*` missing, or should `()` not be there?",
        ),
        ("not_callable", {"a": _NONE}, "{a.none}"),
    ),
    "uses an index that does not exist, or that does not fit the thing it is used on.": (
        ("entry_range", {"a": _LISTS}, _leave_range),
        ("array_range", {}, "uses index {0} on axis {1} of {a.name}, which has size {2} there. The first index is 0."),
        ("many_indices", {"a": {"array"}}, "uses {1} indices on {a.known}, which takes {0}."),
        ("mask", {}, "selects from {a.name} with the mask {b.name}, but along axis {0} their sizes are {1} and {2}."),
        ("list_indices", {"a": _LISTS}, "uses several indices at once on {a.known}, which takes one at a time."),
        (
            "index_type",
            {"a": {*_LISTS, "array"}, "b": _TEXTS},
            "looks up {b.name} in {a.known}, which is not a dictionary.",
        ),
        (
            "index_type",
            {"b": {"float"}},
            "uses the float {b.name} as an index of {a.name}. An index must be a whole number.",
        ),
        ("index_type", {"b": _NONE}, "{b.none}"),
        ("axis", {"a": {"array"}}, "calls {callee} for axis {0} of {a.known}. The first axis is 0."),
        ("not_subscriptable", {"a": _NUMBERS}, "asks for an entry of {a.known}."),
        ("not_subscriptable", {"a": _FUNCTIONS}, "puts square brackets after {a.known}. A call needs parentheses."),
        ("not_subscriptable", {"a": _NONE}, "{a.none}"),
    ),
    "works with arrays whose shapes do not fit. What are their shapes?": (
        *((kind, {}, _multiply) for kind in ("matmul", "dot")),
        *((kind, {}, _combine) for kind in ("broadcast", "given_broadcast")),
        ("store", {}, "stores an array of shape {0} in {part}, whose shape is {1}."),
        ("store_many", {}, "stores an array or a list in {part}, which has room for one number."),
    ),
    "unpacks something that has a different number of values.": (
        ("unpack", {"a": _LISTS}, "unpacks {a.known}, into {0} names."),
        ("unpack", {}, "unpacks {a.name} into {0} names, but it has a different number of values."),
        ("not_unpackable", {"a": _NUMBERS}, "unpacks {a.known}, as if it were several."),
        ("not_unpackable", {"a": _NONE}, "{a.none}"),
    ),
    "loops over something that has no items. What is it?": (
        ("not_iterable", {"a": {"int"}}, "loops over {a.known}. Is `range` missing?"),
        ("not_iterable", {"a": _NUMBERS}, "loops over {a.known}."),
        ("not_iterable", {"a": _NONE}, "{a.none}"),
    ),
    "calculates with something that is not an array of numbers. What is it?": (
        ("whole_numbers", {}, "puts floats back into {a.name}, an array of whole numbers ({0})."),
        ("few_axes", {"a": _NUMBERS}, "multiplies {a.known}, with `@` or `matmul`. For single numbers, use `*`."),
        ("few_axes", {}, "{a.misplaced}"),
        *((kind, {}, _misplace) for kind in ("operands", "uneven")),
        *((f"given_{kind}", {}, _misplace) for kind in ("operands", "uneven", "not_subscriptable")),
        *((kind, {"a": {*_LISTS, "str"}}, "{a.misplaced}") for kind in ("repeated", "string")),
        *((kind, {"b": {*_LISTS, "str"}}, "{b.misplaced}") for kind in ("repeated", "string")),
    ),
    "calls a function from within itself without ever stopping.": (
        (
            "endless",
            {},
            "calls `{0}` from within `{0}` again and again, until Python gives up. Which case should end this?",
        ),
    ),
    "is written for Python 2, or for an older NumPy.": (
        ("old_name", {}, "is written for Python 2: it uses `{0}`, which is `{1}` in Python 3."),
        ("old_method", {}, "is written for Python 2: it uses `.{0}`, which is `{1}` in Python 3."),
        ("old_numpy", {}, "is written for an older NumPy: it uses {part}, which NumPy no longer has.{asked}"),
    ),
    "needs a whole number where `/` gives a float.": (
        ("old_division", {}, "needs `{0}` as a whole number, but in Python 3 `/` gives a float. Use `//`."),
    ),
    "uses a whole array as a condition.": (("condition", {}, _ask_array),),
    "divides by 0.": (("zero", {}, "divides by {b.name}, which is 0."),),
}
