"""The assignments that ship with Backmark, read without NumPy: their archives are zip files of plain arrays."""

import ast
import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

from grader.errors import AssignmentError

_MAGIC = b"\x93NUMPY\x01\x00"
#: As in `grader.subjects.networks.revision`, whose hash this repeats; tests compare the two.
_ARRAYS = ("parameters", "preactivations", "activations", "targets", "derivatives", "tolerances")


@dataclass(frozen=True, slots=True)
class Shipped:
    """What the archive of a shipped revision says of itself, and the archive."""

    id: str
    assignment: str
    assignment_id: str
    title: str
    networks_sha256: str
    archive: bytes
    #: How many networks it has.
    networks: int
    #: As `grader.publishing.preview` wrote it.
    preview: str


@cache
def shipped() -> tuple[Shipped, ...]:
    """All of them, by id."""
    folder = resources.files("grader") / "assignments"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".npz")), key=lambda each: each.name)
    return tuple(
        _read(each.name, each.read_bytes(), (folder / f"{each.name.removesuffix('.npz')}.preview.json").read_text())
        for each in files
    )


def _read(name: str, data: bytes, preview: str) -> Shipped:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            header = json.loads(_content(archive, "header", "|u1"))
            digest = hashlib.sha256(
                json.dumps({each: header[each] for each in ("sizes", "columns", "corners")}).encode()
            )
            for each in _ARRAYS:
                digest.update(_content(archive, each, "<f8"))
        assignment: dict[str, Any] = json.loads(header["assignment"])
    except (OSError, ValueError, KeyError, SyntaxError, zipfile.BadZipFile) as error:
        raise AssignmentError(f"{name}, which ships with Backmark, is damaged; install it again") from error
    return Shipped(
        id=header["id"],
        assignment=header["assignment"],
        assignment_id=assignment["id"],
        title=assignment["title"],
        networks_sha256=digest.hexdigest(),
        archive=data,
        networks=len(header["sizes"]),
        preview=preview.strip(),
    )


def _content(archive: zipfile.ZipFile, name: str, dtype: str) -> bytes:
    """The numbers of one array as they are in memory: NumPy's format version 1, in C order."""
    data = archive.read(f"{name}.npy")
    if not data.startswith(_MAGIC):
        raise ValueError(f"{name} is no array")
    start = 10 + int.from_bytes(data[8:10], "little")
    described = ast.literal_eval(data[10:start].decode("latin-1"))
    if described["descr"] != dtype or described["fortran_order"]:
        raise ValueError(f"{name} is an array of another kind")
    return data[start:]
