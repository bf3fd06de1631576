"""Two submissions of one correction are the same when their values are, however written."""

from __future__ import annotations

import datetime as dt
import json
import unicodedata
import uuid

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect as mi

from service.domain import codec, corrections
from service.domain.admission import Decision, Seen, Standing, Stream, decide
from service.domain.chain import GENESIS, SALT_BYTES
from service.domain.problems import Problem
from service.domain.referred import Referred
from service.domain.register import BY_NAME
from tests.strategies import LATEST, about, batch, corrected, decoded, made, samples

ORIGINALS = [one for one in samples() if BY_NAME[one["type"]].fold.form != "about"]
NOW = dt.datetime(2026, 4, 1, tzinfo=dt.UTC)


def standing(target, seen, wanted):
    """Return what a log knows that holds an event at position 2, and some bodies after it."""
    body = decoded(target).body
    kind, code, key = target["type"], target["organisation"], uuid.UUID(target["id"])
    bearer = min(BY_NAME[kind].bearers)
    referred = Referred(2, kind, BY_NAME[kind].version, code, body, None, frozenset())
    known = {
        uuid.UUID(json.loads(one)["id"]): Seen(n, bytes(32), one) for n, one in enumerate(seen, 3)
    }
    return Standing(
        2 + len(seen), GENESIS, NOW, bytes(32), known, {code: Stream(2, bearer)}, {key: referred},
        {}, frozenset(uuid.UUID(one["id"]) for one in wanted),
    )  # fmt: skip


def sent(target, *events, seen=()):
    """Return the decision on a batch of events about a target that is in the log."""
    return decide(
        batch(*events), standing(target, seen, (target, *events)), bytes(SALT_BYTES * len(events))
    )


def outcomes(decision):
    """Return what became of each event."""
    assert isinstance(decision, Decision), decision
    return [(outcome.position, outcome.outcome) for outcome in decision.outcomes]


def otherwise(correction, **data):
    """Return a correction again, with some members of its payload written otherwise."""
    payload = correction["data"]["data"] | data
    return correction | {"data": correction["data"] | {"data": payload}}


JOIN = made("TrustJoinedSystem", "RTP", {"system": "QAA", "role": "host"})
RIGHT = corrected(JOIN, system="QBB", role="host")
NAMED = made("TrustChanged", "RTP", {"name": "Wrong"})
CAFE = corrected(NAMED, name="Café")
INCOME = made("IncomeReported", "RTP", {"financial_year": "2024/25", "pence": 1})
YEAR = corrected(INCOME, financial_year="2025/26", pence=2)


@pytest.mark.parametrize(
    ("target", "first", "again"),
    [
        (JOIN, RIGHT, otherwise(RIGHT, system="qbb")),
        (NAMED, CAFE, otherwise(CAFE, name="Cafe\u0301")),
        (NAMED, CAFE, otherwise(CAFE, name="  Café ")),
        (INCOME, YEAR, otherwise(YEAR, financial_year="25-26")),
    ],
)
def test_a_correction_written_otherwise_is_recorded_once(target, first, again):
    """Codes, Unicode, spaces and years: one id is one event, in one batch or in two, either way."""
    once = [(3, "recorded"), (3, "already_recorded")]
    for one, other in ((first, again), (again, first)):
        decision = sent(target, one, other)
        assert outcomes(decision) == once
        later = sent(target, other, seen=(decision.admitted[0].body,))
        assert outcomes(later) == [(3, "already_recorded")]


def test_a_correction_of_an_event_of_its_own_batch_is_recorded_once():
    """Where the target is not in the log yet, it is found earlier in the batch."""
    target = JOIN | {"id": str(uuid.uuid4())}
    first = corrected(target, system="QBB", role="host")
    decision = sent(NAMED, target, first, otherwise(first, system="qbb"))
    assert outcomes(decision)[1:] == [(4, "recorded"), (4, "already_recorded")]


def test_what_an_earlier_release_recorded_as_it_was_sent_is_the_same():
    """0.1.0 stored payloads without their type's form; they are known in any writing."""
    old = decoded(otherwise(RIGHT, system="qbb")).body
    assert b'"qbb"' in old
    for again in (RIGHT, otherwise(RIGHT, system="Qbb"), json.loads(old)):
        assert outcomes(sent(JOIN, again, seen=(old,))) == [(3, "already_recorded")]


