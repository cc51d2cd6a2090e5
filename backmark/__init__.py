"""The name that outsiders import: `from backmark import check, Client`. Nothing but re-exports.

`check` and `list_kits` are for a student's notebook, and need NumPy alone; all other names are of
`backmark.grader.client`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if not Path(__file__).with_name("grader").is_dir():
    # In a checkout `grader` and `worker` stand beside this folder, which links to them; on Windows Git makes no links.
    __path__.append(str(Path(__file__).parents[1]))

if TYPE_CHECKING:
    from backmark.grader.client import *  # noqa: F403 - for type checkers, each name of its __all__
    from backmark.grader.contracts.gallery import list_kits as list_kits
    from backmark.worker.notebook.check import check as check
else:
    _NOTEBOOK = {"check": "backmark.worker.notebook.check", "list_kits": "backmark.grader.contracts.gallery"}

    def __getattr__(name: str) -> Any:
        """Return a name, imported on demand: `python -m backmark` does without an HTTP client, `check` without any."""
        if name in _NOTEBOOK:
            return getattr(import_module(_NOTEBOOK[name]), name)
        if name.startswith("_") and name != "__all__":
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        client = _import_client(name)
        if name == "__all__":
            # Without the notebook's: a star import must do on a machine without NumPy.
            return client.__all__
        if name not in client.__all__:
            raise AttributeError(f"module 'backmark' has no attribute {name!r}", name=name)
        return getattr(client, name)

    def _import_client(name: str) -> Any:
        try:
            return import_module("backmark.grader.client")
        except ModuleNotFoundError as error:
            message = f"backmark.{name} needs {error.name}; install Backmark with its extra `client`"
            raise ModuleNotFoundError(message, name=error.name) from error

    def __dir__() -> list[str]:
        """Return the names of the client too."""
        return [*globals(), *_NOTEBOOK, *import_module("backmark.grader.client").__all__]
