"""Events, batches and broken texts that several test files make alike."""

from __future__ import annotations

import copy
import datetime as dt
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from hypothesis import strategies as st

from service.domain import codec, register
from service.domain.admission import Batch, Outcome
from service.domain.caller import LOCAL, Caller
from service.store.writer import SESSION, Writer

LATEST = dt.date(2027, 4, 1)
CASES = Path(__file__).parent / "pure" / "catalogue"
STORY = Path(register.__file__).parents[1] / "story" / "surrey-and-sussex.ndjson"


def made(
    kind: str,
    organisation: str,
    data: Mapping[str, object],
    key: uuid.UUID | None = None,
    **more: object,
) -> dict[str, Any]:
    """Return an event as its submitter writes it; a new id unless one is given."""
    event: dict[str, Any] = {
        "id": str(key or uuid.uuid4()),
        "type": kind,
        "organisation": organisation,
        "effective": "2026-04-01",
        "data": dict(data),
        "source": {"kind": "public"},
        "assurance": "public_record",
    }
    return event | more


def trust(code: str = "RTP", **more: object) -> dict[str, Any]:
    """Return the registration of a trust."""
    data = {"name": f"Trust {code}", "trust_type": "acute", "legal_form": "nhs_trust"}
    return made("TrustRegistered", code, data) | more


def system(code: str = "QXU", **more: object) -> dict[str, Any]:
    """Return the establishment of a system."""
    return made("SystemEstablished", code, {"name": f"System {code}", "kind": "ics"}, **more)


def renamed(code: str = "RTP", name: str = "Other", **more: object) -> dict[str, Any]:
    """Return a change of a trust's name: the plainest event that there is."""
    return made("TrustChanged", code, {"name": name}, **more)


def income(code: str, pence: int, **more: object) -> dict[str, Any]:
    """Return an income report, whose figure tells one event from another."""
    return made("IncomeReported", code, {"financial_year": "2025/26", "pence": pence}, **more)


def about(
    kind: str, target: Mapping[str, Any], code: str = "RTP", **data: object
) -> dict[str, Any]:
    """Return an event about another one."""
    return made(kind, code, {"event": target["id"], **data})


def corrected(target: Mapping[str, Any], code: str = "RTP", **payload: object) -> dict[str, Any]:
    """Return a correction that puts a payload in the place of an event's."""
    return about("EventCorrected", target, code, data=payload, reason="mistyped")


def retracted(target: Mapping[str, Any], code: str = "RTP") -> dict[str, Any]:
    """Return the retraction of an event."""
    return about("EventRetracted", target, code, reason="mistyped")


def decoded(event: Mapping[str, Any]) -> codec.Submitted:
    """Return an event as the codec accepts it."""
    found = codec.decode(json.dumps(event).encode(), LATEST)
    assert isinstance(found, codec.Submitted), found
    return found


def batch(
    *events: Mapping[str, Any], expected: Mapping[str, int] | None = None, caller: Caller = LOCAL
) -> Batch:
    """Return a batch of events."""
    return Batch(tuple(decoded(event) for event in events), expected or {}, caller)


@asynccontextmanager
async def writing(dsn: str, most: int = 5000) -> AsyncIterator[Writer]:
    """Give a started writer on a database, as the service has it; most: events of a group."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn, server_settings=SESSION, timeout=10)

    writer = Writer(connect, most)
    writer.start()
    try:
        yield writer
    finally:
        await writer.close()


async def send(writer: Writer, *events: Mapping[str, Any]) -> tuple[Outcome, ...]:
    """Append events as one batch of the local operator's."""
    return await writer.append(batch(*events))


def samples() -> list[dict[str, Any]]:
    """Return a valid event for each valid case of each type's data file."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        case = json.loads(path.read_text(encoding="utf-8"))
        code = register.BY_NAME[case["type"]].sample_organisation
        found += [made(case["type"], code, data) for data in case["valid"]]
    return found


SAMPLES = tuple(json.dumps(event) for event in samples())
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**16),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(
        ["RTP", " rtp ", "2026-04-01", "2026-02-30", "2025/26", "25-26", "a@b.example", "day",
         "1234567890", "p-7ab1ff2f", "http://x.example/a", "x" * 400, 5.0, 2**70, [], {}, [[]]]
    ),
)  # fmt: skip
NAMES = st.sampled_from(
    ["id", "type", "organisation", "effective", "precision", "certain", "data", "source", "kind",
     "position", "hash", "nmae", "by", "with", "from", "pence", "name", "event"]
)  # fmt: skip


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Draw a valid event with up to three of its members, at any depth, changed, lost or added."""
    event = json.loads(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 3))):
        place: Any = event
        while isinstance(place, dict) and place and draw(st.booleans()):
            inner = [v for v in place.values() if isinstance(v, dict | list) and v]
            if not inner:
                break
            place = draw(st.sampled_from(inner))
        if isinstance(place, list):
            place[draw(st.integers(0, len(place) - 1))] = copy.deepcopy(draw(LEAVES))
            continue
        action = draw(st.sampled_from(["change", "lose", "add"]))
        if action == "add" or not place:
            place[draw(NAMES)] = copy.deepcopy(draw(LEAVES))
        else:
            name = draw(st.sampled_from(sorted(place)))
            if action == "lose":
                del place[name]
            else:
                place[name] = copy.deepcopy(draw(LEAVES))
    return json.dumps(event, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
