"""Files that are no homework, known by their first bytes: refused before anything is recorded, or given to a jail."""

import codecs

from backmark.grader.errors import SubmissionError

#: The first bytes of a ZIP archive, and of an empty one.
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
#: The first bytes of other files, and the names of their formats. A PDF may be plain ASCII.
_FORMATS = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    *((magic, "a ZIP archive, or an Office document") for magic in _ZIP),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)
#: Bytes at the start of a file that are looked at, after a mark and blanks.
START_BYTES = 1024


def name_format(source: bytes) -> str | None:
    """Return the name of the format of a PDF, a picture, an archive or a web page, whatever the file is called."""
    start = source[:START_BYTES].removeprefix(codecs.BOM_UTF8).lstrip()
    for magic, name in _FORMATS:
        if start.startswith(magic) or (magic.startswith(b"<") and start.lower().startswith(magic)):
            return name
    return None


def is_archive(source: bytes) -> bool:
    """Return True if the file begins as a ZIP archive does; nothing of a service's looks further into it."""
    return source.startswith(_ZIP)


def refuse_other_format(source: bytes, package: str = "") -> None:
    """Refuse a PDF, a picture, an archive or a web page by its name, whatever the file is called.

    With `package`, the path of the file that is graded in it, a ZIP archive is taken.
    """
    name = name_format(source)
    if name is None or (package and is_archive(source)):
        return
    advice = "Hand in the notebook itself: the .ipynb file, as Jupyter or Colab saves it."
    if package:
        advice = f"Hand in a ZIP archive with {package} in it."
    raise SubmissionError("binary", f"This is {name}. {advice}")
