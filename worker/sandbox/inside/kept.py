"""Questions that many are asked: a template keeps them, and a child has the one that it is asked, and no other."""

import gc
import mmap
import os

from . import wire
from .asked import Asked, read_request
from .calls import CallsQuestion
from .immortal import immortalise


class KeptQuestions:
    """Questions by their keys, the numbers of each in memory of their own."""

    def __init__(self) -> None:
        self._questions: dict[str, tuple[Asked, mmap.mmap]] = {}
        self._asked = False
        #: True if what is kept lasts from its first moment: before, whoever forks sees to that.
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
        question = read_request(header, memoryview(memory)[:size].toreadonly())
        if isinstance(question, CallsQuestion):
            question.prepare()
        kept = question, memory
        self._questions[header["key"]] = kept
        if self.lasts:
            immortalise([header["key"], kept])
            gc.freeze()

    def take(self, key: str) -> Asked | None:
        """In a child: return the question with this key, or None if it is not kept.

        The first call gives all other questions back, before any of the student's code has run.
        """
        if not self._asked:
            self._asked = True
            for other_key in self._questions.keys() - {key}:
                self._questions.pop(other_key)[1].madvise(mmap.MADV_DONTNEED)
        question = self._questions.get(key)
        return None if question is None else question[0]
