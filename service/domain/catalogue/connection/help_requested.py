"""HelpRequested: an organisation asked others for help."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.domain import checks
from service.domain.envelope import Event, Payload
from service.domain.faults import Fault
from service.domain.fields import Day, Text
from service.domain.spec import BOTH, EventType, Fold
from service.domain.words import plain


class HelpRequested(Payload):
    """An organisation asked others for help; effective is the first day of the request.

    topic: what with, a code of the list of topics or words. until: last day of the request.
    Source: the organisation's own word. Recorded by: the organisation; the operator also.
    """

    topic: Text
    until: Day


def _check(event: Event) -> Iterator[Fault]:
    data = event.data
    assert isinstance(data, HelpRequested)  # noqa: S101 - the register pairs them
    yield from checks.end_before_beginning("/data/until", data.until, event.effective)


def _text(data: HelpRequested) -> str:
    return f"Asked for help with {plain(data.topic)} until {data.until}"


TYPE: Final = EventType(
    payload=HelpRequested,
    part="connection",
    bearers=BOTH,
    fold=Fold("requests", "opens"),
    text=_text,
    check=_check,
    sample={"topic": "daily_management", "until": "2026-09-30"},
)
