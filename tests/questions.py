"""Requests that a log with the story can answer, and such with one thing wrong, as strategies."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import json
import uuid
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

from service.domain import lists
from service.domain.model import models
from service.domain.references import TARGETS, reference_members
from service.domain.register import BY_NAME
from service.projections.returning_questions import BY_KEY
from tests.strategies import LEAVES, NAMES, STORY, samples

TOLD = [json.loads(line) for line in STORY.read_text(encoding="utf-8").splitlines()]
TRUSTS = sorted({e["organisation"] for e in TOLD if e["type"] == "TrustRegistered"})
SYSTEMS = sorted({e["organisation"] for e in TOLD if e["type"] == "SystemEstablished"})
ORIGINALS = [e for e in TOLD if BY_NAME[e["type"]].fold.form != "about"]
TEMPLATES = [f"{name}.{form}" for name in sorted(BY_NAME) for form in ("xlsx", "csv")]
NUMBERS = itertools.count()
REGISTRATIONS = {"TrustRegistered", "SystemEstablished"}
SPOILT = st.integers(0, 10**9).map(lambda ticket: ticket % 4 == 1)
"""One request in four has something wrong; of many tickets, since no two draws are alike."""


def _start(year: int) -> dt.datetime:
    return dt.datetime(year, 1, 1)  # noqa: DTZ001 - hypothesis adds the zone


DAYS = st.dates(dt.date(1991, 4, 1), dt.date(2026, 11, 1)).map(dt.date.isoformat)
POSITIONS = st.integers(1, len(TOLD))
ZONES = st.sampled_from([dt.UTC, dt.timezone(dt.timedelta(hours=-5, minutes=-30))])
INSTANTS = st.datetimes(timezones=ZONES, min_value=_start(2020), max_value=_start(2040)).map(
    dt.datetime.isoformat
)
LATER = st.datetimes(timezones=ZONES, min_value=_start(2030), max_value=_start(2090)).map(
    dt.datetime.isoformat
)
CODES = st.sampled_from(TRUSTS + SYSTEMS).flatmap(
    lambda code: st.sampled_from([code, code.lower(), f" {code} "])
)
NONSENSE = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "RTP04", "ZZZ", "2026-02-30", "-1", "0", "9" * 30, "yesterday", "2026-01-01T00:00",
         "\x00", "%", "AAAA", "null", "1,2,", "1.0", "8f0d2c1e-5a44-4a8e-9f6f-0b7a1d2c3e4f"]
    ),
)  # fmt: skip


class Asked(NamedTuple):
    """A request but for its operation: parameters of path and query, headers, body."""

    path: dict[str, str]
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


MOMENT = {
    "on": DAYS,
    "known_at": st.one_of(POSITIONS.map(str), LATER, LATER.map(lambda moment: moment[:10])),
    "evidence": st.sampled_from(["public", "own", "both"]),
}
LIMIT = {"limit": st.integers(1, 1000).map(str)}
PICTURE = MOMENT | {"model": st.sampled_from(sorted(models()))}
FOUND = MOMENT | LIMIT | {
    "q": st.one_of(CODES, st.sampled_from(["sussex", "NHS", "Board", "western "])),
    "after": CODES.map(lambda code: code.strip()),
}  # fmt: skip


def _events(cursors: list[str]) -> dict[str, st.SearchStrategy[str]]:
    return LIMIT | {
        "organisation": CODES.map(lambda code: code.strip()),
        "type": st.sampled_from(sorted(BY_NAME)),
        "effective_from": DAYS,
        "effective_to": DAYS,
        "recorded_from": INSTANTS,
        "recorded_before": INSTANTS,
        "positions": st.lists(POSITIONS.map(str), min_size=1, max_size=100).map(",".join),
        "known_at": MOMENT["known_at"],
        "cursor": st.sampled_from(cursors),
    }


IDS = st.uuids(version=4).map(str)
REASONS = st.sampled_from(["mistyped", "superseded", "other"])
GROUNDS = st.sampled_from(["wrong_figure", "not_ours"])
PUT_RIGHT = {
    "correct_event": st.tuples(
        st.sampled_from(ORIGINALS),
        st.fixed_dictionaries({"reason": REASONS, "certain": st.booleans()}),
        IDS,
    ),
    "retract_event": st.tuples(
        st.sampled_from(TOLD), st.fixed_dictionaries({"reason": REASONS}), IDS
    ),
    "dispute_event": st.tuples(
        st.sampled_from(ORIGINALS), st.fixed_dictionaries({"ground": GROUNDS}), IDS
    ).map(lambda said: (said[0], said[1] | {"organisation": said[0]["organisation"]}, said[2])),
}
"""What puts events of the story right; no dispute is in it that could be settled."""


PERIODS = st.fixed_dictionaries(
    {"financial_year": st.sampled_from(["2024/25", "2025-26"]), "quarter": st.integers(1, 4)}
)
QUIET = st.lists(st.sampled_from(sorted(BY_KEY)), min_size=1, unique=True).map(
    lambda keys: [{"question": key, "said": "no_change"} for key in keys]
)
RETURNS = {
    "save_return_draft": st.tuples(PERIODS, QUIET).map(
        lambda said: said[0] | {"answers": said[1], "version": 10**6}
    ),
    "make_return": PERIODS.map(lambda period: period | {"no_change": True}),
}
"""What is said of a quarter; a draft's version is one that has seen all."""


