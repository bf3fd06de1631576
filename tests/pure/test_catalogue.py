"""Each event type against its data file, and the catalogue against what a type must declare."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import inspect as mi

from service.domain import codec, register
from service.domain.spec import EventType

LATEST = dt.date(2027, 4, 1)
CASES = Path(__file__).parent / "catalogue"
STORY = Path(register.__file__).parents[1] / "story" / "surrey-and-sussex.ndjson"


def file_name(kind: EventType) -> str:
    """Return the name of a type's data file, without its ending."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.name).lower()


def case_of(kind: EventType) -> dict[str, Any]:
    """Return a type's test data."""
    return json.loads((CASES / f"{file_name(kind)}.json").read_text(encoding="utf-8"))


def wrapped(kind: EventType, data: object, assurance: str = "public_record") -> bytes:
    """Return an event of a type around a payload, as it would be submitted."""
    event = {
        "id": "5f1d7c3a-9d1e-4b6f-8a35-0d8c2f5b7e11",
        "type": kind.name,
        "organisation": kind.sample_organisation,
        "effective": "2026-04-01",
        "data": data,
        "source": {"kind": "own"},
        "assurance": assurance,
    }
    return json.dumps(event).encode()


def each(member: str) -> list[Any]:
    """Return a parameter for each case under `member` of each data file."""
    return [
        pytest.param(kind, case, id=f"{kind.name}-{index}")
        for kind in register.TYPES
        if (CASES / f"{file_name(kind)}.json").exists()
        for index, case in enumerate(case_of(kind)[member])
    ]


def structs(kind: mi.Type) -> Iterator[tuple[str, mi.StructType]]:
    """Yield every Struct below an inspected type, with the path of the member that holds it."""
    if isinstance(kind, mi.StructType):
        yield "", kind
        for field in kind.fields:
            for path, found in structs(field.type):
                yield f"{field.encode_name}.{path}", found
    for inner in inner_types(kind):
        yield from structs(inner)


def inner_types(kind: mi.Type) -> tuple[mi.Type, ...]:
    """Return what an annotation, a union or a list is made of."""
    if isinstance(kind, mi.Metadata):
        return (kind.type,)
    if isinstance(kind, mi.UnionType):
        return kind.types
    return (kind.item_type,) if isinstance(kind, mi.VarTupleType | mi.ListType) else ()


def is_number(kind: mi.Type) -> bool:
    """Tell whether a member holds a number, or a list of them."""
    return isinstance(kind, mi.IntType | mi.FloatType) or any(map(is_number, inner_types(kind)))


def numbers(kind: EventType) -> set[str]:
    """Return the path of every number in a type's payload."""
    return {
        path + field.encode_name
        for path, struct in structs(mi.type_info(kind.payload))
        for field in struct.fields
        if is_number(field.type)
    }


EACH_TYPE = pytest.mark.parametrize("kind", register.TYPES, ids=lambda kind: kind.name)


@pytest.mark.parametrize(("kind", "data"), each("valid"))
def test_a_valid_payload_is_read_and_reads_back_the_same(kind, data):
    """A valid payload decodes; its canonical form decodes to itself; its sentence is one line."""
    submitted = codec.decode(wrapped(kind, data), LATEST)
    assert isinstance(submitted, codec.Submitted), submitted
    again = codec.decode(submitted.body, LATEST)
    assert isinstance(again, codec.Submitted)
    assert submitted.body == again.body
    sentence = kind.text(submitted.event.data)
    assert sentence
    assert "\n" not in sentence
    assert "UNSET" not in sentence


@pytest.mark.parametrize(("kind", "case"), each("invalid"))
def test_an_invalid_payload_is_refused_with_every_fault_at_its_place(kind, case):
    """Each fault of the payload is named by its pointer and its code, and no other."""
    raw = wrapped(kind, case["data"], case.get("assurance", "public_record"))
    found = codec.decode(raw, LATEST)
    assert isinstance(found, tuple), "was accepted"
    expected = sorted(map(tuple, case["faults"]))
    assert expected == sorted((fault.pointer, fault.code) for fault in found)


@EACH_TYPE
def test_a_type_has_a_data_file_with_its_sample_and_its_sentence(kind):
    """The sample is the first valid payload, and its sentence is the one in the file."""
    case = case_of(kind)
    submitted = codec.decode(wrapped(kind, dict(kind.sample)), LATEST)
    assert isinstance(submitted, codec.Submitted), submitted
    assert kind.name == case["type"]
    assert json.loads(json.dumps(dict(kind.sample))) == case["valid"][0]
    assert case["text"] == kind.text(submitted.event.data)
    assert case["invalid"]


@EACH_TYPE
def test_a_type_is_documented(kind):
    """The payload says its source, who records it, and what each of its members means."""
    text = kind.payload.__doc__
    assert "Source:" in text
    assert "Recorded by:" in text
    for _, struct in structs(mi.type_info(kind.payload)):
        described = re.findall(r"[a-z0-9_]+(?=[a-z0-9_, ]*:)", struct.cls.__doc__)
        names = {field.encode_name for field in struct.fields}
        assert set() == names - set(described)


@EACH_TYPE
def test_a_type_says_how_the_fold_takes_it_and_whose_it_is(kind):
    """A type names a ledger and a form; an ending has the key of a beginning; somebody bears it."""
    assert kind.fold.ledger
    assert kind.fold.form in {"opens", "closes", "states", "adds", "about"}
    assert kind.bearers
    if kind.fold.form == "closes":
        opened = [other.fold for other in register.TYPES if other.fold.form == "opens"]
        assert (kind.fold.ledger, kind.fold.key) in {(fold.ledger, fold.key) for fold in opened}


@EACH_TYPE
def test_each_number_has_a_disclosure_class(kind):
    """Every number of a payload has a class, and every class belongs to a number."""
    assert numbers(kind) == set(kind.classes)
    if kind.withheld is not None:
        assert kind.withheld.member in kind.classes


def test_there_is_no_data_file_without_its_type():
    """A data file left behind by a type that is no longer there is noticed."""
    known = {file_name(kind) for kind in register.TYPES}
    assert set() == {path.stem for path in CASES.glob("*.json")} - known


RENAMED = (
    "InvolvementAgreed", "FundingCommitted", "FundingWithdrawn", "MaturityShared", "ShareGranted",
    "ConnectionMade", "PracticeAdopted",
)  # fmt: skip


@pytest.mark.parametrize("name", RENAMED)
def test_a_member_whose_name_is_a_python_keyword_is_called_by_its_own_name(name):
    """Faults of `with`, `from` and `as` point to these, not to the attributes that hold them."""
    kind = register.BY_NAME[name]
    renamed = next(key for key in kind.sample if key in {"with", "from", "as"})
    found = codec.decode(wrapped(kind, {**kind.sample, renamed: 7}), LATEST)
    assert isinstance(found, tuple)
    assert [f"/data/{renamed}"] == [fault.pointer for fault in found]


@pytest.mark.parametrize("line", STORY.read_bytes().splitlines())
def test_the_projects_own_sample_is_valid(line):
    """Every event of the sample decodes without a fault."""
    submitted = codec.decode(line, LATEST)
    assert isinstance(submitted, codec.Submitted), submitted
