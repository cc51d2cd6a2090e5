"""The tables of a TOML text from outside, before anybody knows what they mean."""

import tomllib
from typing import Any

from backmark.grader.errors import BadAssignment

#: Dots in one line of TOML. The time and memory of reading a key grow with the square of its parts: one of 32,000,
#: which fits into a request, would take 4 GB.
_MOST_DOTS = 250


def read_tables(text: str, name: str) -> dict[str, Any]:
    """Return the tables of an assignment's TOML; raises BadAssignment."""
    # As TOML has lines: in quotes a key may contain what else ends one.
    if any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
        message = f"{name} has a line with more than {_MOST_DOTS} dots: no assignment has keys of so many parts"
        raise BadAssignment(message)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = f"{name} is not valid TOML: {error}"
        raise BadAssignment(message) from error
    except (ValueError, RecursionError) as error:
        message = f"{name} has numbers that are too long or brackets nested too deep"
        raise BadAssignment(message) from error
