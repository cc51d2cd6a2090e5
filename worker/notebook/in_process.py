"""Functions without a source, asked in the kernel itself: nothing holds them there, and the result says so."""

import contextlib
import functools
import inspect
import io
import warnings
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any

import numpy as np

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.model.verdict import Judgement
from backmark.worker.grading.candidate import Jailed, Requests
from backmark.worker.sandbox.inside import tracebacks
from backmark.worker.sandbox.inside.questions import read_request
from backmark.worker.sandbox.inside.reading.listing import Slice
from backmark.worker.sandbox.inside.student import NO_MODULES, Student
from backmark.worker.sandbox.inside.wire import Parser
from backmark.worker.sandbox.reply import Reply
from backmark.worker.sandbox.request import JailRequest


class KernelFunctions(Student):
    """The kernel's own functions, where otherwise a submission's stand."""

    def __init__(self, functions: Mapping[str, Any], fixed: Collection[str]) -> None:
        """Make them ready; `fixed` are given names that go before the kernel's own."""
        super().__init__(Slice(code="", parts=(), fingerprint="", places=(), texts=()))
        self._functions = functions
        self._fixed = fixed

    def beside(self, functions: Sequence[str]) -> Student:  # noqa: ARG002 - as a Student
        """Return the same."""
        return self

    def names(
        self,
        key: tuple[Hashable, ...],  # noqa: ARG002 - as a Student
        given: Mapping[str, Any],
        course: Any = NO_MODULES,  # noqa: ARG002
    ) -> dict[str, Any]:
        """Return the functions, each with the names that a case gives them; what they call has the fixed ones, too."""
        for namespace in map(_find_globals, self._functions.values()):
            namespace.update({name: given[name] for name in self._fixed})
        return {name: self._give(function, given) for name, function in self._functions.items()}

    def _give(self, function: Any, given: Mapping[str, Any]) -> Any:
        if not isinstance(function, FunctionType):
            return function
        fixed = {name: given[name] for name in self._fixed}
        names = {**given, **function.__globals__, **fixed}
        copied = FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
        copied.__kwdefaults__ = function.__kwdefaults__
        return copied

    def describe(self, error: BaseException, names: Mapping[str, Any] | None = None) -> dict[str, Any]:  # noqa: ARG002
        """Return what an exception says."""
        return tracebacks.describe(error, self.lines)


class KernelSession:
    """Answers as a session does, within this process."""

    def __init__(self, functions: Mapping[str, Any], fixed: Collection[str]) -> None:
        self.replies: list[Reply] = []
        self.output = ""
        self._functions, self._fixed = functions, fixed
        self._student = KernelFunctions(functions, fixed)

    def answer(self, request: JailRequest) -> list[Reply]:
        """Return a reply for each case. Raises KeyboardInterrupt, which is nobody's answer."""
        self.replies = []
        question = read_request(dict(request.header), request.payload)
        namespaces = [*map(_find_globals, self._functions.values())]
        before = [{name: names[name] for name in self._fixed if name in names} for names in namespaces]
        try:
            return self._ask(request, question)
        finally:
            for namespace, names in zip(namespaces, before, strict=True):
                for name in self._fixed:
                    namespace.pop(name, None)
                namespace.update(names)

    def _ask(self, request: JailRequest, question: Any) -> list[Reply]:
        parser = Parser(payload_cap=max(request.answer_sizes, default=0))
        with _quiet() as printed:
            for data in question.answers(self._student):
                for frame in parser.feed(data):
                    if (frame.header.get("raised") or {}).get("type") == KeyboardInterrupt.__name__:
                        raise KeyboardInterrupt
                    self.replies.append(Reply(frame.header, frame.payload))
        self.output += printed.getvalue()
        return self.replies


def _find_globals(function: Any) -> dict[str, Any]:
    """Return the globals of a function, also of the one in a `functools.partial`; none for other callables."""
    while isinstance(function, functools.partial):
        function = function.func
    names = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__globals__", None)
    return names if isinstance(names, dict) else {}


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    printed = io.StringIO()
    with (
        np.errstate(all="ignore"),
        warnings.catch_warnings(action="ignore"),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
    ):
        yield printed


def judge_here(judge: Judge, functions: Mapping[str, Any]) -> tuple[Judgement, str]:
    """Return the judgement of functions in this process, and what they printed."""
    exchange = judge.contract.exchange
    session = KernelSession(functions, exchange.fixed)
    candidate = Jailed(session, Requests(exchange))
    return judge.judge(candidate, lambda: candidate), session.output
