"""Descriptions of fields, which stand in the JSON Schema of the result object."""

from collections.abc import Mapping


def describe(text: str) -> Mapping[str, str]:
    """Return the metadata of a field with a description."""
    return {"description": text}
