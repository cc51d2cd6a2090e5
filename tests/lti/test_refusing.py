"""What a tool must refuse, each with a sentence: forged, replayed, foreign and stale launches."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from threading import Timer

import jwt
import pytest
from flask import Flask, Response

from backmark.grader.lti.identity import course_name, platform_id
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from backmark.grader.web.lti.login_state import _cookie
from tests.lti.browsing import TAB, LtiBrowser
from tests.lti.conftest import ASSIGNMENT, enter
from tests.lti.platform.lms import DL, LTI, Claims, Key, Link
from tests.lti.platform.lms import Lms as Platform

#: JSON that is nested deeper than Python reads.
DEEP = urlsafe_b64encode(b"[" * 20_000).decode()

#: What is changed in a good message, and the words of the refusal.
CHANGES: dict[str, tuple[Callable[[Claims], Claims], str]] = {
    "another tool's": (lambda claims: claims | {"aud": "client-2"}, "for another tool"),
    "several tools', issued to another": (
        lambda claims: claims | {"aud": ["client-1", "client-2"], "azp": "client-2"},
        "was not issued to this one",
    ),
    "issued to another": (lambda claims: claims | {"azp": "client-2"}, "was not issued to this one"),
    "several tools', issued to nobody": (lambda claims: claims | {"aud": ["client-1", "client-2"]}, "several tools"),
    "another issuer's": (lambda claims: claims | {"iss": "https://evil.example"}, "another LMS"),
    "another nonce": (lambda claims: claims | {"nonce": "other"}, "answers another launch"),
    "a nonce of half a character": (lambda claims: claims | {"nonce": "\ud800"}, "answers another launch"),
    "a nonce that is no text": (lambda claims: claims | {"nonce": 7}, "answers another launch"),
    "expired": (lambda claims: claims | {"exp": int(time.time()) - 120}, "has expired"),
    "not valid yet": (lambda claims: claims | {"nbf": int(time.time()) + 600}, "from the future"),
    "valid from no time": (lambda claims: claims | {"nbf": "soon"}, "cannot be read"),
    "of a subject that is null": (lambda claims: claims | {"sub": None}, "does not say who you are"),
    "several tools', issued to null": (lambda claims: claims | {"aud": ["client-1", ""], "azp": None}, "several tools"),
    "from the future": (lambda claims: claims | {"iat": int(time.time()) + 600}, "from the future"),
    "without an end": (lambda claims: {name: claims[name] for name in claims if name != "exp"}, "lacks exp"),
    "of nobody": (lambda claims: claims | {"sub": ""}, "does not say who you are"),
    "of another version": (lambda claims: claims | {f"{LTI}version": "1.0"}, "not of LTI version"),
    "without a deployment": (lambda claims: claims | {f"{LTI}deployment_id": None}, "malformed at deployment_id"),
    "a deployment that clears screens": (
        lambda claims: claims | {f"{LTI}deployment_id": "\x1b[2J"},
        "malformed at deployment_id",
    ),
    "roles that are no list": (lambda claims: claims | {f"{LTI}roles": {"a": 1}}, "malformed at roles"),
    "a link that is text": (lambda claims: claims | {f"{LTI}resource_link": "x"}, "malformed at resource_link"),
    "without a course": (lambda claims: claims | {f"{LTI}context": None}, "from which course"),
    "a message of another kind": (lambda claims: claims | {f"{LTI}message_type": "LtiHello"}, "LtiHello"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_message_that_is_not_for_us_is_refused(name: str, browser: LtiBrowser) -> None:
    browser.lms.change, words = CHANGES[name]
    refusal = browser.launch("7", "link-1")
    assert refusal.status_code == 403
    assert words in refusal.text.replace("&#39;", "'")


def test_a_target_that_is_no_address_refuses_nobody(browser: LtiBrowser) -> None:
    browser.lms.change = lambda claims: claims | {f"{LTI}target_link_uri": "https://[/lti/launch?submission=x"}
    assert browser.launch("7", "link-1").status_code == 303


def test_a_clock_that_is_half_a_minute_off_refuses_nobody(browser: LtiBrowser) -> None:
    browser.lms.change = lambda claims: claims | {"iat": int(time.time()) + 30}
    assert browser.launch("7", "link-1").status_code == 303


def test_a_forged_signature_is_refused(browser: LtiBrowser, store: Store) -> None:
    browser.lms.key, known_key = Key(), browser.lms.key
    forged_form = browser.begin("2", "link-1")
    browser.lms.key = known_key
    assert "a key that your course" in browser.post(forged_form).text
    # Under the name of the LMS's own key.
    thief = Key()
    thief.pair["kid"] = known_key.id
    browser.lms.key = thief
    forged_form = browser.begin("2", "link-1")
    browser.lms.key = known_key
    assert "The signature does not match" in browser.post(forged_form).text
    assert store.tokens.list() == []


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_only_the_lms_s_algorithm_is_believed(algorithm: str, browser: LtiBrowser) -> None:
    """With the public key as if it were a secret, as old libraries could be tricked into."""
    fields = browser.begin("2", "link-1")
    claims = jwt.decode(fields["id_token"], options={"verify_signature": False})
    secret = b"x" * 32 if algorithm == "HS256" else ""
    fields["id_token"] = jwt.encode(claims, secret, algorithm=algorithm, headers={"kid": browser.lms.key.id})
    assert f"is signed with {algorithm}" in browser.post(fields).text


@pytest.mark.parametrize("message", ["", "x", "a.b.c", "e30.e30.e30", "x" * 70_000, DEEP, f"{DEEP}.e30.x"])
def test_what_is_no_message_is_refused(message: str, browser: LtiBrowser) -> None:
    fields = browser.begin("7", "link-1") | {"id_token": message}
    assert browser.post(fields).status_code == 403


def test_a_launch_is_used_once(browser: LtiBrowser) -> None:
    fields = browser.begin("7", "link-1")
    assert browser.post(fields).status_code == 303
    # As if the browser had not been told to drop its cookie.
    name, value = _cookie(fields["state"])
    browser.client.set_cookie(name, value, domain="tool.example", secure=True)
    repeat = browser.post(fields)
    assert (repeat.status_code, "was used before" in repeat.text) == (403, True)


def test_a_message_of_an_earlier_launch_is_none_of_the_next(browser: LtiBrowser) -> None:
    earlier_form = browser.begin("2", "link-1")
    later_form = browser.begin("7", "link-1")
    assert "answers another launch" in browser.post(later_form | {"id_token": earlier_form["id_token"]}).text


def test_a_launch_that_another_browser_began_leads_to_a_tab_and_signs_nobody_in(
    browser: LtiBrowser, tool: Flask
) -> None:
    fields = browser.begin("2", "link-1")
    victim = LtiBrowser.open_new(tool, browser.lms)
    offer = victim.post(fields)
    assert "Open the assignment in a new tab" in offer.text
    assert "/lti/login?" in offer.text
    assert "the launch started elsewhere" in victim.post(fields, TAB).text


def test_a_state_that_was_not_begun_here_is_refused(browser: LtiBrowser) -> None:
    fields = browser.begin("7", "link-1")
    assert "did not start on this server" in browser.post(fields | {"state": fields["state"][:-2] + "xx"}).text
    assert "did not start on this server" in browser.post({}).text


def test_an_lms_that_is_not_registered_begins_nothing(browser: LtiBrowser) -> None:
    for change in ({"iss": "https://evil.example"}, {"client_id": "client-2"}):
        query = browser.lms.login_request("7", "link-1") | change
        refusal = browser.get(f"/lti/login?{'&'.join(f'{name}={value}' for name, value in query.items())}")
        assert (refusal.status_code, "is not registered in Backmark" in refusal.text) == (403, True)


def test_a_platform_cannot_speak_for_another_of_the_same_issuer(browser: LtiBrowser, store: Store) -> None:
    """All of Canvas's cloud is one issuer: the client id tells platforms apart, and so their courses."""
    other_platform = enter(store, Platform(browser.lms.url), "client-2")
    browser.lms.tool.client_id = "client-2"  # type: ignore[union-attr] # it is registered
    browser.launch("7", "link-1")
    own_course = course_name(platform_id(browser.lms.url, "client-1"), "deployment-1", "course-1")
    assert store.launches.context(own_course) is None
    assert store.launches.context(course_name(other_platform.id, "deployment-1", "course-1")) is not None


