"""Templates to fill in: a workbook and a CSV for each type of event, one workbook with all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from service.api import answers, parameters
from service.api.answers import AnyRequest
from service.domain.faults import nearest
from service.domain.problems import Problem, Refused
from service.domain.register import BY_NAME, TYPES
from service.domain.spec import EventType
from service.intake import guide, templates

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
_FOLDER: Final = "/api/v1/templates"
_FORMS: Final[Mapping[str, tuple[str, Callable[[str], bytes]]]] = {
    "xlsx": (XLSX, templates.workbook),
    "csv": (CSV, templates.csv),
}


class Template(Struct, frozen=True):
    """The templates of one type: its part of the catalogue, what it is, where the files are."""

    type: str
    part: str
    label: str
    xlsx: str
    csv: str


class TemplatesListed(Struct, frozen=True):
    """The templates of every type, in the order of the catalogue, and of all types in one."""

    items: tuple[Template, ...]
    next: str | None
    all: str


def _template(kind: EventType) -> Template:
    place = f"{_FOLDER}/{kind.name}"
    return Template(
        kind.name, kind.part, guide.summary(kind), f"{place}.xlsx", f"{place}.csv"
    )  # fmt: skip


LISTED: Final = answers.encode(
    TemplatesListed(tuple(map(_template, TYPES)), next=None, all=f"{_FOLDER}/all.xlsx")
)


@get("/templates", operation_id="list_templates", permission="reference")
async def list_templates(request: AnyRequest) -> Response[bytes]:
    """List the templates."""
    parameters.read(request, Struct)
    return answers.json(request, LISTED)


@get("/templates/all.xlsx", operation_id="get_workbook", permission="reference")
async def get_workbook(request: AnyRequest) -> Response[bytes]:
    """Read one workbook with a sheet for each type of event."""
    parameters.read(request, Struct)
    return _file(request, "all.xlsx", XLSX, await asyncio.to_thread(templates.whole))


@get("/templates/{file:str}", operation_id="get_template", permission="reference")
async def get_template(request: AnyRequest, file: FromPath[str]) -> Response[bytes]:
    """Read a type's template: the type's name with .xlsx or .csv."""
    parameters.read(request, Struct)
    name, media_type, make = _asked(file)
    return _file(request, file, media_type, await asyncio.to_thread(make, name))


def _asked(file: str) -> tuple[str, str, Callable[[str], bytes]]:
    """Return type, media type and maker of a file; raises Refused with the nearest there is."""
    name, _, form = file.rpartition(".")
    if name in BY_NAME and form in _FORMS:
        return name, *_FORMS[form]
    near = nearest(name or form, BY_NAME)
    ending = form if form in _FORMS else "xlsx"
    there = f"the nearest is {near}.{ending}" if near else f"all are listed at {_FOLDER}"
    detail = f"{file[:60]} is no template; {there}"
    raise Refused(Problem("not_found", detail))


def _file(request: AnyRequest, name: str, media_type: str, body: bytes) -> Response[bytes]:
    """Return a file's bytes under its name, or 304 when the reader has them."""
    answer = answers.json(request, body, media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
