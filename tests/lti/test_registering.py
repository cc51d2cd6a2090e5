"""Registration of platforms: by a one-time invitation, and by hand; never in place of another, never inwards."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from backmark.grader.lti.identity import platform_id
from backmark.grader.lti.tool_keys import AHEAD, ToolKeys
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.worker.cli.main import main
from tests.lti.browsing import PUBLIC, TAB, LtiBrowser
from tests.lti.conftest import ASSIGNMENT
from tests.lti.platform.lms import INSTRUCTOR, Link, Lms


@pytest.fixture
def run(settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch, store: Store) -> "Runner":
    """Runs `backmark service lti` on the test's Redis."""
    assert store is not None
    monkeypatch.setenv("BACKMARK_REDIS_URL", settings.redis_url.get_secret_value())
    monkeypatch.setenv("BACKMARK_SECRET", settings.secret.get_secret_value() if settings.secret else "")
    monkeypatch.setenv("BACKMARK_PUBLIC_URL", PUBLIC)
    return Runner()


class Runner:
    """Runs `backmark service lti`."""

    def __call__(self, *words: str) -> Result:
        """The result of a command."""
        return CliRunner().invoke(main, ["service", "lti", *words])


def open_invitation(tool: Flask, lms: Lms, address: str, **query: str) -> tuple[int, str]:
    """The page of an invitation, as an LMS opens it."""
    parameters = {"openid_configuration": f"{lms.url}/openid-configuration", "registration_token": "of-lms"} | query
    path = address.removeprefix(PUBLIC)
    answer = tool.test_client().get(path, query_string=parameters, base_url=PUBLIC, headers={"Accept": "text/html"})
    return answer.status_code, answer.text


def test_an_invitation_registers_one_lms_and_its_students_come_in(
    tool: Flask, served_lms: list[Lms], store: Store, run: Runner
) -> None:
    lms = Lms(served_lms[-1].url, family="canvas")
    served_lms[-1] = lms
    address = run("invite").stdout.strip()
    assert address.startswith(f"{PUBLIC}/lti/register/")
    status, text = open_invitation(tool, lms, address)
    assert (status, "Backmark is registered" in text) == (200, True), text
    (body,) = lms.registrations
    assert body["authorization"] == "Bearer of-lms"
    assert body["initiate_login_uri"] == f"{PUBLIC}/lti/login"
    assert "lti-ags/scope/score" in body["scope"]
    (platform,) = store.platforms.all()
    assert (platform.issuer, platform.client_id, platform.family) == (lms.url, lms._tool().client_id, "canvas")
    lms.enrol("7", "Ada")
    lms.add_link(Link("link-1", "course-1", custom={"assignment": ASSIGNMENT}))
    assert LtiBrowser.open_new(tool, lms).launch("7", "link-1").location.startswith("/hand-in/")
    status, text = open_invitation(tool, lms, address)
    assert (status, "was used before" in text) == (403, True)
    assert f"{platform.id}  {lms.url} (canvas)" in run("list").stdout
    assert "deployment deployment-1  since" in run("list").stdout


@pytest.mark.parametrize("family", ["canvas", "moodle", None])
def test_canvas_is_asked_for_assignments_only(
    tool: Flask, served_lms: list[Lms], store: Store, run: Runner, family: str | None
) -> None:
    """Canvas offers a message without a placement among the links of modules, which have no column."""
    lms = Lms(served_lms[-1].url, family=family)  # type: ignore[arg-type] # null
    served_lms[-1] = lms
    assert open_invitation(tool, lms, run("invite").stdout.strip())[0] == 200
    messages = lms.registrations[0]["https://purl.imsglobal.org/spec/lti-tool-configuration"]["messages"]
    placements = [message.get("placements") for message in messages]
    assert placements == ([["assignment_selection"]] if family == "canvas" else [None, ["assignment_selection"]])
    assert store.platforms.all()[0].family == (family or "")


def test_an_address_without_an_lms_s_query_uses_no_invitation_up(
    tool: Flask, served_lms: list[Lms], run: Runner
) -> None:
    address = run("invite").stdout.strip()
    status, text = open_invitation(tool, served_lms[-1], address, openid_configuration="")
    assert (status, "This address is for an LMS" in text) == (403, True)
    assert open_invitation(tool, served_lms[-1], address)[0] == 200


