"""The nouns of the model in requests and responses: pydantic's models, made of their fields."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, cast, get_args, get_origin

from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, create_model

from backmark.grader.courses.times import YEARS
from backmark.grader.model.fields import NounField, Unit, noun_fields
from backmark.grader.model.views import GIVEN, NEEDS, SERVED
from backmark.grader.web.http.schemas import WHOLE, RequestModel, ResponseModel, moment

Noun = TypeVar("Noun")
#: Fields of a model beside those of a noun: the type of each, or the type and its `Field`.
Members = Mapping[str, Any]

COMPLETE = Field(default=None, description="Always null: the list is complete.")
CURSOR = Field(description="The cursor of the next page; null if there is none.")


def _within_years(given: datetime) -> datetime:
    if given.year not in YEARS:
        raise ValueError(f"the year must be {YEARS[0]} to {YEARS[-1]}")
    return given


#: A time with its offset from UTC.
Moment = Annotated[AwareDatetime, AfterValidator(_within_years)]


@dataclass(frozen=True, slots=True)
class NounRequest(Generic[Noun]):
    """A request that sets a noun: each field that it may set, by its default if it was left out.

    For example the body of `PUT .../policy`, whose document is made of the annotation:

        def put_policy(path: CourseAssignmentPath, body: NounRequest[Policy]) -> Response:
            policy = body.make()
    """

    kind: type[Noun]
    values: Mapping[str, Any]
    #: The fields that the request has.
    named: frozenset[str] = frozenset()

    def make(self, **others: Any) -> Noun:
        """Return the noun, with these values of the fields that no request sets."""
        return self.kind(**self.values, **others)


@dataclass(frozen=True, slots=True)
class NounChange(NounRequest[Noun]):
    """A request that changes a noun: the fields that it has, null too. A field that it leaves out stays."""

    def apply(self, noun: Noun) -> Noun:
        """Return a noun with the fields of the request in place of its own."""
        return cast("Noun", replace(cast("Any", noun), **self.values))


def model_of(hint: Any) -> type[BaseModel]:
    """Return the model of a request's body that is annotated with `NounRequest` or `NounChange` of a noun."""
    (kind,) = get_args(hint)
    return request_model(kind, partial=get_origin(hint) is NounChange)


def read_given(hint: Any, body: BaseModel) -> NounRequest[Any]:
    """Return the body of a request, read as the model of this annotation, as what it says of a noun."""
    form, (kind,) = get_origin(hint), get_args(hint)
    named = frozenset(body.model_fields_set)
    values = read_values(kind, body)
    chosen = {name: values[name] for name in (named if form is NounChange else GIVEN[kind])}
    return cast("NounRequest[Any]", form(kind, chosen, named))


def is_given(hint: Any) -> bool:
    """Return True if the annotation of a body is `NounRequest` or `NounChange` of a noun."""
    return get_origin(hint) in {NounRequest, NounChange}


@cache
def request_model(kind: Any, *, partial: bool = False) -> type[BaseModel]:
    """Return the model of a request that sets a noun, or with `partial` changes some of its fields."""
    name = f"{kind.__name__}{'Change' if partial else 'Request'}"
    return _model(name, RequestModel, kind.__doc__, _request_members(kind, partial=partial))


def read_values(kind: Any, body: BaseModel) -> dict[str, Any]:
    """Return the values of a request that sets a noun, and maybe further fields: the noun's as the noun has them."""
    fields = noun_fields(kind)
    return {
        name: _from_json(fields[name], value) if name in fields else value
        for name, value in ((name, getattr(body, name)) for name in type(body).model_fields)
    }


def list_request(kind: Any, name: str, says: str, *, members: Members, **items: Any) -> type[BaseModel]:
    """Return the model of a request with many nouns, each with further members; `items` is the list by its name."""
    item = _model(f"{kind.__name__}Item", RequestModel, kind.__doc__, {**members, **_request_members(kind)})
    lists = {key: (list[item], field) for key, field in items.items()}  # type: ignore[valid-type] # made at run time
    return _model(name, RequestModel, says, lists)


@cache
def response_model(kind: Any) -> type[BaseModel]:
    """Return the model of an answer with a noun."""
    return _response(kind, f"{kind.__name__.removesuffix('Record')}Response", {})


def extend_response(kind: Any, name: str, says: str = "", **members: Any) -> type[BaseModel]:
    """Return the model of an answer with a noun and further fields; `serve` takes their values by name."""
    return _response(kind, name, members, says)


def list_model(kind: Any, says: str, *, name: str = "", paged: bool = False, **members: Any) -> type[BaseModel]:
    """Return the model of a list of nouns, with further members: complete, or with `paged` a page of it."""
    item = kind if issubclass(kind, BaseModel) else response_model(kind)
    own = {"items": list[item], "next": (str | None, CURSOR if paged else COMPLETE)}  # type: ignore[valid-type] # made at run time
    return _model(name or f"{item.__name__.removesuffix('Response')}sResponse", ResponseModel, says, own | members)


def serve(noun: Any, model: type[BaseModel] | None = None, hidden: Collection[str] = (), **others: Any) -> BaseModel:
    """Return an answer with a noun, by default of its own model; `others` are values beside or instead of its own.

    The fields that are `hidden` from who asks are null: `hidden_fields` in `model/views.py`.
    """
    values = _write(noun)
    values.update(others)
    kind: Any = type(noun)
    for name in hidden:
        values[_written_form(kind).names.get(name, name)] = None
    return (model or response_model(kind)).model_construct(**values)


