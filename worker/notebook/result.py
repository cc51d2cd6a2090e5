"""The result of a check: true if all is right, readable wherever it is shown."""

import ast
from dataclasses import dataclass
from textwrap import indent
from typing import Any

import numpy as np

from backmark.grader.contracts.kits.kit import KitOrigin
from backmark.grader.model.counterexample import CaseInput
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports import text
from backmark.grader.reports.changes import was_judged
from backmark.grader.reports.html import fragment as html

_NEVER_RETURNED = (
    "Your code never returned from this case. Save your notebook first, and be ready to interrupt the kernel. "
)


@dataclass(frozen=True)
class CheckExample:
    """The smallest case on which it goes wrong, or at which it ended."""

    _verdict: Verdict
    #: The student's functions, the lines that call them, the names that the notebook has for them, and the precision.
    _functions: tuple[str, ...]
    _call: str
    _provided: tuple[str, ...]
    _dtype: str

    @property
    def inputs(self) -> dict[str, Any]:
        """All that the case has by its name, made anew: arrays, lists of arrays, numbers."""
        if self._verdict.counterexample is None:
            return {}
        return {part.name: self._make(part) for part in self._verdict.counterexample.inputs}

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The arguments of the call, made anew: `backward_pass(*result.example.arguments)` is the call that was judged.

        LookupError if the lines of the call are not a single call with inputs of the case.
        """
        inputs = self.inputs
        names = self._list_arguments()
        if not names:
            message = "the lines of the call are not one call with plain inputs: `result.example.show()` prints them"
            raise LookupError(message)
        return tuple(inputs[name] for name in names)

    def show(self) -> None:
        """Print the case and the lines of the call as code to run, beside what is expected and what came out."""
        print(self)  # noqa: T201 - what it is for

    def call_again(self) -> str:
        """Return how the student calls their own function with the case, in words."""
        if not self._list_arguments():
            return (
                "After `result = check(...)`, `result.example.inputs` holds every input of the case by its name, and"
                " `result.example.show()` prints the lines that call your code."
            )
        names = " and ".join(f"`{name} = result.example.inputs[{name!r}]`" for name in self._provided)
        them = "them" if len(self._provided) > 1 else "it"
        set_first = f"set {names} if your code takes {them} from the notebook, and " if names else ""
        careful = "" if was_judged(self._verdict) else _NEVER_RETURNED
        return (
            f"{careful}To call your code with this case after `result = check(...)`, {set_first}call"
            f" `{self._functions[0]}(*result.example.arguments)`."
        )

    def __str__(self) -> str:
        call = indent(self._call.strip(), "  ")
        return (
            f"{text.render_example(self._verdict)}\n\nThe lines that call your code:\n\n{call}\n\n{self.call_again()}"
        )

    __repr__ = __str__

    def _list_arguments(self) -> list[str]:
        """Return the inputs in the one call that the lines make; none if the lines are no such call."""
        names = _list_arguments(self._call)
        return names if {*names} <= self.inputs.keys() else []

    def _make(self, part: CaseInput) -> Any:
        if isinstance(part.values, tuple):
            values = [self._make(value) for value in part.values]
            return tuple(values) if part.is_tuple else values
        if part.shape is None:
            return tuple(part.values) if part.is_tuple else part.values
        array = np.array(part.values)
        return array.astype(self._dtype if array.dtype.kind == "f" else array.dtype).reshape(part.shape)


def _list_arguments(call: str) -> list[str]:
    """Return the names in the one call that the lines make; none if they are no such call."""
    calls = [node for node in ast.walk(ast.parse(call)) if isinstance(node, ast.Call)]
    if len(calls) != 1 or calls[0].keywords:
        return []
    names = [node.id for node in calls[0].args if isinstance(node, ast.Name)]
    return names if len(names) == len(calls[0].args) else []


def _describe_kit(kit: KitOrigin) -> str:
    source = "comes with Backmark" if kit.shipped else "is code: take it from your course only"
    return (
        f"The kit `{kit.name}` {source}. It is of the assignment `{kit.assignment}`, revision {kit.revision}, and its"
        f" SHA-256 begins with {kit.sha256}."
    )


@dataclass(frozen=True)
class CheckResult:
    """The verdict on a student's functions; true if they are right on every case."""

    verdict: Verdict
    #: The assignment's.
    title: str
    #: Sentences about the check itself, such as that a name is set in the kernel's memory only.
    notes: tuple[str, ...]
    #: What the kit leaves out; empty if that is nothing.
    remark: str
    #: The smallest case on which it goes wrong; None if there is none.
    example: CheckExample | None
    #: The kit that judged, and where it comes from.
    kit: KitOrigin

    def __bool__(self) -> bool:
        return self.passed

    @property
    def passed(self) -> bool:
        """True if all is right."""
        return self.verdict.outcome is Outcome.PASSED

    def __str__(self) -> str:
        example = "" if self.example is None else self.example.call_again()
        return text.render(self.verdict, self.notes, (example, self.remark, _describe_kit(self.kit)))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        call_again = "" if self.example is None else self.example.call_again()
        return html.render(
            self.verdict,
            title=self.title,
            call_again=call_again,
            notes=self.notes,
            below=(self.remark, _describe_kit(self.kit)),
            plain=str(self),
        )
