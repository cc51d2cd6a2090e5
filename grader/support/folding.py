"""Texts as a search compares them: without case, accents and quotes."""

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

#: Quotes and apostrophes, which keyboards and word processors write in many ways.
_QUOTES = "'\"`\u00b4\u00ab\u00bb\u02b9\u02bb\u02bc\u02bd\u2032\u2033\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
#: Dashes that are no hyphen.
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
#: Letters that Unicode does not take apart.
_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "\u0131": "i"}
_ALIKE: Mapping[int, str] = MappingProxyType(
    str.maketrans({**dict.fromkeys(_QUOTES, ""), **dict.fromkeys(_DASHES, "-"), **_LETTERS})
)


def fold(text: str) -> str:
    """Return a text as a search compares it, such as "oystein muller" for "Øystein Müller"."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_ALIKE))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
