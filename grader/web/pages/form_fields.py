"""Fields of a form as values, with what is wrong with each of them, and the page number of an address."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, replace
from enum import Enum
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from flask import request
from pydantic import TypeAdapter, ValidationError

from backmark.grader.courses.times import BadTime, read_time, read_zone, write_time
from backmark.grader.model.fields import FieldFault, NounField, Unit, noun_fields
from backmark.grader.model.records import NAME_IN_WORDS
from backmark.grader.model.views import GIVEN
from backmark.grader.web.http.problems import INVALID, Problem
from backmark.grader.web.http.schemas import Student

_STUDENT: TypeAdapter[str] = TypeAdapter(Student)
#: Characters of a field that are looked at.
_LONGEST = 8_000
#: Of a field for a list of students, more than the most that any takes.
_LONGEST_LIST = 400_000
#: Digits of a number.
_DIGITS = 12
#: The number in a form for each unit of a value.
_SCALES = {Unit.SECONDS: 1 / 60, Unit.SHARE: 100.0}

Noun = TypeVar("Noun")


class FormFields:
    """The fields of the form that was sent. Each reader returns None for an empty field, and notes a fault."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        #: What is wrong, by field; empty: nothing.
        self.faults: dict[str, str] = {}

    @classmethod
    def of_request(cls) -> "FormFields":
        """Return those of the request that is being answered."""
        return cls(request.form)

    def text(self, field: str, longest: int = _LONGEST) -> str:
        """Return a text, without blanks around it; its lines end as in JSON, not as browsers send them."""
        return self._form.get(field, "").strip()[:longest].replace("\r\n", "\n")

    def moment(self, field: str) -> float | None:
        """Return a time: local to the zone that the form names."""
        written = self.text(field)
        if not written or not self._has_zone():
            return None
        try:
            return read_time(written, self.text("zone"))
        except BadTime as fault:
            self.faults.setdefault(field, str(fault))
            return None

    def _has_zone(self) -> bool:
        """Return False, and note the fault, if the form names a zone that there is not."""
        try:
            if zone := self.text("zone"):
                read_zone(zone)
        except BadTime as fault:
            self.faults.setdefault("zone", str(fault))
        return "zone" not in self.faults

    def number(self, field: str) -> float | None:
        """Return a number, with a point or a comma in it."""
        written = self.text(field).replace(",", ".")
        digits = written.replace(".", "", 1)
        if not written:
            return None
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
            self.faults.setdefault(field, f'"{written}" is not a number; write digits, such as 10 or 2.5.')
            return None
        return float(written)

    def whole(self, field: str) -> int | None:
        """Return a whole number."""
        value = self.number(field)
        if value is not None and not value.is_integer():
            self.faults.setdefault(field, f'"{self.text(field)}" is not a whole number.')
            return None
        return None if value is None else int(value)

    def students(self, field: str) -> tuple[str, ...]:
        """Return the names of students, between which stand blanks, commas or line breaks; each once."""
        names = tuple(dict.fromkeys(self.text(field, _LONGEST_LIST).replace(",", " ").split()))
        for name in names:
            try:
                _STUDENT.validate_python(name)
            except ValidationError:
                says = f"{name} is not a valid student id: use {NAME_IN_WORDS}."
                self.faults.setdefault(field, says)
        return names

    def read(self, kind: type[Noun], **others: Any) -> Noun | None:
        """Return the noun that the form describes, with these values of all other fields; None if it lacks one.

        What is wrong with a field by itself is noted, in the words of the form.
        """
        values = self.read_values(kind, GIVEN[kind])
        return None if values is None else kind(**values, **others)

    def read_values(self, kind: Any, names: Iterable[str]) -> dict[str, Any] | None:
        """Return these fields of a noun by name, as `read` does; None if the form lacks one."""
        described: Any = kind
        values: dict[str, Any] = {}
        for name in names:
            field = noun_fields(described)[name]
            value = self._value(field)
            scale = _SCALES.get(field.doc.unit, 1.0)
            if value is None and not field.optional and name not in self.faults:
                value = None if field.default is MISSING else field.default
                if value is None:
                    self.faults[name] = f"{field.label} is missing."
            elif says := field.fault(value, scale=scale, name=field.label):
                self.faults.setdefault(name, says)
            values[name] = value
        lacks = any(values[name] is None and not noun_fields(described)[name].optional for name in values)
        return None if lacks else values

    def _value(self, field: NounField) -> Any:
        name, scale = field.name, _SCALES.get(field.doc.unit, 1.0)
        if field.doc.unit is Unit.TIME:
            return self.moment(name)
        if field.type is int:
            return self.whole(name)
        if field.type is float:
            number = self.number(name)
            return None if number is None else number / scale
        if field.type is bool:
            return name in self._form
        if field.is_tuple and not field.is_many:
            return self.students(name)
        return self._chosen(field)

    def _chosen(self, field: NounField) -> Any:
        """Return what was chosen or written: several values, each ticked, one of an enumeration, or a text."""
        if field.is_many:
            return tuple(member for member in get_args(field.type)[0] if f"{field.name}:{member}" in self._form)
        written = self.text(field.name)
        if isinstance(field.type, type) and issubclass(field.type, Enum):
            if written not in {member.value for member in field.type}:
                if written:
                    self.faults.setdefault(field.name, f"{field.label}: choose one of the values that the form shows.")
                return None
            return field.type(written)
        return written

    def note(self, faults: Iterable[FieldFault]) -> None:
        """Note faults of the values together, where their fields have none of their own."""
        for fault in faults:
            self.faults.setdefault(fault.field, fault.says)

    def note_problem(self, problem: Problem) -> None:
        """Note what a problem says is wrong with fields of the form. Raises the problem if it says nothing of any."""
        if problem.kind is not INVALID or not problem.errors:
            raise problem
        for error in problem.errors:
            self.faults.setdefault(error.place.removeprefix("/"), error.detail)

    @property
    def values(self) -> dict[str, str]:
        """The texts as they were sent, to show the form again."""
        return {field: self.text(field, _LONGEST_LIST) for field in self._form if field != "csrf_token"}


