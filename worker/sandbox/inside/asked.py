"""Requests by their kind: layered networks have a way of their own, as they are most of what is asked."""

from typing import Any

from .answer import Question
from .calls import Calls

Asked = Question | Calls


def read_request(header: dict[str, Any], payload: bytes | memoryview) -> Asked:
    """Read a request to answer."""
    return Question(header, payload) if "networks" in header else Calls(header, payload)