@pytest.mark.parametrize(
    "again",
    [
        otherwise(RIGHT, system="QCC"),
        otherwise(RIGHT, extra=1),
        RIGHT | {"effective": "2026-03-01"},
        RIGHT | {"data": RIGHT["data"] | {"reason": "duplicate"}},
        RIGHT | {"type": "EventRetracted", "data": {"event": JOIN["id"], "reason": "mistyped"}},
        JOIN | {"id": RIGHT["id"]},
    ],
)
def test_a_correction_of_other_content_is_refused(again):
    """Another value anywhere, or a payload that is none of the type: id_conflict."""
    body = sent(JOIN, RIGHT).admitted[0].body
    for decision in (sent(JOIN, again, seen=(body,)), sent(JOIN, RIGHT, again)):
        assert isinstance(decision, Problem)
        assert decision.code == "id_conflict"


def test_the_stored_body_holds_the_form_of_the_target_s_type():
    """So a history that knows no forms reads the right codes, and mentions agree with them."""
    (one,) = sent(JOIN, otherwise(RIGHT, system="qbb")).admitted
    assert json.loads(one.body)["data"]["data"] == {"role": "host", "system": "QBB"}
    assert one.body == codec.encode(one.event)
    assert "QBB" in one.named


def test_a_correction_to_null_is_refused_where_it_stands():
    """Null is said of the member itself, before anything is known of the target."""
    nothing = RIGHT | {"data": RIGHT["data"] | {"data": None}}
    faults = codec.decode(json.dumps(nothing).encode(), LATEST)
    assert [(fault.pointer, fault.code) for fault in faults] == [("/data/data", "null")]


def respelt(draw, kind, value):
    """Return a JSON value of an inspected type, written otherwise where its type lets it be."""
    if isinstance(kind, mi.UnionType):
        kind = next(one for one in kind.types if not isinstance(one, mi.UnsetType | mi.NoneType))
    if isinstance(kind, mi.Metadata):
        spelling = SPELLINGS.get((kind.extra or {}).get("kind"))
        return draw(spelling(value)) if spelling else respelt(draw, kind.type, value)
    if isinstance(kind, mi.StructType):
        types = {field.encode_name: field.type for field in kind.fields}
        names = draw(st.permutations(list(value)))
        return {name: respelt(draw, types[name], value[name]) for name in names}
    if isinstance(kind, mi.VarTupleType):
        return [respelt(draw, kind.item_type, item) for item in value]
    if isinstance(kind, mi.UUIDType):
        return draw(st.sampled_from([value, value.upper()]))
    return value


def _spaced(value):
    return st.sampled_from([value, f" {value}", f"{value}  "])


SPELLINGS = {
    "organisation": lambda value: st.sampled_from([value, value.lower(), value.title()]),
    "text": lambda value: _spaced(value).map(lambda text: unicodedata.normalize("NFD", text)),
    "financial_year": lambda value: st.sampled_from([value, value.replace("/", "-")]),
    "wte": lambda value: st.sampled_from([value, float(value)]),
}


@given(st.data(), st.sampled_from(ORIGINALS))
def test_every_writing_of_a_payload_has_one_form(data, original):
    """The form of a correction's payload is that of an event of the type with the same payload."""
    kind = BY_NAME[original["type"]]
    said = {"data": original["data"], "reason": "mistyped"}
    correction = about("EventCorrected", original, original["organisation"], **said)
    written = respelt(data.draw, mi.type_info(kind.payload), original["data"])
    again = decoded(correction | {"data": correction["data"] | {"data": written}})
    form = corrections.canonical(again, kind)
    plain = json.loads(decoded(original | {"data": written}).body)["data"]
    assert bytes(form.event.data.data) == msgspec.json.encode(plain, order="sorted")
    assert form == corrections.canonical(decoded(correction), kind)
    assert corrections.canonical(form, kind) is form
    assert decoded(json.loads(form.body)) == form
    assert corrections.same(again.body, decoded(correction).event, kind)
