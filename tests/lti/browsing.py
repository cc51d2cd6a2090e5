"""A browser without scripts between an LMS and the tool: it carries parameters, posts and cookies."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from werkzeug.test import Client, TestResponse

from tests.lti.platform.lms import Lms

PUBLIC = "https://tool.example"
HTML = {"Accept": "text/html"}
#: Of what is shown in a frame, and in a tab.
FRAME, TAB = {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Dest": "document"}


@dataclass
class LtiBrowser:
    """A browser that is signed in to an LMS."""

    lms: Lms
    client: Client

    @classmethod
    def open_new(cls, app: Flask, lms: Lms) -> "LtiBrowser":
        """One that was never here."""
        return cls(lms, app.test_client())

    def begin(self, person: str, link: str | None, **changes: str) -> dict[str, str]:
        """Begin a launch; the fields that the LMS has the browser post."""
        query = self.lms.login_request(person, link) | changes
        answer = self.client.get("/lti/login", query_string=query, base_url=PUBLIC, headers=HTML | FRAME)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.lms.url}/auth"
        return self.lms.answer(dict(parse_qsl(parts.query)))

    def post(self, fields: dict[str, str], site_headers: dict[str, str] | None = None) -> TestResponse:
        """Post a launch."""
        headers = HTML | (FRAME if site_headers is None else site_headers)
        return self.client.post("/lti/launch", data=fields, base_url=PUBLIC, headers=headers)

    def launch(self, person: str, link: str | None, site_headers: dict[str, str] | None = None) -> TestResponse:
        """Open a link of the course, or choose content: the tool's answer."""
        return self.post(self.begin(person, link), site_headers)

    def get(self, path: str, **headers: str) -> TestResponse:
        """A page, in the frame."""
        return self.client.get(path, base_url=PUBLIC, headers=HTML | FRAME | headers)

    def send(self, path: str, data: dict[str, Any], **headers: str) -> TestResponse:
        """A form, sent from the frame."""
        return self.client.post(path, data=data, base_url=PUBLIC, headers=HTML | FRAME | headers)
