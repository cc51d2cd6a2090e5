"""The readiness of a service, as its web server reports it."""

import json
import urllib.error
import urllib.request
from typing import Any

_TIMEOUT = 3.0
#: It asks this machine: no proxy of the environment is between.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def unready_parts(url: str) -> dict[str, str] | None:
    """Return the parts that are not ready, with reasons; empty if all are; None if the web server does not answer."""
    try:
        with _OPENER.open(f"{url}/readyz", timeout=_TIMEOUT) as answer:
            return _reasons(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return _reasons(error.read())
    except OSError:
        return None


def _reasons(body: bytes) -> dict[str, str] | None:
    try:
        parts: dict[str, dict[str, Any]] = json.loads(body)["parts"]
        return {name: str(part.get("reason") or "not ready") for name, part in parts.items() if not part["ok"]}
    except (ValueError, KeyError, TypeError, AttributeError):
        # Another program answers there, or the web server has an internal error.
        return {"web": "it does not report its readiness"}
