"""What no schema can say, told to schemathesis: a valid request has a key of its own, and a TOML that holds."""

from typing import Any
from uuid import uuid4

import schemathesis
from schemathesis import Case, GenerationMode, HookContext

TOML = 'id = "mine"\ntitle = "Mine"\n'


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Mend what is meant to be valid; leave alone what is not."""
    if case.meta is not None and case.meta.generation.mode is not GenerationMode.POSITIVE:
        return
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid4())
    if isinstance(case.query, dict):
        case.query.pop("cursor", None)
    if isinstance(case.body, dict) and "toml" in case.body:
        case.body["toml"] = TOML
