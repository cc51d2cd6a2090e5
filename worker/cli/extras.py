"""The needs of commands beyond those of `backmark grade`: Linux, and the package's extras (pyproject.toml)."""

import sys
from importlib.util import find_spec

import click

from backmark.grader.contracts import gallery

_CLIENT = ("httpx",)
_WEB = (
    "celery",
    "flask",
    "flask_openapi3",
    "flask_wtf",
    "gunicorn",
    "httpcore",
    "jwcrypto",
    "jwt",
    "limits",
    "packaging",
    "prometheus_client",
    "pydantic_settings",
    "pylti1p3",
    "redis",
    "requests",
    "structlog",
    "tzdata",
)
_WORKER = (
    "celery",
    "httpcore",
    "itsdangerous",
    "jwcrypto",
    "jwt",
    "packaging",
    "pydantic_settings",
    "pylti1p3",
    "redis",
    "requests",
    "standardwebhooks",
    "structlog",
)
#: The modules that each extra installs. The Redis server of `serve` is left out: it may be the machine's own.
MODULES = {"client": _CLIENT, "web": _WEB, "worker": _WORKER, "serve": tuple({*_CLIENT, *_WEB, *_WORKER})}


#: The package of which staff install the extras of a service: it brings the assignments and Backmark. Students, and
#: programs that talk to a server, need `backmark` alone.
_OF_STAFF = "backmark-gallery"


def require_extra(extra: str, *modules: str) -> None:
    """Raise UsageError, which names the extra, unless these modules are installed; all of the extra's by default."""
    missing = sorted(module for module in modules or MODULES[extra] if find_spec(module) is None)
    if missing:
        verb, package = "is" if len(missing) == 1 else "are", "backmark" if extra == "client" else _OF_STAFF
        raise click.UsageError(
            f"this command needs {', '.join(missing)}, which {verb} not installed:"
            f" install '{package}[{extra}]', or in a clone run `make setup`"
        )


def require_gallery(extra: str) -> None:
    """Raise UsageError, which names the package, unless the assignments of the gallery are installed."""
    if not gallery.is_installed():
        raise click.UsageError(
            "this command needs the assignments of the gallery, which the package `backmark` does not have: install"
            f" '{_OF_STAFF}[{extra}]', or in a clone run `make setup`"
        )


def require_linux(command: str) -> None:
    """Raise UsageError unless this is Linux, the only system on which students' code can be isolated."""
    if sys.platform != "linux":
        raise click.UsageError(
            f"`backmark {command}` needs Linux, because Backmark cannot isolate students' code on {sys.platform}. Run"
            " it on a Linux machine, in a Linux container or, on Windows, in WSL."
        )
