"""The assignments that ship with Backmark, read without NumPy: their archives are zip files of plain arrays."""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

from grader.errors import AssignmentError

#: The same as in `grader.subjects.networks.revision`, whose hash this repeats; tests compare the two.
_ARRAYS = ("parameters", "preactivations", "activations", "targets", "derivatives", "tolerances")


@dataclass(frozen=True, slots=True)
class PackagedRevision:
    """A packaged revision: its archive, and the archive's header."""

    id: str
    assignment: str
    assignment_id: str
    title: str
    networks_sha256: str
    archive: bytes
    #: The number of networks.
    networks: int
    #: The preview that `grader.publishing.preview` wrote.
    preview: str


@cache
def list_packaged_revisions() -> tuple[PackagedRevision, ...]:
    """Return the packaged revisions, sorted by file name."""
    folder = resources.files("grader") / "assignments"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".npz")), key=lambda file: file.name)
    return tuple(
        _read(file.name, file.read_bytes(), (folder / f"{file.name.removesuffix('.npz')}.preview.json").read_text())
        for file in files
    )


def _read(name: str, data: bytes, preview: str) -> PackagedRevision:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            header = json.loads(_content(archive, "header"))
            digest = hashlib.sha256(
                json.dumps({field: header[field] for field in ("sizes", "columns", "corners")}).encode()
            )
            for array in _ARRAYS:
                digest.update(_content(archive, array))
        assignment: dict[str, Any] = json.loads(header["assignment"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise AssignmentError(f"{name}, which ships with Backmark, is damaged; install it again") from error
    return PackagedRevision(
        id=header["id"],
        assignment=header["assignment"],
        assignment_id=assignment["id"],
        title=assignment["title"],
        networks_sha256=digest.hexdigest(),
        archive=data,
        networks=len(header["sizes"]),
        preview=preview.strip(),
    )


def _content(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the raw numbers of one array: what follows the header of NumPy's format, version 1."""
    data = archive.read(f"{name}.npy")
    return data[10 + int.from_bytes(data[8:10], "little") :]
