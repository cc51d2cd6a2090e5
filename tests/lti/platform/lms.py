"""An LMS for tests, written from the standards: courses, people, links, keys, sign-in, registration, deep linking.

`Lms.app` is its WSGI application, for a server of the test; what it knows is in its fields, which a test may change.
Gradebook and roster are in files of their own.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

import jwt
from flask import Flask, Response, jsonify, request
from jwcrypto.jwk import JWK

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
INSTRUCTOR, LEARNER, MENTOR = (f"{MEMBERSHIP}#{name}" for name in ("Instructor", "Learner", "Mentor"))
ASSISTANT = f"{MEMBERSHIP}/Instructor#TeachingAssistant"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
ADMINISTRATOR = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"

Claims = dict[str, Any]


@dataclass(slots=True)
class Key:
    """A key pair of the LMS."""

    pair: JWK = field(default_factory=lambda: JWK.generate(kty="RSA", size=2048, kid=secrets.token_hex(8)))

    @property
    def id(self) -> str:
        """Its name."""
        return str(self.pair["kid"])

    def public(self) -> dict[str, Any]:
        """As it is published."""
        return {**json.loads(self.pair.export_public()), "alg": "RS256", "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A signed message."""
        pem = self.pair.export_to_pem(private_key=True, password=None)
        return jwt.encode(dict(claims), pem, algorithm="RS256", headers={"kid": self.id, **header})


@dataclass(slots=True)
class Person:
    """Somebody in the LMS."""

    sub: str
    name: str
    roles: list[str]


@dataclass(slots=True)
class Link:
    """A link to the tool in a course."""

    id: str
    course: str
    title: str = "Homework"
    custom: dict[str, str] = field(default_factory=dict)
    #: The address of its column of the gradebook.
    line_item: str | None = None
    maximum: float = 100.0


@dataclass(slots=True)
class Tool:
    """The tool, as the LMS has it registered."""

    client_id: str
    login_url: str
    launch_url: str
    keys_url: str = ""


