"""Lists that are sent as a page of JSON, or as a whole table for spreadsheets."""

from typing import Literal

from flask import request
from pydantic import Field

from backmark.grader.web.http.problems import NOT_ACCEPTABLE, Problem
from backmark.grader.web.http.schemas import CSV, JSON, Query


class TableQuery(Query):
    """The query of a list that is a table, too."""

    format: Literal["json", "csv"] | None = Field(
        default=None, description="A page as JSON, or the whole list as CSV; by default, the format that Accept names."
    )


def wants_table(format_name: str | None) -> bool:
    """Return True if a request asks for CSV. Raises Problem if it takes neither that nor JSON."""
    if format_name is not None or not request.accept_mimetypes:
        return format_name == "csv"
    best = request.accept_mimetypes.best_match([JSON, CSV])
    if best is None:
        raise Problem(NOT_ACCEPTABLE, f"this is available as {JSON} and {CSV}")
    return bool(best == CSV)