def test_no_invitation_is_made_to_an_address_without_tls(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKMARK_PUBLIC_URL", "http://backmark.example.edu")
    refusal = run("invite")
    assert (refusal.exit_code, "must begin with https://" in refusal.stderr) == (2, True)
    assert refusal.stdout == ""


def test_an_invented_invitation_makes_no_request(tool: Flask, served_lms: list[Lms], store: Store) -> None:
    before = len(served_lms[-1].registrations)
    assert open_invitation(tool, served_lms[-1], f"{PUBLIC}/lti/register/guess")[0] == 403
    assert (len(served_lms[-1].registrations), store.platforms.all()) == (before, [])


@pytest.mark.parametrize(
    "address",
    ["http://10.0.0.1/openid", "http://169.254.169.254/latest", "http://[::1]:8000/", "file:///etc/passwd", "x"],
)
def test_no_registration_makes_the_server_ask_inwards(
    address: str, tool: Flask, served_lms: list[Lms], store: Store, run: Runner
) -> None:
    status, text = open_invitation(tool, served_lms[-1], run("invite").stdout.strip(), openid_configuration=address)
    assert (status, "cannot be registered" in text) == (403, True)
    assert "The invitation is still valid" in text
    assert store.platforms.all() == []


def test_a_registration_that_failed_uses_no_invitation_up(tool: Flask, served_lms: list[Lms], run: Runner) -> None:
    lms = Lms(served_lms[-1].url)
    served_lms[-1] = lms
    address = run("invite").stdout.strip()
    works = lms.app.view_functions["register"]
    lms.app.view_functions["register"] = lambda: ("{}", 500)
    assert open_invitation(tool, lms, address)[0] == 403
    lms.app.view_functions["register"] = works
    assert open_invitation(tool, lms, address)[0] == 200
    assert open_invitation(tool, lms, address)[0] == 403


def test_an_invitation_ends_when_ten_registrations_failed(tool: Flask, served_lms: list[Lms], run: Runner) -> None:
    """Each asks addresses that whoever has the invitation names."""
    address = run("invite").stdout.strip()
    texts = [open_invitation(tool, served_lms[-1], address, openid_configuration="https://x")[1] for _ in range(11)]
    assert ["still valid" in text for text in texts] == [*[True] * 9, False, False]
    assert "The invitation is used up" in texts[9]
    assert "was used before" in texts[10]


@pytest.mark.parametrize("field", ["token_endpoint", "jwks_uri", "authorization_endpoint", "registration_endpoint"])
def test_addresses_that_a_registration_names_are_checked(
    field: str, tool: Flask, served_lms: list[Lms], store: Store, run: Runner
) -> None:
    lms = Lms(served_lms[-1].url)
    served_lms[-1] = lms
    good_configuration = lms.app.test_client().get("/openid-configuration").get_json()
    bad_value = "ftp://x" if field != "registration_endpoint" else "http://10.0.0.1/register"
    lms.app.view_functions["show_configuration"] = lambda: {**good_configuration, field: bad_value}
    status, text = open_invitation(tool, lms, run("invite").stdout.strip())
    assert (status, "cannot be registered" in text) == (403, True)
    assert store.platforms.all() == []


def test_a_name_that_writes_over_an_administrator_s_terminal_is_refused(
    tool: Flask, served_lms: list[Lms], store: Store, run: Runner
) -> None:
    lms = Lms(served_lms[-1].url)
    served_lms[-1] = lms
    good_configuration = lms.app.test_client().get("/openid-configuration").get_json()
    lms.app.view_functions["show_configuration"] = lambda: {**good_configuration, "issuer": "https://a.example\x1b[2J"}
    status, text = open_invitation(tool, lms, run("invite").stdout.strip())
    assert (status, "incomplete at issuer" in text) == (403, True)
    assert store.platforms.all() == []


@pytest.mark.parametrize("answer", ["[]", "null", "{}", "x", '{"issuer": 7}', "[" * 100_000])
def test_a_configuration_that_is_none_is_refused(
    answer: str, tool: Flask, served_lms: list[Lms], store: Store, run: Runner
) -> None:
    lms = Lms(served_lms[-1].url)
    served_lms[-1] = lms
    lms.app.view_functions["show_configuration"] = lambda: answer
    assert open_invitation(tool, lms, run("invite").stdout.strip())[0] == 403
    assert store.platforms.all() == []


def test_a_registration_never_replaces_another(lms: Lms, tool: Flask, store: Store, run: Runner) -> None:
    """A stranger with an invitation may name any issuer and client id, also those of an LMS that is in use."""
    known_platforms = store.platforms.all()
    lms.app.view_functions["register"] = lambda: {"client_id": "client-1"}
    status, text = open_invitation(tool, lms, run("invite").stdout.strip())
    assert (status, "Nothing was changed" in text) == (403, True)
    assert store.platforms.all() == known_platforms


def test_an_lms_that_was_set_up_by_hand_is_added_by_a_command(store: Store, run: Runner) -> None:
    assert run("add", "--client-id", "10000000000001", "--canvas").exit_code == 0
    assert run("add", "--client-id", "abc", "--moodle", "https://moodle.example.edu/").exit_code == 0
    moodle = next(platform for platform in store.platforms.all() if platform.family == "moodle")
    assert (moodle.issuer, moodle.keys_url) == (
        "https://moodle.example.edu",
        "https://moodle.example.edu/mod/lti/certs.php",
    )
    assert "is registered already" in run("add", "--client-id", "abc", "--moodle", "https://moodle.example.edu").output
    assert "--token-url, --keys-url" in run("add", "--client-id", "1", "--issuer", "x", "--login-url", "y").output
    assert (
        "cannot be combined"
        in run("add", "--client-id", "1", "--canvas", "--moodle", "https://moodle.example.edu").output
    )
    wrong = run("add", "--client-id", "1", "--moodle", "http://moodle.example.edu")
    assert "it should start with https://" in wrong.output


def test_a_platform_can_be_switched_off_in_part_and_removed(store: Store, run: Runner) -> None:
    name = run("add", "--client-id", "abc", "--moodle", "https://moodle.example.edu").stdout.strip()
    assert run("disable", name, "3").exit_code == 0
    assert "deployment 3  never launched, disabled" in run("list").stdout
    assert run("enable", name, "3").exit_code == 0
    assert "disabled" not in run("list").stdout
    assert run("disable", "unknown", "3").exit_code == 2
    assert run("remove", name).exit_code == 0
    assert store.platforms.all() == []


@pytest.mark.parametrize("end", [["remove"], ["disable", "deployment-1"]], ids=lambda end: str(end[0]))
def test_staff_are_signed_out_with_their_platform_or_deployment(
    end: list[str], browser: LtiBrowser, tool: Flask, store: Store, run: Runner
) -> None:
    platform, expires = platform_id(browser.lms.url, "client-1"), store.time() + 3600
    other_token = store.tokens.create_for_launch("Tom", "lti-1", expires, platform="other", deployment="deployment-1")
    page = browser.launch("2", "link-1", TAB).location
    browser.lms.deployment = "deployment-2"
    browser.lms.links["link-1"].line_item = f"{browser.lms.url}/lineitems/2"
    browser.lms.enrol("3", "Theo Teacher", INSTRUCTOR)
    second = LtiBrowser.open_new(tool, browser.lms)
    second_page = second.launch("3", "link-1", TAB).location
    assert (browser.get(page).status_code, second.get(second_page).status_code) == (200, 200)
    assert run(end[0], platform, *end[1:]).exit_code == 0
    assert browser.get(page).status_code == 303
    assert second.get(second_page).status_code == (303 if end == ["remove"] else 200)
    assert store.tokens.valid(other_token.id) == other_token
    act = store.courses.audit(page.split("/")[2]).items[0]
    assert (act.author, act.act) == ("backmark service lti", "token.revoke")


def test_a_new_key_is_published_before_it_signs(tool: Flask, store: Store, run: Runner) -> None:
    def list_published() -> list[str]:
        return [key["kid"] for key in tool.test_client().get("/lti/keys").get_json()["keys"]]

    store.redis.delete("bm:lti-tool-keys")
    (first,) = list_published()
    assert run("rotate").exit_code == 0
    assert list_published()[0] == first
    assert len(list_published()) == 2
    assert run("rotate", "--forget").exit_code == 0
    assert first not in list_published()
    assert len(list_published()) == 1


def test_a_key_is_published_until_nothing_that_it_signed_can_be_alive(settings: ServiceSettings, store: Store) -> None:
    keys = ToolKeys(store, settings)

    def pass_time(seconds: float) -> None:
        for _, sealed in store.platforms.tool_keys():
            store.redis.zincrby("bm:lti-tool-keys", -seconds, sealed)

    def list_published() -> list[str]:
        return [key["n"] for key in keys.public_set()["keys"]]

    first = keys.signing().public
    pass_time(10 * AHEAD)
    for number in range(4):
        keys.rotate()
        pass_time(60)
        assert len(list_published()) == number + 2
    assert keys.signing().public == first
    pass_time(AHEAD)
    assert keys.signing().public != first
    assert len(list_published()) == 5
    pass_time(3600)
    assert len(list_published()) == 1
    newest = keys.signing().public
    keys.rotate()
    assert len(store.platforms.tool_keys()) == len(list_published()) == 2
    assert keys.signing().public == newest


def test_requests_that_come_first_at_once_make_one_key(settings: ServiceSettings, store: Store) -> None:
    processes = [Store.connect(settings) for _ in range(4)]
    barrier = threading.Barrier(len(processes))

    def ask(process: Store) -> str:
        barrier.wait(60)
        return ToolKeys(process, settings).signing().public

    with ThreadPoolExecutor(len(processes)) as pool:
        assert len(set(pool.map(ask, processes))) == 1
    assert len(store.platforms.tool_keys()) == 1
    for process in processes:
        process.close()


def test_canvas_s_json_names_our_addresses(tool: Flask) -> None:
    body = tool.test_client().get("/lti/config.json").get_json()
    assert body["oidc_initiation_url"] == f"{PUBLIC}/lti/login"
    assert body["public_jwk_url"] == f"{PUBLIC}/lti/keys"
    assert body["extensions"][0]["settings"]["placements"][0]["placement"] == "assignment_selection"
