"""A contract's archive, read without NumPy: a zip file of plain arrays, of which the header is JSON."""

import json
import zipfile
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from backmark.grader.contracts.language.assignment import HOME
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
    count = header["count"]
    corners = [case["corner"] for case in header["cases"][:count]]
    caught = tuple(tuple(wrong) for _, wrong, _ in header["mistakes"])
    fixed = list_fixed(corners, header.get("proving", ()))
    return ArchiveHeader(header["id"], header["assignment"], header["cases_sha256"], count, fixed, caught)


def list_fixed(corners: Sequence[str], proving: Sequence[int]) -> tuple[int, ...]:
    """Return the places of cases that never give way to fresh ones: those of the notebook's own shape, and proofs."""
    return tuple(place for place, corner in enumerate(corners) if corner == HOME or place in proving)
