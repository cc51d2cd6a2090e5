"""A starter's text, with the words of a course in place of those between two @."""

import re
from collections.abc import Mapping
from importlib import resources

_PLACE = re.compile(r"@([A-Z]+)@")


def fill(name: str, values: Mapping[str, str] | None = None) -> str:
    """Return the text of a starter, such as `github/README.md`; each place that it has needs a value."""
    text = (resources.files(__package__) / f"{name}.in").read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: (values or {})[place[1]], text)
