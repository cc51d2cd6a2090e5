"""Fields of a form as values, with what is wrong with each of them, and the page number of an address."""

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from flask import request
from pydantic import TypeAdapter, ValidationError

from backmark.grader.courses.checks import RuleFault
from backmark.grader.courses.times import BadTime, read_time, read_zone, write_time
from backmark.grader.web.http.schemas import Student

_STUDENT: TypeAdapter[str] = TypeAdapter(Student)
#: Characters of a field that are looked at.
_LONGEST = 8_000
#: Digits of a number.
_DIGITS = 12


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

    def text(self, field: str) -> str:
        """Return a text, without blanks around it."""
        return self._form.get(field, "").strip()[:_LONGEST]

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
            self.faults.setdefault(field, f"{written} is no number; write digits, such as 10 or 2.5.")
            return None
        return float(written)

    def whole(self, field: str) -> int | None:
        """Return a whole number."""
        value = self.number(field)
        if value is not None and not value.is_integer():
            self.faults.setdefault(field, f"{self.text(field)} is no whole number.")
            return None
        return None if value is None else int(value)

    def students(self, field: str) -> tuple[str, ...]:
        """Return the names of students, between which stand blanks, commas or line breaks; each once."""
        names = tuple(dict.fromkeys(self.text(field).replace(",", " ").split()))
        for name in names:
            try:
                _STUDENT.validate_python(name)
            except ValidationError:
                says = f"{name} is no name of a student: letters, digits and . _ @ + : = ~ - only, 128 at most."
                self.faults.setdefault(field, says)
        return names

    def note(self, faults: Iterable[RuleFault]) -> None:
        """Note faults of the values together, where their fields have none of their own."""
        for fault in faults:
            self.faults.setdefault(fault.field, fault.says)

    @property
    def values(self) -> dict[str, str]:
        """The texts as they were sent, to show the form again."""
        return {field: self.text(field) for field in self._form if field != "csrf_token"}


def read_page_number(args: Mapping[str, str]) -> int:
    """Return the page of a list that an address names; 1 unless it is a number from 1 on."""
    written = args.get("page", "")
    return max(1, int(written[:6])) if written.isascii() and written.isdigit() else 1


def form_time(seconds: float | None) -> str:
    """Return a time as a field for local times has it, in UTC: the script writes it in the zone of the browser."""
    return "" if seconds is None else write_time(seconds, ZoneInfo("UTC")).replace(" ", "T")
