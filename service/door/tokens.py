"""Tokens: whether an issuer signed one, for us, for now; and who brings it.

Whatever is wrong with a token, the answer is the same and says nothing of it; the log says what.
A token that was checked stands for a minute, at most until it expires.
"""

from __future__ import annotations

import binascii
import datetime as dt
import hashlib
import time
import warnings
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec
import structlog
from joserfc import jwk, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwt import JWTClaimsRegistry
from msgspec import Struct

from service.domain import claims
from service.domain.caller import Caller
from service.domain.claims import Claims
from service.domain.problems import Problem
from service.door.at_hand import AtHand
from service.door.fetching import Unreachable
from service.door.issuers import Issuer, Issuers

KEPT: Final = 60.0
"""Seconds for which a token that was checked stands."""
LEEWAY: Final = 30
"""Seconds by which an issuer's clock may be wrong."""
MOST_BYTES: Final = 16_384
S = TypeVar("S", bound=Struct)
_log = structlog.get_logger("tokens")


class Untrusted(Exception):  # noqa: N818 - a judgement on a token; the text is for our log alone
    """A token is not to be believed."""


class _Header(Struct, frozen=True):
    """Of a token's header what is heeded. Keys that a token brings or points to never are."""

    alg: str
    kid: str | None = None


class _Speaker(Struct, frozen=True):
    iss: str


class Tokens:
    """The tokens that were checked last."""

    def __init__(
        self,
        issuers: Issuers,
        secret: bytes,
        now: Callable[[], dt.datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """secret: by which subjects become opaque, the same for ever. now: as tokens expire."""
        self._issuers = issuers
        self._opaque = secret
        self._now = now
        self._clock = clock
        self._at_hand = AtHand[Caller]()

    def at_hand(self, token: str) -> Caller | None:
        """Return who brings a token that was checked within a minute; None: to be checked."""
        return self._at_hand.get(self._at_hand.mark(token), self._clock())

    async def caller(self, token: str) -> Caller | Problem:
        """Return who brings a token, or why it opens nothing."""
        seconds, mark = self._clock(), self._at_hand.mark(token)
        began = self._at_hand.look(mark)
        try:
            issuer = self._issuer(token)
            found = await self._sent(issuer, token)
        except Untrusted as why:
            _log.info("token refused", why=str(why))
            return Problem("unknown_caller", "this token is not known")
        except Unreachable as why:
            _log.warning("token not checked", why=str(why))
            return Problem("unavailable", "the issuer of this token cannot be asked now")
        caller = granted(issuer, found, self._opaque)
        if isinstance(caller, Caller):
            lasts = min(KEPT, _expires(found) - self._now().timestamp())
            self._at_hand.keep(mark, caller, seconds + lasts, began)
        return caller

    async def _sent(self, issuer: Issuer, token: str) -> Claims:
        """Return the claims of a token that is sent as a key is."""
        found = await checked(issuer, token, issuer.known.audiences, self._now())
        if "nonce" in found:
            raise Untrusted("it is the token of a sign-in, which is no key to the API")
        return found

    def _issuer(self, token: str) -> Issuer:
        """Return the issuer of whom a token says that it is; that is not believed yet."""
        if len(token) > MOST_BYTES:
            raise Untrusted("it is too long")
        parts = token.split(".")
        if len(parts) != 3:
            raise Untrusted("it is no signed token")
        found = self._issuers.by_issuer(_part(parts[1], _Speaker).iss)
        if found is None or not found.known.audiences:
            raise Untrusted("no such issuer is believed")
        return found


async def checked(
    issuer: Issuer, token: str, audiences: Sequence[str], now: dt.datetime
) -> dict[str, object]:
    """Return the claims of a token that the issuer signed for one of some audiences, for now.

    Raises Untrusted for any other, Unreachable where the issuer's keys cannot be had.
    """
    if len(token) > MOST_BYTES or token.count(".") != 2:
        raise Untrusted("it is no signed token")
    header = _part(token.partition(".")[0], _Header)
    if header.alg not in issuer.known.algorithms:
        raise Untrusted(f"it is signed by {header.alg[:20]}")
    key = await issuer.key(header.kid, header.alg)
    if key is None:
        raise Untrusted("the issuer has no such key")
    expected = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer.known.issuer},
        aud={"essential": True, "values": list(audiences)},
        exp={"essential": True},
        sub={"essential": True},
    )
    try:
        found = _signed(token, key, header.alg)
        expected.validate(found)
    except (JoseError, ValueError, RecursionError) as error:
        raise Untrusted(f"{issuer.known.name}: {type(error).__name__} {error}"[:300]) from None
    return found


def _signed(token: str, key: jwk.Key, algorithm: str) -> dict[str, object]:
    """Return what a token says if the key signed it; raises JoseError."""
    with warnings.catch_warnings():
        # EdDSA has a newer name, Ed25519, that issuers do not use yet.
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.decode(token, key, algorithms=[algorithm]).claims


def granted(issuer: Issuer, found: Claims, secret: bytes) -> Caller | Problem:
    """Return who a subject is here, by what the issuer's claims give; one without a role is nobody.

    The id says neither name nor address, nor can it be told from the subject without the secret.
    """
    said = f"{issuer.known.issuer}\x1f{found['sub']}".encode()
    opaque = hashlib.blake2b(said, digest_size=16, key=secret, person=b"capmap subject").hexdigest()
    lacks = claims.lacking(found, issuer.known.require)
    grants = () if lacks else claims.granted(found, issuer.known.rules)
    if not grants:
        why = f"{lacks} is not as required" if lacks else "no claim gives a role"
        _log.info("nothing granted", caller=f"oidc-{opaque}", issuer=issuer.known.name, why=why)
        detail = f"no claim of the issuer gives a role here; you are known as oidc-{opaque}"
        return Problem("not_allowed", detail)
    return Caller(f"oidc-{opaque}", grants)


def _expires(found: Claims) -> float:
    said = found["exp"]
    return float(said) if isinstance(said, int | float) else 0.0


def _part(part: str, into: type[S]) -> S:
    """Return a part of a token; raises Untrusted for what is none."""
    try:
        raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
        return msgspec.json.decode(raw, type=into)
    except (ValueError, binascii.Error, RecursionError):
        raise Untrusted("it is no signed token") from None


__all__ = ["KEPT", "LEEWAY", "MOST_BYTES", "Tokens", "Untrusted", "checked", "granted"]
