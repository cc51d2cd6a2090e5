"""The documentation: complete, served, and readable without anybody else's scripts."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from pydantic import TypeAdapter

from backmark.grader.model.assignment import Feedback, Level
from backmark.grader.model.result import read_verdict
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.web.http.problems import KINDS, ProblemKind
from backmark.grader.web.http.resource import PREFIX
from tests.web.asking import Asker
from tests.web.verdicts import failing_verdict, passing_verdict


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.slug)
def test_every_type_of_problem_has_a_page(app: Flask, kind: ProblemKind) -> None:
    answer = app.test_client().get(kind.type)
    assert (answer.status_code, kind.title in answer.text) == (200, True)
    assert kind.title in app.test_client().get("/problems").text


def test_the_document_is_openapi_3_1_and_needs_no_token(app: Flask) -> None:
    response = app.test_client().get(f"{PREFIX}/openapi.json")
    document = response.get_json()
    assert document["openapi"].startswith("3.1.")
    assert set(document["paths"]) >= {f"{PREFIX}/submissions", f"{PREFIX}/tokens", "/readyz"}
    repeat = app.test_client().get(f"{PREFIX}/openapi.json", headers={"If-None-Match": response.headers["ETag"]})
    assert repeat.status_code == 304


def test_every_reference_of_the_document_leads_somewhere(app: Flask) -> None:
    response = app.test_client().get(f"{PREFIX}/openapi.json")
    names = set(re.findall(r"#/components/schemas/([\w.-]+)", response.text))
    assert names <= set(response.get_json()["components"]["schemas"])


def test_every_operation_needs_a_token_but_those_that_say_if_the_service_lives(app: Flask) -> None:
    document = app.test_client().get(f"{PREFIX}/openapi.json").get_json()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert ("security" in operation) == (path not in {"/healthz", "/readyz"}), (method, path)


def test_the_page_runs_scripts_of_this_server_only(app: Flask) -> None:
    client = app.test_client()
    page = client.get(f"{PREFIX}/docs", buffered=True)
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=|https?://", page.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        if not address.startswith("data:"):
            place = address if address.startswith("/") else f"{PREFIX}/{address}"
            assert client.get(place, buffered=True).status_code == 200, place


def test_assets_are_those_of_the_page_only(app: Flask) -> None:
    assert app.test_client().get(f"{PREFIX}/docs/../../../pyproject.toml").status_code == 404
    assert app.test_client().get(f"{PREFIX}/docs/%2e%2e/__init__.py").status_code == 404


@pytest.mark.parametrize("level", [None, *Level])
@pytest.mark.parametrize("result", [passing_verdict(), failing_verdict()])
def test_a_verdict_is_as_documented(app: Flask, result: dict[str, Any], level: Level | None) -> None:
    verdict = read_verdict(result)
    text = json.dumps((verdict if level is None else disclose(verdict, Feedback.always(level), 1)).as_dict())
    document = app.test_client().get(f"{PREFIX}/openapi.json").get_json()
    documented_schema = document["components"]["schemas"]["Verdict"]
    assert set(documented_schema["required"]) == set(documented_schema["properties"]) - {"level"}
    assert json.loads(text).keys() - {"level"} == set(documented_schema["required"])
    assert TypeAdapter(Verdict).validate_json(text) == read_verdict(json.loads(text))


def test_problems_are_explained_where_their_type_says(portal: Asker) -> None:
    problem = portal.get("/nothing").get_json()
    assert portal.get(f"/{problem['type']}").status_code == 200
