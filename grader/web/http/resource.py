"""A blueprint whose operations say who may ask, what they read and what they answer; OpenAPI comes from the same words.

flask-openapi3 writes the document. It also reads requests, but makes every model's JSON schema anew for each of them,
and takes the text `123` of a form for a number: requests are read by `grader.web.http.reading` instead.
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

from grader.model.records import Scope
from grader.web.http.auth import authenticate
from grader.web.http.problems import (
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
    Kind,
)
from grader.web.http.reading import Reader
from grader.web.http.schemas import ProblemBody, document
from grader.web.http.service import service

PREFIX = "/api/v1"

#: Headers of answers that are alike, each with what it says.
ACCEPTED = {"Location": "Where to look.", "Retry-After": "After how many seconds to look."}
CREATED = {"Location": "Where it is."}
TAGGED = {"ETag": "Send it as If-None-Match to be told 304 while nothing has changed."}

_View = TypeVar("_View", bound=Callable[..., Response])


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers when all is well: a model as JSON, some other type of content, or nothing."""

    model: type[BaseModel] | None = None
    _: KW_ONLY
    #: What it is, in words.
    says: str
    #: Headers that it always has, each with what it says.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: Whether it is a page of a list, with a link to the next.
    paged: bool = False
    #: Media types that it can also be had in.
    other: tuple[str, ...] = ()
    #: Operations that take its `id`, and as which parameter.
    leads: Mapping[str, str] = field(default_factory=dict)


class Noun(APIBlueprint):
    """One noun's operations."""

    def __init__(self, name: str, import_name: str, *, says: str, prefix: str = PREFIX) -> None:
        super().__init__(name, import_name, url_prefix=prefix or None, abp_tags=[Tag(name=name, description=says)])

    def operation(  # noqa: PLR0913 - what there is to say about one, each by its name
        self,
        method: str,
        rule: str,
        *,
        answers: Mapping[int, Answer],
        scope: Scope | None,
        problems: tuple[Kind, ...] = (),
        weight: str = "read",
        bodies: Mapping[str, type[BaseModel]] | None = None,
    ) -> Callable[[_View], _View]:
        """Declare a view. Its arguments `path`, `query`, `header` and `body` are the models it is annotated with.

        `weight` is the limit that it counts against; `bodies` are the bodies, by media type, of a view that reads its
        body itself.
        """

        def declare(view: _View) -> _View:
            reader = Reader(view)
            kinds = (*problems, *_common(reader, scope, takes_body=bodies is not None))
            responses = {str(status): self._documented(answer) for status, answer in answers.items()}
            if any("ETag" in answer.headers for answer in answers.values()):
                responses["304"] = {"description": "You have it already, by your If-None-Match."}
            for status, told in self._problems(kinds).items():
                responses[status] = _both(responses[status], told) if status in responses else told
            summary, _, description = (view.__doc__ or "").partition("\n")
            needs = f"Needs the scope `{scope}`." if scope else "Needs no token."
            register = getattr(self, method.lower())(
                rule,
                summary=summary.strip(),
                description=" ".join([*description.split(), needs]),
                operation_id=view.__name__,
                responses=responses,
                security=[{"bearer": []}] if scope else None,
                openapi_extensions=self._read_itself(bodies) if bodies else None,
            )
            register(_guarded(view, reader, scope, weight))
            return view

        return declare

    @staticmethod
    def create_view_func(func: Callable[..., Response], *_: Any, **__: Any) -> Callable[..., Response]:
        """The library's hook for wrapping a view: ours reads its request already."""
        return func

    def _component(self, model: type[BaseModel]) -> dict[str, Any]:
        """A model among the document's components, and a reference to it."""
        schema, others = document(model)
        for name, one in {**others, model.__name__: schema}.items():
            self.components_schemas[name] = Schema(**one)
        return {"$ref": f"#/components/schemas/{model.__name__}"}

    def _read_itself(self, bodies: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
        content = {kind: {"schema": self._component(model)} for kind, model in bodies.items()}
        return {"requestBody": {"required": True, "content": content}}

    def _documented(self, answer: Answer) -> dict[str, Any]:
        told: dict[str, Any] = {"description": answer.says}
        content: dict[str, Any] = {
            kind: {"schema": {"type": "object"}} if kind.endswith("json") else {} for kind in answer.other
        }
        if answer.model:
            content["application/json"] = {"schema": self._component(answer.model)}
        if content:
            told["content"] = content
        told["headers"] = {
            name: {"description": says, "required": True, "schema": {"type": "string"}}
            for name, says in answer.headers.items()
        }
        told["links"] = {
            operation: {"operationId": operation, "parameters": {parameter: "$response.body#/id"}}
            for operation, parameter in answer.leads.items()
        }
        if answer.paged:
            told["headers"]["Link"] = {
                "description": 'The next page, as rel="next", where there is one.',
                "schema": {"type": "string"},
            }
        return told

    def _problems(self, kinds: tuple[Kind, ...]) -> dict[str, Any]:
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


def _common(reader: Reader, scope: Scope | None, *, takes_body: bool) -> tuple[Kind, ...]:
    """What can be wrong with any request of its like."""
    kinds = [INVALID, UNEXPECTED]
    if scope:
        kinds += [UNAUTHENTICATED, FORBIDDEN, TOO_MANY, UNAVAILABLE]
    if reader.path or reader.query:
        kinds.append(NOT_FOUND)
    if reader.body or takes_body:
        kinds += [MALFORMED, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, BUSY]
    return tuple(kinds)


def _both(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Two answers of one status."""
    described = f"{one['description']} Or: {other['description']}"
    return one | {"description": described, "content": one.get("content", {}) | other["content"]}


def _guarded(
    view: Callable[..., Response], reader: Reader, scope: Scope | None, weight: str
) -> Callable[..., Response]:
    """The view behind its token and its limit, then its request read: strangers learn nothing of what is wrong."""

    @wraps(view)
    def answer(**path: str) -> Response:
        if scope:
            service().limits.count(authenticate(scope).token.id, weight)
        return view(**reader.read(path))

    return answer
