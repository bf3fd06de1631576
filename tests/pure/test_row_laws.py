"""Laws of rows: what is written out is read back; a row is the same however it is written."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.domain import codec
from service.domain.register import BY_NAME
from service.intake import rows
from service.intake.columns import REFERENCE, columns
from service.intake.examples import cells, example
from service.intake.tables import Row, Sheet
from tests.effort import tried
from tests.strategies import LATEST, decoded, samples, valid_events

PATHS, LABELS = "path", "label"


def sheet(headings, *lines, name=""):
    """Return a sheet of these headings and rows."""
    made = [Row(number, tuple(line)) for number, line in enumerate(lines, 2)]
    return Sheet(name, Row(1, tuple(headings)), iter(made))


def read(of, **asked):
    """Return what each row of a sheet makes."""
    reading = rows.reader(of, rows.Asked(latest=LATEST, **asked))
    assert not isinstance(reading, tuple), reading
    return list(rows.events(reading, of))


def written(event, by=LABELS):
    """Return an event's headings and cells: percents with their sign, pence under pence."""
    most = max((len(v) for v in event["data"].values() if isinstance(v, list)), default=3)
    of = columns(event["type"], max(most, 1))
    line = cells(event, of)
    said = [stated(column, cell, by) for column, cell in zip(of, line, strict=True)]
    return [getattr(column, by) for column in of], said


def stated(column, cell, by):
    """Return a cell as it says without doubt what it means under its heading."""
    if cell is None:
        return None
    if column.kind == "percent":
        return f"{cell}%"
    return round(cell * 100) if column.kind == "money" and by == PATHS else cell


def bodies(made):
    """Return the canonical bytes of what rows made."""
    return [one.submitted.body for one in made]


@pytest.mark.parametrize("by", [LABELS, PATHS])
@pytest.mark.parametrize("event", samples(), ids=lambda event: event["type"])
def test_every_case_of_the_catalogue_is_read_back_from_its_row(event, by):
    """A row written out by labels or by paths is the event that it was written from."""
    headings, line = written(event, by)
    (made,) = read(sheet(headings, line))
    assert isinstance(made, rows.Item), made
    assert made.submitted.body == decoded(event).body


@settings(max_examples=tried(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(valid_events(), st.randoms(use_true_random=False), st.booleans())
def test_any_event_is_read_back_whatever_the_order_and_case_of_its_columns(event, chance, texts):
    """Headings in any order, case and spacing, values typed or as text: the same event."""
    pairs = list(zip(*written(event), strict=True))
    chance.shuffle(pairs)
    heads = [chance.choice((str.upper, str.lower, lambda h: f" {h}* "))(h) for h, _ in pairs]
    line = [str(cell) if texts and cell is not None else cell for _, cell in pairs]
    (made,) = read(sheet(heads, line))
    assert isinstance(made, rows.Item), made
    assert made.submitted.body == decoded(event).body


@settings(max_examples=tried(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(valid_events(), min_size=1, max_size=4), st.booleans())
def test_a_file_read_twice_has_the_same_ids_and_no_two_rows_share_one(events, named):
    """Ids follow from content or from the submitter's names; a row that comes again is another."""
    of = [event for event in events if event["type"] == events[0]["type"]] * 2
    most = max((len(v) for e in of for v in e["data"].values() if isinstance(v, list)), default=3)
    paths = [one for one in columns(of[0]["type"], max(most, 1)) if one.path != "id"]
    lines = []
    for number, event in enumerate(of):
        cells_ = cells(event | ({REFERENCE: f"r{number}"} if named else {}), tuple(paths))
        lines.append(
            [f"{c}%" if p.kind == "percent" and c is not None else c
             for p, c in zip(paths, cells_, strict=True)]
        )  # fmt: skip
    first, second = (read(sheet([one.label for one in paths], *lines)) for _ in range(2))
    assert bodies(first) == bodies(second)
    ids = [one.submitted.event.id for one in first]
    assert len(set(ids)) == len(ids)
    for one in first:
        again = codec.decode(one.submitted.body, LATEST)
        assert (again.event, again.body) == (one.submitted.event, one.submitted.body)


@pytest.mark.parametrize("name", BY_NAME)
def test_an_example_of_a_template_needs_no_more_than_its_sheets_name(name):
    """A sheet named like its type, with the template's labels, is read without a type's column."""
    of = columns(name)
    keep = [at for at, one in enumerate(of) if one.path != "type"]
    line = [example(name)[at] for at in keep]
    if name == "CultureSurveyed":  # an NHS Staff Survey is the operator's to record
        line[[of[at].path for at in keep].index("assurance")] = "public_record"
    (made,) = read(sheet([of[at].label for at in keep], line, name=name))
    assert isinstance(made, rows.Item), made
    assert made.submitted.event.__struct_config__.tag == name
