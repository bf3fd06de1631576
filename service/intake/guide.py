"""What a person is told who fills in a table of events: in words, before any file format.

The same words stand on a template's guide, in the notes of its headings and in its rows of hints.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from service.domain.lists import LISTS, ListedCode
from service.domain.register import BY_NAME, TYPES
from service.domain.spec import BOTH, SYSTEMS, DisclosureClass, EventType, Part, Recorder
from service.intake import examples
from service.intake.columns import PARTS, Column, Kind, columns
from service.intake.tables import Cell

PART_NAMES: Final[Mapping[Part, str]] = {
    "register": "Register of trusts and systems",
    "leadership": "Leadership",
    "culture": "Culture",
    "skills": "Skills",
    "funding": "Funding",
    "board": "Board",
    "strategy": "Strategy",
    "connection": "Connection",
    "practice": "Practice",
    "context": "Support, ratings and oversight, self-assessment",
    "record": "About the record itself",
}
_HOLDS: Final[Mapping[Kind, str]] = {
    "text": "Text of at most {most:.0f} characters, in one line",
    "texts": "One or more, separated by ;",
    "code": "An organisation's code of 3 to 5 letters and digits{such}",
    "codes": "Codes of organisations{such}, separated by ;",
    "word": "A code or reference without spaces{such}",
    "words": "Codes without spaces{such}, separated by ;",
    "date": "A date, such as 2026-04-01 or 01/04/2026 (day first)",
    "financial_year": "A financial year{such}",
    "quarter": "1, 2, 3 or 4; 1 is April to June",
    "count": "A whole number from {least:,.0f} to {most:,.0f}",
    "number": "A number from {least:,.0f} to {most:,.0f}",
    "money": "An amount in pounds, such as 1250.00",
    "percent": "A number from 0 to 100",
    "share": "A number from 0 to 1, such as 0.25",
    "yes_no": "yes or no",
    "id": "An event's id, as its receipt says it",
    "json": "The payload as JSON",
}
_RECORDERS: Final[Mapping[Recorder, str]] = {
    "operator": "Only the operator of the service may record it.",
    "organisation": "The organisation records it; the operator may too.",
    "recorder_of_target": "Whoever may record the event that it is about may record it.",
    "organisation_concerned": "An organisation that the event is about records it.",
}
_SEEN: Final[Mapping[DisclosureClass, str]] = {
    "people": "Numbers of people are rounded for readers who may not see exact counts; their parts"
    " are left out for them.",
    "tiered": "Numbers of people at the tiers introductory and practitioner are rounded for readers"
    " who may not see exact counts; parts are left out for them.",
    "organisation": "Figures of the organisation as a whole are exact for every reader.",
    "survey": "A survey that fewer than ten answered is withheld from readers who may not see exact"
    " counts.",
}
FILLING: Final = (
    "Write one event in each row, below the rows that begin with #. Leave a cell blank where there"
    " is nothing to state.\n"
    "Columns with a dark heading are needed in every row; the others may stay blank, or be taken"
    " out. The order of the columns does not matter.\n"
    "The column # Remarks is yours: it is not sent, and a row whose remark begins with # is left"
    " out. The rows of hints and the example are such rows; you need not delete them.\n"
    "Cells that take several values hold them in one cell, separated by ; (a semicolon).\n"
    f"Lists of parts have columns with numbers. There are {PARTS} of each here; for more, add"
    " columns with the next numbers, such as Part 4: division.\n"
    "Give each row a reference of your own, if you can: you can then send the file again without"
    " recording anything twice."
).split("\n")
DEFAULTS: Final[Mapping[str, str]] = {"assurance": "self_declared", "source.kind": "own"}
"""What a blank cell means of where a fact was found, as `rows.Asked` has it."""
ADDRESS: Final = "http://127.0.0.1:8000"
HEADINGS: Final = ("Column", "Needed?", "What it means", "What it may hold", "Example", "JSON path")


class Guide(Struct, frozen=True):
    """The guide of one type.

    sections: each a heading and its paragraphs. table: a row a column, under `headings`.
    """

    title: str
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    headings: tuple[str, ...]
    table: tuple[tuple[Cell, ...], ...]


def needed(type_name: str, column: Column) -> str:
    """Return when a column must be filled: "yes", "if part 1 is given", "no".

    What an organisation says of itself has a default; what the operator records has none.
    """
    if column.path in DEFAULTS and BY_NAME[type_name].recorder != "operator":
        return f"no: blank means {DEFAULTS[column.path]}"
    if column.required:
        return "yes"
    return f"if {column.label.partition(':')[0].lower()} is given" if column.in_item else "no"


def holds(column: Column) -> str:
    """Return what a cell of a column may hold, a sentence without its full stop."""
    if column.allowed:
        several = "One or more of these, separated by ;: " if column.kind == "choices" else ""
        return several + (" or " if not several else "; ").join(column.allowed)
    if column.codes and column.kind == "word":
        return f"A code of the list {column.codes}: " + "; ".join(map(_listed, LISTS[column.codes]))
    such = f", such as {column.such}" if column.such else ""
    return _HOLDS[column.kind].format(least=column.least or 0, most=column.most or 0, such=such)


def _listed(code: ListedCode) -> str:
    return f"{code.code} ({code.name})"


def summary(kind: EventType) -> str:
    """Return what a type is, as its docstring begins."""
    text = " ".join((kind.payload.__doc__ or "").partition("\n\n")[0].split())
    return text.replace("; effective is", ". The effective date is")


def recording(kind: EventType) -> str:
    """Return whose events of a type are, and who may record them."""
    whose = "a trust or a system" if kind.bearers == BOTH else "a trust"
    whose = "a system" if kind.bearers == SYSTEMS else whose
    return f"The organisation is {whose}. {_RECORDERS[kind.recorder]}"


def seen(kind: EventType) -> tuple[str, ...]:
    """Return who sees what of a type, by the disclosure policy people-v1 (MODEL.md §5)."""
    classes = dict.fromkeys(kind.classes.values())
    said = [_SEEN[one] for one in classes if one in _SEEN]
    return tuple(said) or ("It holds no figures: every reader sees it alike.",)


def sending(name: str) -> tuple[str, ...]:
    """Return how a file of a name is sent."""
    return (
        f"Your service's address stands in place of {ADDRESS}. At a command line:",
        "Look first at what would be recorded, and what is wrong row by row; nothing is kept:",
        f'curl -F "file=@{name}.xlsx" "{ADDRESS}/api/v1/uploads?dry_run=true"',
        "Then send it. Nothing is recorded unless every row is right:",
        f'curl -F "file=@{name}.xlsx" "{ADDRESS}/api/v1/uploads"',
    )


def guide(type_name: str) -> Guide:
    """Return the guide of a type."""
    kind = BY_NAME[type_name]
    return Guide(
        f"How to fill in {type_name}",
        (
            ("What it is", (summary(kind), recording(kind))),
            ("How to fill it in", tuple(FILLING)),
            ("Who sees what", seen(kind)),
            ("How to send it", sending(type_name)),
        ),
        HEADINGS,
        table(type_name),
    )


def general() -> Guide:
    """Return the guide of the workbook of all types: its table has a row for each type's column."""
    rows = tuple(row for kind in TYPES for row in ((kind.name,), *table(kind.name)))
    sections = (("How to fill it in", tuple(FILLING)), ("How to send it", sending("all")))
    return Guide("How to fill in these sheets", sections, ("Event type", *HEADINGS), rows)


def table(type_name: str) -> tuple[tuple[Cell, ...], ...]:
    """Return the guide's table of a type's columns, with the example of each."""
    pairs = zip(columns(type_name), examples.example(type_name), strict=True)
    return tuple(
        (one.label, needed(type_name, one), one.help, holds(one), example, one.path)
        for one, example in pairs
    )


def note(type_name: str, column: Column) -> str:
    """Return what a heading's note says."""
    return f"{column.help}\nNeeded? {needed(type_name, column)}.\n{holds(column)}.\n{column.path}"
