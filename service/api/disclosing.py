"""As what answers hold counts: the most that the caller may have, or less where they ask for less.

`disclosure=people-v1` may be asked by anybody. `exact` beyond what the caller may have is refused
in words that say so: an answer with rounded counts would not be what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec

from service.api.answers import AnyRequest
from service.api.moment import Moment
from service.api.rooms import caller, head, rooms
from service.domain.disclosure import EXACT, POLICY, Disclosure, Wanted
from service.domain.problems import Problem, Refused
from service.domain.reader import Reader
from service.domain.roles import ALL

_HREF: Final = b'"href":"/api/v1/events?positions='
_AS_ASKED: Final = f'"href":"/api/v1/events?disclosure={POLICY}&positions='.encode()


async def reader(request: AnyRequest, asked: Wanted | None = None) -> Reader:
    """Return what the caller may have as it is now, or less where they ask for less."""
    found = await rooms(request).entitlements.reader(
        caller(request), (await head(request)).position
    )
    return found.less() if asked == POLICY else found


def given(asked: Wanted | None, found: Reader, organisations: Collection[str]) -> Disclosure:
    """Return what an answer says of its counts, given whose it holds.

    Raises Refused where exact ones were asked for, and not all are.
    """
    rounded = found.rounded(organisations)
    if not rounded:
        return EXACT
    if asked == EXACT:
        raise Refused(Problem("not_entitled", f"exact counts are not yours of {_names(rounded)}"))
    return found.otherwise


def told(
    moment: Moment, asked: Wanted | None, found: Reader, organisations: Collection[str]
) -> Moment:
    """Return the moment of an answer, which says as what it holds counts; raises as `given`."""
    disclosure = given(asked, found, organisations)
    if disclosure == moment.disclosure:
        return moment
    return msgspec.structs.replace(moment, disclosure=disclosure)


def refuse_everybody(asked: Wanted | None, found: Reader) -> None:
    """Raise Refused where exact counts of whoever there is are asked by who may not have them."""
    if asked == EXACT and found.exact != ALL:
        raise Refused(Problem("not_entitled", "exact counts of everybody are the operator's"))


def _names(rounded: Collection[str]) -> str:
    first = ", ".join(sorted(rounded)[:10])
    return first if len(rounded) <= len(first.split(", ")) else f"{first} and others"


def alike(body: bytes, asked: Wanted | None) -> bytes:
    """Return an answer whose links to events ask for less where the answer was asked for less.

    No text holds what is replaced: within a string quotes are escaped.
    """
    return body.replace(_HREF, _AS_ASKED) if asked == POLICY else body


__all__ = ["alike", "given", "reader", "refuse_everybody", "told"]
