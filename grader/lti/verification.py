"""The verification of a launch: nothing in it is believed before its signature fits the platform's key.

The checks are those of the security framework of LTI 1.3: algorithm, key, signature, issuer, audience, authorized
party, times and nonce. PyJWT makes them. The LTI library's own check takes the first of several audiences, allows no
difference between two clocks, and looks for a nonce without using it up.
"""

import hmac
import json
import time
from collections.abc import Mapping
from typing import Any, Protocol

import jwt
import requests

from backmark.grader.lti.refusals import LaunchRefused, RefusalReason
from backmark.grader.model.lti import Platform

#: The algorithm that LTI 1.3 requires of every platform.
_ALGORITHM = "RS256"
_MOST_BYTES = 64 << 10
#: Bytes of a platform's public keys: each launch reads them.
_MOST_KEY_BYTES = 256 << 10
#: Characters in base64: of 8192 bits, and of 64.
_LONGEST_MODULUS, _LONGEST_EXPONENT = 1368, 12
#: Seconds by which a platform's clock may differ from ours.
LEEWAY = 60
_REQUIRED = ("iss", "aud", "exp", "iat", "nonce")
#: Seconds for which a platform's keys are not read again, and for which they are kept if they cannot be.
_FRESH, _KEPT = 600, 86_400
#: Seconds from one reading to the next: longer than one takes, so that a platform holds up one thread at a time.
_PAUSE = 15
#: Seconds for which a launch waits for the first keys of a platform, which another one is reading; and between looks.
_PATIENCE, _LOOK = 2.0, 0.05
#: Kept instead of keys that could not be read, and the seconds for which nobody waits for them then.
_NO_KEYS, _AWAY = "", 3600
_AGAIN = "Open it again from your course; if that does not help, tell the staff of your course."


class KeyStore(Protocol):
    """A memory of the platforms' public keys."""

    def key_set(self, platform: str) -> tuple[str, int] | None:
        """Return the platform's keys as they were read last, and for how many seconds more they are kept, or None."""

    def keep_key_set(self, platform: str, key_set: str, seconds: int) -> None:
        """Keep the platform's keys."""

    def begin_reading_keys(self, platform: str, seconds: int) -> bool:
        """Return True, and then False for `seconds`: no other reading begins meanwhile."""


class PlatformKeys:
    """The public keys of platforms, read from their addresses."""

    def __init__(self, store: KeyStore, session: requests.Session) -> None:
        self._store = store
        self._session = session

    def find(self, platform: Platform, key_id: str) -> jwt.PyJWK:
        """Return the key of this id; the platform is asked if it is not among fresh ones. Raises LaunchRefused."""
        key_set, seconds = self._store.key_set(platform.id) or (None, 0)
        key = _find(key_set or _NO_KEYS, key_id)
        if key is not None and seconds > _KEPT - _FRESH:
            return key
        if self._store.begin_reading_keys(platform.id, _PAUSE):
            key_set = self._read_and_keep(platform, key_set or _NO_KEYS)
        elif key_set is None:
            key_set = self._await(platform)
        return _choose(key_set, key_id)

    def _read_and_keep(self, platform: Platform, old: str) -> str:
        """Read the keys; old ones stand in for those that cannot be read."""
        try:
            key_set, seconds = read_keys(self._session, platform).text, _KEPT
        except requests.RequestException:
            if old:
                return old
            key_set, seconds = _NO_KEYS, _AWAY
        self._store.keep_key_set(platform.id, key_set, seconds)
        return key_set

    def _await(self, platform: Platform) -> str:
        """Return the keys that another launch is reading."""
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if (kept := self._store.key_set(platform.id)) is not None:
                return kept[0]
            time.sleep(_LOOK)
        return _NO_KEYS


def read_keys(session: requests.Session, platform: Platform) -> requests.Response:
    """Return the answer of a platform that is a set of keys. Raises RequestException."""
    answer = session.get(platform.keys_url)
    answer.raise_for_status()
    if len(answer.content) > _MOST_KEY_BYTES:
        raise requests.exceptions.ContentDecodingError(f"the keys have more than {_MOST_KEY_BYTES} bytes")
    if not _is_key_set(answer.text):
        # Such as a page that says when the platform is back.
        raise requests.exceptions.ContentDecodingError("the answer is no set of keys")
    return answer


