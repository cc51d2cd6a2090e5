"""`backmark assignment publish` against a scripted server."""

import json
from typing import Any

from tests.client.running import command
from tests.client.scripted import TOKEN, Answer, serve_script


def publication(course: str) -> dict[str, Any]:
    return {
        "id": "p1",
        "course": course,
        "assignment": "cs231n-relu",
        "toml": "",
        "fresh": 0,
        "state": "done",
        "created_at": "2026-01-02T03:04:05.678Z",
        "revision": "r1",
    }


def test_the_course_is_asked_for_and_named() -> None:
    with serve_script(Answer(202, publication("nn-2027"))) as server:
        variables = {"BACKMARK_URL": server.url, "BACKMARK_TOKEN": TOKEN}
        process = command(variables, "assignment", "publish", "cs231n-relu", "--course", "nn-2027")
    assert (process.returncode, process.stdout) == (0, "cs231n-relu: published in nn-2027 as revision r1\n")
    assert json.loads(server.asked[0].body)["course"] == "nn-2027"


def test_without_a_course_the_token_s_own_is_named() -> None:
    with serve_script(Answer(202, publication("house"))) as server:
        process = command({"BACKMARK_URL": server.url, "BACKMARK_TOKEN": TOKEN}, "assignment", "publish", "cs231n-relu")
    assert process.stdout == "cs231n-relu: published in house as revision r1\n"
    assert "course" not in json.loads(server.asked[0].body)
