"""Questions that many are asked: a template keeps them, and a child has the one that it is asked, and no other."""

import gc
import mmap
import os

from . import wire
from .asked import Asked, asked
from .immortal import immortalise


class Kept:
    """Questions by their keys, the numbers of each in memory of their own."""

    def __init__(self) -> None:
        self._questions: dict[str, tuple[Asked, mmap.mmap]] = {}
        self._asked = False
        #: Whether what is kept lasts from its first moment: before, whoever forks sees to that.
        self.lasts = False

    def hear(self, descriptor: int) -> None:
        """In a template: take in a question with its key."""
        begun = wire.read_header(descriptor)
        if begun is None:
            os._exit(0)
        header, size = begun
        # Private, and apart from all else, so that nothing of it is left anywhere once it is given back.
        memory = mmap.mmap(-1, max(1, size), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        wire.read_into(descriptor, memoryview(memory)[:size])
        kept = asked(header, memoryview(memory)[:size].toreadonly()), memory
        self._questions[header["key"]] = kept
        if self.lasts:
            immortalise([header["key"], kept])
            gc.freeze()

    def asked(self, key: str) -> Asked | None:
        """In a child: what it is asked, by its key, where that is kept.

        What is not asked first is given back, before any of the student's code has run.
        """
        if not self._asked:
            self._asked = True
            for other in self._questions.keys() - {key}:
                self._questions.pop(other)[1].madvise(mmap.MADV_DONTNEED)
        found = self._questions.get(key)
        return None if found is None else found[0]