@dataclass
class Lms:
    """The LMS."""

    url: str
    #: The address by which servers reach it, where that is another than browsers'.
    service_url: str = ""
    #: Reads the tool's public keys from their address.
    fetch: Callable[[str], Any] = field(default=lambda _url: {"keys": []})
    family: str = "moodle"
    deployment: str = "deployment-1"
    key: Key = field(default_factory=Key)
    tool: Tool | None = None
    people: dict[str, Person] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    courses: dict[str, str] = field(default_factory=lambda: {"course-1": "Neural networks"})
    #: Earlier courses that a course was copied from.
    history: dict[str, str] = field(default_factory=dict)
    #: When links are due, as the LMS writes it.
    due: dict[str, str] = field(default_factory=dict)
    #: Answers of the tool to deep linking, verified.
    returned: list[Claims] = field(default_factory=list)
    registrations: list[dict[str, Any]] = field(default_factory=list)
    #: Changes the claims of every launch; for tests of what a tool must refuse.
    change: Callable[[Claims], Claims] = field(default=lambda claims: claims)
    #: True if a person has to press a button before the message is posted to the tool.
    pauses: bool = False
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        """Make the application."""
        self.service_url = self.service_url or self.url
        self.app = Flask(f"lms-{id(self)}")
        for rule, view, methods in (
            ("/openid-configuration", self.show_configuration, ["GET"]),
            ("/register", self.register, ["POST"]),
            ("/keys", self.show_keys, ["GET"]),
            ("/auth", self.authenticate, ["GET", "POST"]),
            ("/deep-link-return", self.take_content, ["POST"]),
            ("/page", self.show_page, ["GET"]),
        ):
            self.app.add_url_rule(rule, view_func=view, methods=methods)

    def enrol(self, sub: str, name: str, *roles: str) -> Person:
        """Somebody new, a learner unless other roles are given."""
        self.people[sub] = Person(sub, name, list(roles or (LEARNER,)))
        return self.people[sub]

    def add_link(self, link: Link) -> Link:
        """A new link in a course."""
        self.links[link.id] = link
        return link

    # What begins a launch.

    def login_request(self, person: str, link: str | None, course: str = "course-1") -> dict[str, str]:
        """The parameters by which the LMS begins a launch; without a link it asks to choose content."""
        tool = self._tool()
        hint = {"link": link} if link else {"choose": course}
        return {
            "iss": self.url,
            "login_hint": person,
            "target_link_uri": tool.launch_url,
            "lti_message_hint": json.dumps(hint),
            "client_id": tool.client_id,
            "lti_deployment_id": self.deployment,
        }

    def show_page(self) -> str:
        """The page of a course, with the tool in a frame."""
        query = self.login_request(request.args["person"], request.args.get("link"))
        address = f"{self._tool().login_url}?{urlencode(query)}"
        return (
            "<!doctype html><html lang=en><title>LMS</title><h1>The course</h1>"
            f'<iframe title="tool" style="width: 100%; height: 800px" src="{escape(address)}"></iframe>'
        )

    def authenticate(self) -> Response:
        """Sign in, as the standard has it: the message is posted to the tool by the browser."""
        query = request.values.to_dict()
        fields = self.answer(query)
        inputs = "".join(f'<input type=hidden name="{name}" value="{escape(text)}">' for name, text in fields.items())
        script = "" if self.pauses else "<script>document.forms[0].submit()</script>"
        form = f'<form method=post action="{escape(query["redirect_uri"])}">{inputs}</form>'
        return Response(f"<!doctype html>{form}{script}", mimetype="text/html")

    def answer(self, query: Mapping[str, str]) -> dict[str, str]:
        """The fields that are posted to the tool."""
        tool = self._tool()
        assert query["client_id"] == tool.client_id
        assert query["redirect_uri"] == tool.launch_url
        assert (query["scope"], query["response_type"], query["response_mode"]) == ("openid", "id_token", "form_post")
        claims = self.claims(query["login_hint"], json.loads(query["lti_message_hint"]), query["nonce"])
        return {"state": query["state"], "id_token": self.key.sign(self.change(claims))}

    def claims(self, person: str, hint: Mapping[str, str], nonce: str) -> Claims:
        """The claims of a launch."""
        member, now = self.people[person], int(time.time())
        course = hint.get("choose") or self.links[hint["link"]].course
        common = {
            "iss": self.url,
            "aud": self._tool().client_id,
            "sub": member.sub,
            "name": member.name,
            "nonce": nonce,
            "iat": now,
            "exp": now + 3600,
            f"{LTI}version": "1.3.0",
            f"{LTI}deployment_id": self.deployment,
            f"{LTI}target_link_uri": self._tool().launch_url,
            f"{LTI}roles": member.roles,
            f"{LTI}context": {"id": course, "title": self.courses[course], "type": []},
            f"{LTI}launch_presentation": {"return_url": f"{self.url}/page", "document_target": "iframe"},
            f"{LTI}tool_platform": {"guid": "1", "product_family_code": self.family, "name": "Test LMS"},
        }
        return common | (self._link_claims(self.links[hint["link"]]) if "link" in hint else self._choice_claims())

    def _link_claims(self, link: Link) -> Claims:
        substitutions = {
            "$ResourceLink.submission.endDateTime": self.due.get(link.id, ""),
            "$Context.id.history": self.history.get(link.course, ""),
        }
        claims: Claims = {
            f"{LTI}message_type": "LtiResourceLinkRequest",
            f"{LTI}resource_link": {"id": link.id, "title": link.title},
            f"{LTI}custom": {name: substitutions.get(value) or value for name, value in link.custom.items()},
            "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": {
                "context_memberships_url": f"{self.service_url}/memberships/{link.course}",
                "service_versions": ["2.0"],
            },
        }
        if link.line_item:
            claims["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"] = {
                "scope": [
                    "https://purl.imsglobal.org/spec/lti-ags/scope/score",
                    "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly",
                ],
                "lineitem": link.line_item,
            }
        return claims

    def _choice_claims(self) -> Claims:
        return {
            f"{LTI}message_type": "LtiDeepLinkingRequest",
            f"{DL}deep_linking_settings": {
                "deep_link_return_url": f"{self.url}/deep-link-return",
                "accept_types": ["ltiResourceLink"],
                "accept_presentation_document_targets": ["iframe"],
                "accept_multiple": False,
                "data": "of the LMS's own",
            },
        }

    # What the tool's server and the browser ask.

    def show_keys(self) -> Response:
        """The public keys."""
        return jsonify({"keys": [self.key.public()]})

    def show_configuration(self) -> Response:
        """The LMS, as it describes itself to a tool that registers."""
        return jsonify(
            {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": f"{self.service_url}/token",
                "jwks_uri": f"{self.service_url}/keys",
                "registration_endpoint": f"{self.service_url}/register",
                "https://purl.imsglobal.org/spec/lti-platform-configuration": {
                    "product_family_code": self.family,
                    "version": "1",
                    "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
                },
            }
        )

    def register(self) -> Response:
        """Register a tool."""
        body = request.get_json()
        self.registrations.append({"authorization": request.headers.get("Authorization"), **body})
        client_id = secrets.token_hex(8)
        self.tool = Tool(client_id, body["initiate_login_uri"], body["redirect_uris"][0], body["jwks_uri"])
        return jsonify({**body, "client_id": client_id})

    def take_content(self) -> str:
        """Take what the tool chose: a signed message, from which a link is made."""
        claims = self.verify_message(request.form["JWT"])
        assert claims[f"{LTI}message_type"] == "LtiDeepLinkingResponse"
        assert claims[f"{DL}data"] == "of the LMS's own"
        self.returned.append(claims)
        for item in claims[f"{DL}content_items"]:
            name = f"link-{len(self.links) + 1}"
            column = item.get("lineItem")
            link = Link(name, "course-1", item["title"], dict(item.get("custom", {})))
            if column:
                link.line_item, link.maximum = f"{self.service_url}/lineitems/{name}", column["scoreMaximum"]
            self.add_link(link)
        return "<!doctype html><title>LMS</title><p>added</p>"

    def verify_message(self, message: str) -> Claims:
        """The claims of a message that the tool signed for this LMS."""
        tool = self._tool()
        key_id = jwt.get_unverified_header(message)["kid"]
        key = next(key for key in self.fetch(tool.keys_url)["keys"] if key["kid"] == key_id)
        claims: Claims = jwt.decode(
            message, jwt.PyJWK(key), algorithms=["RS256"], audience=self.url, issuer=tool.client_id
        )
        assert claims[f"{LTI}deployment_id"] == self.deployment
        return claims

    def _tool(self) -> Tool:
        assert self.tool is not None, "no tool is registered"
        return self.tool
