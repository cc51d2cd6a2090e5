"""Requests by their kind: layered networks have a way of their own, as they are most of what is asked."""

from typing import Any

from .calls import CallsQuestion
from .networks.answer import NetworksQuestion

Asked = NetworksQuestion | CallsQuestion


def read_request(header: dict[str, Any], payload: bytes | memoryview) -> Asked:
    """Read a request to answer."""
    return NetworksQuestion(header, payload) if "networks" in header else CallsQuestion(header, payload)
