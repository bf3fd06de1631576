"""What a sheet shows beside its values, and the reader of values does not tell.

Hidden rows and columns, and cells that show an error or were never calculated. Rows and columns are
indexes from 0 here; ranges include both ends.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from service.domain.problems import Problem, Refused
from service.intake.tables import Unread

MOST_UNREAD: Final = 1_000
"""Cells without a value that are told one by one; a sheet with more is refused."""
NOT_CALCULATED: Final = (
    "is a formula that was never calculated: open the file in a spreadsheet and save it, "
    "or put values in place of formulae"
)
AN_ERROR: Final = "shows an error in place of a value: mend its formula or type the value"


class Marks(Struct):
    """The marks of one sheet, gathered while its file is read.

    merged: the cells at top left and bottom right; recalculated: the file asks to be calculated
    when it is opened, so that a 0 of a formula is no value of it.
    """

    name: str
    recalculated: bool = False
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    unread: dict[int, list[Unread]] = field(default_factory=dict)
    count: int = 0

    def hide_row(self, first: int, last: int) -> None:
        """Note hidden rows, joined to those before where they touch."""
        if self.hidden_rows and self.hidden_rows[-1][1] == first - 1:
            first = self.hidden_rows.pop()[0]
        self.hidden_rows.append((first, last))

    def cannot_read(self, row: int, column: int, shown: str, why: str) -> None:
        """Note a cell that is not blank and has no value; raise Refused when there are too many."""
        self.count += 1
        if self.count > MOST_UNREAD:
            detail = f"sheet “{self.name}” has more than {MOST_UNREAD} cells without a value"
            raise Refused(Problem("unreadable_file", f"{detail}; row {row + 1} {why}"))
        self.unread.setdefault(row, []).append(Unread(column, shown[:120], why))
