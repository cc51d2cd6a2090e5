"""Cases in, the student's results out, by lines that call.

The lines run in a namespace of their own that holds the functions and the case's inputs; each result is an expression
in it. A student's code can reach that namespace, and finds no expectation there.
"""

from collections import ChainMap
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from .call_lines import CallLines, Failures, MissingCause
from .entry import MOST_CAUSES, MOST_FORMS
from .importer import CourseModules, package_of
from .inputs import Inputs, MadeInputs, count
from .results import FLOAT, MalformedError, describe, numbers
from .student import Student
from .tracebacks import is_students, name_alone
from .wire import pack

#: Characters of each text of a form.
_FORM = 64
#: How a result came out.
FINE, MALFORMED, MISSING = "0", "1", "2"
#: The description of a result that is not there.
_ABSENT = {"type": "", "shape": None, "dtype": None, "length": None}


class _CalledResult(NamedTuple):
    """A result: its expression, as text and compiled, its shape, and the lists that it is an item of, likewise."""

    expression: str
    code: CodeType
    shape: tuple[int, ...]
    lists: list[tuple[str, CodeType]]


class _CalledCase(NamedTuple):
    """One case: names for the student's module, its inputs, and its results."""

    given: dict[str, Any]
    #: The key of the module that has these names.
    key: tuple[Hashable, ...]
    inputs: Inputs
    results: list["_CalledResult"]
    #: The inputs if they were made ahead, without their numbers.
    ahead: MadeInputs | None = None


class CallsQuestion:
    """A request: functions, the lines that call them, and cases, each with its numbers.

    A case is answered in parts: what went wrong with one result says nothing about the others.
    """

    def __init__(self, header: dict[str, Any], payload: bytes | memoryview) -> None:
        self.functions: list[str] = header.get("functions") or [header["function"]]
        self.lines = CallLines(header["code"])
        #: Lines that define functions for the student's module, and the names of these.
        self.helpers = compile(header.get("helpers", ""), "<helpers>", "exec")
        self.helping: list[str] = header.get("helping", [])
        #: The modules, as a submission may import them, that hold these functions.
        self.modules: list[str] = header.get("modules", [])
        #: Modules that are not there, whose import does no harm.
        self.stand_ins: list[str] = header.get("stand_ins", [])
        #: The package of the student's module; empty if it is in none, and finds no modules.
        package: str = header.get("package", "")
        self.package = package_of(package) if package or self.modules or self.stand_ins else ""
        #: By the key of a module the names that it is given, and the course's modules that it finds.
        self.given: dict[Hashable, tuple[dict[str, Any], CourseModules]] = {}
        #: True if the functions are no graded ones, and have modules of their own.
        self.beside: bool = header.get("beside", False)
        #: True if of an exception only the type is asked for.
        self.unexplained: bool = header.get("unexplained", False)
        #: A result of another shape with the same numbers is taken as it is.
        self.loose = frozenset(header.get("loose", ()))
        #: By result the expressions of lists that it is an item of, in whose place no dictionary may come.
        listed = header.get("listed", {}).items()
        lists = {text: [(name, _compile(name)) for name in holders] for text, holders in listed}
        self.cases: list[_CalledCase] = []
        #: The inputs of each case for the first time that it is asked, without their numbers; or nothing.
        self.made: list[MadeInputs] = []
        flat = np.frombuffer(payload, FLOAT)
        start = 0
        for case in header["cases"]:
            stop = start + sum(map(count, case["inputs"].values()))
            results = [
                _CalledResult(text, _compile(text), tuple(shape), lists.get(text, []))
                for text, shape in case["results"]
            ]
            given = case.get("given", {})
            key = tuple(f"{name}_{value}" for name, value in sorted(given.items())) or ("",)
            self.cases.append(_CalledCase(given, key, Inputs(case["inputs"], flat[start:stop]), results))
            start = stop

    def answers(self, student: Student) -> Iterator[bytes]:
        """Yield one frame for each case, as soon as it is made."""
        if self.beside:
            student = student.beside(self.functions)
        # What a submission was given once may be changed.
        made, self.made = iter(self.made), []
        for case in self.cases:
            yield _answer(student, self, case._replace(ahead=next(made, None)))

    def describe(self, student: Student, error: BaseException, namespace: dict[str, Any]) -> dict[str, Any]:
        """Return what is asked of an exception."""
        return name_alone(error) if self.unexplained else student.describe(error, namespace)

    def find_cause(self, student: Student, error: BaseException) -> BaseException:
        """Return what a failed import raised whose name an exception misses, if that is asked; else the exception."""
        return error if self.unexplained else student.find_cause(error)

    def prepare(self) -> None:
        """Make the inputs of all cases ahead, without their numbers: these are for whoever is asked."""
        if all(case.inputs.fits_block for case in self.cases):
            self.made = [case.inputs.make(filled=False) for case in self.cases]