def test_a_column_of_another_course_or_assignment_is_refused(browser: LtiBrowser, store: Store) -> None:
    lms = browser.lms
    assert browser.launch("7", "link-1").status_code == 303
    lms.courses["course-2"] = "Statistics"
    column = lms.links["link-1"].line_item
    lms.add_link(Link("link-2", "course-2", custom={"assignment": ASSIGNMENT}, line_item=column))
    assert "the marks of another course" in browser.launch("7", "link-2").text
    assert "the marks of another course" in browser.launch("2", "link-2").text
    course = course_name(platform_id(lms.url, "client-1"), "deployment-1", "course-1")
    revision = store.assignments.current(course, ASSIGNMENT)
    assert revision is not None
    store.assignments.publish(replace(revision, course=course, assignment_id="other"), b"")
    lms.links["link-1"].custom = {"assignment": "other"}
    assert "the marks of the assignment Backpropagation in a deep network" in browser.launch("7", "link-1").text


def test_a_disabled_deployment_is_refused_and_listed(browser: LtiBrowser, store: Store) -> None:
    platform = platform_id(browser.lms.url, "client-1")
    browser.launch("7", "link-1")
    store.platforms.disable(platform, "deployment-1")
    assert "switched off" in browser.launch("7", "link-1").text
    assert [(deployment.id, deployment.disabled) for deployment in store.platforms.deployments(platform)] == [
        ("deployment-1", True)
    ]
    store.platforms.enable(platform, "deployment-1")
    assert browser.launch("7", "link-1").status_code == 303


