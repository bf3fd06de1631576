"""What the demo shows of access: a key for each role, made anew at each start, and lines to paste.

A key is shown once and only its hash is kept, so those of an earlier start could not be shown
again: they are revoked, and nothing that opens piles up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from service.api.rooms import Rooms

MADE_BY: Final = "demo"
"""Who made the demo's keys, by which the next start finds them and no others."""
HOLDERS: Final = {
    "SUBMITTER": "submitter:ZT003",
    "LEAD": "lead:ZS01",
    "ANALYST": "analyst:all",
    "OPERATOR": "operator",
}
"""A role for each variable that the README and the pages name; the organisations are invented."""
EVENT: Final = (
    '{"id": "2f1d6c1e-0d0a-4f6e-8b3a-6f0f2b7c5a10", "type": "LearningShared", "organisation": '
    '"ZT003", "effective": "2026-05-14", "source": {"kind": "own", "reference": "Newsletter 5"}, '
    '"assurance": "self_declared", "data": {"title": "Fewer falls at night", "audience": '
    '"Improvers of the system", "about": "success"}}'
)


class Line(Struct, frozen=True):
    """Something to ask with a key: told, what it shows; body: what is sent, if anything is."""

    holder: str
    told: str
    path: str
    body: str = ""


LINES: Final = (
    Line("SUBMITTER", "The submitter of Burdockstow (ZT003) records an event; sent again, it is"
         " recorded once:", "events", EVENT),
    Line("SUBMITTER", "It reads its own picture,", "trusts/ZT003/picture"),
    Line("SUBMITTER", "but no other trust's: 403, and the way out.", "trusts/ZT001/picture"),
    Line("LEAD", "The lead of a system (ZS01) sees the trusts that it hosts side by side:",
         "systems/ZS01/picture?on=2026-09-01"),
    Line("ANALYST", "An analyst lists events, and asks what was known when:",
         "events?type=EventCorrected&limit=3"),
    Line("OPERATOR", "The operator sees which keys there are and when each was used:", "keys"),
)  # fmt: skip
"""What each role is for, and one refusal."""


async def keys(rooms: Rooms) -> dict[str, str]:
    """Make the demo's keys and return them by holder; those of earlier starts open nothing more."""
    from service.door.granting import NewKey, wanted

    ring, now = rooms.keyring, rooms.desk.now()
    for key in await ring.listed():
        if key.made_by == MADE_BY and key.live(now):
            await ring.revoke(key.id, MADE_BY)
    found = {}
    for holder, role in HOLDERS.items():
        asked = wanted(NewKey(f"demo {holder.lower()}", [role]), now)
        found[holder] = (await ring.make(asked, MADE_BY)).secret
    return found


def told(base: str, secrets: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines that show the keys and what each is for; each works wherever it is pasted."""
    yield "\nAccess is on. Keys of this start; those of earlier ones open nothing any more:\n"
    for holder, secret in secrets.items():
        yield f"    {holder}={secret}"
    for line in LINES:
        yield f"\n{line.told}\n    {_curl(base, line, secrets[line.holder])}"
    yield f"\nIn a browser, sign in with one of the keys first:\n    {base}/sign-in"
    yield "\nWhat to ask, in a terminal into which the four lines above are pasted:"


def _curl(base: str, line: Line, secret: str) -> str:
    asked = f"curl '{base}/api/v1/{line.path}' -H 'Authorization: Bearer {secret}'"
    sent = f" -H 'Content-Type: application/json' -d '{line.body}'"
    return asked + sent if line.body else asked


def questions(base: str, rows: Iterable[tuple[str, str]], *, keyed: bool) -> Iterator[str]:
    """Yield each question with what to paste, or, where no key is needed, with its address."""
    for question, path in rows:
        address = f"{base}/api/v1/{path}"
        with_key = f"""curl '{address}' -H "Authorization: Bearer $ANALYST\""""
        yield f"{question}\n    {with_key if keyed else address}"


__all__ = ["HOLDERS", "LINES", "MADE_BY", "keys", "questions", "told"]
