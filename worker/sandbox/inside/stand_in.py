"""Stand-ins: modules that a submission imports and does not use, such as matplotlib, where the jail has none.

Importing one and taking its names is inert. Any use raises `NotProvidedError`, which names it.
"""

from collections.abc import Iterable
from types import ModuleType
from typing import Any, NoReturn


class NotProvidedError(ImportError):
    """A stand-in was used: what it stands for is not there."""


class _Inert:
    """All that a value can be asked to do: each of it raises."""

    # Of every name in it, so that a text of it is no use either.
    _backmark_name: str

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        name = object.__getattribute__(self, "_backmark_name")
        module = name.partition(".")[0]
        raise NotProvidedError(
            f"The graded code uses `{name}`, but this assignment does not provide `{module}`."
            " Remove what uses the module; importing the module does no harm."
        )

    __call__ = __getitem__ = __setitem__ = __delitem__ = __iter__ = __next__ = __len__ = __contains__ = _refuse
    __bool__ = __int__ = __float__ = __index__ = __complex__ = __array__ = __enter__ = __exit__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _refuse
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __lshift__ = __rshift__ = _refuse
    __neg__ = __pos__ = __abs__ = __invert__ = __lt__ = __le__ = __gt__ = __ge__ = __mro_entries__ = _refuse


class StandIn(_Inert):
    """A name of a stand-in's."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_backmark_name", name)

    def __getattr__(self, name: str) -> "StandIn":
        return _name_of(self, name)

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse()

    def __repr__(self) -> str:
        return f"<{object.__getattribute__(self, '_backmark_name')}, which is not provided>"


class StandInModule(_Inert, ModuleType):
    """A module, or a package of such, whose names are stand-ins."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._backmark_name = name
        # A star import takes none.
        self.__all__: list[str] = []

    def __getattr__(self, name: str) -> StandIn:
        return _name_of(self, name)


def covers(names: Iterable[str], *modules: str) -> bool:
    """Return True if one of the modules is one of these, or lies in one."""
    return any(module == name or module.startswith(f"{name}.") for name in names for module in modules)


def _name_of(holder: _Inert, name: str) -> StandIn:
    # What Python and NumPy look for in any object must not seem to be there.
    if name.startswith("__"):
        raise AttributeError(name)
    return StandIn(f"{object.__getattribute__(holder, '_backmark_name')}.{name}")
