"""Arrays in a zip file, read from a stranger: no pickle, and nothing is unpacked that is larger than it may be."""

import ast
import io
import math
import zipfile
from collections.abc import Collection

import numpy as np

from backmark.grader.contracts.cases.arrays import Array

#: Bytes of a file, and of one array in it.
MOST_BYTES, MOST_UNPACKED = 8 << 20, 32 << 20
#: Bytes of NumPy's description of an array.
_LONGEST_DESCRIPTION = 512
_MOST_AXES = 3
_MAGIC = b"\x93NUMPY\x01\x00"
#: The kinds of numbers that arrays here have, by NumPy's word for them.
_DTYPES = {"<f8": np.float64, "<f4": np.float32, "|u1": np.uint8}


def read_arrays(data: bytes, names: Collection[str]) -> dict[str, Array]:
    """Return the arrays of these names, which must be all that there is; raises one of `damage.DAMAGE`."""
    if len(data) > MOST_BYTES:
        raise ValueError("it is too large")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = {info.filename: info for info in archive.infolist()}
        if members.keys() != {f"{name}.npy" for name in names} or len(archive.infolist()) != len(members):
            raise ValueError("it holds other files than it should")
        return {name: _read(archive, members[f"{name}.npy"]) for name in names}


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Array:
    # What a member says of its size may be a lie: it is read up to the limit, and no further.
    with archive.open(info) as file:
        raw = file.read(MOST_UNPACKED + 1)
    if len(raw) > MOST_UNPACKED:
        raise ValueError("it is too large")
    start = 10 + int.from_bytes(raw[8:10], "little")
    if not raw.startswith(_MAGIC) or not 10 < start <= _LONGEST_DESCRIPTION:
        raise ValueError("it is no array")
    description = ast.literal_eval(raw[10:start].decode("latin-1"))
    dtype, shape = _DTYPES[description["descr"]], description["shape"]
    if description["fortran_order"] or not all(type(size) is int and size >= 0 for size in shape):
        raise ValueError("it is no plain array")
    numbers = np.frombuffer(raw, dtype, offset=start)
    if len(shape) > _MOST_AXES or math.prod(shape) != numbers.size:
        raise ValueError("it has another number of entries than it says")
    array: Array = numbers.reshape(shape)
    return array