@dataclass(frozen=True, slots=True)
class Form:
    """The form of a noun: its fields in their order, their texts, and what is wrong with them."""

    id: str
    fields: tuple[NounField, ...]
    values: Mapping[str, str]
    faults: Mapping[str, str]

    @classmethod
    def of(  # noqa: PLR0913 - what a form is made of, each by its name
        cls,
        id: str,  # noqa: A002 - as in HTML
        kind: Any,
        noun: Any = None,
        sent: FormFields | None = None,
        *,
        names: Iterable[str] = (),
        zone: str = "UTC",
    ) -> "Form":
        """Return the form of a kind of noun: as it was sent, else as this noun has its fields, else empty.

        It has the fields of these names, by default all that a request sets. Times are local to `zone`; those in UTC
        are written anew by the script, in the zone of the browser.
        """
        fields = tuple(noun_fields(kind)[name] for name in names or GIVEN[kind])
        values = {} if noun is None else dict(_write_all(fields, noun, zone))
        form = cls(id, fields, sent.values if sent else values, sent.faults if sent else {})
        return replace(form, values={**values, **zone_value(zone)}) if form.timed and not sent else form

    def choose(self, **choices: Mapping[str, str]) -> "Form":
        """Return the form with these choices of some fields; a field with only one is sent without being shown."""
        narrowed = (
            replace(field, doc=replace(field.doc, choices=choices[field.name])) if field.name in choices else field
            for field in self.fields
        )
        return replace(self, fields=tuple(narrowed))

    @property
    def timed(self) -> bool:
        """True if a field is a time: then the form names its zone."""
        return any(field.doc.unit is Unit.TIME for field in self.fields)


def _write_all(fields: Iterable[NounField], noun: Any, zone: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of the fields by name; each value of several that are ticked is a field of its own."""
    for field in fields:
        value = getattr(noun, field.name)
        if isinstance(value, tuple):
            yield from ((f"{field.name}:{item}", "1") for item in value)
        else:
            yield field.name, _write(field, value, zone)


def _write(field: NounField, value: Any, zone: str) -> str:
    """Return a value as its field has it; what is the default of a number is left empty."""
    if isinstance(value, bool):
        return "1" if value else ""
    if value is None or (field.type is float and value == field.default):
        return ""
    if field.doc.unit is Unit.TIME:
        return form_time(value, zone)
    if field.type is float:
        return f"{_SCALES.get(field.doc.unit, 1.0) * value:.10g}"
    return str(value)


def read_page_number(args: Mapping[str, str]) -> int:
    """Return the page of a list that an address names; 1 unless it is a number from 1 on."""
    written = args.get("page", "")
    return max(1, int(written[:6])) if written.isascii() and written.isdigit() else 1


def zone_value(zone: str) -> dict[str, str]:
    """Return the text of the field for the zone; none for UTC, where the script writes that of the browser."""
    return {} if zone == "UTC" else {"zone": zone}


def form_time(seconds: float, zone: str) -> str:
    """Return a time as a field for local times has it."""
    return write_time(seconds, ZoneInfo(zone)).replace(" ", "T")
