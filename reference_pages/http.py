"""The page of all operations of the HTTP API, made from the OpenAPI document that the server serves."""

from collections.abc import Iterator, Mapping
from typing import Any

from backmark.grader.web import create_app
from reference_pages.markdown import code, paragraphs, table

_HEAD = """\
# The HTTP API, operation by operation

[The HTTP API](../developer/http.md) shows how a program uses it. A server has the same page with every schema at
`/api/v1/docs`, and serves it as OpenAPI 3.1 at `/api/v1/openapi.json`. [Fields](fields.md) has what the answers hold,
[Errors](errors.md) each type of problem. Every operation below `/api/v1` may also answer 401, 403, 404, 422, 429, 500
and 503. Made from the code by `python -m reference_pages`.

"""
_METHODS = ("get", "post", "put", "patch", "delete")
#: What any operation may answer: said once.
_ANYWHERE = {"401", "403", "404", "422", "429", "500", "503"}


def write_page() -> str:
    """Return the page: a part for each resource, with its operations."""
    document = create_app().api_doc
    parts = (
        f"## {tag['name'].capitalize()}\n\n{paragraphs(tag['description'])}"
        + "".join(_operations(document, tag["name"]))
        for tag in document["tags"]
    )
    return (_HEAD + "".join(parts)).rstrip() + "\n"


def _operations(document: Mapping[str, Any], tag: str) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods and tag in methods[method]["tags"]:
                yield from _write_operation(document, f"{method.upper()} {path}", methods[method])


def _write_operation(document: Mapping[str, Any], title: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{title}`\n\n"
    yield paragraphs(f"{operation['summary']} {operation.get('description', '')}")
    yield table(("parameter", "in", "meaning"), _parameters(operation))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = _resolve(document, content["schema"])
        rows = list(_body_fields(document, schema))
        yield f"The body is `{media_type}`{':' if rows else '.'}\n\n"
        yield table(("field", "is", "meaning"), rows)
    yield table(("answer", "is"), _answers(operation))


def _parameters(operation: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in operation.get("parameters", ()):
        schema = each.get("schema", {})
        says = each.get("description", "")
        says += f" {schema['default']} by default." if schema.get("default") not in (None, "") else ""
        yield (
            f"`{each['name']}`",
            f"{each['in']}{', needed' if each.get('required') and each['in'] != 'path' else ''}",
            says,
        )


def _body_fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    needed = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        yield f"`{name}`{', needed' if name in needed else ''}", _kind(document, field), field.get("description", "")


def _kind(document: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        found = _resolve(document, field)
        return code(*found["enum"]) if "enum" in found else f"{_last(field['$ref'])}"
    if "anyOf" in field:
        return " or ".join(dict.fromkeys(_kind(document, each) for each in field["anyOf"]))
    if "enum" in field:
        return code(*field["enum"])
    if field.get("type") == "array":
        return f"array of {_kind(document, field.get('items', {}))}"
    return str(field.get("type", "anything"))


def _answers(operation: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, answer in sorted(operation["responses"].items()):
        if status in _ANYWHERE and operation.get("security"):
            continue
        headers = answer.get("headers", {})
        yield f"`{status}`", answer["description"] + (f" Headers: {code(*headers)}." if headers else "")


def _resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = document["components"]["schemas"][_last(schema["$ref"])] if "$ref" in schema else schema
    return found


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
