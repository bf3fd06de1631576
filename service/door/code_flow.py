"""Signing in at an issuer: the code flow of OpenID Connect with PKCE (RFC 7636, RFC 9700).

Between going and coming back nothing is kept here: the browser keeps a seed in a cookie, and state,
nonce and verifier follow from it, each by a hash of its own. So whoever comes back with the state
is the browser that went, whichever process answers, and nobody fills a table by going.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import quote_plus, urlencode

import msgspec
import structlog
from msgspec import Struct

from service.domain.addresses import safe
from service.domain.caller import Caller
from service.domain.problems import Problem
from service.door import fetching, tokens
from service.door.fetching import Declined, Unreachable
from service.door.issuers import Facts, Issuer, Issuers
from service.door.journey import Going, Returned
from service.door.tokens import Untrusted

LASTS: Final = dt.timedelta(minutes=10)
"""How long somebody may take at the issuer."""
_log = structlog.get_logger("signing in")


class _Answer(Struct, frozen=True):
    """What the issuer gives for a code."""

    id_token: str
    access_token: str = ""


class Flow:
    """The ways of people to issuers and back."""

    def __init__(
        self, issuers: Issuers, redirect: str, secret: bytes, now: Callable[[], dt.datetime]
    ) -> None:
        """redirect: where issuers send people back to, exactly. secret: as of tokens."""
        self.issuers = issuers
        self._redirect = redirect
        self._secret = secret
        self._now = now

    async def go(self, name: str) -> Going | Problem:
        """Return where somebody goes to sign in at an issuer."""
        issuer = self.issuers.signing_in(name)
        if issuer is None:
            return Problem("not_found", f"nobody signs in at {name[:60]}")
        try:
            facts = await issuer.facts()
        except Unreachable as why:
            return _unreachable(issuer, why)
        begun = str(int(self._now().timestamp()))
        cookie = f"{name}.{begun}.{secrets.token_urlsafe(32)}"
        asked = {
            **issuer.known.parameters,
            "response_type": "code",
            "client_id": issuer.known.client_id,
            "redirect_uri": self._redirect,
            "scope": issuer.known.scopes,
            "state": _derived(cookie, "state"),
            "nonce": _derived(cookie, "nonce"),
            "code_challenge": _challenge(_derived(cookie, "verifier")),
            "code_challenge_method": "S256",
        }
        if not safe(facts.authorization_endpoint):
            return _unreachable(issuer, Unreachable("it names no safe place to sign in"))
        mark = "&" if "?" in facts.authorization_endpoint else "?"
        return Going(f"{facts.authorization_endpoint}{mark}{urlencode(asked)}", cookie)

    async def come(self, back: Returned) -> Caller | Problem:
        """Return who has come back from an issuer, or why nobody is signed in."""
        issuer = self._went(back)
        if issuer is None:
            detail = "this browser did not set out to sign in, or took longer than ten minutes"
            return Problem("not_signed_in", detail)
        try:
            return await self._checked(issuer, back)
        except (Untrusted, Declined) as why:
            _log.warning("not signed in", issuer=issuer.known.name, why=str(why))
            return Problem("not_signed_in", "what the issuer sent back does not hold")
        except Unreachable as why:
            return _unreachable(issuer, why)

    def _went(self, back: Returned) -> Issuer | None:
        """Return the issuer that the browser went to, if it is the one that comes back."""
        name, _, rest = back.cookie.partition(".")
        begun = rest.partition(".")[0]
        ours = _derived(back.cookie, "state")
        if not hmac.compare_digest(ours.encode(), back.state.encode()) or not begun.isdecimal():
            return None
        since = self._now().timestamp() - int(begun[:12])
        return self.issuers.signing_in(name) if 0 <= since < LASTS.total_seconds() else None

    async def _checked(self, issuer: Issuer, back: Returned) -> Caller | Problem:
        facts = await issuer.facts()
        by_whom = issuer.known.issuer
        if back.iss not in {None, by_whom} or (
            back.iss is None and facts.authorization_response_iss_parameter_supported
        ):
            raise Untrusted("another issuer answers")
        if back.error or not back.code:
            raise Untrusted(f"the issuer says {back.error[:60]}")
        answer = await self._redeemed(issuer, facts, back)
        client = issuer.known.client_id
        found = await tokens.checked(issuer, answer.id_token, [client], self._now())
        nonce = str(found.get("nonce", ""))
        if not hmac.compare_digest(nonce.encode(), _derived(back.cookie, "nonce").encode()):
            raise Untrusted("the token was made for another sign-in")
        if found.get("azp", client) != client:
            raise Untrusted("the token was made for another client")
        if issuer.known.userinfo:
            said = await _userinfo(issuer, facts, answer.access_token, str(found["sub"]))
            found = said | found  # what is signed counts
        return tokens.granted(issuer, found, self._secret)

    async def _redeemed(self, issuer: Issuer, facts: Facts, back: Returned) -> _Answer:
        """Return what the issuer gives for a code, and for the verifier that only we know."""
        known = issuer.known
        form = {
            "grant_type": "authorization_code",
            "code": back.code,
            "redirect_uri": self._redirect,
            "client_id": known.client_id,
            "code_verifier": _derived(back.cookie, "verifier"),
        }
        basic = None
        if known.client_secret:
            if "client_secret_basic" in facts.token_endpoint_auth_methods_supported:
                basic = (quote_plus(known.client_id), quote_plus(known.client_secret))
            else:
                form["client_secret"] = known.client_secret
        body = await fetching.send(issuer.http, facts.token_endpoint, form, basic)
        try:
            return msgspec.json.decode(body, type=_Answer)
        except (ValueError, RecursionError):
            raise Untrusted("the issuer gives no token for the code") from None


async def _userinfo(
    issuer: Issuer, facts: Facts, access_token: str, subject: str
) -> dict[str, object]:
    """Return the claims that an issuer says beside those of the token, of the same person."""
    body = await fetching.read(issuer.http, facts.userinfo_endpoint, bearer=access_token)
    try:
        said = msgspec.json.decode(body, type=dict[str, object])
    except (ValueError, RecursionError):
        raise Untrusted("the issuer says nothing of the person") from None
    if said.get("sub") != subject:
        raise Untrusted("the issuer speaks of another person")
    return said


def _unreachable(issuer: Issuer, why: Unreachable) -> Problem:
    _log.warning("issuer not reached", issuer=issuer.known.name, why=str(why))
    return Problem("unavailable", f"{issuer.known.title} does not answer now; try again")


def _derived(cookie: str, what: str) -> str:
    """Return what follows from a cookie: nothing of it can be told from another."""
    made = hashlib.blake2b(cookie.encode(), digest_size=32, person=what.encode()).digest()
    return _text(made)


def _challenge(verifier: str) -> str:
    return _text(hashlib.sha256(verifier.encode()).digest())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


__all__ = ["LASTS", "Flow"]
