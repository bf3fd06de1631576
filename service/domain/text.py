"""Rules of free text (CONVENTIONS.md 17): trimmed, NFC, one line, no e-mail, no ten digits."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from service.domain.faults import Unfit

# One search tells that nothing below can be wrong; nearly every text passes here.
_SUSPECT: Final = re.compile(r"@|[^\x20-\x7e£–’‘é]|\d{3}[\s.-]*\d{3}[\s.-]*\d{4}|\d{10}")
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_TEN_DIGITS: Final = re.compile(r"(?<!\d)\d{3}[\s.-]?\d{3}[\s.-]?\d{4}(?!\d)|\d{10}")
_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_ZERO_WIDTH: Final = frozenset("\u200b\u200c\u2060\ufeff\u00ad\u180e")
_JOINER: Final = "\u200d"


def clean(value: str, limit: int) -> str:
    """Return the text trimmed and in NFC.

    Raises Unfit when it is empty, longer than `limit` code points, or holds what a text may not.
    """
    text = value.strip()
    if _SUSPECT.search(text):
        text = unicodedata.normalize("NFC", text)
        _refuse_characters(text)
        _refuse_identifiers(text)
    if not text:
        raise Unfit("empty_text", "must not be empty; leave the member out if nothing is known")
    if len(text) > limit:
        raise Unfit("too_long", f"must have at most {limit} characters, this has {len(text)}")
    return text


def _refuse_characters(text: str) -> None:
    for place, character in enumerate(text):
        if character == _JOINER and _joins_emoji(text, place):
            continue
        category = unicodedata.category(character)
        if category in {"Cc", "Cs", "Cn", "Zl", "Zp"} or character == _JOINER:
            name = f"U+{ord(character):04X}"
            raise Unfit("control_character", f"must be one line without control characters: {name}")
        if character in _BIDI or character in _ZERO_WIDTH:
            name = f"U+{ord(character):04X}"
            raise Unfit("invisible_character", f"must not hold invisible characters: {name}")


def _joins_emoji(text: str, place: int) -> bool:
    around = text[place - 1 : place] + text[place + 1 : place + 2]
    return len(around) == 2 and all(unicodedata.category(c) in {"So", "Sk", "Mn"} for c in around)


def _refuse_identifiers(text: str) -> None:
    if _EMAIL.search(text):
        raise Unfit("email_address", "must not hold an e-mail address: the log names no person")
    if _TEN_DIGITS.search(text):
        raise Unfit("ten_digits", "must not hold ten digits in a row: they could be an NHS number")
