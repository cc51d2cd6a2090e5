"""The base classes and field types of the API's schemas: requests are strict, responses are as documented."""

import functools
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import CoreSchema
from pydantic_core.core_schema import DataclassSchema

from backmark.grader.model.records import NAME, STUDENT
from backmark.grader.model.verdict import OMITTED_IF_NONE

#: Media types of bodies.
JSON, CSV = "application/json", "text/csv"

#: An id of ours, as it appears in an address.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
#: A portal's name of a student, course or assignment; safe in an address without escaping.
Name = Annotated[str, Field(pattern=f"^{NAME}$")]

#: A student as submissions name them.
Student = Annotated[str, Field(pattern=f"^{STUDENT}$")]

#: A file's name, without folders, control characters, or characters that change the direction of text.
FileName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f/\\\u2028-\u202e\u2066-\u2069]{1,255}$")]
#: The course of a request.
OwnCourse = Annotated[
    Name | None,
    Field(description="The token's own course by default; only tokens with the scope admin may name another."),
]
#: Where a list goes on.
Cursor = Annotated[
    str | None,
    Field(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The `next` of the previous page, to continue there."),
]


def _whole(given: object) -> object:
    return int(given) if isinstance(given, float) and given.is_integer() else given


#: Put after the bounds of an integer: 60.0 is a whole number in JSON.
WHOLE = BeforeValidator(_whole)
#: Text for people: one line without control characters.
Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class RequestModel(BaseModel):
    """The base of request bodies and parameters: no unknown fields, no other types."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ResponseModel(BaseModel):
    """The base of response bodies."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Query(RequestModel):
    """The base of parameters, which arrive as strings. To omit one, leave it out: no string is null."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema without the null of optional parameters."""
        schema = handler(core)
        for name, field in schema.get("properties", {}).items():
            if field.get("default", ...) is None:
                (given,) = (option for option in field["anyOf"] if option != {"type": "null"})
                others = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
                schema["properties"][name] = others | given
        return schema


class CourseQuery(Query):
    """The query of an operation on a course."""

    course: OwnCourse = None


class PageQuery(CourseQuery):
    """The query of a course's list."""

    limit: int = Field(default=50, ge=1, le=200, description="The largest number of items to return.")
    cursor: Cursor = None


class FaultBody(ResponseModel):
    """One thing that is wrong with a request."""

    pointer: str | None = Field(default=None, description="The place in the body, as a JSON pointer (RFC 6901).")
    parameter: str | None = Field(default=None, description="The parameter of the path or the query.")
    header: str | None = Field(default=None, description="The name of the header.")
    detail: str = Field(description="What is wrong in this place.")


class ProblemBody(BaseModel):
    """Why a request failed (RFC 9457)."""

    type: str = Field(
        description="The identifier of the kind of problem, for programs; also the path of its explanation."
    )
    title: str = Field(description="The kind of problem, in words.")
    status: int = Field(description="The HTTP status of the response.")
    detail: str = Field(description="What went wrong this time.")
    instance: str | None = Field(default=None, description="The id of this error in the server's log.")
    errors: list[FaultBody] | None = Field(default=None, description="All that is wrong with the request.")


def moment(seconds: float) -> datetime:
    """Return a stored time as a UTC datetime, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


class _RecordSchemas(GenerateJsonSchema):
    """Schemas of what is sent; a record always has all members, whose defaults are for reading older ones, or more."""

    def dataclass_schema(self, schema: DataclassSchema) -> JsonSchemaValue:
        """Return the schema of a record of the model."""
        described = super().dataclass_schema(schema)
        described.pop("additionalProperties", None)
        described["required"] = [name for name in described["properties"] if name not in OMITTED_IF_NONE]
        for name in described["required"]:
            described["properties"][name].pop("default", None)
        return described


@functools.cache
def document(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a model's JSON Schema for OpenAPI, and the schemas that it refers to, by name."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}", schema_generator=_RecordSchemas)
    return schema, schema.pop("$defs", {})
