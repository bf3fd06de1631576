"""One function a kind of cell: from what a sheet holds to a JSON value, forgiving in form.

Each takes a cell that is not blank and returns its `Read`, or raises `Misread`. What the codec
refuses is not looked at here: a text that it may not hold, a code of no known form, a choice that
is none goes through as written, so that one rule says so for files and JSON alike. Rules for
numbers are in `amounts`, for dates in `days`.

Blank is an empty cell, and one of spaces. `-` and `n/a` are blank where a value is optional, and
told; elsewhere they are refused as missing.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from service.domain.faults import Unfit, nearest
from service.domain.lists import LISTS
from service.domain.text import clean
from service.intake import amounts, days
from service.intake.columns import REFERENCE, Column, Kind
from service.intake.tables import Cell
from service.intake.understood import NOTHING, Misread, Read, Seen, as_shown, text_of

Reading: TypeAlias = Callable[[Cell], Read]

PLACEHOLDERS: Final = frozenset({"-", "–", "—", "n/a", "n.a."})
MOST_REFERENCE: Final = 300
"""Characters of the submitter's own name of a row."""
MOST_SHORT: Final = 60
"""Characters of a number, a date or a mark: a longer text is none, and is not looked into."""
SHORT: Final = frozenset(
    {"count", "date", "financial_year", "money", "number", "percent", "quarter", "share", "yes_no"}
)
MOST_NAMED: Final = 200
"""Characters of a code with a name beside it."""
_ERRORS: Final = frozenset(
    {"#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#null!", "#num!", "#spill!", "#calc!"}
)
_YES: Final = frozenset({"yes", "y", "true", "t", "1", "x", "✓", "✔"})
_NO: Final = frozenset({"no", "n", "false", "f", "0"})
_CODE: Final = re.compile(r"[A-Za-z0-9]{3,5}")
_CODE_AND_NAME: Final = re.compile(r"([A-Z0-9]{3,5})(?:\s+[–—-]\s+|\s*:\s+|\s+\()\S.*")
_NAME_AND_CODE: Final = re.compile(r".*\S\s*\(([A-Z0-9]{3,5})\)")
_ESCAPED: Final = re.compile(r"'[=+\-@]")
_LINE_ENDS: Final = re.compile(r"[;\r\n]+")
_ANY_SEPARATOR: Final = re.compile(r"[;,\r\n]+")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")


def reading(column: Column, kind: Reading | None = None) -> Reading:
    """Return how cells of a column are read; blanks, placeholders and errors are seen to.

    kind: how its values are, where that is not as the column's kind says.
    """
    return functools.partial(_read, column, kind or _kinds(column))


def _read(column: Column, kind: Reading, cell: Cell) -> Read:
    if cell is None:
        return NOTHING
    if isinstance(cell, str):
        word = cell.strip().casefold()
        if not word:
            return NOTHING
        if word in PLACEHOLDERS:
            return _placeholder(column)
        if word in _ERRORS:
            rule = "must be a value: the sheet shows an error here; mend it or clear the cell"
            raise Misread("error_cell", rule)
        if len(word) > MOST_SHORT and column.kind in SHORT:
            raise Misread("too_long", f"must have at most {MOST_SHORT} characters")
    return kind(cell)


def is_error(written: str) -> bool:
    """Tell whether a text is what a sheet shows for an error, such as #N/A."""
    return written.strip().casefold() in _ERRORS


def says_nothing(cell: Seen) -> bool:
    """Tell whether a cell is blank, or holds what is blank where a value is optional."""
    if isinstance(cell, str):
        word = cell.strip().casefold()
        return not word or word in PLACEHOLDERS
    return cell is None


def _placeholder(column: Column) -> Read:
    if column.required or column.in_item:
        raise Misread("missing", "must be given: a placeholder stands where a value must be")
    return Read(None, "read as blank")


def _kinds(column: Column) -> Reading:
    if column.path == "effective":
        return days.date
    if column.kind in {"choice", "choices"}:
        single = functools.partial(choice, _spoken(column.allowed))
        return single if column.kind == "choice" else _each(single, _ANY_SEPARATOR)
    if column.kind == "word" and column.codes:
        return functools.partial(listed, column.codes)
    if column.path == REFERENCE:
        return reference
    return BY_KIND[column.kind]


def text(cell: Cell) -> Read:
    """Return text; an apostrophe that exports put before = + - @ is taken off."""
    if isinstance(cell, str):
        if _ESCAPED.match(cell):
            return Read(text_of(cell[1:]), "apostrophe before a sign left out")
        return Read(text_of(cell))
    how = "a date kept as text" if isinstance(cell, dt.date) else "a number kept as text"
    return Read(text_of(as_shown(cell)), how)


def reference(cell: Cell) -> Read:
    """Return the submitter's own name of a row, which stands in no event: its rule is kept here."""
    try:
        return Read(text_of(clean(as_written(cell), MOST_REFERENCE)))
    except Unfit as unfit:
        raise Misread(unfit.code, unfit.rule) from None


def code(cell: Cell) -> Read:
    """Return an organisation's code: rtp, "RTP ", "RTP – its name", "Its name (RTP)"."""
    if not isinstance(cell, str):
        rule = "must be a code: the workbook took it for a number; format the column as text"
        raise Misread("number_for_code", rule)
    written = cell.strip()
    if _CODE.fullmatch(written):
        done = written.upper()
        return Read(f'"{done}"', "" if done == cell else "codes trimmed and in upper case")
    beside = written[: MOST_NAMED + 1]
    found = _CODE_AND_NAME.fullmatch(beside) or _NAME_AND_CODE.fullmatch(beside)
    if found and len(written) <= MOST_NAMED:
        return Read(f'"{found[1]}"', "code taken, the name beside it left out")
    return Read(text_of(written))