def _write(noun: Any) -> dict[str, Any]:
    """Return the values of a noun by their names in JSON."""
    kind: Any = type(noun)
    written = _written_form(kind)
    values = dict(zip(written.names.values(), written.read(noun), strict=True))
    for json, to_json in written.converters:
        if values[json] is not None:
            values[json] = to_json(values[json])
    for json in written.inline:
        values |= _write(values.pop(json))
    return values


def _response(kind: Any, name: str, members: Members, says: str = "") -> type[BaseModel]:
    return _model(name, ResponseModel, says or kind.__doc__, _response_members(kind) | dict(members))


def _response_members(kind: Any) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for field in _chosen(kind, SERVED[kind]):
        if field.doc.inline:
            members |= _response_members(field.type)
        else:
            served = _served_type(field)
            if field.name in NEEDS.get(kind, {}):
                served = served | None
            members[field.json] = (served, Field(description=_describe(kind, field) or None))
    return members


def _describe(kind: Any, field: NounField) -> str:
    scope = NEEDS.get(kind, {}).get(field.name)
    return " ".join(filter(None, (field.sentence, f"Only with the scope {scope}." if scope else "")))


def _model(name: str, base: type[BaseModel], says: str | None, members: Members) -> type[BaseModel]:
    fields = {key: value if isinstance(value, tuple) else (value, ...) for key, value in members.items()}
    return create_model(name, __base__=base, __doc__=says, **cast("dict[str, Any]", fields))


def _request_members(kind: Any, *, partial: bool = False) -> dict[str, Any]:
    return {
        field.name: (
            _bounded(field),
            Field(default=_default(field, partial=partial), description=field.sentence or None),
        )
        for field in _chosen(kind, GIVEN[kind])
    }


def _chosen(kind: Any, names: tuple[str, ...]) -> list[NounField]:
    fields = noun_fields(kind)
    return [fields[name] for name in names]


def _default(field: NounField, *, partial: bool) -> Any:
    if field.default is not MISSING:
        return list(field.default) if isinstance(field.default, tuple) else field.default
    return None if partial or field.optional else ...


def _bounded(field: NounField) -> Any:
    """Return the type of a field in a request, with its bounds."""
    doc = field.doc
    if doc.unit is Unit.TIME:
        bounded: Any = Moment
    elif field.type is str and doc.longest is not None:
        line = rf"^[^\x00-\x1f\x7f]{{{doc.shortest},{doc.longest}}}$"
        rule = Field(min_length=doc.shortest, max_length=doc.longest) if doc.lines else Field(pattern=line)
        bounded = Annotated[str, rule]
    elif field.type is str and doc.pattern:
        bounded = Annotated[str, Field(pattern=f"^{doc.pattern}$")]
    elif get_origin(field.type) in {tuple, frozenset}:
        (item, *_) = get_args(field.type)
        if doc.pattern:
            item = Annotated[item, Field(pattern=f"^{doc.pattern}$")]
        bounds: dict[str, Any] = {"min_length": doc.least, "max_length": doc.most}
        bounded = Annotated[list[item], Field(**bounds)]  # type: ignore[valid-type] # made at run time
    elif field.type in {int, float}:
        least = doc.least if doc.least is not None or doc.most is None else 0
        bounded = Annotated[field.type, Field(ge=least, le=doc.most)]
        bounded = Annotated[bounded, WHOLE] if field.type is int else bounded
    else:
        bounded = field.type
    return bounded | None if field.optional else bounded


def _served_type(field: NounField) -> Any:
    served = datetime if field.doc.unit is Unit.TIME else _json_type(field.type)
    return served | None if field.optional else served


def _json_type(kind: Any) -> Any:
    origin = get_origin(kind)
    if origin in {tuple, frozenset}:
        return list[_json_type(get_args(kind)[0])]  # type: ignore[misc] # made at run time
    if kind in SERVED:
        return response_model(kind)
    return dict[get_args(kind)] if isinstance(origin, type) and issubclass(origin, Mapping) else kind  # type: ignore[misc] # made at run time


def _from_json(field: NounField, value: Any) -> Any:
    if isinstance(value, list):
        return (get_origin(field.type) or tuple)(value)
    return value.timestamp() if isinstance(value, datetime) and field.doc.unit is Unit.TIME else value


@dataclass(frozen=True, slots=True)
class _WrittenForm:
    """The form that a noun has in JSON."""

    #: The names in JSON, by the names of the fields.
    names: Mapping[str, str]
    #: Returns the values of these fields, two at least.
    read: Callable[[Any], tuple[Any, ...]]
    #: The functions for values that JSON has not as they are, and the nouns whose fields are among the noun's own; both
    #: by their names in JSON.
    converters: tuple[tuple[str, Callable[[Any], Any]], ...]
    inline: tuple[str, ...]


@cache
def _written_form(kind: Any) -> _WrittenForm:
    fields = _chosen(kind, SERVED[kind])
    inline = tuple(field.json for field in fields if field.doc.inline)
    writers = {field.json: moment if field.doc.unit is Unit.TIME else _writer(field.type) for field in fields}
    converters = tuple((json, writer) for json, writer in writers.items() if writer is not None and json not in inline)
    return _WrittenForm({field.name: field.json for field in fields}, attrgetter(*SERVED[kind]), converters, inline)


def _writer(kind: Any) -> Callable[[Any], Any] | None:
    """Return the function that makes JSON's value of one of this type; None where it is the same."""
    origin = get_origin(kind)
    if origin is frozenset:
        return sorted
    if origin is tuple:
        item = _writer(get_args(kind)[0])
        return list if item is None else lambda values: [item(value) for value in values]
    return serve if kind in SERVED else None
