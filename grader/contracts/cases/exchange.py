"""The questions about a contract to jails: to a submission about its results, to the reference about what is right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from backmark.grader.contracts.cases.answers import Answer, Cause, Malformed, Raised, ReceivedForm, Returned
from backmark.grader.contracts.cases.arrays import Array
from backmark.grader.contracts.cases.contract_cases import ContractCases, Layout, bind_dims, find_holders
from backmark.grader.contracts.cases.drawn import DrawnCase
from backmark.grader.contracts.cases.question import Question, read_raised, text
from backmark.grader.contracts.cases.raising import read_mistake
from backmark.grader.contracts.language.assignment import ContractAssignment
from backmark.grader.contracts.language.driver import defined_names, used_names


class JailReply(Protocol):
    """The reply of a jail about a case: a header whose form was checked, and numbers if there are any."""

    @property
    def header(self) -> dict[str, Any]:
        """Its `kind` is returned, partial or raised."""
        ...

    @property
    def payload(self) -> bytes:
        """The returned numbers in exactly as many bytes as were asked for, else none."""
        ...


@dataclass(frozen=True)
class ContractExchange:
    """The call's names, inputs of any form, and results as flat numbers, each right or wrong by itself."""

    assignment: ContractAssignment
    #: All expressions that a result of a case may have.
    results: frozenset[str] = frozenset()
    #: The precision of the arrays that students are given.
    dtype: str = "float64"
    classes: bool = True
    #: True if its functions are asked about in modules of their own, beside those of what is graded.
    apart: bool = False

    @property
    def call(self) -> str:
        """The lines that call."""
        return self.assignment.call

    @cached_property
    def lists(self) -> frozenset[str]:
        """The results as they are declared."""
        return frozenset(result.expression for result in self.assignment.results)

    @property
    def function(self) -> str:
        """The function that messages name."""
        return self.assignment.entries[0]

    @property
    def others(self) -> tuple[str, ...]:
        """The other functions that the call uses."""
        return self.assignment.entries[1:]

    @property
    def beside(self) -> tuple[str, ...]:
        """The functions of the notebook's own check, which a submission may lack."""
        return () if self.assignment.check is None else self.assignment.check.functions

    @property
    def package(self) -> str:
        """The path of the student's file within a ZIP archive; empty if none is taken."""
        return self.assignment.package

    @cached_property
    def given(self) -> frozenset[str]:
        """Names that the student's module has beside `np`."""
        return self.fixed | self._helping

    @cached_property
    def fixed(self) -> frozenset[str]:
        """The dims among them: a student who assigns one is given the case's own all the same."""
        return frozenset(self.assignment.provides)

    @cached_property
    def _helping(self) -> frozenset[str]:
        return defined_names(self.assignment.helpers)

    @cached_property
    def arguments(self) -> frozenset[str]:
        """Names of what may be changed in place."""
        dims = (dim.name for dim in self.assignment.dims)
        inputs = (entry.name for entry in self.assignment.inputs)
        return frozenset((*dims, *inputs, *self.assignment.upstream, *self.assignment.given))

    def question(self, cases: ContractCases) -> Question:
        """Return the request about every case; it holds nothing that is expected."""
        asked: list[Mapping[str, Any]] = []
        for case, layout in zip(cases.drawn, cases.layouts, strict=True):
            inputs = {name: _cast(described, self.dtype) for name, described in case.inputs.items()}
            asked.append(
                {
                    "given": {name: case.dims[name] for name in self.assignment.provides},
                    "inputs": {**bind_dims(case.dims), **inputs},
                    "results": [(place.expression, place.shape) for place in layout],
                }
            )
        header = {
            "function": self.function,
            "functions": [*self.assignment.entries, *sorted(self._helping & used_names(self.call))],
            "code": self.assignment.call,
            "helpers": self.assignment.helpers,
            "modules": list(self.assignment.modules),
            "package": self.assignment.package,
            "stand_ins": list(self.assignment.stand_ins),
            "helping": sorted(self._helping),
            **({"beside": True} if self.apart else {}),
            "loose": sorted(self._loose(cases.layouts)),
            "listed": self._list_holders(cases.layouts),
            "cases": asked,
        }
        payload = b"".join(case.numbers.tobytes() for case in cases.drawn)
        sizes = [8 * sum(place.size for place in layout) for layout in cases.layouts]
        return Question(header, payload, sizes, [*map(len, cases.layouts)])

    def _loose(self, layouts: Sequence[Layout]) -> set[str]:
        results = self.assignment.results
        return {place.expression for layout in layouts for place in layout if results[place.result].loose}

    def _list_holders(self, layouts: Sequence[Layout]) -> dict[str, Sequence[str]]:
        """Return by result the lists that it is an item of, if the solutions return lists there."""
        results, listed = self.assignment.results, self.assignment.listed
        return {
            place.expression: find_holders(place.expression)
            for layout in layouts
            for place in layout
            if results[place.result].expression in listed
        }

    def answers(self, cases: ContractCases, replies: Sequence[JailReply]) -> list[Answer]:
        """Return the answers to the first of the cases."""
        return [_answer(reply, layout) for reply, layout in zip(replies, cases.layouts, strict=False)]