def word(cell: Cell) -> Read:
    """Return a reference; a workbook's number is taken as it is shown."""
    if isinstance(cell, str):
        return Read(text_of(cell.strip()))
    if isinstance(cell, dt.date):
        rule = "must be a reference: the workbook took it for a date; format the column as text"
        raise Misread("date_for_reference", rule)
    return Read(text_of(as_shown(cell)), "a number kept as text; zeros before it may be lost")


def listed(name: str, cell: Cell) -> Read:
    """Return a code of a list that grows, given by code or by name, in any case."""
    written = as_shown(cell).strip() if not isinstance(cell, str) else cell.strip()
    known = _named(name)
    found = known.get(_heard(written))
    if found is None:
        return Read(text_of(written))
    return Read(f'"{found}"', "" if found == written else "names read as codes of the list")


@functools.cache
def _named(name: str) -> Mapping[str, str]:
    by_name = {_heard(one.name): one.code for one in LISTS[name]}
    return by_name | {_heard(one.code): one.code for one in LISTS[name]}


def _heard(words: str) -> str:
    """Return words as they are compared: in lower case, whatever stands between them one mark."""
    return _NOT_WORD.sub("_", words.casefold()).strip("_")


@functools.cache
def _spoken(allowed: tuple[str, ...]) -> Mapping[str, str]:
    return {_heard(one): one for one in allowed}


def choice(allowed: Mapping[str, str], cell: Cell) -> Read:
    """Return a value of a closed list, given by code or by its words."""
    written = as_shown(cell).strip() if not isinstance(cell, str) else cell.strip()
    found = allowed.get(_heard(written))
    if found is None:
        return Read(text_of(written))
    return Read(f'"{found}"', "" if found == written else "words read as codes of the list")


def yes_no(cell: Cell) -> Read:
    """Return yes or no: yes, y, true, 1, x and their opposites."""
    if isinstance(cell, bool):
        return Read("true" if cell else "false")
    said = as_shown(cell).strip().casefold()
    if said in _YES:
        return Read("true", "" if said in {"yes", "true"} else "marks read as yes and no")
    if said in _NO:
        return Read("false", "" if said in {"no", "false"} else "marks read as yes and no")
    close = nearest(said, ("yes", "no"))
    raise Misread("not_yes_or_no", "must be yes or no; leave it blank if it is not known", close)


def event_id(cell: Cell) -> Read:
    """Return an event's id; braces around it, upper case and no hyphens are forms of the same."""
    written = as_shown(cell).strip()
    bare = written.removeprefix("urn:uuid:").strip("{}")
    if re.fullmatch(r"[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", bare):
        return Read(f'"{uuid.UUID(bare)}"')
    return Read(text_of(written))


def json_text(cell: Cell) -> Read:
    """Return JSON as written: a correction's whole payload."""
    try:
        return Read(msgspec.json.encode(msgspec.Raw(_checked(as_written(cell)))).decode())
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        rule = 'must be JSON: the whole payload as it should be, such as {"name": "…"}'
        raise Misread("malformed_json", rule) from None


def as_written(cell: Cell) -> str:
    """Return a cell's whole text."""
    return cell if isinstance(cell, str) else as_shown(cell)


def _checked(written: str) -> bytes:
    raw = written.strip().encode()
    msgspec.json.decode(raw)
    return raw


def _each(single: Reading, separator: re.Pattern[str]) -> Reading:
    def read(cell: Cell) -> Read:
        """Return the values of one cell as a list."""
        parts = separator.split(cell) if isinstance(cell, str) else [cell]
        found = [single(part) for part in parts if not isinstance(part, str) or part.strip()]
        how = next((one.how for one in found if one.how), "")
        return Read(f"[{','.join(one.json or '' for one in found)}]", how)

    return read


@functools.lru_cache(maxsize=4096)
def codes_in(name: str, value: str) -> str | None:
    """Return the code of a list that grows that looks most like a value."""
    known = _named(name)
    close = nearest(_heard(value), known)
    return None if close is None else known[close]


@functools.lru_cache(maxsize=4096)
def said(allowed: tuple[str, ...], value: str) -> str | None:
    """Return the choice that looks most like what was written, by code or by its words."""
    close = nearest(_heard(value), _spoken(allowed))
    return close and _spoken(allowed)[close]


BY_KIND: Final[Mapping[Kind, Reading]] = {
    "text": text,
    "code": code,
    "codes": _each(code, _ANY_SEPARATOR),
    "word": word,
    "words": _each(word, _ANY_SEPARATOR),
    "texts": _each(text, _LINE_ENDS),
    "date": days.whole_day,
    "financial_year": days.financial_year,
    "quarter": amounts.quarter,
    "count": amounts.count,
    "number": amounts.number,
    "money": amounts.money,
    "percent": amounts.percent,
    "share": amounts.share,
    "yes_no": yes_no,
    "id": event_id,
    "json": json_text,
}

__all__ = ["Reading", "as_written", "codes_in", "is_error", "reading", "said", "says_nothing"]
