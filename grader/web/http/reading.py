"""Reads a request into the models that a view is annotated with. Compiled once, when the view is declared."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from grader.web.http.bodies import AWAITED
from grader.web.http.problems import INVALID, MALFORMED, NOT_FOUND, UNSUPPORTED_MEDIA_TYPE, Fault, Problem

_Model = TypeVar("_Model", bound=BaseModel)

#: Faults that one answer lists: as many as anybody mends at once.
_MOST_FAULTS = 20
#: Quotation marks of a flat object, and bytes that are not within them.
_MOST_QUOTES, _MOST_BETWEEN = 200, 65_536


class Reader:
    """What `path`, `query`, `header` and `body` of a view should be."""

    def __init__(self, view: Callable[..., Any]) -> None:
        hints = get_type_hints(view)
        self.path: type[BaseModel] | None = hints.get("path")
        self.query: type[BaseModel] | None = hints.get("query")
        self.header: type[BaseModel] | None = hints.get("header")
        self.body: type[BaseModel] | None = hints.get("body")
        self._headers = {
            field.alias or name.replace("_", "-").title(): field.alias or name
            for name, field in (self.header.model_fields if self.header else {}).items()
        }

    def read(self, path: Mapping[str, Any]) -> dict[str, BaseModel]:
        """The view's arguments, or a Problem that lists all that is wrong with one of them."""
        arguments: dict[str, BaseModel] = {}
        if self.path:
            arguments["path"] = _path(self.path, path)
        # A parameter that nobody reads is a mistake of the sender's, such as a misspelt one.
        query = _query(self.query or _Nothing)
        if self.query:
            arguments["query"] = query
        if self.header:
            given = {field: request.headers[name] for name, field in self._headers.items() if name in request.headers}
            arguments["header"] = validated(self.header, given, "header")
        if self.body:
            # Only what is handed in may be larger.
            request.max_content_length = min(request.max_content_length or AWAITED, AWAITED)
            arguments["body"] = json_body(self.body)
        return arguments


class _Nothing(BaseModel, extra="forbid"):
    """The query of a view that has none."""


def json_body(model: type[_Model], *, flat: bool = False) -> _Model:
    """The request's JSON as a model; with `flat`, an object of a few texts, however long these are."""
    if request.mimetype != "application/json":
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "the body should be application/json")
    told = request.get_data(cache=False)
    if request.content_length is None and len(told) >= (request.max_content_length or 0):
        # Of a body that does not say its length werkzeug reads as much as it may, and leaves the rest.
        raise RequestEntityTooLarge
    if flat and not _is_flat(told):
        detail = "the body holds more than the few fields that are read here"
        raise Problem(INVALID, detail, errors=(Fault("pointer", "", detail),))
    try:
        return model.model_validate_json(told, strict=True)
    except ValidationError as error:
        raise refused(error, "pointer") from None


def _is_flat(told: bytes) -> bool:
    """Whether the JSON has few texts and little outside of them: 8 MiB of `[],` would take half a gigabyte to read."""
    pieces = told.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"', _MOST_QUOTES)
    return len(pieces) <= _MOST_QUOTES and sum(map(len, pieces[::2])) <= _MOST_BETWEEN


def validated(model: type[_Model], given: Mapping[str, Any], where: str) -> _Model:
    """Texts as a model; `where` is what a fault calls its place."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise refused(error, where) from None


def refused(error: ValidationError, where: str) -> Problem:
    """What pydantic found, as a problem."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Problem(MALFORMED, f"the body is not JSON: {found[0]['msg'].removeprefix('Invalid JSON: ')}")
    faults = tuple(Fault(where, _place(fault["loc"], where), fault["msg"]) for fault in found[:_MOST_FAULTS])
    detail = "; ".join(f"{fault.place or 'the body'}: {fault.detail}" for fault in faults[:3])
    return Problem(INVALID, detail, errors=faults)


def _place(location: tuple[int | str, ...], where: str) -> str:
    if where != "pointer":
        return str(location[0]) if location else ""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _path(model: type[_Model], given: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(given)
    except ValidationError:
        # What cannot be an id is nobody's.
        raise Problem(NOT_FOUND, "there is nothing at this address") from None


def _query(model: type[_Model]) -> _Model:
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        faults = tuple(Fault("parameter", name, "given more than once") for name in repeated)
        raise Problem(INVALID, f"{repeated[0]}: given more than once", errors=faults)
    return validated(model, request.args, "parameter")