def test_a_class_behind_one_address_is_not_locked_out_by_one_of_them(
    settings: ServiceSettings, store: Store, lms: Platform
) -> None:
    app = create_app(settings.model_copy(update={"address_rate": "2/minute"}), store)
    browser = LtiBrowser.open_new(app, lms)
    assert [browser.post({}).status_code for _ in range(4)] == [403] * 4
    assert browser.launch("7", "link-1").status_code == 303


def await_pause(store: Store, lms: Platform, *, seconds: int | None = None) -> None:
    """Let keys be read again, as if the last reading were longer ago; those that are kept for so many seconds more."""
    platform = platform_id(lms.url, "client-1")
    store.redis.delete(f"bm:lti-keys-read:{platform}")
    if seconds is not None:
        store.redis.expire(f"bm:lti-key-set:{platform}", seconds)


def test_keys_that_the_lms_changed_are_read_again(browser: LtiBrowser, store: Store) -> None:
    browser.launch("7", "link-1")
    browser.lms.key = Key()
    await_pause(store, browser.lms)
    assert browser.launch("7", "link-1").status_code == 303


def test_keys_are_read_again_after_a_while_so_that_one_that_was_withdrawn_is_believed_no_more(
    browser: LtiBrowser, store: Store
) -> None:
    browser.launch("7", "link-1")
    stolen_key, browser.lms.key = browser.lms.key, Key()
    await_pause(store, browser.lms, seconds=86_400 - 700)
    browser.lms.key, current = stolen_key, browser.lms.key
    fields = browser.begin("7", "link-1")
    browser.lms.key = current
    assert "a key that your course" in browser.post(fields).text


def test_who_invents_names_of_keys_has_the_lms_asked_seldom(browser: LtiBrowser) -> None:
    readings, known_key = count_readings(browser.lms), browser.lms.key
    browser.launch("7", "link-1")
    for _ in range(4):
        browser.lms.key = Key()
        forged_form = browser.begin("7", "link-1")
        browser.lms.key = known_key
        assert "a key that your course" in browser.post(forged_form).text
    assert len(readings) == 1
    assert browser.launch("7", "link-1").status_code == 303


