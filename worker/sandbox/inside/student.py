"""A submission's module, executed anew for each set of names that it is given."""

import sys
from collections.abc import Callable, Hashable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from .omitted import explain
from .slicing import Statement
from .source import Slice
from .tracebacks import describe
from .trial import Trials

if TYPE_CHECKING:
    from .randomness import Randomness

#: Names in the source of whatever draws random numbers; `statistics` does it unasked.
_DRAWING = ("random", "statistics")


class Student:
    """The student's function, executed anew for each set of given names and kept."""

    def __init__(self, lines: Slice) -> None:
        self.lines = lines
        self._modules: dict[Hashable, ModuleType | BaseException] = {}
        #: Statements on trial that were given up in one module or another, and why: they are not tried again.
        self._given_up: dict[Statement, str] = {}
        self._randomness = _randomness(lines.code)

    def function(self, name: str, key: tuple[Hashable, ...], given: Mapping[str, Any]) -> Callable[..., Any]:
        """Return the function of the module with these names; raises what executing the slice raised, each time."""
        function: Callable[..., Any] = self.names(key, given)[name]
        return function

    def names(self, key: tuple[Hashable, ...], given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the names of the module that is given these; raises what executing the slice raised, each time.

        `key` is the same for the same names; a student sees the first of it in the module's name.
        """
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
        trials = Trials()
        if self._randomness is not None:
            self._randomness.before()
        try:
            for part in self.lines.parts:
                if part.trial is None:
                    exec(part.compiled, vars(module))
                elif part.trial not in self._given_up and (why := trials.attempt(part.compiled, vars(module))):
                    self._given_up[part.trial] = why
            if self._randomness is not None:
                self._randomness.after(vars(module))
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the student's
            return error
        return module

    def describe(self, error: BaseException) -> dict[str, Any]:
        """Return what an exception says, with the statements that it may miss."""
        return describe(error, self.lines, *explain(error, self.lines, self._given_up))


def _randomness(code: str) -> "Randomness | None":
    """Return the object that controls random numbers, for code that may draw some; else None."""
    if not any(name in code for name in _DRAWING):
        return None
    # Few need it: NumPy's generators cost ten milliseconds, and Python's something in all that are forked.
    from .randomness import Randomness  # noqa: PLC0415

    return Randomness()
