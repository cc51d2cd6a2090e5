"""The modules that a submission imports beside Python's and NumPy's: the course's, its own files, and stand-ins.

They are held in memory, and executed anew for each module of the student's. The functions of the course's modules win
over what a student's file of the same name has; all else in that file stays.
"""

import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from importlib.util import resolve_name
from types import ModuleType
from typing import Any

from .entry import PACKAGE
from .reading.listing import ModuleFile, SlicePart
from .stand_in import StandInModule, covers

#: Names of modules that are Python's, NumPy's and ours, whatever a submission's files are called.
TAKEN = sys.stdlib_module_names | {"numpy", "backmark"}

Run = Callable[[Sequence[SlicePart], ModuleType], None]


@dataclass(frozen=True, slots=True)
class CourseModules:
    """The modules that an assignment provides, by their names absolute or relative to the submission's package."""

    package: str = ""
    functions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stand_ins: Sequence[str] = ()


class Importer:
    """A finder of Python's import system for one submission: there is one at a time."""

    def __init__(self, files: Sequence[ModuleFile], run: Run) -> None:
        self._files = {name: file for file in files for name in file.names[1:]}
        self._files |= {file.names[0]: file for file in files}
        self._run = run
        self._functions: dict[str, Mapping[str, Any]] = {}
        self._stand_ins: list[str] = []
        #: By the key of a module of the student's, the modules that were imported for it.
        self._imported: dict[Hashable, dict[str, ModuleType]] = {}
        self._current: dict[str, ModuleType] | None = None

    def enter(self, key: Hashable, course: CourseModules) -> None:
        """Have imports find what belongs to the student's module with this key."""
        modules = self._imported.setdefault(key, {})
        if modules is self._current and sys.meta_path[:1] == [self]:
            return
        for importer in [finder for finder in sys.meta_path if isinstance(finder, Importer)]:
            importer.leave()
        self._functions = {resolve_name(name, course.package): names for name, names in course.functions.items()}
        self._stand_ins = [resolve_name(name, course.package) for name in course.stand_ins]
        self._current = modules
        sys.modules.update(modules)
        sys.meta_path.insert(0, self)

    def leave(self) -> None:
        """Take out of the import system what was put there."""
        sys.meta_path.remove(self)
        for name in self._current or ():
            sys.modules.pop(name, None)
        self._current = None

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:  # noqa: ARG002 - Python's
        """Return how a module comes to be; None if it is nothing of the submission's or of its course's."""
        if name.partition(".")[0] in TAKEN:
            return None
        known = [*self._files, *self._functions, *self._stand_ins]
        if not covers(self._stand_ins, name) and not covers([name], *known):
            return None
        file = self._files.get(name)
        # What has a path may hold others.
        return ModuleSpec(name, self, is_package=file is None or file.is_package)  # type: ignore[arg-type] # it loads as a Loader does

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Return a stand-in, or None for a plain module."""
        own = spec.name in self._files or spec.name in self._functions
        return StandInModule(spec.name) if not own and covers(self._stand_ins, spec.name) else None

    def exec_module(self, module: ModuleType) -> None:
        """Execute the student's file if there is one, and put the course's functions in."""
        name = module.__name__
        if self._current is not None:
            self._current[name] = module
        file = self._files.get(name)
        if file is not None:
            if file.fault:
                raise ImportError(file.fault, name=name)
            self._run(file.parts, module)
        vars(module).update(self._functions.get(name, {}))


def package_of(path: str) -> str:
    """Return the package in which a submission's file lies; one without a folder has a package of ours."""
    return ".".join(path.split("/")[:-1]) or PACKAGE
