"""Ids for events that come without one: derived, so that a retry is the same event.

Source: DESIGN.md, invariant 3; CONVENTIONS.md 10.
"""

from __future__ import annotations

import re
import uuid
from typing import Final

from service.domain.faults import Fault

FROM_KEY: Final = uuid.UUID("6f1e6a0e-7a53-5d8c-9a43-2f0c7f1b7d10")
"""The namespace of ids that are derived from an Idempotency-Key."""
FROM_SOURCE: Final = uuid.UUID("0a6f2b9d-3c1e-5f47-8d2b-64b1c9a7e355")
"""The namespace of ids that are derived from a CloudEvent's source and id."""
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
_RULE: Final = "must be 1 to 128 visible ASCII characters, the same when a request is sent again"


def unfit(key: str) -> Fault | None:
    """Return what is wrong with an Idempotency-Key, if anything is."""
    if _KEY.fullmatch(key):
        return None
    return Fault("Idempotency-Key", "idempotency_key", _RULE, value=key[:120])


def from_key(caller: str, key: str, index: int) -> uuid.UUID:
    """Return the id of the event at an index of what a caller sends under a key."""
    return uuid.uuid5(FROM_KEY, f"{caller}\n{key}\n{index}")


def from_source(source: str, given: str) -> uuid.UUID:
    """Return the id of a CloudEvent: its own if that is a UUID, else of source and id together."""
    try:
        return uuid.UUID(given)
    except ValueError:
        return uuid.uuid5(FROM_SOURCE, f"{source}\n{given}")


__all__ = ["from_key", "from_source", "unfit"]
