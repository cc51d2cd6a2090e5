"""Files that are there wholly, or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def write_whole(path: Path, mode: int = 0o600) -> Iterator[IO[bytes]]:
    """Write a file wholly, on disk, or not at all; by default only its owner may read it. A link is replaced."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - Path opens no descriptors
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        draft.chmod(mode)
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
