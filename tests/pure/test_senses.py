"""Sense checks, by the examples that stand as data beside this file, and the laws they keep."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.projections import trust_picture
from service.projections.context import context
from service.projections.senses.register import CHECKS, about, found, warnings
from tests.pure.cases import system, trust
from tests.pure.histories import day, entries, event, histories
from tests.pure.stories import HOME, stories

FOLDER = Path(__file__).parent / "senses"
FILES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FOLDER.glob("*.json")}
CASES = [(code, kind, case) for code, f in sorted(FILES.items()) for kind in ("warns", "silent")
         for case in f[kind]]  # fmt: skip
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


@pytest.mark.parametrize(("code", "kind", "case"), CASES, ids=[f"{c}: {x['why']}" for c, _, x in CASES])
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


def test_about():
    """Of all warnings those about an event are found by its position, or by its correction's."""
    case = FILES["above_headcount"]["warns"][4]
    every = sensed(case)
    assert [one.code for one in about(every, {7})] == ["above_headcount"]
    assert about(every, {6}) == about(every, {7})
    assert about(every, {5}) == ()
    assert about(every, ()) == ()
