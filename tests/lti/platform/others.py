"""A platform by other authors, `lti1p3platform`, as a WSGI application: tokens, a line item, members."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request as OtherRequest
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService
from werkzeug.wrappers import Request, Response

from tests.lti.platform.gradebook import LEARNER
from tests.lti.platform.wire import make_pair


class OtherPlatform:
    """A platform with one line item and two members; `scores` has what it took."""

    def __init__(self, url: str, tool_keys: Callable[[], dict[str, Any]]) -> None:
        self.url = url
        self.scores: list[dict[str, Any]] = []
        self._configuration = _Configuration(url=url, tool_keys=tool_keys)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        self._configuration.get_registration()
        if request.path == "/token":
            response = _json(self._configuration.get_access_token(request.form.to_dict()))
        else:
            service = _Grades if request.path.endswith("/scores") else _Roster
            answer = service(self, request).answer()
            response = _json(answer.result, answer.code, answer.media_type)
        return response(environ, start_response)

    @property
    def configuration(self) -> LTI1P3PlatformConfAbstract:
        """What the library keeps of a platform."""
        return self._configuration


class _Configuration(LTI1P3PlatformConfAbstract):  # type: ignore[misc] # the library has no types for us
    def init_platform_config(self, **options: Any) -> None:
        self.url, self.tool_keys, self.pair = options["url"], options["tool_keys"], make_pair()

    def get_registration_by_params(self, **_: Any) -> Registration:
        registration = Registration().set_iss(self.url).set_client_id("client-1")
        registration.set_platform_private_key(self.pair[0]).set_platform_public_key(self.pair[1])
        return registration.set_tool_key_set(self.tool_keys())


class _Asked(OtherRequest):  # type: ignore[misc] # the library has no types for us
    def build_metadata(self, request: Request) -> dict[str, Any]:
        body = request.get_json(force=True) if request.method == "POST" else None
        return {"method": request.method, "headers": request.headers, "get_data": {}, "json": body}


class _Grades(AssignmentsGradesService):  # type: ignore[misc] # the library has no types for us
    def __init__(self, platform: OtherPlatform, request: Request) -> None:
        super().__init__(_Asked(request), platform.configuration, f"{platform.url}/lineitems")
        self.platform = platform

    def answer(self) -> Any:
        return self.handle_resp(self.handle_update_score, line_item_id="1")

    def update_score(self, line_item_id: str, score: dict[str, Any]) -> UpdateScoreStatus:
        assert line_item_id == "1"
        self.platform.scores.append(score)
        return UpdateScoreStatus.SUCCESS

    def find_lineitems(self, **_: Any) -> Any: ...
    def find_lineitem(self, line_item_id: str) -> Any: ...
    def create_lineitem(self, creation_data: Any) -> Any: ...
    def update_lineitem(self, update_data: Any) -> Any: ...
    def delete_lineitem(self, line_item_id: str) -> None: ...
    def get_results(self, line_item_id: str, **_: Any) -> Any: ...


class _Roster(NamesRoleProvisioningService):  # type: ignore[misc] # the library has no types for us
    def __init__(self, platform: OtherPlatform, request: Request) -> None:
        super().__init__(_Asked(request), platform.configuration, f"{platform.url}/members")

    def answer(self) -> Any:
        return self.handle_resp(self.handle_get_members)

    def get_context_by_id(self) -> Context:
        return Context("course-1", "NN", "Neural networks")

    def get_member_data_page(self, **_: Any) -> dict[str, Any]:
        members = [{"user_id": name, "roles": [LEARNER], "status": "Active", "name": name} for name in ("7", "8")]
        return {"content": members, "has_next": False}

    def clean_members(self, members: Any) -> Any:
        return members

    def is_resource_link_valid(self, context_id: str, resource_link_id: str) -> bool:
        return bool(context_id and resource_link_id)


def _json(content: Any, status: int = 200, media_type: str = "application/json") -> Response:
    return Response(json.dumps(content), status, content_type=media_type)
