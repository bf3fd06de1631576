"""Of which type each row of a sheet is: by its cell, by the request, or by the sheet's name."""

from __future__ import annotations

from msgspec import Struct

from service.domain.faults import Fault, nearest, shown
from service.domain.register import BY_NAME
from service.intake import cells, headings
from service.intake.headings import Heading
from service.intake.placing import value_of
from service.intake.understood import Seen, as_shown

_CATALOGUE = "must name a type of the catalogue, see /api/v1/schemas"


class Types(Struct, frozen=True):
    """Of which types a sheet's rows are.

    heading: of the column that states it, if one does. default: of rows that state none.
    only: the one that the request asked for; a row that states another is refused.
    """

    heading: Heading | None
    default: str | None
    only: str | None

    def candidates(self) -> tuple[str, ...]:
        """Return the types that the sheet's headings may be of."""
        alone = self.only or (self.default if self.heading is None else None)
        return (alone,) if alone else tuple(BY_NAME)

    def of(self, cell: Seen) -> str | None:
        """Return the type that a cell names, or None if it names none that may stand there."""
        if cells.says_nothing(cell):
            return self.default
        name = headings.type_named(as_shown(cell))
        return name if self.only is None or name == self.only else None

    def refused(self, cell: Seen) -> Fault:
        """Return why a cell names no type that may stand there."""
        if cells.says_nothing(cell):
            return Fault("/type", "missing", "must name the row's type, or ask with ?type=")
        if headings.type_named(as_shown(cell)) is not None:
            rule = f"must be {self.only}, as ?type= asks, or be sent without ?type="
            return Fault("/type", "not_allowed", rule, value_of(cell), nearest=self.only)
        close = headings.nearest_type(as_shown(cell))
        return Fault("/type", "unknown_type", _CATALOGUE, value_of(cell), nearest=close)


def types(sheet: str, found: tuple[Heading, ...], asked: str | None) -> Types | Fault:
    """Return of which types the rows of a sheet with these headings are, or why nobody can know.

    sheet: its name. asked: the type that the request names.
    """
    heading = headings.holding(found, "type")
    named = headings.type_named(sheet)
    only = None if asked is None else headings.type_named(asked)
    if asked is not None and only is None:
        close = nearest(asked, BY_NAME)
        return Fault("/type", "unknown_type", _CATALOGUE, shown(asked), nearest=close)
    if only and named and heading is None and named != only:
        rule = f"must be {only}, as ?type= asks: the sheet is named {named}"
        return Fault("/type", "not_allowed", rule, shown(sheet))
    if not (heading or only or named):
        rule = "must be given: as a column “Event type”, with ?type=, or as the sheet's name"
        return Fault("/type", "missing", rule)
    return Types(heading, only or named, only)


__all__ = ["Types", "types"]
