"""A check of a platform: all that it and Backmark must read of each other, tried now, with what helps where it fails.

What is said names the platform's screens as Moodle 4.5 and Canvas do.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Network
from typing import Any

import requests

from backmark.grader.lti.claims import LINE_ITEM_SCOPE, RESULT_SCOPE, ROSTER_SCOPE, SCORE_SCOPE
from backmark.grader.lti.roster import RosterUnavailable, read_roster
from backmark.grader.lti.services import (
    LINE_ITEM_MEDIA_TYPE,
    RESULT_MEDIA_TYPE,
    NoAccessToken,
    NoPlatformAnswer,
    PlatformServices,
    below,
    shorten,
)
from backmark.grader.lti.verification import LEEWAY, read_keys
from backmark.grader.model.lti import LineItem, LtiContext, Platform
from backmark.grader.outbound.addresses import BadDestination, Destinations, resolve

#: For a request to our own address, which may be private: nobody else chose it.
EVERYWHERE = Destinations((IPv4Network("0.0.0.0/0"), IPv6Network("::/0")), http=True)
#: Ports to which Moodle connects unless its administrator allows others.
_MOODLE_PORTS = frozenset({80, 443})
_SCOPES = {"marks": SCORE_SCOPE, "columns": LINE_ITEM_SCOPE, "results": RESULT_SCOPE, "the roster": ROSTER_SCOPE}


class StepOutcome(StrEnum):
    """The outcome of a step."""

    OK = "ok"
    FAILED = "no"
    #: There was nothing to try it on.
    UNTRIED = "--"


@dataclass(frozen=True, slots=True)
class CheckedStep:
    """A step of a check."""

    name: str
    outcome: StepOutcome
    text: str
    #: What to do if it failed.
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class CheckedCourse:
    """A course of the platform, on which its services are tried."""

    title: str
    context: LtiContext
    items: Sequence[LineItem]


@dataclass(frozen=True, slots=True)
class PlatformCheck:
    """A check of one platform."""

    platform: Platform
    services: PlatformServices
    #: To the platform, and to our own address.
    session: requests.Session
    own_session: requests.Session
    #: The address of our public keys, and their ids.
    keys_url: str
    key_ids: frozenset[str]
    resolver: Callable[[str, int], list[str]] = resolve

    def run(self, course: CheckedCourse | None) -> Iterator[CheckedStep]:
        """Yield each step when it was tried. Without a token nothing else can be."""
        yield self._read_own_keys()
        clock = None
        try:
            answer = read_keys(self.session, self.platform)
            clock = _clock_difference(answer)
            yield CheckedStep("The LMS's keys", StepOutcome.OK, f"{self.platform.keys_url} has {_count_keys(answer)}")
        except requests.RequestException as error:
            remedy = f"{_way_to(error)} Until then Backmark can verify no launch."
            yield CheckedStep(
                "The LMS's keys", StepOutcome.FAILED, f"{self.platform.keys_url}: {shorten(str(error))}", remedy
            )
        if clock is not None:
            yield _check_clock(clock)
        tokens = list(self._ask_for_tokens(clock))
        yield from tokens
        if all(step.outcome is StepOutcome.FAILED for step in tokens):
            return
        if course is None:
            text = "no course of this LMS has opened Backmark yet, so roster, columns and results were not tried"
            yield CheckedStep("A course", StepOutcome.UNTRIED, text)
            return
        yield self._read_roster(course)
        yield from self._read_columns(course)

    def _read_own_keys(self) -> CheckedStep:
        name = "Backmark's keys"
        try:
            answer = self.own_session.get(self.keys_url)
            answer.raise_for_status()
            shown = {key["kid"] for key in answer.json()["keys"]}
        except requests.RequestException as error:
            remedy = (
                f"Open {self.keys_url} on the server of the LMS. If it is not shown there, mend the proxy, the"
                " certificate or the name; if it is, only this machine cannot reach its own public address."
            )
            return CheckedStep(name, StepOutcome.FAILED, f"{self.keys_url}: {shorten(str(error))}", remedy)
        except (KeyError, TypeError):
            shown = set()
        if not self.key_ids <= shown:
            remedy = "Another server answers at BACKMARK_PUBLIC_URL, or one with another store. Correct the setting."
            return CheckedStep(
                name, StepOutcome.FAILED, f"{self.keys_url} does not show the keys of this service", remedy
            )
        hurdles = self._hurdles()
        text = f"{self.keys_url} shows them"
        return CheckedStep(
            name, StepOutcome.OK, f"{text}; {_join(hurdle for hurdle, _ in hurdles)}" if hurdles else text
        )

    def _hurdles(self) -> list[tuple[str, str]]:
        """Return what may keep a Moodle from reading our keys, each with what its administrator changes."""
        if self.platform.family == "canvas":
            return []
        place, found = "Site administration, General, Security, HTTP security", []
        try:
            destination = EVERYWHERE.read(self.keys_url)
            Destinations((), http=True, resolver=self.resolver).addresses(destination)
        except BadDestination as error:
            found.append(
                (
                    shorten(str(error)).partition(", and that")[0],
                    f'Moodle connects to no private address: take it out of "cURL blocked hosts list" ({place}).',
                )
            )
        port = EVERYWHERE.read(self.keys_url).port
        if port not in _MOODLE_PORTS:
            says = f'Moodle connects to ports 80 and 443 only: add {port} to "cURL allowed ports list" ({place}).'
            found.append((f"its port is {port}", says))
        return found

    def _ask_for_tokens(self, clock: float | None) -> Iterator[CheckedStep]:
        for number, (what, scope) in enumerate(_SCOPES.items()):
            name = f"A token for {what}"
            try:
                self.services.ask_for_token(self.platform, scope)
            except NoPlatformAnswer as error:
                yield CheckedStep(
                    name, StepOutcome.FAILED, f"{self.platform.token_url}: {error}", _way_to(error.__cause__)
                )
                return
            except NoAccessToken as error:
                is_scope = "invalid_scope" in str(error)
                remedy = self._advise_scope(what) if is_scope else self._advise_token(str(error), clock)
                yield CheckedStep(name, StepOutcome.FAILED, f"the LMS refused it ({error.status}): {error}", remedy)
                if number == 0 and not is_scope:
                    return
            else:
                yield CheckedStep(name, StepOutcome.OK, "the LMS gave one")

    def _advise_token(self, words: str, clock: float | None) -> str:
        """Return what to do about a refused token; the likeliest first."""
        advice = [remedy for _, remedy in self._hurdles()]
        if clock is not None and abs(clock) > LEEWAY:
            advice.insert(0, "Correct the clock that is wrong.")
        advice.append(
            f'In the LMS, compare the client ID with "{self.platform.client_id}" and the address of the public keys'
            f" (Public keyset, Public JWK URL) with {self.keys_url}."
        )
        if "invalid_client" not in words:
            advice.append(f"The audience of the request was {self.platform.audience or self.platform.token_url}.")
        return " ".join(advice)

    def _advise_scope(self, what: str) -> str:
        if self.platform.family == "moodle":
            return f"{_MOODLE_SERVICE[what == 'the roster']} (Manage tools, the tool's settings, Services)."
        if self.platform.family == "canvas":
            return f"Switch the scope on in Canvas: Admin, Developer Keys, the key, Edit. It ends in {_ending(what)}."
        return f"Let the tool use the scope {_SCOPES[what]} in the settings of the LMS."

    def _read_roster(self, course: CheckedCourse) -> CheckedStep:
        name = f"The roster of {course.title}"
        if not course.context.roster_url:
            remedy = f"{self._advise_scope('the roster')} Then open Backmark from the course once more."
            return CheckedStep(name, StepOutcome.FAILED, "the LMS offers none", remedy)
        try:
            # The first page: the rest takes minutes in a large course.
            first = next(read_roster(self.services, self.platform, course.context), None)
        except RosterUnavailable as error:
            return CheckedStep(name, StepOutcome.FAILED, str(error), self._advise_scope("the roster"))
        if first is None:
            return CheckedStep(
                name, StepOutcome.FAILED, "it is empty", "Enrol somebody, or look at the LMS's privacy settings."
            )
        return CheckedStep(name, StepOutcome.OK, "it can be read")

    def _read_columns(self, course: CheckedCourse) -> Iterator[CheckedStep]:
        if not course.items:
            text = f"no link of {course.title} that has one was opened yet, so neither column nor result was tried"
            yield CheckedStep("A column", StepOutcome.UNTRIED, text)
        for item in course.items:
            name = f"The column {item.title or item.assignment} of {course.title}"
            yield self._read(name, LINE_ITEM_SCOPE, item.url, LINE_ITEM_MEDIA_TYPE, "columns")
        for item in course.items[:1]:
            name = f"The results in {item.title or item.assignment} of {course.title}"
            yield self._read(name, RESULT_SCOPE, below(item.url, "results"), RESULT_MEDIA_TYPE, "results")

    def _read(self, name: str, scope: str, url: str, media_type: str, what: str) -> CheckedStep:
        try:
            answer = self.services.get(self.platform, scope, url, media_type)
        except (NoAccessToken, NoPlatformAnswer) as error:
            return CheckedStep(name, StepOutcome.FAILED, str(error), self._advise_scope(what))
        if answer.succeeded:
            return CheckedStep(name, StepOutcome.OK, "can be read")
        says = f"the LMS answered {answer.status}" + (f', "{answer.words}"' if answer.words else "")
        if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            remedy = "The column was deleted in the LMS. Delete the link there and add it again."
        else:
            remedy = self._advise_scope(what)
        return CheckedStep(name, StepOutcome.FAILED, says, remedy)


#: The service of gradebooks, and that of rosters, as the settings of a tool name them in Moodle.
_MOODLE_SERVICE = (
    'In Moodle, set "IMS LTI Assignment and Grade Services" to "Use this service for grade sync only"',
    (
        'In Moodle, set "IMS LTI Names and Role Provisioning" to "Use this service to retrieve members\' information'
        ' as per privacy settings"'
    ),
)


def _ending(what: str) -> str:
    return _SCOPES[what].rpartition("/")[2]


def _join(texts: Iterator[str]) -> str:
    return "; ".join(texts)


def _way_to(error: BaseException | None) -> str:
    """Return what helps to reach a platform."""
    if isinstance(error, requests.exceptions.InvalidURL):
        return "If the LMS is in your own network, name its network in BACKMARK_CALLBACK_NETWORKS."
    return "Look whether this machine reaches that address: firewall, proxy, certificate, and whether the LMS is up."


def _count_keys(answer: requests.Response) -> str:
    keys: list[Any] = answer.json()["keys"]
    return "1 key" if len(keys) == 1 else f"{len(keys)} keys"


def _clock_difference(answer: requests.Response) -> float | None:
    """Return the seconds by which the platform's clock is ahead of ours, as its answer has it."""
    try:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp() - time.time()
    except (KeyError, ValueError, OverflowError):
        return None


def _check_clock(difference: float) -> CheckedStep:
    if abs(difference) <= LEEWAY:
        return CheckedStep("The clocks", StepOutcome.OK, "agree")
    side = "ahead of" if difference > 0 else "behind"
    text = f"that of the LMS is {abs(difference):.0f} seconds {side} this machine's"
    remedy = f"Let both servers set their clocks by NTP: beyond {LEEWAY} seconds launches and tokens are refused."
    return CheckedStep("The clocks", StepOutcome.FAILED, text, remedy)
