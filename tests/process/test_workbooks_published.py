"""Workbooks that Microsoft Excel wrote, as published.

They are read from the folder that REFERENCE_DATA names, or `shared/data` beside the project.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from service.domain.problems import Problem
from service.intake import formats
from service.intake.tables import Limits

BESIDE = Path(__file__).parents[3] / "shared" / "data"
DATA = Path(os.environ.get("REFERENCE_DATA", BESIDE))
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="no published files: REFERENCE_DATA names no folder with them"
)
WIDE = Limits(columns=1_000)


def rows(name, known):
    """Return how many rows each sheet with a known heading has, behind its first row."""
    found = formats.opened(DATA / name, name, WIDE, known)
    assert not isinstance(found, Problem), found
    with found:
        return {sheet.name: sum(1 for _ in sheet.rows) for sheet in found.sheets()}


def test_the_workforce_by_nationality_is_read_whole():
    """The sheet of data has as many rows as its README says; the notes are left out."""
    name = "hchs-fte-by-org-staffgroup-nationality-2017-09-2018-06.xlsx"
    assert rows(name, frozenset({"organisation code"})) == {"Data": 81_603}


def test_a_workbook_of_many_sheets_is_read_by_its_headings():
    """Of seventeen sheets, those are read whose first row is known."""
    name = "nhs-staff-survey-2024-organisational-results.xlsx"
    found = formats.opened(DATA / name, name, WIDE)
    assert not isinstance(found, Problem), found
    with found:
        assert len(found.noted.sheets) == 17
        assert sum(1 for sheet in found.sheets() for _ in sheet.rows) > 17 * 200
