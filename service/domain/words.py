"""Words for people: how codes and lists of the catalogue read in a sentence."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import UnsetType


def plain(code: str) -> str:
    """Return a snake_case code as words: `chief_executive` reads "chief executive"."""
    return code.replace("_", " ")


def body_list(codes: Iterable[str] | UnsetType) -> str:
    """Return organisations' codes as a list in words: "RTP, RXC and RYR"."""
    items = [] if isinstance(codes, UnsetType) else list(codes)
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def pounds(pence: int) -> str:
    """Return an amount of pence in pounds: "£1,250.00"."""
    return f"£{pence / 100:,.2f}"
