"""From the bytes of a file to its text, strictly: what does not decode is refused with its place."""

import codecs
import re
import warnings

from .rejection import Rejected, escape

# PEP 263: in a comment on one of the first two lines, the second only after a line that holds no code.
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"[ \t\f]*(?:#.*)?$")
_NEWLINE = re.compile(rb"\r\n|\r|\n")
# The last words are such as idna and the escape codecs spell otherwise.
_ASCII = bytes(range(128)) + rb".xn--bcher-kva.\u0041"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def refuse_binary(source: bytes) -> None:
    """Refuse what is no text: a file of two-byte characters, or one that holds a NUL."""
    if source.startswith(_WIDE):
        raise Rejected("encoding", "The file is UTF-16 or UTF-32. Save it again as UTF-8 and hand that file in.")
    if b"\0" in source:
        raise Rejected(
            "binary",
            "The file is not text: it holds bytes that no notebook and no Python file has. "
            "Hand in the notebook (.ipynb) or the Python file (.py) itself.",
        )


def decode(source: bytes) -> str:
    """Return the text of a Python file in its declared encoding, or in UTF-8 if none is declared."""
    marked = source.startswith(codecs.BOM_UTF8)
    body = source.removeprefix(codecs.BOM_UTF8)
    declared = _find_declaration(body)
    if declared is None:
        return _decode(body, "utf-8")
    name = _look_up_codec(declared)
    if marked and name != "utf-8":
        raise Rejected(
            "encoding",
            f"The file declares the encoding {declared} but starts with UTF-8's byte order mark. "
            "Remove the declaration and save as UTF-8.",
        )
    return _decode(body, name)


def decode_json(source: bytes) -> str:
    """Return the text of a notebook, which is always UTF-8."""
    return _decode(source.removeprefix(codecs.BOM_UTF8), "utf-8")


def _find_declaration(source: bytes) -> str | None:
    first, *rest = _NEWLINE.split(source, maxsplit=2)
    for line in [first, *rest[:1]] if _BLANK.match(first) else [first]:
        if match := _COOKIE.match(line):
            return match[1].decode("ascii", "backslashreplace")
    return None


def _look_up_codec(declared: str) -> str:
    """Return the codec's own name; only codecs in which ASCII is ASCII: not rot13, utf-7 or idna."""
    try:
        name = codecs.lookup(declared).name
        with warnings.catch_warnings():
            # Some codecs warn of the probe.
            warnings.simplefilter("ignore")
            plain = _ASCII.decode(name) == _ASCII.decode("ascii")
    except (LookupError, ValueError):
        plain = False
    if not plain:
        raise Rejected(
            "encoding",
            f"The file declares the encoding {escape(declared[:40])}, which Python files cannot have. "
            "Remove the declaration and save as UTF-8.",
        )
    return name


def _decode(source: bytes, name: str) -> str:
    try:
        return source.decode(name)
    except UnicodeDecodeError as error:
        line = len(_NEWLINE.findall(source, 0, error.start)) + 1
        raise Rejected(
            "encoding",
            f"The file is not valid {name.upper()}: byte {error.start} (0x{source[error.start]:02x}), "
            f"on line {line}, does not decode. Save the file as UTF-8.",
            [(0, line)],
        ) from None
