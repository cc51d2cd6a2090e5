"""What the nouns' schemas share: what comes in is strict, what goes out is as the documentation says."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

#: An id of ours, as it stands in an address.
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
#: What a portal calls its students, courses and assignments by: what can stand in an address as it is.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._@+:=~-]{0,127}$")]

#: A student as submissions have them: the name, and behind `!` the browser if it was only typed in, on a class link.
Student = Annotated[str, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._@+:=~-]{0,127}(![0-9a-f]{12})?$")]


def _whole(given: object) -> object:
    return int(given) if isinstance(given, float) and given.is_integer() else given


#: Behind the bounds of an integer: 60.0 is a whole number in JSON.
WHOLE = BeforeValidator(_whole)
#: Words for people: one line without control characters.
Words = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]


class Asked(BaseModel):
    """What comes in. Nothing unknown, nothing of another type."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Query(Asked):
    """What comes in as texts. Leaving a parameter out is the only way not to give it: no text is null."""

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema, without the null of what may be left out."""
        schema = handler(core)
        for name, field in schema.get("properties", {}).items():
            if field.get("default", ...) is None:
                (given,) = (each for each in field["anyOf"] if each != {"type": "null"})
                others = {key: value for key, value in field.items() if key not in {"anyOf", "default"}}
                schema["properties"][name] = others | given
        return schema


class CourseQuery(Query):
    """The query of what belongs to a course."""

    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


class PageQuery(CourseQuery):
    """The query of a course's list."""

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    cursor: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="Where to go on: `next` of the page before, as it is.",
    )


class FaultBody(Told):
    """One thing that is wrong with a request."""

    pointer: str | None = Field(default=None, description="Where in the body, as a JSON pointer (RFC 6901).")
    parameter: str | None = Field(default=None, description="Which parameter of the path or the query.")
    header: str | None = Field(default=None, description="Which header.")
    detail: str = Field(description="What is wrong there.")


class ProblemBody(BaseModel):
    """Why a request failed (RFC 9457)."""

    type: str = Field(description="What a program compares; explained at that address.")
    title: str = Field(description="The type in words.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What happened this time.")
    instance: str | None = Field(default=None, description="Under what the server's log has it.")
    errors: list[FaultBody] | None = Field(default=None, description="Everything that is wrong with the request.")


def moment(seconds: float) -> datetime:
    """A time of the store as RFC 3339 has it, to the millisecond."""
    return datetime.fromtimestamp(round(seconds, 3), UTC)


def moment_or_none(seconds: float | None) -> datetime | None:
    """The same, where there may be none."""
    return None if seconds is None else moment(seconds)


def document(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A model's JSON Schema as OpenAPI wants it, and the schemas that it refers to by their names."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return schema, schema.pop("$defs", {})
