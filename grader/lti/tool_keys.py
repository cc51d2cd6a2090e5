"""The keys by which platforms know us: RSA pairs in the store, sealed with the service's secret.

A new pair is published a day before it signs, since platforms keep what they read of our keys for hours. An old one
stays published until nothing that it signed can be alive.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jwcrypto.common import JWException, base64url_encode
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK
from pylti1p3.dynamic_registration import generate_key_pair
from pylti1p3.registration import Registration

from backmark.grader.errors import ServiceError
from backmark.grader.model.lti import Platform
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.store import Store

#: Seconds for which a pair is published before it signs.
AHEAD = 86_400.0
#: Seconds after its last signature for which a pair is published: what we sign holds for ten minutes at most.
_AFTER = 3600.0
#: Bits: what platforms expect; more makes each launch of a deep link slower.
_BITS = 2048
_PROTECTED = json.dumps({"alg": "dir", "enc": "A256GCM"})


@dataclass(frozen=True, slots=True)
class ToolKey:
    """A pair, as PEM texts."""

    private: str
    public: str
    created: float


class ToolKeys:
    """The pairs of a service, made when first asked for."""

    def __init__(self, store: Store, settings: ServiceSettings) -> None:
        self._store = store
        if settings.secret is None or not settings.secret.get_secret_value():
            raise ServiceError("LTI needs the setting BACKMARK_SECRET: our private key is sealed with it")
        digest = hmac.digest(settings.secret.get_secret_value().encode(), b"backmark lti key", "sha256")
        self._seal = JWK(kty="oct", k=base64url_encode(digest))

    def public_set(self) -> dict[str, Any]:
        """Return the set of public keys (JWKS)."""
        return {"keys": [Registration.get_jwk(key.public) for key in self._keys()]}

    def signing(self) -> ToolKey:
        """Return the pair that signs now: the newest that has been published for long enough, else the oldest."""
        return signing_key(self._keys(), self._store.time())

    def rotate(self) -> None:
        """Add a pair, which signs from tomorrow on, and drop those of which nothing can be alive."""
        oldest = self._keys()[0].created
        self._store.platforms.add_tool_key(self._seal_new_pair(), self._store.time(), oldest)

    def registration(self, platform: Platform) -> Registration:
        """Return a platform as the LTI library takes it, with our signing pair."""
        key = self.signing()
        registration = Registration()
        registration.set_issuer(platform.issuer).set_client_id(platform.client_id)
        registration.set_auth_login_url(platform.login_url).set_auth_token_url(platform.token_url)
        registration.set_key_set_url(platform.keys_url)
        if platform.audience:
            registration.set_auth_audience(platform.audience)
        return registration.set_tool_private_key(key.private).set_tool_public_key(key.public)

    def _keys(self) -> list[ToolKey]:
        """Return the pairs that are in use, oldest first."""
        platforms = self._store.platforms
        stored = platforms.tool_keys()
        if not stored:
            # Other processes may do the same at this moment: one pair is stored, and all use it.
            platforms.add_first_tool_key(self._seal_new_pair(), self._store.time())
            stored = platforms.tool_keys()
        oldest = oldest_in_use([created for created, _ in stored], self._store.time())
        return [self._unseal(created, sealed) for created, sealed in stored if created >= oldest]

    def _seal_new_pair(self) -> str:
        private, public = generate_key_pair(_BITS)
        sealed = JWE(json.dumps([private, public]).encode(), _PROTECTED)
        sealed.add_recipient(self._seal)
        return str(sealed.serialize(compact=True))

    def _unseal(self, created: float, text: str) -> ToolKey:
        try:
            sealed = JWE.from_jose_token(text)
            sealed.decrypt(self._seal)
        except JWException as error:
            message = (
                "our private key for LTI cannot be read: BACKMARK_SECRET is not the one that it was sealed with. "
                "Set that one again, or make a new key with `backmark service lti rotate --forget`"
            )
            raise ServiceError(message) from error
        private, public = json.loads(sealed.payload)
        return ToolKey(private, public, created)


def signing_key(keys: Sequence[ToolKey], now: float) -> ToolKey:
    """Return the pair that signs: the newest that has been published for a day, else the oldest."""
    old_enough = [key for key in keys if key.created <= now - AHEAD]
    return old_enough[-1] if old_enough else keys[0]


def oldest_in_use(created: Sequence[float], now: float) -> float:
    """Return when the oldest pair was made of which anything can be alive: the newest that signs for long enough."""
    return max((moment for moment in created if moment <= now - AHEAD - _AFTER), default=min(created, default=0.0))
