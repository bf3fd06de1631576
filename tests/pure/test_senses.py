"""Sense checks, by the examples that stand as data beside this file, and the laws they keep."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from service.domain.envelope import Target, type_name
from service.projections import trust_picture
from service.projections.history import Entry
from service.projections.senses.register import CHECKS, about, warnings
from tests.effort import tried
from tests.pure import stories
from tests.pure.cases import system, trust
from tests.pure.histories import day, entries, event, histories

FOLDER = Path(__file__).parent / "senses"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
CASES = [(code, kind, case) for code, f in sorted(FILES.items()) for kind in ("warns", "silent")
         for case in f[kind]]  # fmt: skip
NAMES = [f"{code}: {case['why']}" for code, _, case in CASES]
TODAY = "2026-12-31"


def world():
    """Three trusts and a board, at the positions 1 to 4."""
    return [trust("ZT001"), trust("ZT002"), system("ZS01", opened="2022-07-01"), trust("ZT003")]


def told(case):
    """The events of a case, from position 5; a reference "#5" is to the event there."""
    text = json.dumps(case["events"])
    for place in range(5, 20):
        text = text.replace(f'"#{place}"', f'"{uuid.UUID(int=place)}"')
    for number, item in enumerate(json.loads(text), 5):
        more = {"organisation": "ZT001", "assurance": "public_record"} | item
        made = event(
            item["type"], more["organisation"], item["effective"], more["assurance"], number,
            **item["data"],
        )  # fmt: skip
        yield msgspec.structs.replace(made, precision=item.get("precision", "day"))


def sensed(case):
    """The histories and the warnings of the trusts of a case."""
    given_ = histories(entries(*world(), *told(case)))
    today = day(case.get("today", TODAY))
    return [one for code in sorted(given_) for one in warnings(code, given_, today)]


@pytest.mark.parametrize(("code", "kind", "case"), CASES, ids=NAMES)
def test_examples(code, kind, case):
    """A check warns of what its examples say it warns of, and of nothing else."""
    seen = [list(one.positions) for one in sensed(case) if one.code == code]
    assert seen == (case["about"] if kind == "warns" else [])


def test_every_check_has_examples():
    """Each check of the register has examples that warn and examples that do not."""
    assert {check.code for check in CHECKS} == set(FILES)
    assert all(file["warns"] and file["silent"] for file in FILES.values())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.code)
def test_words(check):
    """A warning says what, what is usual and what to do, in plain words and no technical ones."""
    seen = [one for case in FILES[check.code]["warns"] for one in sensed(case)]
    texts = {text for one in seen if one.code == check.code for text in
             (one.text, one.rule, one.way_out)}  # fmt: skip
    assert all(text and text == text.strip() and not text.endswith(".") for text in texts)
    assert not [text for text in texts if "UNSET" in text or "None" in text or "_" in text.replace(
        "qi_team", "")]  # fmt: skip


def test_every_check_is_documented():
    """The page on warnings has a line for each check and for nothing else."""
    page = Path(__file__).parents[2] / "docs" / "warnings.md"
    named = [line.split("`")[1] for line in page.read_text(encoding="utf-8").splitlines()
             if line.startswith("| `")]  # fmt: skip
    assert sorted(named) == sorted(check.code for check in CHECKS)


def test_about():
    """Of all warnings those about an event are found by its position, or by its correction's."""
    case = FILES["above_headcount"]["warns"][4]
    every = sensed(case)
    assert [one.code for one in about(every, {7})] == ["above_headcount"]
    assert [one.positions for one in about(every, range(6, 7))] == [(6, 7)]
    assert not list(about(every, {5}))
    assert not list(about(every, ()))


EVERYTHING = [*stories.LEADERSHIP, *stories.SKILLS, *stories.STRATEGY, *stories.FUNDING,
              *stories.CONNECTION, *stories.MEMBERSHIP]  # fmt: skip


@settings(max_examples=tried(15))
@given(stories.stories(EVERYTHING, least=25))
def test_a_warning_changes_no_picture(told):
    """A picture is the same whether its warnings were asked for before or not."""
    made, known_at, on = told
    known = [one for one in made if one.position <= known_at]
    alone, sensed_first = histories(known), histories(known)
    for code in sensed_first:
        warnings(code, sensed_first, on)
    plain = trust_picture.picture(stories.HOME, alone, on)
    assert trust_picture.picture(stories.HOME, sensed_first, on) == plain


@settings(max_examples=tried(15))
@given(stories.stories(EVERYTHING, least=25))
def test_retracting_what_a_warning_is_about_closes_it(told):
    """Once every event that a warning is about is retracted, no warning is about any of them."""
    made, _, on = told
    for one in warnings(stories.HOME, histories(made), on)[:3]:
        gone = [retraction(entry, len(made) + n) for n, entry in enumerate(originals(made, one), 1)]
        after = warnings(stories.HOME, histories([*made, *gone]), on)
        assert not list(about(after, {entry.target.position for entry in gone}))


@settings(max_examples=tried(15))
@given(stories.stories(EVERYTHING, least=25))
def test_warnings_are_about_what_is_known(told):
    """A warning is about events of the history as known, each once, and says so the same twice."""
    made, known_at, on = told
    known = histories([one for one in made if one.position <= known_at])
    seen = warnings(stories.HOME, known, on)
    places = {place for h in known.values() for fact in h.facts for place in fact.positions}
    assert all(places.issuperset(one.positions) for one in seen)
    assert len({(one.code, one.positions, one.text) for one in seen}) == len(seen)
    assert warnings(stories.HOME, known, on) == seen


def originals(made, warning):
    """The events that a warning is about, the corrections of them apart."""
    return [one for one in made if one.position in warning.positions
            and type_name(one.event) != "EventCorrected"]  # fmt: skip


def retraction(entry, position):
    """An event's retraction, as the log gives it its target."""
    event_ = event(
        "EventRetracted", entry.event.organisation, "2026-06-30", number=5000 + position,
        event=str(entry.event.id), reason="other",
    )  # fmt: skip
    target = Target(entry.position, type_name(entry.event), entry.event.organisation)
    return Entry(position, event_, target)
