"""Request parsing into the models that annotate a view; prepared once, when the view is declared."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from backmark.grader.web.http.nouns import is_given, model_of, read_given
from backmark.grader.web.http.problems import (
    INVALID,
    MALFORMED,
    NOT_FOUND,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    RequestFault,
)

_Model = TypeVar("_Model", bound=BaseModel)

#: The most faults that one response lists.
_MOST_FAULTS = 20
#: The most quotation marks in a flat object, and the most bytes outside of them.
_MOST_QUOTES, _MOST_BETWEEN = 200, 65_536


class RequestReader:
    """The models of a view's `path`, `query`, `header` and `body`."""

    def __init__(self, view: Callable[..., Any]) -> None:
        hints = get_type_hints(view)
        self.path: type[BaseModel] | None = hints.get("path")
        self.query: type[BaseModel] | None = hints.get("query")
        self.header: type[BaseModel] | None = hints.get("header")
        #: `NounRequest` or `NounChange` of a noun, of which the model of the body is made.
        self.given: Any = hints["body"] if is_given(hints.get("body")) else None
        self.body: type[BaseModel] | None = model_of(self.given) if self.given else hints.get("body")
        self._headers = {
            field.alias or name.replace("_", "-").title(): field.alias or name
            for name, field in (self.header.model_fields if self.header else {}).items()
        }

    def read(self, path: Mapping[str, Any]) -> dict[str, Any]:
        """Return the view's arguments. Raises Problem with a list of everything that is wrong with one of them."""
        arguments: dict[str, Any] = {}
        if self.path:
            arguments["path"] = _validate_path(self.path, path)
        # An unknown parameter is a mistake of the sender's, such as a misspelt name.
        query = _read_query(self.query or _EmptyQuery)
        if self.query:
            arguments["query"] = query
        if self.header:
            values = {field: request.headers[name] for name, field in self._headers.items() if name in request.headers}
            arguments["header"] = validate(self.header, values, "header")
        if self.body:
            body = json_body(self.body)
            arguments["body"] = read_given(self.given, body) if self.given else body
        return arguments


class _EmptyQuery(BaseModel, extra="forbid"):
    """The query of a view that takes none."""


def json_body(model: type[_Model], *, flat: bool = False) -> _Model:
    """Return the request's JSON as a model; with `flat`, it must be an object of a few strings of any length."""
    if request.mimetype != "application/json":
        raise Problem(UNSUPPORTED_MEDIA_TYPE, "the body must be application/json")
    body = request.get_data(cache=False)
    if request.content_length is None and len(body) >= (request.max_content_length or 0):
        # If a body does not declare its length, werkzeug reads up to the limit and ignores the rest.
        raise RequestEntityTooLarge
    if flat and not _is_flat(body):
        detail = "the body has more fields than this operation reads"
        raise Problem(INVALID, detail, errors=(RequestFault("pointer", "", detail),))
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        raise validation_problem(error, "pointer") from None


def _is_flat(body: bytes) -> bool:
    """Return True if the JSON has few strings and little outside them: parsing 8 MiB of `[],` takes half a gigabyte."""
    pieces = body.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"', _MOST_QUOTES)
    return len(pieces) <= _MOST_QUOTES and sum(map(len, pieces[::2])) <= _MOST_BETWEEN


def validate(model: type[_Model], values: Mapping[str, Any], where: str) -> _Model:
    """Return strings as a model. Raises Problem; `where` is what its faults call their place."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise validation_problem(error, where) from None


def validation_problem(error: ValidationError, where: str) -> Problem:
    """Return pydantic's errors as a problem."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return Problem(MALFORMED, f"the body is not valid JSON: {errors[0]['msg'].removeprefix('Invalid JSON: ')}")
    faults = tuple(RequestFault(where, _place(fault["loc"], where), fault["msg"]) for fault in errors[:_MOST_FAULTS])
    detail = "; ".join(f"{fault.place or 'the body'}: {fault.detail}" for fault in faults[:3])
    return Problem(INVALID, detail, errors=faults)


def _place(location: tuple[int | str, ...], where: str) -> str:
    if where != "pointer":
        return str(location[0]) if location else ""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _validate_path(model: type[_Model], values: Mapping[str, Any]) -> _Model:
    try:
        return model.model_validate(values)
    except ValidationError:
        # Nothing has an id that is not valid.
        raise Problem(NOT_FOUND, "there is nothing at this address") from None


def _read_query(model: type[_Model]) -> _Model:
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        faults = tuple(RequestFault("parameter", name, "given more than once") for name in repeated)
        raise Problem(INVALID, f"{repeated[0]}: given more than once", errors=faults)
    return validate(model, request.args, "parameter")
