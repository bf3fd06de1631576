"""Files of events are told by what is in them: documents, lines, tables."""

from __future__ import annotations

import json

import pytest

from service.domain.problems import Refused
from service.intake.rows import Asked, Item
from service.intake.tables import Limits
from service.submitting import documents
from service.submitting.spooling import Spooled
from tests.strategies import LATEST, SAMPLES, renamed, trust

ONE, TWO = json.dumps(trust()), json.dumps(renamed())
PRETTY = json.dumps(trust(), indent=2)
CLOUD = json.dumps(
    {
        "specversion": "1.0", "id": "1", "source": "urn:trust", "subject": "RTP",
        "type": "uk.capmap.register.TrustChanged.v1", "time": "2025-04-01T00:00:00+01:00",
        "assurance": "public_record", "sourcekind": "public", "data": {"name": "Another"},
    }
)  # fmt: skip
PRETTY_CLOUD = json.dumps(json.loads(CLOUD), indent=2)
MARK = "\ufeff"
RECORDED = json.dumps(json.loads(ONE) | {"position": 4, "hash": "00", "version": 1})


def spooled(folder, text: str) -> Spooled:
    """Return a file of some text, under a name that says nothing."""
    path = folder / "file.bin"
    path.write_text(text, encoding="utf-8")
    return Spooled(path, path.name, path.stat().st_size, b"")


@pytest.mark.parametrize(
    ("text", "form", "events"),
    [
        (ONE, "lines", 1),
        (f"{MARK}\n {ONE}\r\n\n{TWO}", "lines", 2),
        (f"{CLOUD}\n{TWO}\n", "lines", 2),
        (f"{RECORDED}\n", "lines", 1),
        (PRETTY, "document", 1),
        (PRETTY_CLOUD, "document", 1),
        (f"{MARK}[{ONE},\n{TWO}]", "document", 2),
        (f"[{CLOUD}, {CLOUD}]", "document", 2),
        (f'{{"events": [{ONE}, {TWO}], "expected_versions": {{"rtp": 0}}}}', "document", 2),
    ],
)
def test_every_form_of_events_is_told_and_read(tmp_path, text, form, events):
    """Whatever the file is called, its events are found, those of CloudEvents too."""
    file = spooled(tmp_path, text)
    assert documents.form(file.path) == form
    with documents.rows(file, Asked(latest=LATEST), Limits(), 10_000) as reading:
        found = list(reading.entries)
    assert [type(one) for one in found] == [Item] * events


@pytest.mark.parametrize("text", ["", " \n", "type;organisation", "[type],x", "%PDF-1.7", '"a",b'])
def test_what_does_not_begin_as_events_is_taken_for_a_table(tmp_path, text):
    """Tables have headings of their own; what is neither is refused where tables are read."""
    assert documents.form(spooled(tmp_path, text).path) == "table"


def test_a_broken_first_line_is_told_as_a_line(tmp_path):
    """Where the second line is an event, the file is one of lines, and each fault has its line."""
    file = spooled(tmp_path, f"{{\n{ONE}\n{{\n")
    with documents.rows(file, Asked(latest=LATEST), Limits(), 10_000) as reading:
        found = list(reading.entries)
    assert [type(one) for one in found] == [tuple, Item, tuple]
    assert (found[0][0].row, found[2][0].row) == (1, 3)


def test_a_document_names_its_wrong_events_by_their_place(tmp_path):
    """Pointers begin at the event; those of a CloudEvent name its attributes."""
    wrong = json.dumps(json.loads(CLOUD) | {"assurance": "rumour"})
    file = spooled(tmp_path, f"[{CLOUD}, {wrong}]")
    with documents.rows(file, Asked(latest=LATEST), Limits(), 10_000) as reading:
        _, (fault,) = reading.entries
    assert (fault.row, fault.fault.pointer) == (2, "/assurance")


def test_expected_versions_of_a_document_are_handed_on(tmp_path):
    """Codes are taken in any case, as everywhere."""
    file = spooled(tmp_path, f'{{"events": [{ONE}], "expected_versions": {{"rtp": 41}}}}')
    assert documents.read(file.path, LATEST, 10_000).expected == {"RTP": 41}


@pytest.mark.parametrize("text", ['{"events": [', '{"a', f"[{ONE}", f"[{ONE}]{' ' * 10_000}"])
def test_a_document_that_is_cut_or_too_long_is_refused_whole(tmp_path, text):
    """A document is read whole or not at all; what is longer is to be written as lines."""
    file = spooled(tmp_path, text)
    with pytest.raises(Refused), documents.rows(file, Asked(latest=LATEST), Limits(), 10_000):
        pytest.fail("it was read")


def test_every_sample_is_the_same_event_as_a_line_and_in_a_list(tmp_path):
    """The form that an event came in leaves no trace in its canonical bytes."""
    bodies = []
    for text in ("\n".join(SAMPLES), f"[{','.join(SAMPLES)}]"):
        with documents.rows(
            spooled(tmp_path, text), Asked(latest=LATEST), Limits(), 1_000_000
        ) as reading:
            bodies.append([one.submitted.body for one in reading.entries])
    assert bodies[0] == bodies[1]
    assert len(bodies[0]) == len(SAMPLES)