def _is_key_set(text: str) -> bool:
    try:
        return isinstance(json.loads(text)["keys"], list)
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def verify(id_token: str, platform: Platform, nonce: str, keys: PlatformKeys) -> dict[str, Any]:
    """Return the claims of a message that `platform` signed for us, in answer to the login that made `nonce`.

    Raises LaunchRefused. That a message is used once is up to the caller.
    """
    if len(id_token) > _MOST_BYTES:
        raise LaunchRefused(RefusalReason.MALFORMED, f"The LMS's message has more than {_MOST_BYTES} bytes.")
    key = keys.find(platform, _key_id(id_token))
    try:
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key,
            algorithms=[_ALGORITHM],
            audience=platform.client_id,
            issuer=platform.issuer,
            leeway=LEEWAY,
            # What we read of `sub` and `nbf` is checked by us: null is absence, which PyJWT takes for damage.
            options={"require": list(_REQUIRED), "verify_sub": False, "verify_jti": False, "verify_nbf": False},
        )
        _check_not_before(claims)
    except (jwt.InvalidTokenError, RecursionError) as error:
        raise _refusal(error) from None
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    authorized = claims.get("azp")
    if authorized is None and not several:
        authorized = platform.client_id
    if authorized != platform.client_id:
        raise LaunchRefused(
            RefusalReason.AUDIENCE, "The LMS's message is for several tools, and was not issued to this one."
        )
    answered = claims["nonce"] if isinstance(claims["nonce"], str) and claims["nonce"].isascii() else ""
    if not hmac.compare_digest(answered, nonce):
        raise LaunchRefused(RefusalReason.NONCE, f"The LMS's message answers another launch than this one. {_AGAIN}")
    return claims


def _check_not_before(claims: Mapping[str, Any]) -> None:
    """Raise InvalidTokenError if the message says that it is not valid yet."""
    try:
        begin = float(claims.get("nbf") or 0)
    except (TypeError, ValueError, OverflowError):
        raise jwt.DecodeError("nbf is no time") from None
    if begin > time.time() + LEEWAY:
        raise jwt.ImmatureSignatureError("nbf")


def _key_id(id_token: str) -> str:
    try:
        header = jwt.get_unverified_header(id_token)
    except (jwt.InvalidTokenError, RecursionError):
        # Brackets within brackets, without end, are no value to Python.
        raise LaunchRefused(
            RefusalReason.MALFORMED, f"The LMS's message is not a signed message (JWT). {_AGAIN}"
        ) from None
    if header.get("alg") != _ALGORITHM:
        says = f"The LMS's message is signed with {str(header.get('alg'))[:20]}, but must be signed with {_ALGORITHM}."
        raise LaunchRefused(RefusalReason.SIGNATURE, says)
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise LaunchRefused(
            RefusalReason.SIGNATURE, "The LMS's message does not name the key that it is signed with (kid)."
        )
    return key_id


def _choose(key_set: str, key_id: str) -> jwt.PyJWK:
    """Return the key of this id from what a platform publishes. Raises LaunchRefused."""
    if key_set == _NO_KEYS:
        says = f"The public keys of your course's LMS cannot be read now. {_AGAIN}"
        raise LaunchRefused(RefusalReason.KEYS_UNREADABLE, says)
    key = _find(key_set, key_id)
    if key is None:
        says = f"The message is signed with a key that your course's LMS does not publish. {_AGAIN}"
        raise LaunchRefused(RefusalReason.SIGNATURE, says)
    return key


def _find(key_set: str, key_id: str) -> jwt.PyJWK | None:
    try:
        keys = json.loads(key_set)["keys"]
        raw = next((key for key in keys if key.get("kid") == key_id), None)
        return None if raw is None else _read_key(raw)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, jwt.PyJWTError):
        # Whatever it is, it is no set with this key.
        return None


def _read_key(raw: Mapping[str, Any]) -> jwt.PyJWK:
    """Return a public key from its public members: recovering a private one from its exponents may never end."""
    public = {name: raw[name] for name in ("kty", "n", "e")}
    if len(public["n"]) > _LONGEST_MODULUS or len(public["e"]) > _LONGEST_EXPONENT:
        raise ValueError("this is not a key for signatures")
    return jwt.PyJWK(public, algorithm=_ALGORITHM)


def _refusal(error: Exception) -> LaunchRefused:
    match error:
        case jwt.ExpiredSignatureError():
            reason, says = RefusalReason.EXPIRED, f"The LMS's message has expired. {_AGAIN}"
        case jwt.ImmatureSignatureError():
            reason = RefusalReason.EXPIRED
            says = "The LMS's message is from the future: its clock, or this server's, is wrong by more than a minute."
        case jwt.InvalidIssuerError():
            reason, says = (
                RefusalReason.ISSUER,
                "The message comes from another LMS than the one that started this launch.",
            )
        case jwt.InvalidAudienceError():
            reason, says = RefusalReason.AUDIENCE, "The LMS's message is for another tool than this one."
        case jwt.MissingRequiredClaimError(claim=claim):
            reason, says = RefusalReason.MALFORMED, f"The LMS's message lacks {claim}."
        case jwt.InvalidSignatureError():
            reason, says = RefusalReason.SIGNATURE, f"The signature does not match your course's LMS. {_AGAIN}"
        case _:
            reason, says = RefusalReason.MALFORMED, f"The LMS's message cannot be read. {_AGAIN}"
    return LaunchRefused(reason, says)
