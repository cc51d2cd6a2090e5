"""A contract's archive, read without NumPy: a zip file of plain arrays, of which the header is JSON."""

import json
import zipfile
from io import BytesIO
from typing import Any

from backmark.grader.model.packaged import ArchiveHeader


def read_json(data: bytes) -> dict[str, Any]:
    """Return an archive's header; OSError, ValueError or KeyError if it is damaged."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        raw = archive.read("header.npy")
    # NumPy's format: ten bytes, the last two of them the length of a description, that, and then the JSON.
    header = json.loads(raw[10 + int.from_bytes(raw[8:10], "little") :])
    if not isinstance(header, dict):
        raise TypeError("a header is an object")
    return header


def read_header(data: bytes) -> ArchiveHeader:
    """Return what is read of a stored revision without NumPy; OSError, ValueError or KeyError if it is damaged."""
    header = read_json(data)
    return ArchiveHeader(header["id"], header["assignment"], header["cases_sha256"], header["count"])
