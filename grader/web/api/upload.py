"""What is handed in: JSON or a form with a file, read into one thing."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Annotated, Any, Self

from flask import request
from pydantic import ConfigDict, Field, JsonValue, model_validator

from grader.web.http.problems import INVALID, MALFORMED, UNSUPPORTED_MEDIA_TYPE, Fault, Problem
from grader.web.http.reading import json_body, validated
from grader.web.http.schemas import Asked, Name, Query

#: A file's name, without folders, and without what commands a terminal or turns the order of letters about.
FileName = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f-\x9f/\\\u2028-\u202e\u2066-\u2069]{1,255}$")]
_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

_EXAMPLE: dict[str, JsonValue] = {"assignment": "udl-7.2", "student": "s1024"}
_ANSWER = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n    return [], []\n"


@dataclass(frozen=True, slots=True)
class Handed:
    """A submission as it came."""

    assignment: str
    student: str
    course: str | None
    filename: str
    source: bytes


class _Fields(Asked):
    assignment: Name = Field(description="The assignment's id.")
    student: Name = Field(description="The student, by whatever id your portal has; shown to staff only.")
    course: Name | None = Field(default=None, description="For tokens with the scope admin; else the token's own.")


def _only(name: str) -> dict[str, Any]:
    """In JSON Schema: this field is given, and the other is not."""
    others = {each: {"type": "string" if each == name else "null"} for each in ("source", "source_base64")}
    return {"required": [name], "properties": others}


class SubmissionAsked(_Fields):
    """A submission as JSON: `source`, or `source_base64` where it is no text."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_only("source"), _only("source_base64")],
            "example": _EXAMPLE | {"filename": "answer.py", "source": _ANSWER},
        }
    )

    filename: FileName = Field(description="Its name: .ipynb is a notebook, .py a Python file.")
    source: str | None = Field(default=None, description="The file's text.")
    source_base64: Annotated[str, Field(pattern=_BASE64)] | None = Field(
        default=None, description="The file's bytes in base64."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.source is None) == (self.source_base64 is None):
            raise ValueError("send either source or source_base64")
        return self


class SubmissionForm(_Fields, Query):
    """A submission as a form with a file."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE | {"file": _ANSWER}})

    file: str = Field(description="The notebook or Python file.", json_schema_extra={"format": "binary"})


def handed() -> Handed:
    """What this request hands in; a Problem that says what is wrong with it."""
    if request.mimetype == "application/json":
        return _from_json(json_body(SubmissionAsked, flat=True))
    if request.mimetype == "multipart/form-data":
        return _from_form()
    raise Problem(UNSUPPORTED_MEDIA_TYPE, "the body should be application/json or multipart/form-data")


def _from_json(body: SubmissionAsked) -> Handed:
    try:
        source = b64decode(body.source_base64 or "", validate=True) if body.source is None else body.source.encode()
    except binascii.Error as error:
        raise _wrong("/source_base64", str(error)) from None
    return Handed(body.assignment, body.student, body.course, body.filename, source)


def _from_form() -> Handed:
    if not request.form and not request.files:
        # werkzeug takes what it cannot read for a form without fields.
        raise Problem(MALFORMED, "the body is not multipart/form-data, or breaks off")
    repeated = [name for name in request.form if len(request.form.getlist(name)) > 1 or name in request.files]
    repeated += [name for name in request.files if len(request.files.getlist(name)) > 1]
    if repeated:
        raise _wrong(f"/{repeated[0]}", "given more than once")
    given: dict[str, Any] = {**request.form, **request.files}
    file = request.files.get("file")
    if "file" in given and file is None:
        raise _wrong("/file", "should be a file, with a filename")
    # The file itself is none of pydantic's business.
    fields = validated(SubmissionForm, given if file is None else given | {"file": ""}, "pointer")
    if file is None:
        raise _wrong("/file", "is missing")
    # Some browsers send the folders as well.
    name = (file.filename or "").rpartition("/")[2]
    filename = validated(_File, {"file": name}, "pointer").file
    return Handed(fields.assignment, fields.student, fields.course, filename, file.stream.read())


class _File(Asked):
    file: FileName


def _wrong(pointer: str, detail: str) -> Problem:
    return Problem(INVALID, f"{pointer}: {detail}", errors=(Fault("pointer", pointer, detail),))
