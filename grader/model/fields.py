"""The fields of a noun: each with a sentence, and the bounds of its values.

A noun is a frozen dataclass whose fields are `Annotated` with a `Doc`. Of it are made the requests and responses of the
HTTP API with their documentation, what the client returns, the forms of pages, and tables of the docs.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import KW_ONLY, MISSING, Field, dataclass, field, fields
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

#: A line, as the schemas of requests have it, too.
_LINE = re.compile(r"[^\x00-\x1f\x7f]*")


class Unit(StrEnum):
    """The unit of a number, for which JSON and forms have a way of writing of their own."""

    NONE = ""
    #: Seconds since 1970; in JSON an ISO 8601 text, in a form a local time.
    TIME = "time"
    #: A duration; in a form minutes.
    SECONDS = "seconds"
    #: A share of a maximum, 0 to 1; in a form per cent.
    SHARE = "share"
    PERCENT = "per cent"


@dataclass(frozen=True, slots=True)
class Doc:
    """The meaning of a field, and the values that it takes.

    For example a number of minutes in a form that is seconds in JSON:

        pause: Annotated[float, Doc("Between two attempts.", unit=Unit.SECONDS, most=3600, label="Minutes")] = 0.0
    """

    #: One sentence; empty where the name says all.
    says: str = ""
    _: KW_ONLY
    #: What None or an empty text means, such as `never`; empty where the sentence says it.
    none: str = ""
    unit: Unit = Unit.NONE
    #: The bounds of a number, or of how many values a tuple has.
    least: float | None = None
    most: float | None = None
    #: The fewest and the most characters of a text, which is one line unless `lines`.
    shortest: int = 0
    longest: int | None = None
    lines: bool = False
    #: The lines of its field in a form, for a text of more than one; 0: a field of one line.
    rows: int = 0
    #: The regular expression that the whole of a text matches, or each of a tuple.
    pattern: str = ""
    #: The name in JSON; empty: the field's own.
    json: str = ""
    #: The name of its field in a form; empty: the name in words.
    label: str = ""
    #: The values of an enumeration in words, as a form has them.
    choices: Mapping[str, str] = field(default_factory=dict)
    #: True of a noun whose fields stand in JSON among those of the noun that has it.
    inline: bool = False


@dataclass(frozen=True, slots=True)
class FieldFault:
    """A field with a value that cannot be used."""

    field: str
    says: str


@dataclass(frozen=True, slots=True)
class NounField:
    """A field of a noun."""

    name: str
    #: The type of its values, None apart.
    type: Any
    optional: bool
    doc: Doc
    #: MISSING: it must be given.
    default: Any
    #: True if it follows from the others: it is served, and nobody sets it.
    derived: bool = False

    @property
    def json(self) -> str:
        """The name in JSON."""
        return self.doc.json or self.name

    @property
    def is_many(self) -> bool:
        """True if it holds several members of an enumeration."""
        member = get_args(self.type)[0] if self.is_tuple else None
        return isinstance(member, type) and issubclass(member, Enum)

    @property
    def members(self) -> Mapping[str, str]:
        """The values that a form lets choose several of, in words; by their own names where they have no words."""
        return self.doc.choices or {member: member for member in get_args(self.type)[0]}

    @property
    def is_tuple(self) -> bool:
        """True if it holds any number of values."""
        return get_origin(self.type) is tuple

    @property
    def label(self) -> str:
        """The name in a form."""
        return self.doc.label or self.name.replace("_", " ").capitalize()

    @property
    def sentence(self) -> str:
        """The sentence, then what null means, or an empty text where there is no null."""
        return self.describe("Null:" if self.optional else "If empty,")

    def describe(self, none: str) -> str:
        """Return the sentence, then what None means; `none` is before that, such as `Null:` or `If empty,`."""
        return " ".join(part for part in (self.doc.says, self.doc.none and f"{none} {self.doc.none}.") if part)

    def fault(self, value: Any, *, scale: float = 1.0, name: str = "") -> str:
        """Return what is wrong with a value, or an empty text; a form writes numbers times `scale`, by its own name."""
        name, doc = name or self.name, self.doc
        if value is None:
            return ""
        if isinstance(value, tuple):
            return _count_fault(len(value), name, doc)
        if isinstance(value, str):
            return _text_fault(value, name, doc)
        if isinstance(value, int | float) and (doc.least is not None or doc.most is not None):
            return _number_fault(value, name, doc, scale)
        return ""


@cache
def noun_fields(kind: Any) -> Mapping[str, NounField]:
    """Return the fields of a noun by name, in their order; then the properties whose type has a `Doc`."""
    hints = get_type_hints(kind, include_extras=True)
    own = {field.name: _noun_field(field, hints[field.name]) for field in fields(kind) if field.init}
    return own | {name: _read_hint(name, hint, MISSING, derived=True) for name, hint in _derived(kind)}


def faults(noun: Any, names: Iterable[str] = ()) -> Iterator[FieldFault]:
    """Yield the fields of a noun, all or these, whose values are out of bounds."""
    kind: Any = type(noun)
    described = noun_fields(kind)
    for name in names or described:
        if says := described[name].fault(getattr(noun, name)):
            yield FieldFault(name, says)


def _derived(kind: type[Any]) -> Iterator[tuple[str, Any]]:
    """Yield the name and the type of each property that is described."""
    for name, part in ((name, part) for base in reversed(kind.__mro__) for name, part in vars(base).items()):
        if isinstance(part, property):
            hint = get_type_hints(part.fget, include_extras=True).get("return")
            if get_origin(hint) is Annotated:
                yield name, hint


def _noun_field(field: Field[Any], hint: Any) -> NounField:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    return _read_hint(field.name, hint, default)


def _read_hint(name: str, hint: Any, default: Any, *, derived: bool = False) -> NounField:
    doc = Doc()
    if get_origin(hint) is Annotated:
        hint, *about = get_args(hint)
        doc = next((part for part in about if isinstance(part, Doc)), doc)
    optional = False
    if get_origin(hint) in {Union, UnionType}:
        parts = [part for part in get_args(hint) if part is not NoneType]
        optional, hint = len(parts) < len(get_args(hint)), parts[0] if len(parts) == 1 else Union[tuple(parts)]  # noqa: UP007
    return NounField(name, hint, optional, doc, default, derived)


def _number_fault(value: float, name: str, doc: Doc, scale: float) -> str:
    least, most = doc.least or 0.0, doc.most
    if math.isfinite(value) and value >= least and (most is None or value <= most):
        return ""
    bounds = f"at least {scale * least:,g}" if most is None else f"{scale * least:,g} to {scale * most:,.10g}"
    otherwise = f". If you leave it out, {doc.none}" if doc.none else ""
    return f"{name} must be {bounds}, not {scale * value:,.10g}{otherwise}."


def _count_fault(count: int, name: str, doc: Doc) -> str:
    if count < (doc.least or 0):
        return f"{name}: choose at least {doc.least:g}."
    if doc.most is not None and count > doc.most:
        return f"{name}: at most {doc.most:,.0f}, not {count:,}."
    return ""


def _text_fault(value: str, name: str, doc: Doc) -> str:
    if doc.shortest and not value.strip():
        return f"{name} is missing. {doc.says}".strip()
    if doc.longest is not None and len(value) > doc.longest:
        return f"{name} may have at most {doc.longest:,} characters, not {len(value):,}."
    if doc.longest is not None and not doc.lines and not _LINE.fullmatch(value):
        return f"{name} must be one line, without control characters."
    if doc.pattern and not re.fullmatch(doc.pattern, value):
        return f"{name} contains characters that are not allowed."
    return ""
