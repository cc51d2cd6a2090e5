"""Modules of a course that a submission imports, held in memory: they have the functions that the course gives."""

import sys
from collections.abc import Mapping
from importlib import util
from types import ModuleType
from typing import Any

#: The package that a submission lies in, so that `.layers` and `..layers` are modules, too.
PACKAGE = "course.part"


def provide(name: str, functions: Mapping[str, Any]) -> None:
    """Let a module of this name, absolute or relative to the submission, be imported with these functions."""
    vars(_module(util.resolve_name(name, PACKAGE))).update(functions)


def _module(name: str) -> ModuleType:
    """Return the module of this name, made with the packages that it lies in if it is not there."""
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name)
        # What has a path is a package, in which others may lie.
        module.__path__ = []
        package, _, own = name.rpartition(".")
        if package:
            setattr(_module(package), own, module)
    return sys.modules[name]
