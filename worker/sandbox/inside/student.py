"""A submission's module, executed anew for each set of names that it is given."""

import ast
import sys
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from .importer import CourseModules, Importer
from .omitted import explain, find_failed_import, name_as_written
from .reading.listing import SlicePart
from .reading.slicing import Statement
from .reading.source import Slice, extract_beside
from .tracebacks import describe
from .trial import GivenUp, attempt

if TYPE_CHECKING:
    from .raising.facts import MistakeFinder
    from .randomness import Randomness

#: Names in the source of whatever draws random numbers; `statistics` does it unasked.
_DRAWING = ("random", "statistics")
NO_MODULES = CourseModules()
_IMPORTS = (ast.Import, ast.ImportFrom)
#: Lines that are named where a failed import is missed: with those of the import fewer than a reply may have.
_MISSING = 16
#: Said of an exception that the module itself raised, which the notebook perhaps never does.
_BEFORE_THE_CALL = (
    "This happened before your function was called: the top-level code that your function uses runs again whenever"
    " the sizes change."
)


class Student:
    """The student's function, executed anew for each set of given names and kept."""

    def __init__(self, lines: Slice) -> None:
        self.lines = lines
        self._modules: dict[Hashable, ModuleType | BaseException] = {}
        #: The key of the module that was asked for last.
        self._key: Hashable = None
        #: By the key of a module the statements on trial that were given up in it, which may well run in others.
        self._given_up: defaultdict[Hashable, dict[Statement, GivenUp]] = defaultdict(dict)
        self._mistakes: MistakeFinder | None = None
        self._randomness = _randomness(lines.code)
        self._importer = Importer(lines.modules, self._run)
        self._beside: dict[tuple[str, ...], Student] = {}

    def beside(self, functions: Sequence[str]) -> "Student":
        """Return the same submission with these functions in modules of their own; a function that it lacks is none."""
        key = tuple(functions)
        if key not in self._beside:
            self._beside[key] = Student(extract_beside(self.lines, functions))
        return self._beside[key]

    def names(
        self, key: tuple[Hashable, ...], given: Mapping[str, Any], course: CourseModules = NO_MODULES
    ) -> dict[str, Any]:
        """Return the names of the module that is given these; raises what executing the slice raised, each time.

        `key` is the same for the same names; a student sees the first of it in the module's name. It finds the course's
        modules, and the files of its package, as long as no other module is asked for.
        """
        if course.package:
            self._importer.enter(key, course)
            given = {"__package__": course.package, **given}
        self._key = key
        module = self._modules.get(key)
        if module is None:
            module = self._modules[key] = self._execute(f"submission_{key[0]}", given)
        if isinstance(module, BaseException):
            raise module
        return vars(module)

    def _execute(self, name: str, given: Mapping[str, Any]) -> ModuleType | BaseException:
        # Registered, since dataclasses look their module up when annotations are postponed.
        module = ModuleType(name)
        sys.modules[module.__name__] = module
        vars(module).update(np=np, **given)
        if self._randomness is not None:
            self._randomness.before()
        try:
            self._run(self.lines.parts, module)
            if self._randomness is not None:
                self._randomness.after(vars(module))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the student's
            return error
        return module

    def _run(self, parts: Sequence[SlicePart], module: ModuleType) -> None:
        """Execute the statements of a file in its module."""
        for part in parts:
            if part.trial is None:
                exec(part.compiled, vars(module))
                continue
            given_up = attempt(part.compiled, vars(module), imports=isinstance(part.trial.node, _IMPORTS))
            if given_up is not None:
                self._given_up[self._key][part.trial] = given_up

    def find_cause(self, error: BaseException) -> BaseException:
        """Return what the failed import of the name raised that an exception misses; or else the exception itself."""
        failed = find_failed_import(error, self.lines, self._given_up[self._key])
        return name_as_written(error if failed is None else failed, self.lines)

    def describe(self, error: BaseException, names: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return what an exception says, with the statements that it may miss, or else the mistake behind it.

        The latter is wanted if there are `names`: those of the lines that call.
        """
        before = any(error is module for module in self._modules.values())
        missed, error = error, self.find_cause(error)
        added, named = explain(error, self.lines, self._given_up[self._key])
        mistake = None if added or names is None else self._find_mistake(error, names)
        if not added and before:
            added = _BEFORE_THE_CALL
        described = describe(error, self.lines, added, named)
        if missed.__traceback__ is not error.__traceback__:
            # The lines that miss what the import would have bound are the ones to mend.
            described["frames"] = [*described["frames"], *describe(missed, self.lines)["frames"][-_MISSING:]]
        return described if mistake is None else {**described, "mistake": mistake}

    def _find_mistake(self, error: BaseException, names: Mapping[str, Any]) -> dict[str, Any] | None:
        try:
            # Most submissions raise nothing. Where the memory is full, there may be none for this either.
            from .raising.facts import MistakeFinder  # noqa: PLC0415

            if self._mistakes is None:
                self._mistakes = MistakeFinder(self.lines)
            return self._mistakes.find(error, names)
        except BaseException:  # noqa: BLE001 - the student's objects may do anything when they are looked at
            return None


def _randomness(code: str) -> "Randomness | None":
    """Return the object that controls random numbers, for code that may draw some; else None."""
    if not any(name in code for name in _DRAWING):
        return None
    # Few need it: NumPy's generators cost ten milliseconds, and Python's something in all that are forked.
    from .randomness import Randomness  # noqa: PLC0415

    return Randomness()