def questions(operation: str, cursors: list[str]) -> st.SearchStrategy[Asked]:
    """Return requests to an operation, most of which it can answer; `cursors` are the log's."""
    if operation == "append_events":
        return bodies().map(lambda body: Asked({}, {}, {}, body))
    if operation == "list_events":
        headers = st.sampled_from([{}, {"Accept": "application/x-ndjson"}])
        return _asked({}, _events(cursors), headers)
    if operation in PUT_RIGHT:
        return PUT_RIGHT[operation].map(
            lambda said: Asked({"event_id": said[0]["id"]}, {}, {}, said[1] | {"id": said[2]})
        )
    trust, system = st.sampled_from(TRUSTS), st.sampled_from(SYSTEMS)
    if operation in RETURNS:
        return st.tuples(trust, RETURNS[operation]).map(
            lambda said: Asked({"code": said[0]}, {}, {}, said[1])
        )
    path, query = {
        "get_event": ({"event_id": st.sampled_from([e["id"] for e in TOLD])}, {}),
        "list_organisations": ({}, FOUND),
        "list_systems": ({}, FOUND),
        "get_organisation": ({"code": CODES}, MOMENT),
        "get_trust_picture": ({"code": trust}, PICTURE),
        "get_system_picture": ({"code": system}, PICTURE),
        "list_trust_beginnings": ({"code": trust}, PICTURE),
        "list_trust_people": ({"code": trust}, {}),
        "get_completeness": ({"code": trust}, PICTURE),
        "get_return": ({"code": trust}, {}),
        "list_reads": ({"code": CODES}, LIMIT | {"from": DAYS, "to": DAYS}),
        "list_acts_of": ({"code": CODES}, LIMIT),
        "list_acts": ({}, LIMIT),
        "get_model": ({"name": st.sampled_from(sorted(models()))}, {}),
        "get_template": ({"file": st.sampled_from(TEMPLATES)}, {}),
        "list_codes": ({"name": st.sampled_from(sorted(lists.LISTS))}, {}),
        "get_schema": ({"name": st.sampled_from(sorted(BY_NAME))}, {}),
    }.get(operation, ({}, {}))
    return _asked(path, query, st.just({}))


@st.composite
def _asked(
    draw: st.DrawFn,
    path: Mapping[str, st.SearchStrategy[str]],
    query: Mapping[str, st.SearchStrategy[str]],
    headers: st.SearchStrategy[dict[str, str]],
) -> Asked:
    """Draw a request with some of the parameters; of every few, spoil one parameter or add one."""
    whole = Asked(
        {name: draw(values) for name, values in path.items()},
        {name: draw(values) for name, values in query.items() if draw(st.booleans())},
        draw(headers),
        None,
    )
    if draw(SPOILT):
        if path and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(path)))
            whole.path[name] = quote(draw(NONSENSE.filter(_fits_a_path)), safe="")
        else:
            whole.query[draw(st.sampled_from([*query, "knownat"]))] = draw(NONSENSE)
    return whole


def _fits_a_path(text: str) -> bool:
    """Tell whether a text can be a part of a path: not empty, and no step up."""
    return bool(text.strip(". ")) and "/" not in text


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Draw what is posted: one event, a list, or a batch; of every few, one event is spoilt."""
    events = [
        event for some in draw(st.lists(_related(), min_size=1, max_size=3)) for event in some
    ]
    if draw(SPOILT):
        _spoil(draw, draw(st.sampled_from(events)))
    if len(events) == 1 and draw(st.booleans()):
        return events[0]
    return draw(st.sampled_from([events, {"events": events}]))


@st.composite
def _related(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw an event that the log would take, or has; a settlement comes with its dispute."""
    if draw(st.integers(0, 9)) == 9:
        return [draw(st.sampled_from(TOLD)).copy()]
    event = copy.deepcopy(draw(st.sampled_from(samples())))
    kind = BY_NAME[event["type"]]
    event["id"] = _new_id()
    event["effective"] = draw(DAYS)
    event["source"]["reference"] = f"Paper {draw(st.integers(1, 99))}"
    if kind.name in REGISTRATIONS:
        event["organisation"] = f"Z{draw(st.integers(1000, 9999))}"
        return [event]
    bearers = TRUSTS if "trust" in kind.bearers else SYSTEMS
    code = draw(st.sampled_from(bearers))
    event["organisation"] = draw(st.sampled_from([code, code.lower()]))
    members = reference_members(kind.payload)
    if not members:
        return [event]
    member = members[0]
    if member in TARGETS:
        return [*_named_by(event, members), event]
    target = draw(st.sampled_from(ORIGINALS))
    event["data"][member] = target["id"]
    if kind.fold.form == "about":
        event["organisation"] = target["organisation"]
    if kind.name == "EventCorrected":
        event["data"]["data"] = target["data"]
    if kind.name != "DisputeSettled":
        return [event]
    data = {"event": target["id"], "ground": "wrong_figure"}
    dispute = event | {"id": _new_id(), "type": "EventDisputed", "data": data}
    event["data"][member] = dispute["id"]
    return [dispute, event]


def _named_by(event: dict[str, Any], members: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return an event of the right type for each reference, of a trust each, and name them."""
    made = []
    for member, code in zip(members, TRUSTS, strict=False):
        sample = next(one for one in samples() if one["type"] == TARGETS[member])
        made.append(sample | {"id": _new_id(), "organisation": code})
        event["data"][member] = made[-1]["id"]
    return made


def _new_id() -> str:
    """Return an id not used before; drawn ones come again, and the log would know them."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(next(NUMBERS))))


def _spoil(draw: st.DrawFn, event: dict[str, Any]) -> None:
    """Change, lose or add a member of the event, its payload or its source."""
    place = draw(st.sampled_from([event, event["data"], event["source"]]))
    name = draw(st.one_of(st.sampled_from(sorted(place)), NAMES) if place else NAMES)
    if draw(st.booleans()):
        place.pop(name, None)
    else:
        place[name] = copy.deepcopy(draw(LEAVES))
