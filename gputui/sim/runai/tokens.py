"""Run:ai's access tokens: issued for a client's id and secret, and valid for a limited time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from random import Random

from gputui.sim.clock import Clock


class Tokens:
    """Issues and verifies tokens.

    `seconds` is their lifetime; `opaque` makes them random text without a readable expiry, instead of JWTs.
    """

    def __init__(self, clock: Clock, random: Random) -> None:
        self._clock = clock
        self._secret = random.randbytes(32)
        self._expires: dict[str, float] = {}
        self.seconds = 600.0
        self.opaque = False

    def issue(self, client_id: str) -> str:
        """Return a new token."""
        now = self._clock.now()
        claims = {
            "iss": "https://runai.example.com/auth/realms/runai",
            "sub": client_id,
            "iat": int(now),
            "exp": int(now + self.seconds),
            "jti": str(len(self._expires)),
        }
        signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        signature = hmac.new(self._secret, signed.encode(), hashlib.sha256).digest()
        token = signature.hex() if self.opaque else f"{signed}.{_base64(signature)}"
        self._expires[token] = now + self.seconds
        return token

    def knows(self, token: str) -> bool:
        """Whether it was issued here and is still valid."""
        return self._clock.now() < self._expires.get(token, 0.0)

    def revoke_all(self) -> None:
        """Revoke all tokens, as a change of the client's secret does."""
        self._expires = dict.fromkeys(self._expires, 0.0)


def _encoded(part: dict[str, object]) -> str:
    return _base64(json.dumps(part, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
