"""A claim about a result: what is wrong with all of its numbers, in words that follow its name."""

import re
from typing import NamedTuple


def slug(text: str) -> str:
    """Return a name or an expression as a word of an id."""
    return re.sub(r"\W+", "_", text).strip("_")


class NumberClaim(NamedTuple):
    """An explanation of a result's answers: its id, the words after the result's name, and the question that hints."""

    id: str
    #: What follows "returns `dw`", such as "as zero".
    words: str
    #: A question about the result, with `{name}` in the place of its name.
    hint: str
