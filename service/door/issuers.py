"""Issuers: where they say that things are, and the keys by which they sign, as they are now.

Keys are read again when they are ten minutes old, and at once for a key that is not known – at most
once in ten seconds, so that forged tokens do not make the service a nuisance to the issuer. While
the issuer does not answer, what was read stands for an hour: about as long as its tokens last.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import httpx
import msgspec
import structlog
from joserfc import jwk
from joserfc.errors import JoseError, SecurityWarning
from msgspec import Struct

from service.door import fetching
from service.door.fetching import Unreachable
from service.door.issuer_file import ALGORITHMS, Known

FRESH: Final = 600.0
STALE: Final = 3600.0
AGAIN: Final = 10.0
"""Seconds: keys are as new as that, hold for so long at most, are not asked for again sooner."""
_DISCOVERY: Final = "/.well-known/openid-configuration"
_MOST: Final = 100
_CURVES: Final[Mapping[str, str]] = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_log = structlog.get_logger("issuers")


class Facts(Struct, frozen=True):
    """What an issuer says of itself (OpenID Connect Discovery 1.0, RFC 9207)."""

    issuer: str
    jwks_uri: str
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Jwk(Struct, frozen=True):
    """Of a key what decides whether it may check a signature."""

    kty: str
    kid: str | None = None
    use: str = "sig"
    alg: str | None = None
    crv: str = ""
    key_ops: tuple[str, ...] = ("verify",)


class _Jwks(Struct, frozen=True):
    keys: list[msgspec.Raw]


class SigningKey(Struct, frozen=True):
    """A key that may check signatures by some algorithms."""

    kid: str | None
    algorithms: frozenset[str]
    key: jwk.Key


class Issuer:
    """One issuer, with what it said last."""

    def __init__(
        self, known: Known, http: httpx.AsyncClient, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.known = known
        self.http = http
        self._clock = clock
        self._facts: Facts | None = None
        self._keys: tuple[SigningKey, ...] = ()
        self._read_at = self._tried_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def facts(self) -> Facts:
        """Return what the issuer says of itself; raises Unreachable."""
        await self._anew(FRESH)
        return self._usable()

    async def key(self, kid: str | None, algorithm: str) -> jwk.Key | None:
        """Return the one key that may check a signature; raises Unreachable.

        kid: the key's name; None: there must be only one key for the algorithm.
        """
        await self._anew(FRESH)
        found = self._chosen(kid, algorithm)
        if found is None:
            await self._anew(0)
            found = self._chosen(kid, algorithm)
        self._usable()
        return found

    def _usable(self) -> Facts:
        if self._facts is None or self._clock() - self._read_at >= STALE:
            raise Unreachable(f"{self.known.name} has said nothing that holds still")
        return self._facts

    def _chosen(self, kid: str | None, algorithm: str) -> jwk.Key | None:
        found = [
            one.key for one in self._keys if algorithm in one.algorithms and kid in {None, one.kid}
        ]
        return found[0] if len(found) == 1 else None

    async def _anew(self, older: float) -> None:
        """Read anew what is older than so many seconds, unless that was tried just now."""
        now = self._clock()
        if self._reading is None:
            if now - self._read_at < older or now - self._tried_at < AGAIN:
                return
            self._tried_at = now
            self._reading = asyncio.create_task(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        """Read what the issuer says; where that fails, what was read before stands."""
        try:
            facts = await self._said()
            keys = signing_keys(await fetching.read(self.http, facts.jwks_uri))
            self._facts, self._keys, self._read_at = facts, keys, self._clock()
        except (Unreachable, ValueError, RecursionError) as error:
            _log.warning("issuer not read", issuer=self.known.name, why=str(error)[:300])
        finally:
            self._reading = None

    async def _said(self) -> Facts:
        """Return what the issuer says of itself now; what speaks for another is nobody's."""
        url = self.known.issuer.rstrip("/") + _DISCOVERY
        facts = msgspec.json.decode(await fetching.read(self.http, url), type=Facts)
        if facts.issuer != self.known.issuer:
            raise Unreachable(f"{url} speaks for another issuer")
        return facts


class Issuers:
    """All issuers that are believed, by what their tokens say, and by name."""

    def __init__(
        self,
        known: Iterable[Known],
        http: httpx.AsyncClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.all = tuple(Issuer(one, http, clock) for one in known)
        self._by_issuer = {one.known.issuer: one for one in self.all}

    def by_issuer(self, issuer: str) -> Issuer | None:
        """Return the issuer of whom a token says that it is."""
        return self._by_issuer.get(issuer)

    def signing_in(self, name: str) -> Issuer | None:
        """Return the issuer of a name, if people sign in there."""
        return next(
            (one for one in self.all if one.known.name == name and one.known.client_id), None
        )


def signing_keys(body: bytes) -> tuple[SigningKey, ...]:
    """Return of a set of keys those that may check signatures; what is unfit is left out."""
    found = (_signing(one) for one in msgspec.json.decode(body, type=_Jwks).keys[:_MOST])
    return tuple(one for one in found if one is not None)


def _signing(raw: msgspec.Raw) -> SigningKey | None:
    try:
        said = msgspec.json.decode(raw, type=_Jwk)
        if (
            said.use != "sig"
            or "verify" not in said.key_ops
            or said.kty not in {"RSA", "EC", "OKP"}
        ):
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("error", SecurityWarning)  # such as of an RSA key below 2048 bits
            key = jwk.import_key(msgspec.json.decode(raw, type=dict[str, str | list[str]]))
    except (JoseError, SecurityWarning, ValueError, TypeError, KeyError):
        return None
    algorithms = frozenset(one for one in ALGORITHMS if _fits(said, one))
    return SigningKey(said.kid, algorithms, key) if algorithms else None


def _fits(said: _Jwk, algorithm: str) -> bool:
    """Tell whether a key is of the kind that an algorithm takes."""
    if said.alg not in {None, algorithm}:
        return False
    if said.kty == "RSA":
        return algorithm[:2] in {"RS", "PS"}
    if said.kty == "EC":
        return _CURVES.get(algorithm) == said.crv
    return algorithm in {"EdDSA", "Ed25519"} and said.crv == "Ed25519"


__all__ = ["AGAIN", "FRESH", "STALE", "Facts", "Issuer", "Issuers", "SigningKey", "signing_keys"]
