"""A blueprint whose operations declare their scope, request and responses; the OpenAPI document comes from the same.

flask-openapi3 writes the document. It can parse requests too, but rebuilds every model's JSON schema for each request,
and takes the string `123` in a form for a number; so `backmark.grader.web.http.reading` parses requests instead.
"""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.schema import Schema
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel

from backmark.grader.model.records import Scope
from backmark.grader.web.http.auth import authenticate
from backmark.grader.web.http.bodies import allow_unbuffered
from backmark.grader.web.http.problems import (
    BUSY,
    FORBIDDEN,
    INVALID,
    MALFORMED,
    NOT_FOUND,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNEXPECTED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemKind,
)
from backmark.grader.web.http.reading import RequestReader
from backmark.grader.web.http.schemas import ProblemBody, document

PREFIX = "/api/v1"

#: Headers that several operations share, with their descriptions.
ACCEPTED = {"Location": "The address of the resource.", "Retry-After": "Seconds to wait before reading the resource."}
CREATED = {"Location": "The address of the new resource."}
TAGGED = {"ETag": "Send this value as If-None-Match to get 304 while nothing has changed."}

_View = TypeVar("_View", bound=Callable[..., Response])


@dataclass(frozen=True, slots=True)
class ResponseDoc:
    """The documentation of a response: a model as JSON, another type of content, or nothing."""

    model: type[BaseModel] | None = None
    _: KW_ONLY
    #: The content, in words.
    description: str
    #: Headers that the response always has, with their descriptions.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: True for a page of a list, with a link to the next.
    paged: bool = False
    #: Media types that are also available.
    media_types: tuple[str, ...] = ()
    #: Operations that take the `id` of the response, and as which parameter.
    links: Mapping[str, str] = field(default_factory=dict)


REMOVED = {204: ResponseDoc(description="Removed.")}


class Resource(APIBlueprint):
    """The operations of one resource."""

    def __init__(self, name: str, import_name: str, *, description: str, prefix: str = PREFIX) -> None:
        super().__init__(
            name, import_name, url_prefix=prefix or None, abp_tags=[Tag(name=name, description=description)]
        )

    def operation(  # noqa: PLR0913 - the parts of one declaration, each by its name
        self,
        method: str,
        rule: str,
        *,
        responses: Mapping[int, ResponseDoc],
        scope: Scope | None,
        problems: tuple[ProblemKind, ...] = (),
        weight: str = "read",
        bodies: Mapping[str, type[BaseModel]] | None = None,
    ) -> Callable[[_View], _View]:
        """Declare a view; the annotations of its arguments `path`, `query`, `header` and `body` are the models.

        `weight` is the rate limit that requests count against; `bodies` are the models, by media type, of a view that
        reads its body itself.
        """

        def declare(view: _View) -> _View:
            reader = RequestReader(view)
            kinds = (*problems, *_common_problems(reader, scope, takes_body=bodies is not None))
            documented = {str(status): self._document(response) for status, response in responses.items()}
            if any("ETag" in response.headers for response in responses.values()):
                documented["304"] = {"description": "Not modified: If-None-Match names the current version."}
            for status, failure in self._document_problems(kinds).items():
                documented[status] = _merge(documented[status], failure) if status in documented else failure
            summary, _, description = (view.__doc__ or "").partition("\n")
            needs = f"Needs the scope `{scope}`." if scope else "Needs no token."
            register = getattr(self, method.lower())(
                rule,
                summary=summary.strip(),
                description=" ".join([*description.split(), needs]),
                operation_id=view.__name__,
                responses=documented,
                security=[{"bearer": []}] if scope else None,
                openapi_extensions=self._request_body(bodies) if bodies else None,
            )
            register(_guard(view, reader, scope, weight))
            return view

        return declare

    @staticmethod
    def create_view_func(func: Callable[..., Response], *_: Any, **__: Any) -> Callable[..., Response]:
        """Return the view as it is: the library's hook for parsing requests, which ours has done."""
        return func

    def _component(self, model: type[BaseModel]) -> dict[str, Any]:
        """Add a model to the document's components, and return a reference to it."""
        schema, others = document(model)
        for name, component in {**others, model.__name__: schema}.items():
            self.components_schemas[name] = Schema(**component)
        return {"$ref": f"#/components/schemas/{model.__name__}"}

    def _request_body(self, bodies: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
        content = {kind: {"schema": self._component(model)} for kind, model in bodies.items()}
        return {"requestBody": {"required": True, "content": content}}

    def _document(self, response: ResponseDoc) -> dict[str, Any]:
        documented: dict[str, Any] = {"description": response.description}
        content: dict[str, Any] = {
            kind: {"schema": {"type": "object"}} if kind.endswith("json") else {} for kind in response.media_types
        }
        if response.model:
            content["application/json"] = {"schema": self._component(response.model)}
        if content:
            documented["content"] = content
        documented["headers"] = {
            name: {"description": description, "required": True, "schema": {"type": "string"}}
            for name, description in response.headers.items()
        }
        documented["links"] = {
            operation: {"operationId": operation, "parameters": {parameter: "$response.body#/id"}}
            for operation, parameter in response.links.items()
        }
        if response.paged:
            documented["headers"]["Link"] = {
                "description": 'The next page, as rel="next", if there is one.',
                "schema": {"type": "string"},
            }
        return documented

    def _document_problems(self, kinds: tuple[ProblemKind, ...]) -> dict[str, Any]:
        content = {"application/problem+json": {"schema": self._component(ProblemBody)}}
        titles: dict[HTTPStatus, list[str]] = {}
        for kind in kinds:
            titles.setdefault(kind.status, [])
            if kind.title not in titles[kind.status]:
                titles[kind.status].append(kind.title)
        return {
            str(int(status)): {"description": "; or: ".join(texts), "content": content}
            for status, texts in titles.items()
        }


def _common_problems(reader: RequestReader, scope: Scope | None, *, takes_body: bool) -> tuple[ProblemKind, ...]:
    """Return the problems that any such request can have."""
    kinds = [INVALID, UNEXPECTED]
    if scope:
        kinds += [UNAUTHENTICATED, FORBIDDEN, TOO_MANY, UNAVAILABLE]
    if reader.path or reader.query:
        kinds.append(NOT_FOUND)
    if reader.body or takes_body:
        kinds += [MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BUSY]
    return tuple(kinds)


def _merge(response: dict[str, Any], problem: dict[str, Any]) -> dict[str, Any]:
    """Merge the documentation of a response and a problem that share a status."""
    description = f"{response['description']} Or: {problem['description']}"
    return response | {"description": description, "content": response.get("content", {}) | problem["content"]}


def _guard(
    view: Callable[..., Response], reader: RequestReader, scope: Scope | None, weight: str
) -> Callable[..., Response]:
    """Wrap a view: check token and rate limit first, then parse, so that strangers learn nothing from the errors."""

    @wraps(view)
    def answer(**path: str) -> Response:
        if scope:
            authenticate(scope, weight)
            allow_unbuffered()
        return view(**reader.read(path))

    if reader.body:
        # Of which the library writes the document.
        answer.__annotations__ = {**view.__annotations__, "body": reader.body}
    return answer
