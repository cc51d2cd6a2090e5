"""The installed files that jails run: an update in place of a running worker must not become a student's mark."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from backmark.worker.sandbox import policy


@dataclass(frozen=True, slots=True)
class Installation:
    """The files of NumPy and of ours that jails run, by path: size and time, as they were when this was made."""

    stamps: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, files: Iterable[Path] = ()) -> Self:
        """Look at some files; by default at one of NumPy's, since an installer replaces all, and at all of ours."""
        chosen = [*files] or [policy.find_numpy() / "__init__.py", *policy.INSIDE.rglob("*.py")]
        return cls({str(file): _stamp(str(file)) for file in chosen})

    def fault(self) -> str:
        """Return why what runs in jails can no longer be trusted, or an empty text."""
        try:
            if all(_stamp(file) == stamp for file, stamp in self.stamps.items()):
                return ""
        except OSError:
            # It is being replaced at this moment.
            pass
        return "NumPy or Backmark was installed anew while this process ran: start it again."


def _stamp(file: str) -> tuple[int, int]:
    stat = os.stat(file)  # noqa: PTH116 - a path's own takes three times as long, for each wrong submission
    return stat.st_size, stat.st_mtime_ns
