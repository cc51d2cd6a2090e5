"""One submission, followed by its request id through the logs of web server and worker, and into its callback."""

import json

import httpx

from backmark.grader.model.records import Scope
from backmark.grader.model.trace import receive
from backmark.worker.serve.embedded import free_port
from tests.service.parts import ASSIGNMENT, COURSE, EXAMPLES, Part, Service, until
from tests.store.making import make_notification
from tests.worker.receivers import run_receiver

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
JSON = {"BACKMARK_LOG_FORMAT": "json"}


def lines(part: Part, request_id: str) -> list[dict[str, object]]:
    """The lines of a part that name the request."""
    every = [json.loads(line) for line in part.log.read_text(encoding="utf-8").splitlines()]
    return [line for line in every if line.get("request_id") == request_id]


def test_a_submission_is_followed_by_its_request_id(service: Service) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    with run_receiver() as receiver:
        receivers = {"BACKMARK_CALLBACK_HTTP": "true", "BACKMARK_CALLBACK_NETWORKS": '["127.0.0.0/8"]'}
        web = service.start("web", "--bind", url.removeprefix("http://"), **JSON)
        worker = service.worker(1, **JSON)
        sweeper = service.start("sweeper", **JSON, **receivers)
        make_notification(service.store, receiver.url, course=COURSE)
        _, token = service.store.tokens.create("portal", COURSE, {Scope.SUBMIT})
        client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        until(lambda: web.process.poll() is None and _answers(client), "the web server answers")
        (right,) = (file for file in EXAMPLES if file.name == "right.ipynb")
        answer = client.post(
            "/api/v1/submissions",
            data={"assignment": ASSIGNMENT, "student": "ada"},
            files={"file": (right.name, right.read_bytes())},
            headers={"X-Request-ID": "r-17", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"},
        )
        client.close()
        assert answer.status_code == 202, answer.text
        job = f"submission {answer.json()['id']}"
        until(lambda: receiver.got, "the notification came")
        until(lambda: lines(sweeper, "r-17"), "the notification is logged")
    request, grading, notification = (lines(part, "r-17") for part in (web, worker, sweeper))
    assert [(line["part"], line["message"], line["job"]) for line in (*request, *grading, *notification)] == [
        ("web", "request answered", job),
        ("worker", "job done", job),
        ("sweeper", "notification attempted", job),
    ]
    assert (request[0]["status"], grading[0]["outcome"], notification[0]["status"]) == (202, "passed", 204)
    headers = receiver.got[0].headers
    assert headers["x-request-id"] == "r-17"
    assert TRACE in receive(None, headers["traceparent"]).traceparent


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False
