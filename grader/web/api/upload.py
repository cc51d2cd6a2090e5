"""The upload of a submission: JSON, or a form with a file."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Annotated, Any, Self

from flask import request
from pydantic import ConfigDict, Field, JsonValue, model_validator

from backmark.grader.web.http.problems import MALFORMED, UNSUPPORTED_MEDIA_TYPE, Problem, invalid
from backmark.grader.web.http.reading import json_body, validate
from backmark.grader.web.http.schemas import FileName, Name, OwnCourse, Query, RequestModel
from backmark.grader.web.service import service

_BASE64 = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"

_EXAMPLE: dict[str, JsonValue] = {"assignment": "udl-7.2", "student": "s1024"}
_ANSWER = "def backward_pass(all_weights, all_biases, all_f, all_h, y):\n    return [], []\n"


@dataclass(frozen=True, slots=True)
class Upload:
    """A submitted file, with the names sent along."""

    assignment: str
    student: str
    course: str | None
    filename: str
    source: bytes


class _Fields(RequestModel):
    assignment: Name = Field(description="The id of the assignment.")
    student: Name = Field(description="The student, by any id that your portal uses; shown only to staff.")
    course: OwnCourse = None


def _only(name: str) -> dict[str, Any]:
    """Return JSON Schema that requires this field and forbids the other."""
    properties = {field: {"type": "string" if field == name else "null"} for field in ("source", "source_base64")}
    return {"required": [name], "properties": properties}


class SubmissionRequest(_Fields):
    """A submission as JSON, with `source`, or `source_base64` if the file is not text."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [_only("source"), _only("source_base64")],
            "example": _EXAMPLE | {"filename": "answer.py", "source": _ANSWER},
        }
    )

    filename: FileName = Field(
        description="The name of the file: .ipynb for a notebook, .py for a Python file, .zip for a package."
    )
    source: str | None = Field(default=None, description="The text of the file.")
    source_base64: Annotated[str, Field(pattern=_BASE64)] | None = Field(
        default=None, description="The bytes of the file in base64."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.source is None) == (self.source_base64 is None):
            raise ValueError("send either source or source_base64")
        return self


class SubmissionForm(_Fields, Query):
    """A submission as a form with a file."""

    model_config = ConfigDict(json_schema_extra={"example": _EXAMPLE | {"file": _ANSWER}})

    file: str = Field(
        description="The notebook or Python file, or a ZIP archive if the assignment accepts one.",
        json_schema_extra={"format": "binary"},
    )


def read_upload() -> Upload:
    """Read the upload of the current request. Raises Problem with what is wrong with it."""
    request.max_content_length = service().settings.max_bytes
    if request.mimetype == "application/json":
        return _from_json(json_body(SubmissionRequest, flat=True))
    if request.mimetype == "multipart/form-data":
        return _from_form()
    raise Problem(UNSUPPORTED_MEDIA_TYPE, "the body must be application/json or multipart/form-data")


def _from_json(body: SubmissionRequest) -> Upload:
    try:
        source = b64decode(body.source_base64 or "", validate=True) if body.source is None else body.source.encode()
    except binascii.Error as error:
        raise invalid("/source_base64", str(error)) from None
    return Upload(body.assignment, body.student, body.course, body.filename, source)


def _from_form() -> Upload:
    if not request.form and not request.files:
        # werkzeug returns a form without fields if it cannot read the body.
        raise Problem(MALFORMED, "the body is not valid multipart/form-data, or is cut off")
    repeated = [name for name in request.form if len(request.form.getlist(name)) > 1 or name in request.files]
    repeated += [name for name in request.files if len(request.files.getlist(name)) > 1]
    if repeated:
        raise invalid(f"/{repeated[0]}", "given more than once")
    values: dict[str, Any] = {**request.form, **request.files}
    file = request.files.get("file")
    if "file" in values and file is None:
        raise invalid("/file", "must be a file, with a filename")
    # pydantic need not see the content of the file.
    fields = validate(SubmissionForm, values if file is None else values | {"file": ""}, "pointer")
    if file is None:
        raise invalid("/file", "is missing")
    # Some browsers send the folders, too.
    name = (file.filename or "").rpartition("/")[2]
    filename = validate(_File, {"file": name}, "pointer").file
    return Upload(fields.assignment, fields.student, fields.course, filename, file.stream.read())


class _File(RequestModel):
    file: FileName
