"""The marks of every sheet of .ods, which has them all in one part, read element by element."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat
from zipfile import ZipFile

from service.intake.marks import AN_ERROR, NOT_CALCULATED, Marks

_PIECE: Final = 1 << 20
_UNSEEN: Final = frozenset({"collapse", "filter"})


def marks(archive: ZipFile) -> list[Marks]:
    """Return the marks of each sheet in order; raise as `marks_xlsx.marks` does."""
    reading = _Reading()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    parser.CharacterDataHandler = reading.text
    with archive.open("content.xml") as file:
        while piece := file.read(_PIECE):
            parser.Parse(piece, False)  # noqa: FBT003 - expat's own: more is to come
    parser.Parse(b"", True)  # noqa: FBT003 - expat's own: this was all
    return reading.found


class _Reading:
    """Where the parser is: it calls back and keeps no place of its own."""

    def __init__(self) -> None:
        self.found: list[Marks] = []
        self.row = self.column = self.defined = 0
        self.repeated = 1
        self.doubt: str | None = None
        self.shown = ""

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """Note what an element says of itself."""
        if tag == "table:table":
            self.found.append(Marks(attributes.get("table:name", "")))
            self.row = self.defined = 0
        elif tag == "table:table-column" and self.found:
            self._column(attributes)
        elif tag == "table:table-row" and self.found:
            self._row(attributes)
        elif tag in {"table:table-cell", "table:covered-table-cell"} and self.found:
            self._cell(attributes)

    def end(self, tag: str) -> None:
        """Step on behind a row or a cell."""
        if tag == "table:table-row":
            self.row += self.repeated
        elif tag in {"table:table-cell", "table:covered-table-cell"}:
            if self.doubt:
                shown = self.shown or "an error"
                self.found[-1].cannot_read(self.row, self.column - 1, shown, self.doubt)
            self.doubt, self.shown = None, ""

    def text(self, data: str) -> None:
        """Keep what a cell without a value shows."""
        if self.doubt:
            self.shown += data

    def _column(self, attributes: dict[str, str]) -> None:
        first = self.defined
        self.defined += int(attributes.get("table:number-columns-repeated", 1))
        if attributes.get("table:visibility") in _UNSEEN:
            self.found[-1].hidden_columns.append((first, self.defined - 1))

    def _row(self, attributes: dict[str, str]) -> None:
        self.column = 0
        self.repeated = int(attributes.get("table:number-rows-repeated", 1))
        if attributes.get("table:visibility") in _UNSEEN:
            self.found[-1].hide_row(self.row, self.row + self.repeated - 1)

    def _cell(self, attributes: dict[str, str]) -> None:
        down = int(attributes.get("table:number-rows-spanned", 1))
        across = int(attributes.get("table:number-columns-spanned", 1))
        if down > 1 or across > 1:
            last = (self.row + down - 1, self.column + across - 1)
            self.found[-1].merged.append(((self.row, self.column), last))
        self.column += int(attributes.get("table:number-columns-repeated", 1))
        if attributes.get("calcext:value-type") == "error":
            self.doubt = AN_ERROR
        elif "table:formula" in attributes and "office:value-type" not in attributes:
            self.doubt = NOT_CALCULATED
            self.shown = attributes["table:formula"].removeprefix("of:")