def _answer(reply: JailReply, layout: Layout) -> Answer:
    header, numbers = reply.header, np.frombuffer(reply.payload, "<f8")
    if header["kind"] == "returned":
        return Returned(numbers, tuple(header["changed"]))
    changed = tuple(header["changed"])
    forms = tuple(_read_form(form, layout) for form in header["malformed"])
    if (raised := header["raised"]) is not None:
        error = read_raised(raised)
        causes = {
            layout[place].expression: Cause(type_, lacking)
            for type_, lacking, places in header.get("causes", ())
            for place in places
        }
        return Raised(
            *(error.type, error.message, error.traceback, error.frames, error.lines),
            numbers=numbers,
            changed=changed,
            completed=header.get("completed", False),
            forms=forms,
            causes=causes,
            mistake=read_mistake(raised["mistake"]) if "mistake" in raised else None,
        )
    return replace(forms[0], numbers=numbers, changed=changed, forms=forms)


def _read_form(malformed: Mapping[str, Any], layout: Layout) -> Malformed:
    """Return the description of a result or a list of another form; nothing is received of one that is not there."""
    where, received = malformed["where"], malformed["found"]
    wanted = next((place.shape for place in layout if place.expression == where), None)
    if not received["type"]:
        return Malformed(where, wanted)
    shape = received["shape"]
    form = ReceivedForm(
        text(received["type"], 200),
        None if shape is None else tuple(shape),
        received["dtype"],
        received["length"],
    )
    return Malformed(where, wanted, form)


def _cast(described: Mapping[str, Any], dtype: str) -> Mapping[str, Any]:
    """Return a description whose arrays of real numbers have this precision."""
    if dtype == "float64" or "value" in described:
        return described
    if "array" in described:
        return described if "dtype" in described else {**described, "dtype": dtype}
    if "dict" in described:
        return {"dict": [[name, _cast(part, dtype)] for name, part in described["dict"]]}
    holder = "list" if "list" in described else "tuple"
    return {holder: [_cast(part, dtype) for part in described[holder]]}


@dataclass(frozen=True, eq=False)
class ReferenceCases:
    """Cases that a reference is asked about: how many numbers it gives of each, and what is differentiated."""

    drawn: Sequence[DrawnCase]
    #: The numbers of each reply.
    sizes: Sequence[int]
    #: By case the arrays to differentiate by, each with its name, the indices in it and its shape.
    places: Sequence[Sequence[tuple[str, list[int], tuple[int, ...]]]] = ()

    def __len__(self) -> int:
        return len(self.drawn)


@dataclass(frozen=True)
class ReferenceExchange:
    """The questions to a reference: `length` and `values` of what it returns, or `derivatives`."""

    assignment: ContractAssignment
    asks: str
    function: str = "forward"
    others: tuple[str, ...] = ()
    classes: bool = False
    package: str = ""
    call: str = ""
    beside: tuple[str, ...] = ()
    given: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    lists: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()

    @property
    def arguments(self) -> frozenset[str]:
        """Names of what may be changed in place."""
        return frozenset(self._arguments)

    @property
    def _arguments(self) -> list[str]:
        return [*(entry.name for entry in self.assignment.inputs), *self.assignment.forward_dims]

    def question(self, cases: ReferenceCases) -> Question:
        """Return the request about every case."""
        asked, payload = [], []
        for i, case in enumerate(cases.drawn):
            asked.append(
                {
                    "inputs": {**bind_dims(case.dims), **case.inputs},
                    "upstreams": dict(self.assignment.upstream) if cases.places else {},
                    "places": list(cases.places[i]) if cases.places else [],
                }
            )
            payload.append(case.numbers.tobytes())
        header = {
            "function": self.function,
            "reference": self.asks,
            "arguments": self._arguments,
            "cases": asked,
        }
        return Question(header, b"".join(payload), [8 * size for size in cases.sizes])

    def answers(self, cases: ReferenceCases, replies: Sequence[JailReply]) -> list[Answer]:  # noqa: ARG002 - as of a submission
        """Return the numbers of each case, or what the reference raised."""
        return [_reference_answer(reply) for reply in replies]


def _reference_answer(reply: JailReply) -> Answer:
    if reply.header["kind"] == "returned":
        return Returned(np.frombuffer(reply.payload, "<f8"), tuple(reply.header["changed"]))
    return read_raised(reply.header)


#: An exchange with a submission, or with a reference.
AnyExchange = ContractExchange | ReferenceExchange


def join_numbers(answers: Sequence[Answer], starts: Sequence[int]) -> Array:
    """Return the numbers of answers to the first cases in one flat array, NaN for those that there are not."""
    joined = np.full(starts[-1], np.nan)
    for start, stop, answer in zip(starts, starts[1:], answers, strict=False):
        joined[start:stop] = numbers_of(answer, stop - start)
    return joined


def numbers_of(answer: Answer, size: int) -> Array:
    """Return the numbers of an answer, NaN for those that there are not."""
    numbers = answer.numbers
    return np.full(size, np.nan) if numbers is None else numbers
