"""Files that are no homework are named by their first bytes, and code that begins like one of them is code."""

import codecs

import pytest

from backmark.grader.errors import SubmissionError
from backmark.grader.support.file_formats import refuse_other_format


@pytest.mark.parametrize(
    ("start", "sentence"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "This is a PDF."),
        (b"\n%PDF-1.4\n1 0 obj << /Type /Catalog >> endobj", "This is a PDF."),
        (codecs.BOM_UTF8 + b"%PDF-1.4", "This is a PDF."),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture (PNG)."),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "This is a picture (JPEG)."),
        (b"PK\x03\x04\x14\x00\x00", "This is a ZIP archive, or an Office document."),
        (b"Rar!\x1a\x07\x01\x00", "This is a RAR archive."),
        (b"\x1f\x8b\x08\x00", "This is a gzip archive."),
        (b"<!DOCTYPE html>\n<html>", "This is a web page."),
        (b"<HTML>", "This is a web page."),
        (b"{\\rtf1\\ansi", "This is an RTF document."),
    ],
)
def test_another_format_is_named(start: bytes, sentence: str) -> None:
    with pytest.raises(SubmissionError) as refusal:
        refuse_other_format(start)
    assert refusal.value.reason == "binary"
    assert (
        str(refusal.value) == f"{sentence} Hand in the notebook itself: the .ipynb file, as Jupyter or Colab saves it."
    )


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"def backward_pass(): pass",
        b'{"cells": []}',
        b"\xef\xbb\xbfimport numpy",
        # Two that begin with letters which may begin a name, one that writes a PDF, and one of which nothing is seen.
        b"GIF89a = 1",
        b"PK = 3",
        b'MAGIC = b"%PDF-"',
        b" " * 1024 + b"%PDF-1.7",
    ],
)
def test_code_is_no_other_format(source: bytes) -> None:
    refuse_other_format(source)
