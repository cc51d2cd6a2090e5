"""ZIP files that are written while they are sent: no more than one file of them is in memory."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack

from flask import Response, stream_with_context

from backmark.grader.web.http.problems import BUSY, TRY_AGAIN, Problem
from backmark.grader.web.service import service

#: zlib's fastest: a web thread waits for it.
_LEVEL = 1


class _Pipe:
    """A file to write to, of which what was written is taken out again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Do nothing: `take` has everything."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data


def write_archive(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a ZIP file of these names and contents in pieces."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:  # type: ignore[call-overload] # it needs to write, no more
        for name, content in files:
            archive.writestr(name, content)
            yield pipe.take()
    yield pipe.take()


def send_archive(filename: str, files: Iterable[tuple[str, bytes]], note: Callable[[], None]) -> Response:
    """Send a ZIP file while it is written; `note` logs who asked for it. Raises Problem if the server is busy."""
    app_services = service()
    if not app_services.slots.acquire():
        raise Problem(
            BUSY, "the server holds as many open connections as it allows", headers={"Retry-After": str(TRY_AGAIN)}
        )
    with ExitStack() as slot:
        slot.callback(app_services.slots.release)
        note()
        response = Response(stream_with_context(write_archive(files)), mimetype="application/zip")
        # Not in the generator's own cleanup: a generator that never started has none.
        response.call_on_close(slot.pop_all().close)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response