def count_readings(lms: Platform, answer: Response | tuple[str, int] | None = None) -> list[str]:
    """Have the LMS answer so when its keys are read, and return a list that grows by each reading."""
    readings: list[str] = []

    def show() -> Response | tuple[str, int]:
        readings.append("keys")
        return answer or lms.show_keys()

    lms.app.view_functions["show_keys"] = show
    return readings


def test_an_lms_that_is_away_is_said_to_be_and_holds_up_one_launch_at_a_time(browser: LtiBrowser, store: Store) -> None:
    store.redis.delete(f"bm:lti-key-set:{platform_id(browser.lms.url, 'client-1')}")
    readings = count_readings(browser.lms, ("away", 503))
    for _ in range(3):
        assert "cannot be read now" in browser.launch("7", "link-1").text
    assert len(readings) == 1
    await_pause(store, browser.lms)
    browser.lms.app.view_functions["show_keys"] = browser.lms.show_keys
    assert browser.launch("7", "link-1").status_code == 303


def test_a_page_in_the_place_of_keys_leaves_those_that_are_known(browser: LtiBrowser, store: Store) -> None:
    browser.launch("7", "link-1")
    readings = count_readings(browser.lms, ("<html>We are back at noon.</html>", 200))
    for _ in range(2):
        await_pause(store, browser.lms, seconds=86_400 - 700)
        assert browser.launch("7", "link-1").status_code == 303
    assert len(readings) == 2


@pytest.mark.parametrize(
    "member",
    [
        # From both exponents PyJWT would look for primes of a number that has none: minutes, and nobody is served.
        {"n": "x" * 8000, "d": "x" * 8000},
        {"n": "x" * 2000},
        {"kty": "oct", "k": "x"},
        {"n": 7},
    ],
)
def test_a_key_that_would_take_for_ever_or_is_none_is_refused_at_once(
    member: dict[str, object], browser: LtiBrowser
) -> None:
    key = browser.lms.key
    browser.lms.app.view_functions["show_keys"] = lambda: {"keys": [key.public() | member]}
    assert "a key that your course" in browser.launch("7", "link-1").text


def test_keys_of_any_size_are_not_kept(browser: LtiBrowser) -> None:
    keys = [browser.lms.key.public() | {"comment": "x" * 300_000}]
    browser.lms.app.view_functions["show_keys"] = lambda: {"keys": keys}
    assert "cannot be read now" in browser.launch("7", "link-1").text


def test_while_the_lms_s_keys_cannot_be_read_the_last_ones_hold(browser: LtiBrowser, store: Store) -> None:
    browser.launch("7", "link-1")
    await_pause(store, browser.lms, seconds=1000)
    readings = count_readings(browser.lms, ("away", 503))
    assert [browser.launch("7", "link-1").status_code for _ in range(2)] == [303, 303]
    assert len(readings) == 1


def test_launches_wait_for_keys_that_another_one_is_reading(browser: LtiBrowser, store: Store) -> None:
    """The first minute of a class: the platform is asked once."""
    platform = platform_id(browser.lms.url, "client-1")
    browser.launch("7", "link-1")
    raw = store.redis.getdel(f"bm:lti-key-set:{platform}")
    assert isinstance(raw, bytes)
    fields = browser.begin("7", "link-1")
    reading = Timer(0.1, store.platforms.keep_key_set, (platform, raw.decode(), 600))
    reading.start()
    assert browser.post(fields).status_code == 303
    reading.join()


def test_a_student_chooses_no_content(browser: LtiBrowser) -> None:
    assert "Only an instructor" in browser.launch("7", None).text


def test_what_staff_choose_is_signed_and_not_the_browser_s(browser: LtiBrowser) -> None:
    browser.lms.change = lambda claims: (
        claims
        | {
            f"{DL}deep_linking_settings": {
                **claims[f"{DL}deep_linking_settings"],
                "deep_link_return_url": "javascript:alert(1)",
            }
        }
    )
    assert "content that Backmark does not have" in browser.launch("2", None).text
    refusal = browser.send("/lti/deep-link", {"request": "forged", "assignment": ASSIGNMENT})
    assert (refusal.status_code, "did not start on this server" in refusal.text) == (403, True)
