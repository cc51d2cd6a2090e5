"""A networks revision's archive, read without NumPy: a zip file of plain arrays, of which the header is JSON."""

import hashlib
import json
import zipfile
from io import BytesIO

from grader.model.packaged import ArchiveHeader

#: The arrays that the hash of a revision's networks is over, in this order.
ARRAYS = ("parameters", "preactivations", "activations", "targets", "derivatives", "tolerances")
#: The members of the header that it is over.
DESCRIBED = ("sizes", "columns", "corners")


def read_header(data: bytes) -> ArchiveHeader:
    """Return the header of an archive that `revision.dump` wrote; OSError, ValueError or KeyError if it is damaged."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        header = json.loads(_read_content(archive, "header"))
        digest = hashlib.sha256(json.dumps({name: header[name] for name in DESCRIBED}).encode())
        for array in ARRAYS:
            digest.update(_read_content(archive, array))
    return ArchiveHeader(header["id"], header["assignment"], digest.hexdigest(), len(header["sizes"]))


def _read_content(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return the raw numbers of one array: what follows the header of NumPy's format, version 1."""
    data = archive.read(f"{name}.npy")
    return data[10 + int.from_bytes(data[8:10], "little") :]
