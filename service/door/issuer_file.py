"""The file that names the issuers whose tokens are believed, and what their claims give.

A mistake in it stops the start and is named by its place: a rule that silently gives nothing, or
more than was meant, is found by nobody until it is used.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from service.domain import claims
from service.domain.addresses import safe
from service.domain.claims import Rule, Written
from service.domain.faults import Unfit
from service.settings import SettingsError

ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384",
                     "ES512", "EdDSA", "Ed25519")  # fmt: skip
"""Signatures that may be believed. None by a shared secret: whoever checks one could make one."""
OURS: Final = frozenset({
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "response_mode", "request", "request_uri",
})  # fmt: skip
"""Parameters of a sign-in that the service sets itself."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_TAKEN: Final = frozenset({"callback", "key"})


class _Issuer(Struct, frozen=True, forbid_unknown_fields=True):
    """An issuer as it is written; what each member means says docs/signing-in.md."""

    name: str
    issuer: str
    rules: list[Written]
    title: str = ""
    audiences: list[str] = []
    algorithms: tuple[str, ...] = ("RS256",)
    client_id: str = ""
    client_secret_file: str = ""
    scopes: tuple[str, ...] = ("openid",)
    parameters: dict[str, str] = {}
    userinfo: bool = False
    require: dict[str, list[str]] = {}


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    issuers: list[_Issuer]


class Known(Struct, frozen=True):
    """An issuer whose tokens are believed.

    audiences: for whom a token that is sent as `Authorization` must be made; none: none is taken.
    client_id, client_secret: as what the service signs people in; none: nobody signs in there.
    userinfo: whether claims are asked for, at sign-in, beside those of the token.
    require: what claims must say, by place, before any rule is asked.
    """

    name: str
    title: str
    issuer: str
    audiences: tuple[str, ...]
    algorithms: frozenset[str]
    client_id: str
    client_secret: str
    scopes: str
    parameters: Mapping[str, str]
    userinfo: bool
    require: Mapping[str, Sequence[str]]
    rules: tuple[Rule, ...]


def read(path: str) -> tuple[Known, ...]:
    """Return the issuers that a file names; raises SettingsError that names what is wrong."""
    where = f"CAPMAP_ISSUERS={path!r}"
    try:
        written = msgspec.convert(tomllib.loads(Path(path).read_text("utf-8")), _File)
        known = tuple(_known(one) for one in written.issuers)
    except OSError as error:
        raise SettingsError(f"{where}: expected a file; {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{where}: expected TOML; {error}") from None
    except (msgspec.ValidationError, Unfit) as error:
        raise SettingsError(f"{where}: {error}") from None
    for member in ("name", "issuer"):
        said = [getattr(one, member) for one in known]
        if len(set(said)) != len(said):
            raise SettingsError(f"{where}: two issuers have the same {member}")
    return known


def _known(one: _Issuer) -> Known:
    """Return an issuer as it is used; raises Unfit for the first thing that is wrong with it."""
    _fit(one)
    pointers = [*one.require, *(rule.claim for rule in one.rules)]
    for pointer in pointers:
        claims.path(pointer)
    try:
        rules = tuple(map(claims.rule, one.rules))
    except Unfit as unfit:
        raise Unfit("rules", f"issuer {one.name}: a rule {unfit.rule}") from None
    return Known(
        name=one.name,
        title=one.title or one.name,
        issuer=one.issuer,
        audiences=tuple(one.audiences),
        algorithms=frozenset(one.algorithms),
        client_id=one.client_id,
        client_secret=_secret(one.client_secret_file) if one.client_secret_file else "",
        scopes=" ".join(dict.fromkeys(["openid", *one.scopes])),
        parameters=one.parameters,
        userinfo=one.userinfo,
        require=one.require,
        rules=rules,
    )


def _fit(one: _Issuer) -> None:
    """Raise Unfit for what an issuer cannot be."""
    rules = {
        "name must be 1 to 32 small letters, digits and -, but not callback or key":
            _NAME.fullmatch(one.name) is not None and one.name not in _TAKEN,
        "issuer must be an https address (http on this machine only), as its tokens say it":
            safe(one.issuer) and "?" not in one.issuer,
        f"algorithms must be of {', '.join(ALGORITHMS)}":
            bool(one.algorithms) and set(one.algorithms) <= set(ALGORITHMS),
        "one of audiences and client_id must be given":
            bool(one.audiences or one.client_id) and all(one.audiences),
        f"parameters must not be {', '.join(sorted(OURS))}": not OURS & one.parameters.keys(),
        "rules must not be empty: nobody would be given anything": bool(one.rules),
    }  # fmt: skip
    for rule, holds in rules.items():
        if not holds:
            raise Unfit("issuer", f"issuer {one.name[:60]!r}: {rule}")


def _secret(path: str) -> str:
    found = Path(path).read_text("utf-8").strip()
    if not found:
        raise Unfit("client_secret_file", f"client_secret_file {path} is empty")
    return found


__all__ = ["ALGORITHMS", "Known", "read"]
