"""The catalogue as data: schemas of event types, dimensions, lists of codes."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from service.api import answers, parameters
from service.api.answers import AnyRequest
from service.domain import lists
from service.domain.model import first_model
from service.domain.problems import Problem, Refused
from service.domain.register import BY_NAME, ENVELOPES, TYPES
from service.domain.samples import sample
from service.domain.spec import EventType

REFS: Final = "#/$defs/{name}"


def json_schema(kind: EventType) -> dict[str, Any]:
    """Return the JSON Schema of a whole event of one type (2020-12)."""
    (top,), components = msgspec.json.schema_components([ENVELOPES[kind.name]], ref_template=REFS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"/api/v1/schemas/{kind.name}",
        "title": kind.name,
        **top,
        "$defs": components,
        "examples": [sample(kind)],
    }


class TypeSummary(Struct, frozen=True):
    """One type of the catalogue: its part, version, recorder, ledger, and where its schema is."""

    type: str
    part: str
    version: int
    recorder: str
    bearers: tuple[str, ...]
    ledger: str
    documentation: str
    href: str


class TypesListed(Struct, frozen=True):
    """Every type of event, in the order of the catalogue."""

    items: tuple[TypeSummary, ...]
    next: str | None


class ListsListed(Struct, frozen=True):
    """The names of the lists of codes, in alphabetical order."""

    items: tuple[str, ...]
    next: str | None


class CodesListed(Struct, frozen=True):
    """One list of codes, each with its name and the days between which it is used."""

    items: tuple[lists.ListedCode, ...]
    next: str | None


def _summary(kind: EventType) -> TypeSummary:
    return TypeSummary(
        kind.name, kind.part, kind.version, kind.recorder, tuple(sorted(kind.bearers)),
        kind.fold.ledger, kind.payload.__doc__ or "", f"/api/v1/schemas/{kind.name}",
    )  # fmt: skip


SUMMARIES: Final = answers.encode(TypesListed(tuple(map(_summary, TYPES)), next=None))


@get("/schemas", operation_id="list_schemas", permission="reference")
async def list_schemas(request: AnyRequest) -> Response[bytes]:
    """List every type of event with its documentation."""
    parameters.read(request, Struct)
    return answers.json(request, SUMMARIES)


@get("/schemas/{name:str}", operation_id="get_schema", permission="reference")
async def get_schema(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Read the JSON Schema of one type of event."""
    parameters.read(request, Struct)
    kind = BY_NAME.get(name)
    if kind is None:
        raise Refused(Problem("not_found", f"{name[:60]} is no type of the catalogue"))
    return answers.json(request, answers.encode(json_schema(kind)), "application/schema+json")


@get("/dimensions", operation_id="list_dimensions", permission="reference")
async def list_dimensions(request: AnyRequest) -> Response[bytes]:
    """List the dimensions of the model with their lines, sources and strengths."""
    parameters.read(request, Struct)
    plain = msgspec.structs.replace(first_model(), examples=None)
    return answers.json(request, answers.encode(plain))


@get("/codes", operation_id="list_code_lists", permission="reference")
async def list_code_lists(request: AnyRequest) -> Response[bytes]:
    """List the lists of codes that grow."""
    parameters.read(request, Struct)
    return answers.json(request, answers.encode(ListsListed(tuple(sorted(lists.LISTS)), next=None)))


@get("/codes/{name:str}", operation_id="list_codes", permission="reference")
async def list_codes(request: AnyRequest, name: FromPath[str]) -> Response[bytes]:
    """Read one list of codes: code, name, from, to."""
    parameters.read(request, Struct)
    found = lists.LISTS.get(name)
    if found is None:
        known = ", ".join(sorted(lists.LISTS))
        raise Refused(Problem("not_found", f"{name[:60]} is no list; lists are: {known}"))
    return answers.json(request, answers.encode(CodesListed(found, next=None)))
