"""An LMS by other authors, `lti1p3platform`: another reading of the standards than ours."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask, jsonify, request
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from pylti1p3.dynamic_registration import generate_key_pair
from pylti1p3.service_connector import ServiceConnector

from backmark.grader.lti.identity import course_name, platform_id
from backmark.grader.lti.tool_keys import ToolKeys
from backmark.grader.model.lti import Platform
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web.lti.connections import new_session
from tests.lti.browsing import FRAME, HTML, PUBLIC
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.lms import INSTRUCTOR, LEARNER
from tests.lti.platform.serving import serve_app

ISSUER, CLIENT = "https://other-lms.example", "by-others"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


class _Conf(LTI1P3PlatformConfAbstract):  # type: ignore[misc] # the library has no types
    def init_platform_config(self, **kwargs: Any) -> None:
        self._registration = kwargs["registration"]

    def get_registration_by_params(self, **_kwargs: Any) -> Any:
        return self._registration


class _Login(OIDCLoginAbstract):  # type: ignore[misc] # as above
    def set_lti_message_hint(self, **kwargs: Any) -> None:
        self._lti_message_hint = kwargs["hint"]

    def get_redirect(self, url: str) -> str:
        return url


class _Request(Request):  # type: ignore[misc] # as above
    def build_metadata(self, request: Any) -> Any:
        return {"method": "GET", "form_data": {}, "get_data": request, "headers": {}, "path": "", "json": None}


class _Launch(LTIAdvantageMessageLaunchAbstract):  # type: ignore[misc] # as above
    def render_launch_form(self, launch_data: dict[str, Any], **_kwargs: Any) -> Any:
        return launch_data


@pytest.fixture
def conf(tool: Flask, store: Store) -> Iterator[_Conf]:
    """The LMS, with a server for its public keys and its access tokens, and the tool registered in it."""
    private, public = generate_key_pair(2048)
    registration = Registration().set_iss(ISSUER).set_client_id(CLIENT).set_deployment_id("1")
    registration.set_launch_url(f"{PUBLIC}/lti/launch").set_oidc_login_url(f"{PUBLIC}/lti/login")
    registration.set_deeplink_launch_url(f"{PUBLIC}/lti/launch")
    registration.set_platform_private_key(private).set_platform_public_key(public)
    registration.set_tool_key_set(tool.test_client().get("/lti/keys").get_json())
    conf = _Conf(registration=registration)
    app = Flask("other-lms")
    app.add_url_rule("/keys", view_func=lambda: jsonify(conf.get_jwks()))

    @app.post("/token")
    def token() -> Any:
        return jsonify(conf.get_access_token(request.form.to_dict()))

    with serve_app(app) as port:
        home = f"http://127.0.0.1:{port}"
        addresses = (f"{ISSUER}/auth", f"{home}/token", f"{home}/keys")
        store.platforms.add(Platform(platform_id(ISSUER, CLIENT), ISSUER, CLIENT, *addresses))
        yield conf


def lead_in(tool: Flask, conf: _Conf, role: str, *, is_choosing: bool = False) -> tuple[Any, Any]:
    """The client that was led in, and the answer to its launch."""
    login = _Login(None, conf)
    login.set_lti_message_hint(hint="link-1")
    client = tool.test_client()
    login_url = urlsplit(login.initiate_login("user-1"))
    response = client.get(f"{login_url.path}?{login_url.query}", base_url=PUBLIC, headers=HTML | FRAME)
    assert response.location.startswith(f"{ISSUER}/auth?"), response.text
    launch = _Launch(_Request(dict(parse_qsl(urlsplit(response.location).query))), conf)
    launch.set_user_data("user-1", [role], full_name="Ada Lovelace")
    launch.set_resource_link_claim("link-1", title="Homework")
    launch.set_launch_context_claim("course-1", context_title="Neural networks")
    launch.set_custom_parameters_claim({"assignment": ASSIGNMENT})
    launch.set_ags(f"{ISSUER}/items", f"{ISSUER}/items/1")
    launch.set_nrps(f"{ISSUER}/members")
    if is_choosing:
        launch.set_dl(f"{ISSUER}/back", extra_data={"of": "the LMS"})
    fields = launch.lti_launch()
    form_data = {name: fields[name] for name in ("state", "id_token")}
    return client, client.post("/lti/launch", data=form_data, base_url=PUBLIC, headers=HTML | FRAME)


def test_a_student_of_another_lms_comes_in(tool: Flask, conf: _Conf, store: Store) -> None:
    _client, answer = lead_in(tool, conf, LEARNER)
    assert answer.status_code == 303, answer.text
    course = course_name(platform_id(ISSUER, CLIENT), "1", "course-1")
    user = store.launches.user(course, "user-1")
    assert user is not None
    assert user.name == "Ada Lovelace"
    assert [item.url for item in store.line_items.of(course, ASSIGNMENT)] == [f"{ISSUER}/items/1"]


def test_another_lms_takes_what_its_staff_choose(tool: Flask, conf: _Conf) -> None:
    client, offer = lead_in(tool, conf, INSTRUCTOR, is_choosing=True)
    request_field = re.search(r'name="request" value="([^"]+)"', offer.text)
    assert request_field is not None, offer.text
    form_data = {"request": request_field[1], "assignment": ASSIGNMENT}
    response = client.post("/lti/deep-link", data=form_data, base_url=PUBLIC, headers=HTML | FRAME)
    message = re.search(r'name="JWT" value="([^"]+)"', response.text)
    assert message is not None, response.text
    (item,) = conf.validate_deeplinking_resp({"JWT": unescape(message[1])})
    assert item["custom"]["assignment"] == ASSIGNMENT
    assert item["lineItem"]["scoreMaximum"] == 10


def test_another_lms_gives_an_access_token_for_our_key(
    tool: Flask, conf: _Conf, store: Store, settings: ServiceSettings
) -> None:
    (platform,) = store.platforms.all()

    class Connector(ServiceConnector):
        """The library's, without a memory."""

        def _get_cached_access_token(self, scope_key: str) -> str | None:  # noqa: ARG002
            return None

        def _cache_access_token(self, scope_key: str, access_token: str, expires_in: float) -> None:
            """Keep nothing."""

    with tool.app_context():
        connector = Connector(ToolKeys(store, settings).registration(platform), new_session())
        assert conf.validate_token(connector.get_access_token([SCORE]), allowed_scopes=[SCORE])