def _answer(student: Student, calls: CallsQuestion, case: _CalledCase) -> bytes:
    """Answer with every result that there is, and NaN in the place of the others; say what was in their places."""
    made = case.inputs.make() if case.ahead is None else case.ahead.make()
    given = made.values
    namespace: dict[str, Any] = {}
    failures = Failures(
        lambda error: calls.describe(student, error, namespace), lambda error: calls.find_cause(student, error)
    )
    try:
        namespace = _namespace(student, calls, case, given)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt are answers too
        failures.record(error)
    else:
        failures.lacking = [name for name in calls.functions if name not in namespace]
        calls.lines.execute(namespace, failures)
    malformed: list[MalformedError] = []
    causes: dict[MissingCause, list[int]] = {}
    completed = failures.raised is None
    status, parts = "", []
    for place, result in enumerate(case.results):
        part, state = b"", MISSING
        try:
            part, state = _read(calls, result, namespace), FINE
        except MalformedError as error:
            state = MALFORMED
            # A dictionary is described once, and not for each of its items.
            if all(error.where != known.where for known in malformed):
                malformed.append(error)
        except BaseException as error:  # noqa: BLE001 - as above
            if cause := failures.find(error):
                causes.setdefault(cause, []).append(place)
            if cause is None and _is_absent(error):
                malformed.append(MalformedError(result.expression, _ABSENT))
            else:
                failures.record(error)
        status += state
        parts.append(part if state == FINE else np.full(result.shape, np.nan).tobytes())
    changed = made.list_changed()
    if status == FINE * len(status) and failures.raised is None:
        return pack({"kind": "returned", "changed": changed}, b"".join(parts))
    header = {
        "kind": "partial",
        "changed": changed,
        "status": status,
        "raised": failures.raised,
        "completed": completed,
        "malformed": [_describe_form(error) for error in malformed[:MOST_FORMS]],
        "causes": [[*cause, places] for cause, places in causes.items()][:MOST_CAUSES],
    }
    return pack(header, b"".join(parts))


def _is_absent(error: BaseException) -> bool:
    """Return True if the student's code has raised nothing: what it returned has no such part."""
    return isinstance(error, (LookupError, AttributeError, TypeError)) and not is_students(error)


def _describe_form(error: MalformedError) -> dict[str, Any]:
    texts = {name: text[:_FORM] for name, text in error.found.items() if name in {"type", "dtype"} and text}
    return {"where": error.where, "found": {**error.found, **texts}}


def _namespace(student: Student, calls: CallsQuestion, case: _CalledCase, given: dict[str, Any]) -> dict[str, Any]:
    """Make the namespace of the lines: the inputs, NumPy, and those of the functions that there are."""
    if case.key not in calls.given:
        calls.given[case.key] = _give(calls, case)
    names = student.names(case.key, *calls.given[case.key])
    functions = {name: names[name] for name in calls.functions if name in names}
    for name, parameters in student.lines.extra.items():
        if name in functions:
            functions[name] = parameters.supply(functions[name], ChainMap(given, names))
    return {"np": np, **given, **functions}


def _give(calls: CallsQuestion, case: _CalledCase) -> tuple[dict[str, Any], CourseModules]:
    """Return the names that the student's module is given, dims and functions that see these, and its modules."""
    given = case.given
    if calls.helping:
        namespace = {"np": np, **given}
        exec(calls.helpers, namespace)
        given = {**{name: namespace[name] for name in calls.helping}, **given}
    # A course's module has the functions that see this case's dims.
    helpers = {helper: given[helper] for helper in calls.helping}
    return given, CourseModules(calls.package, dict.fromkeys(calls.modules, helpers), calls.stand_ins)


@cache
def _compile(expression: str) -> CodeType:
    """Compile an expression, once for all cases that have it."""
    return compile(expression, "<result>", "eval")


def _read(calls: CallsQuestion, result: _CalledResult, namespace: dict[str, Any]) -> bytes:
    """Return the numbers of a result; a loose one that has its axes of length 1 elsewhere is brought into the shape.

    A dictionary in the place of a list has other items to a loop over it, though its indices be the same.
    """
    for name, code in result.lists:
        holder = eval(code, namespace)  # noqa: S307 - as below
        if type(holder) is not list and isinstance(holder, Mapping):
            raise MalformedError(name, describe(holder))
    value = eval(result.code, namespace)  # noqa: S307 - in the jail, and the subject's own
    if type(value) is np.ndarray and value.dtype is FLOAT and value.shape == result.shape:
        # As most are.
        return value.tobytes()
    if result.expression in calls.loose:
        array = np.asarray(value)
        if [axis for axis in array.shape if axis != 1] == [axis for axis in result.shape if axis != 1]:
            value = array.reshape(result.shape)
    return numbers(value, result.expression, result.shape)
