"""Questions by their kind; and those that many are asked, which a template keeps for the one child that needs each."""

import gc
import mmap
import os
from collections.abc import Iterator
from typing import Any, Protocol

from . import wire
from .calls import CallsQuestion
from .immortal import make_immortal
from .student import Student


class Question(Protocol):
    """Something that a submission is asked."""

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each case, as soon as it is made."""
        ...


def read_request(header: dict[str, Any], payload: bytes | memoryview, known: Question | None = None) -> Question:
    """Read a request to answer; it may be about a known one, or about its first cases."""
    # All that is made of it stays: looking for garbage among it would take most of the time of the first call.
    enabled = gc.isenabled()
    gc.disable()
    try:
        return _read(header, payload, known)
    finally:
        if enabled:
            gc.enable()


def _read(header: dict[str, Any], payload: bytes | memoryview, known: Question | None) -> Question:
    if "reference" in header:
        # Only publications ask about these.
        from .contracts.reference import ReferenceQuestion  # noqa: PLC0415

        return ReferenceQuestion(header, payload)
    return known if known is not None and "kept" in header else CallsQuestion(header, payload)


class KeptQuestions:
    """Questions by their keys, the numbers of each in memory of their own."""

    def __init__(self) -> None:
        self._questions: dict[str, tuple[Question, mmap.mmap]] = {}
        self._asked = False
        #: True if what is kept lasts from its first moment: before, whoever forks sees to that.
        self.lasts = False

    def receive(self, descriptor: int) -> None:
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
            make_immortal([header["key"], kept])
            gc.freeze()

    def find(self, key: str) -> Question | None:
        """In a child: return the question with this key, or None if it is not kept.

        The first call gives all other questions back, before any of the student's code has run.
        """
        if not self._asked:
            self._asked = True
            for other_key in self._questions.keys() - {key}:
                self._questions.pop(other_key)[1].madvise(mmap.MADV_DONTNEED)
        question = self._questions.get(key)
        return None if question is None else question[0]
