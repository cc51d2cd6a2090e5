"""Requests about mending: what the statements of a submission are, and what it answers after scripts of edits."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

from backmark.worker.sandbox.inside.calls import CallsQuestion
from backmark.worker.sandbox.inside.student import Student
from backmark.worker.sandbox.inside.trial import Nowhere
from backmark.worker.sandbox.inside.wire import pack

from .workbench import Workbench


class StudyQuestion:
    """A request with `study`: what could be mended by a solution."""

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self._calls = CallsQuestion(header, payload)
        self._study: Mapping[str, Any] = header["study"]

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield the statements, and then what could be mended."""
        with silence():
            workbench = Workbench(student.lines, self._study)
            # On its way before any of the student's code runs here, which could say otherwise.
            yield pack({"kind": "statements", **workbench.list_statements()})
            workbench.match(self._calls)
            student.workbench = workbench
            yield pack({"kind": "study", **workbench.describe()})


class ScriptsQuestion:
    """A request with `scripts`: what the submission answers after each."""

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview, calls: CallsQuestion | None) -> None:
        self._scripts: Sequence[Any] = header.pop("scripts")
        self._header, self._payload, self._calls = header, bytes(payload), calls

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield by script one frame for each case."""
        with silence():
            workbench = find_workbench(student)
            calls = self._calls or workbench.read_calls(self._header, self._payload)
            for script in self._scripts:
                # A namespace of its own for each.
                yield from calls.answers(workbench.mend(script))


class EditsQuestion:
    """A request with `edits`, about statements that are compared with the solution's, or with `spelled` edits."""

    def __init__(self, header: dict[str, Any]) -> None:
        self._pairs: Sequence[tuple[int, int]] | None = header.get("edits")
        self._spelled: Sequence[tuple[int, int]] = header.get("spelled", ())

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield by statement the kinds of its edits, or by edit its text."""
        workbench = find_workbench(student)
        if self._pairs is None:
            yield pack({"kind": "texts", "texts": [workbench.spell(*edit) for edit in self._spelled]})
        else:
            yield pack({"kind": "edits", "edits": workbench.list_kinds(self._pairs)})


def read_question(
    header: dict[str, Any], payload: bytes | memoryview, calls: CallsQuestion | None = None
) -> StudyQuestion | ScriptsQuestion | EditsQuestion:
    """Read a request about mending; `calls` are known ones that it is about."""
    if "study" in header:
        return StudyQuestion(header, payload)
    return ScriptsQuestion(header, payload, calls) if "scripts" in header else EditsQuestion(header)


def find_workbench(student: Student) -> Workbench:
    """Return the workbench that a study has left; raises LookupError."""
    workbench: Workbench | None = student.workbench
    if workbench is None:
        raise LookupError("nothing was studied that could be mended")
    return workbench


@contextmanager
def silence() -> Iterator[None]:
    """Keep what a mended program prints from everybody."""
    with redirect_stdout(Nowhere()), redirect_stderr(Nowhere()):
        yield
