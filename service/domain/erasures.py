"""Erasures: what the list of them says, a line of JSON each, and which line counts. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

Reason = Literal[
    "asked", "published_in_error", "wrong_person", "no_longer_needed", "holder_left", "other"
]
"""Why a name is erased; a code, since words could name whom they are about."""
Subject = Annotated[str, Meta(pattern="^(p-[a-z0-9]{4,32}|key-[0-9a-f-]{36})$")]
"""Whose name: a person's reference, or a key's as in `recorded_by`."""


class ErasureAct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of the list of erasures: a name was erased, or may be recorded again (lifted).

    caller: who did it, as in `recorded_by`. reason: of an erasure.
    """

    subject: Subject
    act: Literal["erased", "lifted"]
    at: Annotated[dt.datetime, Meta(tz=True)]
    caller: Annotated[str, Meta(min_length=1, max_length=200)]
    reason: Reason | None = None


class DamagedList(Exception):  # noqa: N818 - it says what the list is
    """A list of erasures cannot be read whole; the text names the line and the way out."""


_ACT: Final = msgspec.json.Decoder(ErasureAct)
_MEND: Final = (
    "mend it from a copy, or take the line out and erase again whom it was about (capmap erase)"
)


def standing(acts: Iterable[ErasureAct]) -> dict[str, ErasureAct]:
    """Return of each subject the act that counts: the last; of two at one instant, the erasure."""
    found: dict[str, ErasureAct] = {}
    for one in sorted(acts, key=lambda act: (act.at, act.act == "erased")):
        found[one.subject] = one
    return found


def when(now: dt.datetime, before: ErasureAct | None) -> dt.datetime:
    """Return when an act is: now, but later than the subject's last one."""
    least = before.at + dt.timedelta(microseconds=1) if before is not None else now
    return max(now, least)


def lines(acts: Iterable[ErasureAct]) -> bytes:
    """Return acts as the list has them: a line of JSON each."""
    return b"".join(msgspec.json.encode(one) + b"\n" for one in acts)


def listed(content: bytes) -> tuple[ErasureAct, ...]:
    """Return what a list of erasures says; raises DamagedList that names the first bad line.

    The list may have been cut: what stood behind the cut would come back unseen, so a last line
    without its end is as bad as one that cannot be read.
    """
    *whole, rest = content.split(b"\n")
    found = tuple(_act(number, line) for number, line in enumerate(whole, 1) if line.strip())
    if rest.strip():
        raise DamagedList(f"line {len(whole) + 1} has no end: the list was cut there; {_MEND}")
    return found


def _act(number: int, line: bytes) -> ErasureAct:
    try:
        return _ACT.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedList(f"line {number} cannot be read ({error}); {_MEND}") from None


__all__ = [
    "DamagedList",
    "ErasureAct",
    "Reason",
    "Subject",
    "lines",
    "listed",
    "standing",
    "when",
]  # fmt: skip
